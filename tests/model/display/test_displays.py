import doctest
import re
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from model.display import display as display_module
from model.display.axes import BAD, GOOD, QUIET, WIDE
from model.display.displays import CalibrationDisplay, DecilesDisplay, EffectsDisplay, ScoresDisplay
from model.display.harm import CutoffsDisplay, HarmDisplay, HarmGroupsDisplay
from model.display.learners import LearnersDisplay
from model.display.value import PoliciesDisplay, PolicyValueDisplay, QiniDisplay
from model.groups import GROUPS
from model.in_words.rules import TENTHS, policy_names
from model.report.report import Report
from tests.model.reports import curves, interval, report

NAMES = (
    *("calibration", "cutoffs", "deciles", "effects", "harm_groups", "harms", "learners", "policies", "policy_value"),
    *("qini", "scores"),
)
UNITS = r"per 1|p-value"


def display(name: str) -> Any:
    """Return a Display of the example, asked for by its name."""
    return getattr(Report(report(), curves()), name)


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_has_a_title_and_an_axis_with_its_unit(name: str) -> None:
    """A picture that is handed on alone still says what it shows, and in which unit."""
    ax = Figure().add_subplot()
    display(name).plot(ax)
    units = f"{ax.get_xlabel()} {ax.get_ylabel()}"
    assert (bool(ax.get_title(loc="left")), bool(re.search(UNITS, units))) == (True, True)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_draws_on_the_axes_it_is_given(name: str) -> None:
    """As scikit-learn's Displays: the Display comes back, and holds the axes and the figure that it was drawn on."""
    ax, asked = Figure().add_subplot(), display(name)
    shown = asked.plot(ax)
    assert (shown is asked, shown.ax_ is ax, shown.figure_ is ax.figure, ax.has_data()) == (True, True, True, True)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_a_table_too(name: str) -> None:
    """One row per mark, a named index, and numbers that a notebook can round."""
    frame = display(name).to_frame()
    assert (len(frame) > 0, bool(frame.index.name), frame.index.is_unique, frame.notna().any().all()) == (
        True,
        True,
        True,
        True,
    )


def test_a_picture_of_its_own_has_the_size_that_suits_it() -> None:
    """Where no axes are given, a figure is made, and no warning with it."""
    shown = display("qini").plot()
    size = shown.figure_.get_size_inches().tolist()
    plt.close(shown.figure_)
    assert size == [WIDE, shown.height]


def test_a_display_says_what_can_be_done_with_it() -> None:
    """The last line of a cell is not a screen of numbers."""
    assert repr(display("harms")) == "<HarmDisplay: `.plot()` draws it, `.to_frame()` lists it>"


def test_the_example_of_a_display_runs() -> None:
    """As it stands in the docstring."""
    actual = doctest.testmod(display_module).failed
    assert actual == 0


def test_effects_are_shown_per_hundred() -> None:
    """A 0/1 benefit is in percentage points; an outcome without a label is left out."""
    shown = EffectsDisplay.from_report(report())
    assert (shown.names, shown.estimate.round(6).tolist()) == (("benefit", "complaints"), [6.0, -0.21])


def test_a_value_weighted_benefit_keeps_its_unit() -> None:
    """No factor of a hundred where the benefit is an amount."""
    shown = EffectsDisplay.from_report(report() | {"qini_sklift": None})
    assert (shown.units[0], shown.estimate[0]) == ("benefit per occasion", 0.06)


def test_harms_are_rates_whatever_the_benefit_is() -> None:
    """A benefit in money gives its unit to no complaint, and two in a thousand are not rounded away."""
    shown = EffectsDisplay.from_report(report() | {"qini_sklift": None}).plot(Figure().add_subplot())
    assert (shown.units[1], shown.estimate[1].round(6)) == ("per 100 occasions", -0.21)
    assert shown.ax_.get_xlabel() == "difference made by contact, benefit per occasion; harms per 100 occasions"


def test_what_was_seen_is_not_called_what_contact_does() -> None:
    """Where the propensity varies the plain means are of different people: the frame says how the effect was found."""
    given = report()
    given["average_effect"]["benefit"] |= {"method": "doubly robust"}
    frame = EffectsDisplay.from_report(given).to_frame()
    assert list(frame) == ["unit", "seen with contact", "seen without", "effect", "low", "high", "how"]
    assert frame["how"].tolist() == ["doubly robust", "difference in means"]


