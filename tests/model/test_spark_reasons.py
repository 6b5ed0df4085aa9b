"""One short line of what Spark says at length."""

from types import SimpleNamespace
from typing import Any

import pytest
from py4j.protocol import Py4JJavaError, Py4JNetworkError
from pyspark.errors import PySparkException, PythonException

from model.spark_reasons import LONGEST, reason_of, spark_failures

ABORTED = "Job aborted: Task 2 failed 1 times: org.apache.spark.SparkException: Python worker exited (crashed)"


def java(said: Any) -> Py4JJavaError:
    """Return an error of Java, which is asked for its words."""
    there = SimpleNamespace(_target_id="o1", _gateway_client=None, toString=said)
    return Py4JJavaError("An error occurred while calling o1.collect.\n", there)


def gone() -> str:
    """Fail as a Java that is asked after it went away."""
    raise ConnectionRefusedError


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (java(lambda: f"org.apache.spark.SparkException: {ABORTED}\n\tat org.apache.spark.A.b(A.scala:1)\n\tat x"),
         "SparkException: Job aborted: Task 2 failed 1 times: SparkException: Python worker exited (crashed)"),
        (java(gone), "Py4JJavaError"),
        (Py4JNetworkError("Answer from Java side is empty"), "Answer from Java side is empty"),
        (ConnectionRefusedError(111, "Connection refused"), "[Errno 111] Connection refused"),
        (PySparkException("java.net.UnknownHostException: nohost"), "UnknownHostException: nohost"),
        (PythonException("Traceback:\n  File x\nOSError: the disk\n\n"), "OSError: the disk"),
        (PySparkException("x" * 12_000), "x" * LONGEST),
    ],
    ids=["a stack", "Java went away", "the bridge", "no connection", "packages", "a trace of Python", "long"],
)  # fmt: skip
def test_a_failure_is_one_short_line(error: BaseException, expected: str) -> None:
    """Without stacks, also where Java can no longer be asked."""
    assert isinstance(error, spark_failures())
    assert reason_of(error) == expected
