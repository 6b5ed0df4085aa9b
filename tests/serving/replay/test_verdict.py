"""The first thing that is read: what a replay comes to, in one sentence, and what to do."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from serving.policy.limits import tighten
from serving.policy.tightening import Tightening
from serving.replay.tallying import Funnel, Replay
from serving.replay.verdict import customers
from serving.replay.weighing import Weighed
from tests.serving.analytics.drawn import occasions
from tests.serving.replay.reports import HALF, LIMITS, NOTHING, NOW, followed, replay, report, weighed


def said(found: Replay | None = None, of: Weighed | None = None, **more: Any) -> dict[str, Any]:
    """Return the verdict."""
    found_out: dict[str, Any] = report(found, of, **more)["verdict"]
    return found_out


def unchanged() -> Replay:
    """Return a replay in which everybody is answered as they were."""
    funnel = Funnel()
    funnel.count([600, 0, 0, 0, 100, 0, 0, 0, 300])
    return replay(whole=funnel, reasons={})


def test_it_names_counts_and_figures_with_their_intervals() -> None:
    """How many of how many, which way, and what each thousand contacts come to."""
    sentence = said()["sentence"]
    first, second = sentence.split(" Each 1,000 contacts less would have meant ")
    expected = "Of 1,000 decisions 40 (4 %) would have been answered otherwise: 560 sent instead of 600 and 140 held "
    assert first == f"{expected}instead of 100."
    assert (second.count(" to "), second.count("between ")) == (2, 1)


def test_what_is_not_told_apart_from_none_is_no_more_and_no_fewer() -> None:
    """Where the interval holds 0 the sentence has its ends, and no estimate that looks like a finding."""
    found = report()["effects"]
    figure = {"estimate": -0.026, "low": -0.1505, "high": 0.0984, "se": 0.06}
    found["outcomes"]["benefit"] |= {"difference": figure, "per_contact": figure}
    words = "between 150.5 fewer and 98.4 more customers helped (not told apart from none)"
    assert words in customers(found)


@pytest.mark.parametrize("flips", [True, False], ids=["others flip", "nobody flips"])
def test_a_looser_limit_says_first_how_many_more_would_pass(flips: bool) -> None:  # noqa: FBT001
    """Nobody asked whether they would be sent, so nothing is said not to change, nor that chance has no part."""
    made = replay() if flips else unchanged()
    made.left_out["never_asked"] = 5000
    actual = said(made, NOTHING if not flips else weighed(occasions([True, False] * 9), {}), looser=True)
    first = "5,000 more would pass the filters; whether they would be sent, nobody asked. "
    assert actual["sentence"].startswith(first)
    assert ("Nothing would change" in actual["title"], "chance may leave out" in actual["sentence"]) == (False, False)


def test_contacts_that_change_both_ways_are_told_by_the_occasion() -> None:
    """There is no number of contacts to tell them by."""
    both = report(said=weighed(followed(0.1, 0.02), HALF | dict.fromkeys(range(2000, 4000), 0.95)))
    assert customers(both["effects"]).startswith("Over 1,000 occasions that would have meant ")


def test_more_contacts_are_told_as_more() -> None:
    """Everybody is contacted."""
    funnel = Funnel()
    funnel.count([560, 0, 0, 0, 0, 0, 40, 0, 300])
    more = report(replay(whole=funnel), weighed(followed(0.1, 0.02), dict.fromkeys(range(4000), 1.0)))
    assert customers(more["effects"]).startswith("Each 1,000 contacts more would have meant ")


def test_nothing_replayed_says_so() -> None:
    """All were left out."""
    left = replay(whole=Funnel(), purposes={}, reasons={}, oldest=None, newest=None)
    assert said(left, NOTHING)["title"] == "Nothing could be decided again"


def test_nobody_told_otherwise_says_so() -> None:
    """And where the past cannot show it, that it cannot."""
    breaker = (LIMITS, tighten(LIMITS, {"breaker_volume": 50}))
    actual = [said(unchanged(), NOTHING)["title"], said(unchanged(), NOTHING, limits=breaker)["title"]]
    assert actual == ["Nothing would change", "The past cannot tell"]


def test_a_text_that_is_still_sent_is_another_text() -> None:
    """Nobody is answered otherwise, and all the same they notice."""
    found = unchanged()
    found.sent["parcel"] = 600
    more: Any = {"limits": (LIMITS, LIMITS), "templates": {"parcel": "changed"}, "texts": {"parcel": ("Old.", "New.")}}
    actual = said(found, NOTHING, **more)
    named = [each for each in report(found, NOTHING, **more)["not_answered"] if each["kind"] == "text"]
    assert actual["title"] == "The same answers, in other words"
    assert actual["sentence"].endswith("600 messages would have gone out with another text.")
    assert ("noticed" in actual["do"], [each["count"] for each in named]) == (False, [600])


OVERRULED: dict[str, Any] = {
    "limits": (LIMITS, LIMITS),
    "overruled": {"contacts_7d": ("2", "1")},
    "tightened": Tightening(at=NOW, by="Bob (01M81HWV9R8Q4Z7E2B5N6K3T1A)", why="calm", limits="{}"),
}


def test_what_limits_on_record_overrule_is_named_with_who_and_since_when() -> None:
    """Not as if nobody would have noticed it."""
    actual = said(unchanged(), NOTHING, **OVERRULED)
    sentence = (
        "Proposed is: Messages to one customer within 7 days, at most 2. In force is: Messages to one customer within "
        "7 days, at most 1, since 20 Nov 2026, 12:00 UTC, by Bob, and the stricter one counts."
    )
    assert (actual["title"], actual["sentence"]) == ("What is in force is stricter", sentence)
    assert ("noticed" in actual["do"], "/console/what-if" in actual["do"]) == (False, True)


@pytest.mark.parametrize(("left", "share"), [(52, ""), (53, "53 of 1,053 decisions (5 %) had to be left out: ")])
def test_what_is_left_out_is_in_the_first_sentence_from_a_twentieth_on(left: int, share: str) -> None:
    """And then nobody says that nothing would be noticed."""
    found = unchanged()
    found.left_out = Counter(otherwise=left)
    actual = said(found, NOTHING, limits=(LIMITS, LIMITS))
    changed = said(replay(left_out=Counter(otherwise=left)))
    assert actual["sentence"].startswith(share or "Not one of")
    assert changed["sentence"].startswith(share or "Of 1,000 decisions 40")
    assert ("noticed" in actual["do"]) is not bool(share)


def test_what_is_left_out_since_limits_changed_can_be_left_out_by_a_time() -> None:
    """The option is printed with it; without a change on record in that time, what to look for."""
    later = replace(OVERRULED["tightened"], at=NOW - timedelta(days=9))
    dos = [
        next(each["do"] for each in report(tightened=one)["not_answered"] if each["kind"] == "left_out")
        for one in (later, None)
    ]
    assert ("`--since 2026-11-11T12:00:00Z`" in dos[0], "`--since`" in dos[1]) == (True, True)


def test_a_model_in_charge_is_not_promoted() -> None:
    """What flips dates from before."""
    found = [said(each, model=("v1", "v1"), asked={"asked": 9}) for each in (None, unchanged())]
    steps = report(limits=(LIMITS, LIMITS), model=("v1", "v1"), asked={"asked": 9})["in_force"]
    actual = [(each["title"], "nothing to promote" in each["do"]) for each in found]
    assert (actual, steps) == ([("This model is already in charge", True)] * 2, [])


@pytest.mark.parametrize(
    ("since", "sentence"),
    [(None, "No decision is on record."), (NOW, "No decision is on record since 20 Nov 2026, 12:00 UTC.")],
)
def test_an_empty_ledger_says_just_that(since: datetime | None, sentence: str) -> None:
    """Nothing was left out of it."""
    nothing = replay(whole=Funnel(), purposes={}, reasons={}, left_out=Counter(), oldest=None, newest=None)
    actual = said(nothing, NOTHING, since=since)
    assert (actual["title"], actual["sentence"]) == ("There is nothing to decide again", sentence)


def test_flips_without_figures_say_that_the_log_cannot_answer() -> None:
    """Who is told otherwise is known all the same."""
    actual = said(of=weighed(occasions([True, False] * 9), {1: 0.0}))
    known = "What that does to benefit and complaints this log cannot answer."
    assert (actual["title"], actual["sentence"].endswith(known)) == (
        "Who is told otherwise is known, what it does to them is not",
        True,
    )


def test_flips_that_chance_has_no_part_in_say_so() -> None:
    """Essential service, or what a filter stops either way."""
    actual = said(of=weighed(occasions([True, False] * 9), {}))
    assert "No message that chance may leave out is among them" in actual["sentence"]
    assert "experiment" not in actual["do"]


def young(contact: dict[int, float], delayed: int = 0) -> Weighed:
    """Weigh eighteen occasions of which the last nine are not over."""
    return weighed(occasions([True] * 18, closed=[True] * 9 + [False] * 9), contact, delayed)


def test_what_chance_drew_and_is_not_over_is_said_to_be_that() -> None:
    """No word that chance had no part in it; the day to come back on."""
    actual = said(of=young({17: 0.0}))
    assert actual["title"] == "Who is told otherwise is known, what it does to them is not yet"
    assert "In 1 occasion whose 14 days are not over the chance of a message changes." in actual["sentence"]
    both = said(of=young({15: 0.0, 16: 0.0}, delayed=1))["sentence"]
    assert "In 2 occasions whose 14 days are not over the chance of a message changes, in 1 it would go" in both
    assert ("experiment" in actual["do"], "Come back after 15 Jan 1970, 00:00 UTC" in actual["do"]) == (False, True)


def test_nobody_told_otherwise_but_for_chances_that_are_not_over_is_no_all_clear() -> None:
    """What was held at first is drawn when it is confirmed."""
    actual = [said(unchanged(), each)["title"] for each in (young({17: 0.0}), young({}, delayed=2))]
    assert actual == [
        "Who is told otherwise is known, what it does to them is not yet",
        "Messages would only go out later",
    ]


def test_messages_that_only_go_out_later_say_so() -> None:
    """Held for a while, and nothing lost."""
    actual = said(of=weighed(occasions([True] * 9), {}, delayed=9))
    assert (actual["title"], "experiment" in actual["do"]) == ("Messages would only go out later", False)


def test_as_many_one_way_as_the_other_says_so() -> None:
    """Ten are sent that were held, and ten held that were sent."""
    funnel = Funnel()
    funnel.count([590, 10, 0, 10, 90, 0, 0, 0, 300])
    assert "otherwise, as many one way as the other." in said(replay(whole=funnel))["sentence"]
