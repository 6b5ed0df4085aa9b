from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from model.display import (
    DecilesDisplay,
    EffectsDisplay,
    HarmDisplay,
    PoliciesDisplay,
    PolicyValueDisplay,
    QiniDisplay,
    ScoresDisplay,
    policy_names,
)
from tests.model.reports import curves, report

DISPLAYS: dict[str, Callable[[], Any]] = {
    "effects": lambda: EffectsDisplay.from_report(report()),
    "deciles": lambda: DecilesDisplay.from_report(report(), curves()),
    "qini": lambda: QiniDisplay.from_report(report(), curves()),
    "value": lambda: PolicyValueDisplay.from_report(report(), curves()),
    "policies": lambda: PoliciesDisplay.from_report(report()),
    "harm": lambda: HarmDisplay.from_report(report()),
    "scores": lambda: ScoresDisplay.from_report(report(), curves()),
}


@pytest.mark.parametrize("name", sorted(DISPLAYS))
def test_every_picture_has_a_title_and_an_axis_with_its_unit(name: str) -> None:
    """A picture that is handed on alone still says what it shows, and in which unit."""
    ax = Figure().add_subplot()
    DISPLAYS[name]().plot(ax)
    units = f"{ax.get_xlabel()} {ax.get_ylabel()}"
    assert (bool(ax.get_title(loc="left")), "per 1" in units) == (True, True)


@pytest.mark.parametrize("name", sorted(DISPLAYS))
def test_a_picture_draws_on_the_axes_it_is_given(name: str) -> None:
    """As scikit-learn's Displays: the axes come back, with something on them."""
    ax = Figure().add_subplot()
    assert (DISPLAYS[name]().plot(ax) is ax, ax.has_data()) == (True, True)


def test_effects_are_shown_per_hundred() -> None:
    """A 0/1 benefit is in percentage points; an outcome without a label is left out."""
    shown = EffectsDisplay.from_report(report())
    assert (shown.names, shown.estimate.round(6).tolist()) == (("benefit", "complaints"), [6.0, -0.21])


def test_a_value_weighted_benefit_keeps_its_unit() -> None:
    """No factor of a hundred where the benefit is an amount."""
    shown = EffectsDisplay.from_report(report() | {"qini_sklift": None})
    assert (shown.unit, shown.estimate[0]) == ("benefit per occasion", 0.06)


def test_the_qini_curve_starts_and_ends_at_nothing() -> None:
    """Nobody and everybody leave nothing to choose."""
    shown = QiniDisplay.from_report(report(), curves())
    np.testing.assert_allclose([shown.gain[0], shown.gain[-1], shown.low[0], shown.high[0]], 0.0, atol=1e-12)


def test_the_qini_band_is_the_paired_difference() -> None:
    """The band is of model minus random, not the difference of two bands."""
    shown = QiniDisplay.from_report(report(), curves())
    gaps = [row["differences"]["model_minus_random"] for row in report()["policy_value"]["at_shares"]]
    assert shown.low[1:].tolist() == [100.0 * gap["low"] for gap in gaps]


def test_policy_value_marks_the_certified_share_only_where_there_is_one() -> None:
    """No certificate, no line."""
    marks = [PolicyValueDisplay.from_report(report(issued=issued), curves()).certified for issued in (True, False)]
    assert marks == [0.6, None]


def test_harms_are_shown_per_thousand_contacts() -> None:
    """Bound, allowance and control rate share one unit."""
    shown = HarmDisplay.from_report(report())
    assert (shown.bound.tolist(), shown.allowed.tolist(), shown.control.tolist()) == ([4.0] * 2, [5.0] * 2, [6.0] * 2)


def test_a_control_rate_that_is_not_known_is_not_drawn() -> None:
    """A null is a gap, not a nought."""
    given = report()
    given["certificate"]["bounds"][0]["control_rate"] = None
    assert np.isnan(HarmDisplay.from_report(given).control[0])


def test_likely_responders_are_not_compared_with_themselves() -> None:
    """Where that is the chosen order, it is not a second policy."""
    given = report()
    given["scorers"][1]["name"] = "response"
    assert ["response" in policy_names(each) for each in (report(), given)] == [True, False]


def test_a_constant_score_still_has_a_picture() -> None:
    """The average scorer gives everyone the same."""
    constant = curves() | {"score": np.full(50, 0.02)}
    ax = ScoresDisplay.from_report(report(), constant).plot(Figure().add_subplot())
    assert sum(patch.get_height() for patch in ax.patches) == pytest.approx(100.0)