@pytest.mark.parametrize("name", ["calibration", "deciles", "harm_groups"])
@pytest.mark.parametrize(("groups", "part"), [(10, "tenth"), (4, "group")])
def test_fewer_groups_than_ten_are_no_tenths(name: str, groups: int, part: str) -> None:
    """Equal scores stay together, so there can be four groups: none of them is a tenth of the occasions."""
    given = report() | {"groups": report()["groups"][:groups]}
    shown = getattr(Report(given), name).plot(Figure().add_subplot())
    said = " ".join([shown.ax_.get_xlabel(), *shown.ax_.get_legend_handles_labels()[1]])
    assert (shown.to_frame().index.name, f"{part} of occasions" in said) == (part, True)


def test_a_display_and_the_training_count_the_same_groups() -> None:
    """The words stand alone, so they hold their own figure."""
    assert TENTHS == GROUPS


def test_the_qini_curve_starts_and_ends_at_nothing() -> None:
    """Nobody and everybody leave nothing to choose."""
    shown = QiniDisplay.from_report(report(), curves())
    np.testing.assert_allclose([shown.value[0], shown.value[-1], shown.low[0], shown.high[0]], 0.0, atol=1e-12)


def test_likely_responders_are_drawn_over_random_choice() -> None:
    """Their value less what as many at random would bring, from nobody on."""
    shown = QiniDisplay.from_report(report(), curves()).response
    assert shown is not None
    rows = [row["response"] for row in report()["policy_value"]["at_shares"]]
    expected = [0.0, *(100.0 * (row["estimate"] - 0.036 * row["contacted"]) for row in rows)]
    np.testing.assert_allclose(shown[1], expected)


def test_the_band_for_all_shares_contains_the_one_for_each() -> None:
    """Both are read, neither takes the other's place."""
    shown = PolicyValueDisplay.from_report(report(), curves())
    inside = (shown.all_low[1:] < shown.low[1:]) & (shown.high[1:] < shown.all_high[1:])
    assert inside.all()


def test_calibration_is_drawn_against_the_line_of_equals() -> None:
    """Groups, the slope with its interval, and 45°."""
    ax = CalibrationDisplay.from_report(report()).plot(Figure().add_subplot()).ax_
    labels = ax.get_legend_handles_labels()[1]
    assert sorted(labels) == ["a tenth of occasions", "found as predicted (45°)", "slope 1.04 (0.84 to 1.24)"]


def test_a_constant_score_has_no_slope() -> None:
    """One group, no fitted line."""
    given = report() | {"calibration": dict.fromkeys(("slope", "low", "high"))}
    given["groups"] = given["groups"][:1]
    ax = CalibrationDisplay.from_report(given).plot(Figure().add_subplot()).ax_
    assert len(ax.get_legend_handles_labels()[1]) == 2


def test_a_scorer_is_shown_with_what_it_had_to_reach() -> None:
    """The best less one standard error of the paired difference; the chosen one stands at or beyond it."""
    shown = LearnersDisplay.from_report(report())
    assert (shown.names[2], shown.chosen[2], shown.estimate[2] >= shown.bar[2], shown.estimate[0] >= shown.bar[0]) == (
        "two logistic models",
        True,
        True,
        False,
    )


def test_a_scorers_interval_is_the_one_reported() -> None:
    """As the table of scorers reads it; an older report's, which has none, is shown without."""
    whole = report()
    older = whole | {
        "scorers": [{k: v for k, v in row.items() if k not in ("low", "high")} for row in whole["scorers"]]
    }
    whole["scorers"][1] |= {"low": -0.5, "high": 0.7}
    found, bare = LearnersDisplay.from_report(whole), LearnersDisplay.from_report(older)
    shown = [each.get_text() for each in bare.plot(Figure(figsize=(7, 3)).add_subplot()).ax_.texts]
    assert [text for text in shown if "nan" in text or "to" in text] == []
    assert (found.low[1], found.high[1], np.isnan([bare.low, bare.high]).all()) == (-50.0, 70.0, True)


def test_harm_by_group_leaves_out_what_was_not_recorded() -> None:
    """Per 1,000 occasions, one line of groups per labelled harm."""
    shown = HarmGroupsDisplay.from_report(report())
    assert (shown.names, shown.estimate.shape, shown.estimate[0, 9]) == (("complaints",), (1, 10), pytest.approx(6.0))


