"""Pictures of a replay, from a report as `outreach replay --json` prints it."""

from typing import Any

import pytest
from matplotlib.figure import Figure

from model.display.axes import BAD, GOOD, QUIET
from model.display.display import Display
from serving.replay.displays import MOST, DifferencesDisplay, FlipsDisplay, FunnelDisplay


def figure(estimate: float, half: float = 0.01) -> dict[str, Any]:
    """Return an outcome that has a figure, by occasion and by contact."""
    ends = {"estimate": estimate, "low": estimate - half, "high": estimate + half}
    return {"difference": ends, "per_contact": {name: 10 * value for name, value in ends.items()}}


def report(**effects: Any) -> dict[str, Any]:
    """Return what of a report is drawn: forty of a hundred messages less."""
    outcomes = {
        "benefit": figure(-0.02),
        "complaint": figure(-0.02),
        "opt_out": {"difference": None, "per_contact": None},
    }
    made = {"contacts": {"more": 0.0, "less": 40.0}, "net_benefit": figure(0.0), "outcomes": outcomes}
    return {
        "decisions": {"replayed": 100},
        "funnel": {"before": {"send": 60, "hold": 0, "deny": 40}, "after": {"send": 20, "hold": 0, "deny": 80}},
        "reasons": [{"code": f"reason_{n}", "after": "deny", "count": 40 - n} for n in range(8)],
        "effects": made | effects,
    }


DISPLAYS: dict[str, Display] = {
    "differences": DifferencesDisplay.from_report(report()),
    "flips": FlipsDisplay.from_report(report()),
    "funnel": FunnelDisplay.from_report(report()),
}


@pytest.mark.parametrize("name", DISPLAYS)
def test_every_picture_has_a_title_and_a_unit(name: str) -> None:
    """And draws on the axes that it is given."""
    ax = Figure().add_subplot()
    shown = DISPLAYS[name].plot(ax)
    assert (shown.ax_ is ax, bool(ax.get_title(loc="left")), bool(ax.get_xlabel())) == (True, True, True)


def test_the_funnel_lists_what_it_draws() -> None:
    """Before and after, by answer."""
    assert FunnelDisplay.from_report(report()).to_frame().loc["sent"].tolist() == [60.0, 20.0]


def test_only_the_first_reasons_are_drawn() -> None:
    """Those with the most decisions, with their share."""
    frame = FlipsDisplay.from_report(report()).to_frame()
    assert (len(frame), frame.index[0], frame.iloc[0].tolist()) == (MOST, "reason_0 → not sent", [40.0, 400.0])


def test_figures_are_by_a_thousand_contacts_where_a_change_goes_one_way() -> None:
    """An outcome without a figure is named, not left out."""
    shown = DifferencesDisplay.from_report(report())
    assert (shown.unit, shown.value.round(6).tolist()) == ("change per 1,000 contacts less", [0.0, -200.0, -200.0])
    assert shown.silent == ("opt-outs",)


def test_figures_are_by_a_thousand_occasions_where_it_goes_both_ways() -> None:
    """Then there is no figure by contact."""
    outcomes = {"benefit": figure(-0.02) | {"per_contact": None}}
    shown = DifferencesDisplay.from_report(report(outcomes=outcomes, net_benefit=None))
    assert (shown.unit, shown.value.round(6).tolist()) == ("change per 1,000 occasions", [-20.0])


def test_fewer_complaints_are_green_and_fewer_helped_are_red() -> None:
    """An interval with 0 in it is grey."""
    assert DifferencesDisplay.from_report(report()).colours() == [QUIET, BAD, GOOD]


def test_nothing_known_is_drawn_as_nothing_known() -> None:
    """Four lines without a mark."""
    shown = DifferencesDisplay.from_report(report(outcomes={}, net_benefit=None))
    ax = Figure().add_subplot()
    shown.plot(ax)
    actual = [label.get_text() for label in ax.get_yticklabels()]
    assert actual == [f"{name}: no figure" for name in ("net benefit", "customers helped", "complaints", "opt-outs")]
