"""The report's pictures as numbers: scaled for people, each series as long as its axis."""

from typing import Any

import pytest

from model.report_numbers import number
from serving.model_card.curves import curves, groups, qini, value
from tests.model.reports import report


def test_there_are_three_pictures() -> None:
    """What contact is worth, what choosing adds, whom it helps."""
    actual = [curve.id for curve in curves(report())]
    assert actual == ["value", "qini", "groups"]


def test_every_series_has_a_value_for_each_place() -> None:
    """A page can draw them as they are."""
    actual = [{len(values) - len(curve.x) for _, values in curve.series} for curve in curves(report())]
    assert actual == [{0}, {0}, {0}]


def test_the_value_begins_at_nobody() -> None:
    """Contacting nobody is worth 0; then the report's own shares, per 100 occasions."""
    said, found = report(), value(report())
    figures = dict(found.series)["the model’s choice"]
    actual = (found.x[:2], figures[0], figures[1])
    assert actual == ((0.0, 10.0), 0.0, 100.0 * said["policy_value"]["at_shares"][0]["model"]["estimate"])


def test_the_qini_is_the_paired_difference_from_random_choice() -> None:
    """Its area is told with its interval."""
    said, found = report(), qini(report())
    first = said["policy_value"]["at_shares"][0]["differences"]["model_minus_random"]
    actual = [values[1] for _, values in found.series]
    assert actual == [100.0 * first[end] for end in ("estimate", "low", "high")]
    assert number(100.0 * said["qini"]["low"], 2) in found.note


def test_each_tenth_is_as_predicted_and_as_found() -> None:
    """The highest first."""
    said, found = report()["groups"][0], groups(report())
    actual = [values[0] for _, values in found.series]
    net = said["net_benefit"]
    assert actual == [100.0 * each for each in (said["predicted"], net["estimate"], net["low"], net["high"])]


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
