import json
import math

import pytest

from model.certifying.planner import Aim, Collect, size
from model.certifying.planner_words import about, as_json, lines, summary, warnings

AIM = Aim(alpha=0.005, control_rate=0.006, effect=0.002)


def said(aim: Aim = AIM, collect: Collect | None = None) -> list[str]:
    """Return what the planner prints."""
    collect = collect or Collect()
    return lines(aim, collect, size(aim, collect))


def test_each_harm_has_its_line_and_one_decides() -> None:
    """Both are needed at once; the one that needs more occasions is named."""
    first, second, third, *_ = said()
    assert first.startswith("complaints: about 39,700 occasions above the cut-off on the certification half (19,900")
    assert second == "opt-outs:   about 2,400 occasions above the cut-off on the certification half (1,200 contacts)"
    assert (
        third
        == "in all:     about 99,200 occasions: 40% of them certify, 100% lie above the cut-off; complaints decide"
    )


@pytest.mark.parametrize(
    ("collect", "words"),
    [
        (Collect(), "an experiment with --share 0.5 needs about 99,200 occasions (49,600 contacts)"),
        (
            Collect(above=0.95, below=0.02, share_above=0.5),
            "contact with 0.95 above the cut-off and 0.02 below needs about 857,000 occasions (416,000 contacts)",
        ),
    ],
    ids=["experiment", "usual arms"],
)
def test_one_sentence_says_what_to_start(collect: Collect, words: str) -> None:
    """Occasions and contacts, as `outreach experiment start` asks for them, and what they buy."""
    assert said(collect=collect)[-2:] == [
        words,
        "at this size a first attempt (6/π² of δ) issues every other time; half as much again makes it about 8 in 10",
    ]


def test_days_are_those_of_collecting_and_a_window() -> None:
    """The last occasion's outcomes are known 14 days later."""
    collect = Collect(per_day=1000)
    time = next(line for line in said(collect=collect) if line.startswith("time:"))
    assert time == "time:       about 100 days at 1000 a day, and 14 more until the last window has closed"
    assert any(line.startswith("time:") for line in said()) is False


@pytest.mark.parametrize(
    ("aim", "words"),
    [
        (
            Aim(alpha=0.005, control_rate=0.006, effect=0.005),
            (
                "no experiment shows complaints to be at most 5 per 1,000 contacts where 5 are thought to be caused: "
                "raise --complaint-at-most above --effect 0.005, or contact only those for whom it is smaller"
            ),
        ),
        (
            Aim(alpha=0.005, control_rate=0.006, opt_out_alpha=0.002, opt_out_rate=0.003),
            (
                "no experiment shows opt-outs to be at most 2 per 1,000 contacts where 3 are thought to be caused: "
                "raise --opt-out-at-most above --opt-out-rate 0.003, or contact only those for whom it is smaller"
            ),
        ),
    ],
    ids=["complaints", "opt-outs"],
)
def test_what_no_size_would_show_is_said_with_what_to_change(aim: Aim, words: str) -> None:
    """No figure is invented, and no experiment is proposed."""
    found = said(aim, Collect(per_day=10))
    assert (found[-1], any("no number of occasions" in line for line in found)) == (words, True)
    assert [line for line in found if line.startswith(("in all", "time", "an experiment"))] == []


def test_a_limit_above_the_control_rate_is_a_warning_with_both_figures() -> None:
    """As on the certificate."""
    aim = Aim(alpha=0.005, control_rate=0.004)
    words = "warning:    5 caused complaints per 1,000 contacts are more than the 4 without contact"
    assert (warnings(aim), words in said(aim), warnings(AIM)) == ([words], True, [])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (11.5, "12"),
        (22_841.2, "22,900"),
        (999.9, "1,000"),
        (1e15, "1,000,000,000,000,000"),
        (3e15, "more than 1,000,000,000,000,000"),
        (math.inf, "more than 1,000,000,000,000,000"),
    ],
    ids=str,
)
def test_figures_have_three_digits_rounded_up(number: float, words: str) -> None:
    """Nobody collects too little for a rounding."""
    assert about(number) == words


@pytest.mark.parametrize("effect", [0.002, 0.005])
def test_the_json_holds_every_figure(effect: float) -> None:
    """Whole counts; null where no size would do, and never an infinity."""
    aim, collect = Aim(alpha=0.005, control_rate=0.004, effect=effect), Collect(per_day=100)
    found = size(aim, collect)
    stated = json.loads(json.dumps(as_json(aim, collect, found), allow_nan=False))
    figures = [stated[key] for key in ("occasions", "contacts", "days")]
    assert stated["possible"] == (effect < 0.005)
    if stated["possible"]:
        assert figures == [math.ceil(each) for each in (found.occasions, found.contacts, found.days or 0.0)]
        assert stated["summary"] == summary(collect, found)
    else:
        assert (figures, stated["needed_above_cutoff"]["complaint"]) == ([None] * 3, None)
        assert stated["summary"].startswith("no experiment shows complaints")
    assert (stated["decides"], len(stated["warnings"])) == ("complaint", 1)
