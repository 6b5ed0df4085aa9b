"""The report's pictures as numbers: scaled for people, each series as long as its axis."""

from typing import Any

import pytest

from model.in_words.numbers import interval
from serving.model_card.curves import curves, groups, qini, value
from tests.model.reports import report


def test_there_are_three_pictures() -> None:
    """What contact is worth, what choosing adds, whom it helps."""
    actual = [curve.id for curve in curves(report())]
    assert actual == ["value", "qini", "groups"]


def test_every_line_has_a_value_for_each_place() -> None:
    """A page can draw them as they are, bands included."""
    found = curves(report())
    parts = [[part for line in curve.lines for part in (line.values, line.low, line.high)] for curve in found]
    actual = [{len(part) for part in each if part is not None} for each in parts]
    assert actual == [{len(curve.x)} for curve in found]


def test_the_value_begins_at_nobody() -> None:
    """Contacting nobody is worth 0; then the report's own shares, per 100 occasions."""
    said, found = report(), value(report())
    figures = found.lines[0].values
    actual = (found.x[:2], figures[0], figures[1])
    assert actual == (("0 %", "10 %"), 0.0, round(100.0 * said["policy_value"]["at_shares"][0]["model"]["estimate"], 3))


def test_the_qini_is_the_paired_difference_from_random_choice() -> None:
    """Its average is told with its interval."""
    said, found = report(), qini(report())
    first, line = said["policy_value"]["at_shares"][0]["differences"]["model_minus_random"], found.lines[0]
    actual = [(part or ())[1] for part in (line.values, line.low, line.high)]
    assert actual == [round(100.0 * first[end], 3) for end in ("estimate", "low", "high")]
    assert (interval(said["qini"], 2, 100.0) in found.note, "Qini" in found.note) == (True, False)


def test_each_tenth_is_as_predicted_and_as_found() -> None:
    """The highest first."""
    said, (found, predicted) = report()["groups"][0], groups(report()).lines
    actual = [(part or ())[0] for part in (predicted.values, found.values, found.low, found.high)]
    net = said["net_benefit"]
    assert actual == [round(100.0 * each, 3) for each in (said["predicted"], net["estimate"], net["low"], net["high"])]


def test_an_amount_is_not_scaled() -> None:
    """A benefit that is no yes or no stays in its own unit."""
    found = value(report() | {"qini_sklift": None})
    actual = found.unit
    assert actual == "net benefit per occasion"


@pytest.mark.parametrize("change", [{"calibration": {"slope": None}, "groups": []}], ids=["constant"])
def test_who_says_the_same_of_everybody_has_no_picture(change: Any) -> None:
    """There is no order to draw by."""
    actual = curves(report() | change)
    assert actual == ()
