"""A Spark session: that of `spark-submit` and its configuration where there is one, else the cores of this machine."""

import logging
import os
import re
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from model.errors import InvalidInput, Unavailable
from model.spark_reasons import reason_of, spark_failures

if TYPE_CHECKING:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

HERE: Final = "local[*,4]"  # as in a cluster, a task whose process dies is tried again, up to four times in all
BAR: Final = "spark.ui.showConsoleProgress"
OURS: Final[Mapping[str, str]] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.ui.enabled": "false",
    BAR: "false",  # standard error has lines of our own
}


@contextmanager
def spark_session(name: str, settings: Mapping[str, str] | None = None) -> Iterator["SparkSession"]:
    """Yield the session that is there, which stays, or a new one, which ends with the block.

    The master and all else is what `spark-submit`, `spark-defaults.conf` or `settings` say; without a master the work
    is shared among the cores of this machine.

    Raises:
        InvalidInput: PySpark or Java is not installed.
        Unavailable: Spark does not start, or went away in the block.
    """
    check_installed()
    running = _running()
    session = running or _started(name, settings or {})
    try:
        yield session
    except spark_failures() as error:
        raise Unavailable(f"Spark went away ({reason_of(error)}); see its log, then try again") from error
    finally:
        if running is None:
            with suppress(Exception):  # Java may be gone, and what happened in the block is to be heard
                session.stop()


def _running() -> "SparkSession | None":
    from pyspark.sql import SparkSession  # noqa: PLC0415  (only who asks for Spark needs it)

    return SparkSession.getActiveSession()


def check_installed() -> None:
    """Refuse to go on without PySpark and Java. Raises `InvalidInput`."""
    try:
        import pyspark  # noqa: F401, PLC0415  (to see that it is there)
    except ImportError:
        raise InvalidInput("`--engine spark` needs PySpark; `pip install outreach[spark]` brings it") from None
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").exists()):
        raise InvalidInput("`--engine spark` needs Java 17 or 21, on PATH or in JAVA_HOME; install one")


def _started(name: str, settings: Mapping[str, str]) -> "SparkSession":
    """Start a session; what somebody configured stands before what we would say."""
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    logging.getLogger("py4j").setLevel(logging.ERROR)
    try:
        SparkContext._ensure_initialized()  # noqa: SLF001  (Java knows what `spark-submit` and its files configured)
        conf = configured(SparkConf(), settings)
        if str(conf.get("spark.master")).startswith("local"):
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        session = SparkSession.builder.appName(name).config(conf=conf).getOrCreate()
    except Exception as error:
        raise Unavailable(f"Spark does not start ({reason_of(error)}); see what it wrote above") from error
    session.sparkContext.setLogLevel("FATAL")  # what is tried again is no news, and what fails is said in one line
    listening = session.sparkContext._accumulatorServer  # noqa: SLF001  (a Java that went away is said in one line too)
    listening.handle_error = lambda *_: None
    return session


def configured(conf: "SparkConf", settings: Mapping[str, str]) -> "SparkConf":
    """Return a configuration with what is missing in it; `settings` stand before what is there."""
    for key, value in settings.items():
        conf.set(key, value)
    if conf.get(BAR, "true") == "true" and BAR not in settings and not _written(BAR):
        conf.set(BAR, OURS[BAR])  # a Java that Python starts says `true` by itself
    for key, value in OURS.items():
        conf.setIfMissing(key, value)
    if conf.get("spark.master", "local[*]") == "local[*]":  # what Spark says itself where nobody names one
        conf.set("spark.master", HERE)
    return conf


def _written(key: str) -> bool:
    """Whether somebody configured this, where it can also stand without that."""
    from pyspark.find_spark_home import _find_spark_home  # noqa: PLC0415

    if "PYSPARK_GATEWAY_PORT" in os.environ or key in os.environ.get("PYSPARK_SUBMIT_ARGS", ""):
        return True  # what `spark-submit` started has nothing by itself
    folder = Path(os.environ.get("SPARK_CONF_DIR") or Path(_find_spark_home()) / "conf")
    with suppress(OSError):
        text = (folder / "spark-defaults.conf").read_text()
        return re.search(rf"^\s*{re.escape(key)}\b", text, re.MULTILINE) is not None
    return False
