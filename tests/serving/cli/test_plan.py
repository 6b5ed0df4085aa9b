"""`outreach plan`: the figures of METHOD section 4 as somebody plans with them, and what it refuses."""

import json

import pytest

from serving.cli import run

Printed = pytest.CaptureFixture[str]
USUAL = ["plan", "--complaint-at-most", "0.005", "--control-rate", "0.004"]


def said(capsys: Printed, *more: str) -> str:
    """Plan the usual certificate and return what was printed."""
    assert run([*USUAL, *more]) == 0
    return capsys.readouterr().out


def test_it_says_how_many(capsys: Printed) -> None:
    """METHOD section 4: about 27k rows at e = .5 for .6 % against .4 %, and 1,200 contacts with no harm at all."""
    actual = said(capsys, "--effect", "0.002")
    assert "complaints: about 29,200 occasions above the cut-off on the certification half" in actual
    assert "opt-outs:   about 2,400 occasions above the cut-off on the certification half (1,200 contacts)" in actual
    assert "an experiment with --share 0.5 needs about 72,900 occasions (36,500 contacts)" in actual


def test_it_plans_with_the_usual_arms(capsys: Printed) -> None:
    """About 115k rows above the cut-off at .95; those below are contacted too."""
    more = ("--effect", "0.002", "--propensity", ".95/.02", "--share-above", "0.6", "--per-day", "500")
    actual = said(capsys, *more)
    assert "complaints: about 116,000 occasions above the cut-off" in actual
    assert "contact with 0.95 above the cut-off and 0.02 below needs about 483,000 occasions" in actual
    assert "about 966 days at 500 a day, and 14 more until the last window has closed" in actual


def test_what_cannot_be_shown_is_said(capsys: Printed) -> None:
    """Not an error: it is what was asked for, with what to change."""
    actual = said(capsys, "--effect", "0.005")
    assert "complaints: no number of occasions" in actual
    assert "raise --complaint-at-most above --effect 0.005" in actual


@pytest.mark.parametrize("effect", ["0.002", "0.005"])
def test_json_is_json(effect: str, capsys: Printed) -> None:
    """And nothing else, whether it is possible or not."""
    actual = json.loads(said(capsys, "--effect", effect, "--json"))
    assert (actual["possible"], actual["collect"]["above"]) == (effect == "0.002", 0.5)


@pytest.mark.parametrize(
    "more",
    [
        *(["--complaint-at-most", rate] for rate in ("0", "1", "-0.1", "nan", "inf", "much", "1e-300")),
        *(["--control-rate", rate] for rate in ("0", "1", "nan")),
        *(["--effect", effect] for effect in ("nan", "2", "-0.005", "0.997", "inf")),
        *(["--opt-out-at-most", rate] for rate in ("0", "nan")),
        *(["--opt-out-rate", rate] for rate in ("nan", "1.1", "-0.1")),
        *(["--propensity", rates] for rates in ("0", "1", "nan", "", "/", ".95/", ".02/.95", ".9/.5/.1", "half")),
        *(["--share-above", share] for share in ("0", "1.1", "nan")),
        *(["--per-day", days] for days in ("0", "-1", "1.5", "nan", "1" + "0" * 400)),
        *(["--confidence", level] for level in ("0", "1", "nan", "95")),
    ],
    ids=lambda more: " ".join(more)[:40],
)
def test_bad_values_are_one_line_and_exit_2(more: list[str], capsys: Printed) -> None:
    """Each names the option."""
    actual = run([*USUAL, *more])
    shown = capsys.readouterr()
    assert (actual, shown.out, len(shown.err.splitlines()), more[0] in shown.err) == (2, "", 1, True)
