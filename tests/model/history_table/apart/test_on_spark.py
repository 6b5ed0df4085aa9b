"""A Spark that fails, or whose Java goes away, while a table is built: one short line, and nothing hides it."""

from types import SimpleNamespace
from typing import Any, Never

import pytest
from py4j.protocol import Py4JJavaError, Py4JNetworkError
from pyspark.errors import PySparkException

from model.errors import InvalidInput, Unavailable
from model.history_table.apart.on_spark import on_spark


def session() -> Any:
    """Return a session whose Java goes away after the first question."""

    def gone(*_: Any) -> Never:
        raise ConnectionRefusedError(111, "Connection refused")

    asked: list[tuple[str, str]] = []

    def put(name: str, value: str) -> None:
        if asked:
            gone()
        asked.append((name, value))

    return SimpleNamespace(conf=SimpleNamespace(get=lambda _: "1", set=put))


ABORTED = SimpleNamespace(_target_id="o1", _gateway_client=None, toString=lambda: "a.b.SparkException: Task 2\n\tat x")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Py4JJavaError("calling o1.collect", ABORTED), "SparkException: Task 2"),
        (Py4JNetworkError("no answer"), "no answer"),
        (ConnectionRefusedError(111, "Connection refused"), "[Errno 111] Connection refused"),
        (PySparkException("lost"), "lost"),
    ],
    ids=["a task", "the bridge", "the connection", "Spark"],
)
def test_whatever_spark_raises_is_one_line(error: Exception, reason: str) -> None:
    """Something outside is away, and a second try may help."""
    with pytest.raises(Unavailable) as caught, on_spark(session()):
        raise error
    assert str(caught.value) == f"Spark could not build the table ({reason}); see its log, then try again"


def test_a_refusal_is_heard_where_java_is_gone_too() -> None:
    """What was kept is gone with it."""
    with pytest.raises(InvalidInput, match=r"one\.csv"), on_spark(session()):
        raise InvalidInput("one.csv")
