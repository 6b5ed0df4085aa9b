"""Which occasions an experiment drew, or another model than the newest."""

import pytest

from serving.replay.draws import drawn_otherwise
from tests.serving.analytics.drawn import occasions
from tests.serving.replay.occasions import weighed
from tests.serving.replay.reports import report
from tests.serving.replay.reports import weighed as both


@pytest.mark.parametrize(
    ("arm", "watch", "expected"),
    [
        (["model", "holdout", "model"], ["a", "a", "a"], [False, False, False]),
        (["model", "holdout", "model"], ["a", "b", "b"], [True, False, False]),
        (["model", "experiment", "experiment"], ["b", "x", "x"], [False, True, True]),
        (["experiment"] * 3, ["x"] * 3, [True] * 3),
    ],
    ids=["one model", "a model before it", "an experiment since", "nothing else"],
)
def test_the_newest_model_is_the_one_that_drew_last(arm: list[str], watch: list[str], expected: list[bool]) -> None:
    """An experiment is none, however new it is."""
    actual = drawn_otherwise(occasions([True, False, True], arm=arm, watch=watch)).tolist()
    assert actual == expected


def test_those_that_change_are_counted() -> None:
    """Of six, three were drawn by an experiment, and two of those change."""
    seen = occasions([True, False] * 3, arm=["experiment"] * 3 + ["model"] * 3)
    assert weighed(seen, {1: 0.0, 2: 0.0, 3: 0.0}).drawn_otherwise == 2


def test_the_report_says_how_many() -> None:
    """Among what the log cannot answer as it stands: they are of another time."""
    seen = occasions([True, False] * 900, arm=["experiment"] * 900 + ["model"] * 900)
    found = report(said=both(seen, dict.fromkeys(range(800, 1000), 0.0)))
    [named] = [each for each in found["not_answered"] if each["kind"] == "drawn_otherwise"]
    assert (found["effects"]["drawn_otherwise"], named["count"]) == (100, 100)


def test_nothing_drawn_is_nothing() -> None:
    """An empty past."""
    assert drawn_otherwise(occasions([])).tolist() == []
