"""What is advised: one interval decides, and good is said only where nothing that matters is missing."""

from collections import Counter
from typing import Any

import pytest

from serving.replay.judgement import advice
from serving.replay.tallying import Flips
from serving.replay.verdict import verdict
from tests.serving.replay.reports import HALF, NOW, followed, replay, report, weighed

Ends = tuple[float, float]
WITHIN: Ends = (-1.0, 1.0)
KNOWN = weighed(followed(0.1, 0.02), HALF)


def figures(net: Ends | None, benefit: Ends | None, complaint: Ends | None, opt_out: Ends | None) -> dict[str, Any]:
    """Return a report with these intervals, in which nothing is left out."""
    found = report(replay(left_out=Counter()), KNOWN)
    effects = found["effects"]
    for name, ends in zip(("benefit", "complaint", "opt_out"), (benefit, complaint, opt_out), strict=True):
        effects["outcomes"][name]["difference"] = ends and {"estimate": sum(ends) / 2, "low": ends[0], "high": ends[1]}
    one = net and {"difference": {"estimate": sum(net) / 2, "low": net[0], "high": net[1]}}
    return {**found, "effects": effects | {"net_benefit": one}}


@pytest.mark.parametrize(
    ("net", "benefit", "complaint", "title", "tone"),
    [
        ((1, 9), WITHIN, WITHIN, "Customers would be better off", "good"),
        ((1, 9), (1, 9), (-9, -1), "Customers would be better off", "good"),
        ((-9, -1), WITHIN, WITHIN, "Customers would be worse off", "bad"),
        ((-9, -1), (-9, -1), (-9, -1), "Customers would be worse off", "bad"),
        (WITHIN, WITHIN, (1, 9), "Customers would be worse off", "bad"),
        (None, None, (1, 9), "Customers would be worse off", "bad"),
        ((1, 9), (1, 9), (1, 9), "Better and worse at once: for you to weigh", "unclear"),
        (WITHIN, (1, 9), (1, 9), "Better and worse at once: for you to weigh", "unclear"),
        (WITHIN, (1, 9), (-9, -1), "Neither better nor worse is shown", "unclear"),
        (WITHIN, WITHIN, WITHIN, "Neither better nor worse is shown", "unclear"),
        (None, None, (-9, -1), "Better, as far as it is known", "unclear"),
        ((1, 9), (1, 9), None, "Better, as far as it is known", "unclear"),
    ],
)
def test_the_net_benefit_decides(net: Ends, benefit: Ends, complaint: Ends, title: str, tone: str) -> None:
    """Complaints can hold it back or make it bad; no other interval makes it good."""
    actual = advice(figures(net, benefit, complaint, WITHIN))
    assert (actual[0], actual[2]) == (title, tone)


@pytest.mark.parametrize(("opt_out", "first"), [((-9, -1), "Fewer opt-outs"), ((1, 9), "More opt-outs")])
def test_opt_outs_alone_make_nothing_good_or_bad(opt_out: Ends, first: str) -> None:
    """Fewer messages always bring fewer of them; what that costs stands beside it."""
    title, _, tone = advice(figures(WITHIN, (-0.2, 0.1), WITHIN, opt_out))
    assert (title.startswith(f"{first}; what it "), "(−200.0 to +100.0 by" in title, tone) == (True, True, "unclear")


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"effects": {"delayed": 2900}}, "2,900 messages that would go out later"),
        (
            {"asked": {"undrawn": 50_000}, "compared": {"model": {"before": "a", "after": "b"}}},
            "50,000 decisions that chance never drew",
        ),
        ({"decisions": {"left_out": {"never_asked": 7}}}, "7 decisions more that would pass the filters"),
        ({"decisions": {"left_out": {"otherwise": 1000}}}, "1,000 decisions left out (50 %)"),
        ({"compared": {"looser": True}}, "messages that a looser limit brings about"),
    ],
)
def test_what_is_in_no_figure_keeps_it_from_being_good(missing: dict[str, Any], words: str) -> None:
    """With its count: what is shown then is of some of the messages."""
    found = figures((1, 9), (1, 9), WITHIN, WITHIN)
    title, do, tone = advice(found | {name: found[name] | more for name, more in missing.items()})
    assert (title, words in do, tone) == ("Better, as far as it is known", True, "unclear")


def test_a_few_that_were_left_out_are_no_other_past() -> None:
    """Three of a thousand."""
    found = figures((1, 9), (1, 9), WITHIN, WITHIN)
    found["decisions"]["left_out"] = {"otherwise": 3}
    assert advice(found)[2] == "good"


@pytest.mark.parametrize(("since", "tone"), [(None, "unclear"), (NOW, "good")])
def test_another_model_is_better_only_on_what_it_has_not_seen(since: Any, tone: str) -> None:
    """Everybody knows the past best whose lesson it was."""
    found = figures((1, 9), (1, 9), WITHIN, WITHIN)
    found |= {"asked": {"asked": 9}, "compared": found["compared"] | {"model": {"before": "a", "after": "b"}}}
    found["compared"]["since"] = since
    actual = advice(found)
    assert (actual[2], "`--since`" in actual[1]) == (tone, since is None)


def test_the_model_in_charge_is_not_promoted() -> None:
    """Its replay says what experiments and models before it did otherwise."""
    found = report(asked={"asked": 9})
    assert advice(found)[0] == "This model is already in charge"


def test_chances_that_contradict_the_log_make_no_figure_a_finding() -> None:
    """Nine in ten were to be contacted, and six in ten were."""
    seen = followed(0.1, 0.02)
    seen.chance[:] = 0.6
    actual = verdict(report(replay(left_out=Counter()), weighed(seen, HALF)))
    assert (actual.title, actual.tone) == ("The log contradicts itself", "unclear")


@pytest.mark.parametrize("code", ["promotional_wording", "purpose_is_marketing"])
def test_a_new_text_that_is_marketing_is_mended_and_not_put_in_force(code: str) -> None:
    """Fewer messages may be better for customers; that is not what the text was written for."""
    made = replay()
    made.reasons[code, next(iter(made.reasons))[1]] = Flips(40)
    changed, other = (report(made, templates=each)["verdict"] for each in ({"parcel_delayed": "changed"}, None))
    assert (changed["title"], "outreach policy lint" in changed["do"]) == ("The new text is refused: mend it", True)
    assert other["title"] != changed["title"]