def test_axes_that_are_given_keep_their_size() -> None:
    """As scikit-learn's: a figure of several pictures stays as its owner made it."""
    figure = Figure(figsize=(11.0, 5.0))
    QiniDisplay.from_report(report(), curves()).plot(figure.add_subplot(1, 2, 1))
    assert figure.get_size_inches().tolist() == [11.0, 5.0]


@pytest.mark.parametrize(("width", "shown"), [(7.2, True), (4.0, False)])
def test_a_narrow_picture_leaves_figures_to_the_table(width: float, shown: bool) -> None:  # noqa: FBT001  (a case)
    """On a phone there is no room beside the marks."""
    ax = EffectsDisplay.from_report(report()).plot(Figure(figsize=(width, 3.0)).add_subplot()).ax_
    assert any("to" in text.get_text() for text in ax.texts) == shown


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
    given["scorers"][2]["name"] = "response"
    assert ["response" in policy_names(each) for each in (report(), given)] == [True, False]


def test_a_constant_score_still_has_a_picture() -> None:
    """The average scorer gives everyone the same."""
    constant = curves() | {"score": np.full(50, 0.02)}
    ax = ScoresDisplay.from_report(report(), constant).plot(Figure().add_subplot()).ax_
    assert sum(patch.get_height() for patch in ax.patches) == pytest.approx(100.0)


def test_the_policies_begin_with_the_rule_that_would_be_used() -> None:
    """The certified one; without a certificate the model's at cut-off 0, labelled so."""
    shown = [PoliciesDisplay.from_report(report(issued=issued)) for issued in (True, False)]
    assert [(each.names[0], each.value[0].round(6)) for each in shown] == [
        ("certified rule (60 %)", 4.8),
        ("model, cut-off 0 (80 %)", 5.6),
    ]


@pytest.mark.parametrize(
    ("name", "effect", "colour"),
    [
        ("benefit", interval(0.06), GOOD),
        ("benefit", interval(-0.06), BAD),
        ("benefit", interval(0.001), QUIET),
        ("complaint", interval(0.02), BAD),
        ("complaint", interval(-0.02), GOOD),
        ("complaint", interval(0.001), QUIET),
    ],
)
def test_an_effect_is_coloured_by_what_its_interval_shows(name: str, effect: dict[str, Any], colour: str) -> None:
    """A benefit that falls is red, a complaint that is prevented green, an interval that includes 0 grey."""
    given = report()
    given["average_effect"] = {name: effect}
    ax = EffectsDisplay.from_report(given).plot(Figure().add_subplot()).ax_
    assert ax.lines[0].get_color() == colour


def test_scorers_have_plain_names_in_pictures() -> None:
    """The short names are for tables."""
    assert LearnersDisplay.from_report(report()).names[2:] == ("two logistic models", "DR (robust effects)")


def test_labels_break_before_their_unit() -> None:
    """Not in the middle of it."""
    ax = DecilesDisplay.from_report(report()).plot(Figure().add_subplot()).ax_
    assert ax.get_ylabel() == "net benefit of contact,\nper 100 occasions"


def test_figures_beside_marks_show_their_sign() -> None:
    """A bound of 0.004 is not written 0.00."""
    given = report()
    given["average_effect"] = {"benefit": {"estimate": 0.001, "low": 0.00004, "high": 0.002, "se": 0.0005}}
    ax = EffectsDisplay.from_report(given).plot(Figure(figsize=(7.2, 3.0)).add_subplot()).ax_
    assert ax.texts[0].get_text() == "0.100 (0.004 to 0.200)"


def test_cutoffs_that_nobody_could_deploy_are_not_drawn() -> None:
    """Contacting everybody was tried too and counts in Holm's limits; the picture shows what could be issued."""
    shown = CutoffsDisplay.from_report(report(), curves())
    assert (len(curves()["tried_cutoff"]), shown.contacted.tolist(), shown.issued) == (5, [0.2, 0.4, 0.6, 0.8], 0.6)


def test_a_p_value_of_nought_is_drawn() -> None:
    """On a logarithmic scale too."""
    given = curves() | {"tried_opt_out": np.zeros(5)}
    ax = CutoffsDisplay.from_report(report(), given).plot(Figure().add_subplot()).ax_
    assert all(np.asarray(line.get_ydata()).min() > 0.0 for line in ax.lines if "opt-outs" in str(line.get_label()))
