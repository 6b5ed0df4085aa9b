"""What a session says where nobody else did."""

import pytest

from serving.spark.session import HERE, OURS, configured


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
