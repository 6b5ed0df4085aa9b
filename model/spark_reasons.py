"""What Spark says went wrong, as one short line: its own words come with stacks, of Java and of executors."""

import re
from contextlib import suppress
from typing import Final

from model.errors import one_line

LONGEST: Final = 300  # letters
PACKAGE: Final = re.compile(r"\b(?:[a-z][\w$]*\.)+(?=[A-Z]\w*(?:Exception|Error)\b)")  # before the name of a class


def spark_failures() -> tuple[type[Exception], ...]:
    """Return what a call of Spark raises: its own errors, those of the bridge to Java, and of a Java that went away."""
    from py4j.protocol import Py4JError  # noqa: PLC0415  (only who asks for Spark needs it)
    from pyspark.errors import PySparkException  # noqa: PLC0415

    return PySparkException, Py4JError, ConnectionError


def reason_of(error: BaseException) -> str:
    """Return what went wrong, without stacks and the packages of classes.

    Example:
        >>> reason_of(ConnectionRefusedError(111, "Connection refused"))
        '[Errno 111] Connection refused'
    """
    from pyspark.errors import PythonException  # noqa: PLC0415

    said = ""
    with suppress(Exception):  # Java is asked for its words, and may be gone
        said = str(error.java_exception.toString()) if hasattr(error, "java_exception") else str(error)
    if isinstance(error, PythonException):  # the trace of an executor, whose last line says what it was
        said = [line for line in said.splitlines() if line.strip()][-1]
    said = PACKAGE.sub("", one_line(said.split("\n\tat ", maxsplit=1)[0]))
    return said[:LONGEST] or type(error).__name__
