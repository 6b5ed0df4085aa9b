"""What a session says where nobody else did, and what it says of a Java that went away."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Never

import pytest
from py4j.protocol import Py4JNetworkError

from model.errors import InvalidInput, Unavailable
from serving.spark import session
from serving.spark.session import BAR, HERE, OURS, configured, spark_session
from tests.needs import java


class Conf(dict[str, str]):
    """As much of Spark's configuration as is asked here."""

    def set(self, key: str, value: str) -> None:
        """Say it."""
        self[key] = value

    def setIfMissing(self, key: str, value: str) -> None:  # noqa: N802  (Spark's name)
        """Say it where nobody did."""
        self.setdefault(key, value)


@pytest.mark.parametrize(
    ("there", "settings", "master"),
    [
        ({}, {}, HERE),
        ({"spark.master": "local[*]"}, {}, HERE),
        ({"spark.master": "yarn"}, {}, "yarn"),
        ({"spark.master": "yarn"}, {"spark.master": "local[2]"}, "local[2]"),
    ],
    ids=["nobody", "Spark itself", "spark-submit", "the caller"],
)
def test_who_is_heard_first(there: dict[str, str], settings: dict[str, str], master: str) -> None:
    """The caller before the configuration, the configuration before us."""
    conf = configured(Conf(there | {"spark.ui.enabled": "true"}), settings)  # type: ignore[arg-type]
    actual = dict(conf)  # type: ignore[call-overload]
    assert actual == {**OURS, "spark.ui.enabled": "true", "spark.master": master}


@pytest.mark.parametrize(
    ("written", "expected"), [("", "false"), (f"{BAR} true\n", "true"), (f"# {BAR} true\n", "false")]
)
def test_spark_shows_no_bar_unless_somebody_wrote_it(
    written: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Java that Python starts says `true` by itself: a real configuration has it."""
    java()
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415

    SparkContext._ensure_initialized()
    (tmp_path / "spark-defaults.conf").write_text(written)
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    by_itself = SparkConf()
    assert by_itself.get(BAR) == "true"
    assert configured(by_itself, {}).get(BAR) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Py4JNetworkError("no answer"), "Spark went away (no answer); see its log, then try again"),
        (ConnectionRefusedError(111, "refused"), "Spark went away ([Errno 111] refused); see its log, then try again"),
        (Unavailable("stopped"), "stopped"),
        (InvalidInput("one.csv"), "one.csv"),
    ],
    ids=["the bridge", "the connection", "a stop", "a refusal"],
)
def test_a_java_that_went_away_hides_no_error(error: Exception, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its session can no longer be stopped either, which nobody has to hear."""

    def gone() -> Never:
        raise ConnectionRefusedError

    def started(*_: Any) -> Any:
        return SimpleNamespace(stop=gone)

    monkeypatch.setattr(session, "check_installed", lambda: None)
    monkeypatch.setattr(session, "_running", lambda: None)
    monkeypatch.setattr(session, "_started", started)
    with pytest.raises((Unavailable, InvalidInput)) as caught, spark_session("test"):
        raise error
    assert str(caught.value) == expected
