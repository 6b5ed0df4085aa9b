"""The report as JSON: its keys, its figures beside each other, and what it does not answer."""

import json
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from model.contracts import Action
from serving.policy.limits import tighten
from serving.replay.tallying import Flips, Funnel, Replay
from serving.replay.unanswered import ASKED
from tests.serving.analytics.drawn import occasions
from tests.serving.replay.reports import HALF, LIMITS, NOTHING, NOW, example, followed, replay, report, weighed

YOUNG = ("too young, and changed", "too young, and later")


def kinds(found: dict[str, Any]) -> list[str]:
    """Return what a report does not answer, in its order."""
    return [each["kind"] for each in found["not_answered"]]


def test_it_is_json_and_the_same_bytes_each_time() -> None:
    """Nothing in it is a number that JSON does not have, and nothing looks at a clock."""
    actual = [json.dumps(report(), allow_nan=False) for _ in range(2)]
    assert actual[0] == actual[1]


def test_its_keys_are_those_of_the_page() -> None:
    """They are stable: others read them."""
    found = report()
    outcome = found["effects"]["outcomes"]["benefit"]
    assert list(found) == [
        *("format", "mode", "compared", "decisions", "funnel", "reasons", "purposes", "segments", "effects", "asked"),
        *("not_answered", "verdict", "in_force"),
    ]
    assert list(outcome) == [
        *("difference", "total", "per_contact", "logged", "mean_weight", "estimators", "notes", "events"),
    ]
    assert list(found["effects"]["net_benefit"]) == [*list(outcome)[:-1], "weights"]


def test_counts_are_those_of_the_replay() -> None:
    """Before, after, left out and flipped; of each purpose the same."""
    found = report()
    before, after = {"send": 600, "hold": 100, "deny": 300}, {"send": 560, "hold": 140, "deny": 300}
    assert found["decisions"] == {"replayed": 1000, "flipped": 40, "left_out": {"otherwise": 3}}
    assert found["funnel"] == {"before": before, "after": after, "flipped": 40}
    assert found["purposes"] == [{"purpose": "delivery_update", "before": before, "after": after, "flipped": 40}]


def test_who_flips_has_examples_and_what_would_change_it() -> None:
    """The reason that most are told otherwise for stands first; what is sent has nothing to change."""
    made = replay()
    made.reasons["quiet_hours", Action.SEND] = Flips(41, [example(9, before=Action.HOLD, after=Action.SEND)])
    first, second = report(made)["reasons"]
    assert (first["code"], first["count"], first["would_change"]) == ("quiet_hours", 41, None)
    assert (second["count"], len(second["examples"]), "{" in second["would_change"]) == (40, 5, False)
    assert second["examples"][0] == {
        "decision_id": "d-0",
        "user_id": "u-0",
        "purpose": "delivery_update",
        "at": "2026-10-31T12:00:00Z",
        "before": "send",
        "after": "hold",
        "reasons": ["frequency_cap"],
    }


def test_figures_are_the_same_difference_by_occasion_by_contact_and_in_all() -> None:
    """Two thousand of four thousand are contacted no more, .9 each: 1,800 contacts less."""
    found = report()["effects"]
    benefit = found["outcomes"]["benefit"]
    assert found["contacts"] == {"more": 0.0, "less": pytest.approx(1800.0)}
    for end in ("estimate", "low", "high", "se"):
        assert benefit["total"][end] == pytest.approx(4000 * benefit["difference"][end])
        assert benefit["per_contact"][end] == pytest.approx(benefit["total"][end] / 1800)
    robust = benefit["estimators"]["doubly_robust"]
    assert robust["difference"] == benefit["difference"]
    assert robust["proposed"]["effective_sample_size"] > 200.0


def test_no_nought_has_a_minus() -> None:
    """Neither what comes of nothing less, nor an estimate of no difference."""
    more = weighed(followed(0.0, 0.0), dict.fromkeys(range(4000), 1.0))
    actual = [re.findall(r"-0\.0(?!\d)", json.dumps(report(said=each))) for each in (more, NOTHING)]
    assert actual == [[], []]


def test_opt_outs_take_one_number_and_are_told_so() -> None:
    """Nobody who is left out can opt out of a message."""
    found = report(said=weighed(occasions([True, False] * 900), HALF))
    whys = [each["why"] for each in found["not_answered"] if each["kind"] == "few_events"]
    actual = [why.endswith("it takes 5 of each, seen and to be expected.") for why in whys]
    assert (actual, whys[-1].endswith("it takes 5, seen and to be expected.")) == ([True, True, False], True)


def test_contacts_that_change_both_ways_have_no_figure_by_the_contact() -> None:
    """There is no one number of contacts that it would be per."""
    both = weighed(followed(0.1, 0.02), HALF | dict.fromkeys(range(2000, 4000), 0.95))
    found = report(said=both)["effects"]
    assert (found["outcomes"]["benefit"]["per_contact"], found["contacts"]["more"]) == (None, pytest.approx(100.0))


@pytest.mark.parametrize(
    ("sent", "asked", "never"),
    [((0, 90), {}, 0), ((40, 0), {"asked": 9, "undrawn": 1}, 0), ((40, 0), {}, 1)],
    ids=["more are sent", "some were never drawn", "some were never asked"],
)
def test_figures_by_the_contact_are_of_all_contacts_or_there_are_none(
    sent: tuple[int, int], asked: dict[str, int], never: int
) -> None:
    """Messages that come beside those that chance drew would be left out of the thousand."""
    funnel = Funnel()
    funnel.count([560, 0, sent[0], 0, 0, 0, sent[1], 0, 300])
    found = report(replay(whole=funnel, left_out=Counter(never_asked=never)), asked=asked)["effects"]
    assert [each["per_contact"] for each in found["outcomes"].values()] == [None, None, None]


def test_the_net_benefit_is_that_of_its_parts() -> None:
    """With weights 1 the estimate is benefit less complaints and opt-outs; its interval is its own."""
    found = report()["effects"]
    parts = {name: each["difference"]["estimate"] for name, each in found["outcomes"].items()}
    net = found["net_benefit"]["difference"]
    assert net["estimate"] == pytest.approx(parts["benefit"] - parts["complaint"] - parts["opt_out"])
    assert (net["low"] < net["estimate"] < net["high"], found["net_benefit"]["notes"]) == (True, [])


def test_each_purpose_has_its_own_effects() -> None:
    """Those in which something changes."""
    [only] = report()["effects"]["purposes"]
    assert (only["purpose"], only["changed"]) == ("delivery_update", 2000)


def test_what_was_compared_has_both_sides() -> None:
    """Limits as they are written, and only those that differ."""
    found = report(templates={"parcel_delayed": "changed"}, since=NOW - timedelta(days=9))["compared"]
    assert found["limits"] == {
        "contacts_24h": {"before": "2", "after": "1"},
        "channels_off": {"before": "", "after": "push, sms"},
    }
    assert (found["since"], found["templates"]) == ("2026-11-11T12:00:00Z", {"parcel_delayed": "changed"})


def test_everything_known_leaves_out_decisions_delays_and_weeks() -> None:
    """These no log answers, whatever it has."""
    actual = kinds(report())
    assert actual == ["left_out", "delayed", "alone"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (NOTHING, ["refused"]),
        (weighed(occasions([True] * 9), {}), ["refused"]),
        (weighed(occasions([True] * 9), {}, delayed=9), ["refused", "delayed"]),
        (weighed(occasions([True, False] * 9), {1: 0.0}), ["refused", "purposes"]),
        (weighed(occasions([True] * 900, chance=1.0), HALF), ["outside", "refused", "purposes"]),
        (weighed(occasions([True, False] * 900), HALF), ["few_events"] * 3),
        (weighed(occasions([True] * 9, closed=[False] * 9), {}), ["refused", "open"]),
        (weighed(occasions([True] * 9, closed=[False] * 9), {1: 0.0}), ["refused", "open"]),
        (weighed(occasions([True] * 9, closed=[False] * 9), {}, delayed=1), ["refused", "delayed", "open"]),
    ],
    ids=["no occasion", "no chance changes", "only later", "too few", "never tried", "no event", "too young", *YOUNG],
)
def test_what_cannot_be_answered_is_named(said: Any, expected: list[str]) -> None:
    """Part by part, and never without a figure to go with it."""
    actual = kinds(report(replay(left_out=Replay().left_out), said))
    assert actual == [*expected, "alone"]


def test_a_part_that_was_never_tried_is_named_with_its_occasions() -> None:
    """In plain words, with what would answer it."""
    found = report(said=weighed(occasions([True] * 900, chance=1.0), HALF))
    [named] = [each for each in found["not_answered"] if each["kind"] == "outside"]
    assert (named["what"], named["count"], "experiment" in named["do"]) == ("News of a delivery, by chat", 900, True)


def test_a_limit_that_no_look_back_shows_is_named() -> None:
    """The breaker counts over all customers."""
    tighter = tighten(LIMITS, {"breaker_volume": 50})
    [first, *_] = report(limits=(LIMITS, tighter))["not_answered"]
    assert (first["kind"], first["what"]) == ("limit", "Within an hour a text stops only above 50 messages")


@pytest.mark.parametrize("name", sorted(ASKED))
def test_rows_that_another_model_says_less_of_are_named(name: str) -> None:
    """Without a score, outside its certificate, or never drawn."""
    found = report(model=("v1", "v2"), asked={"asked": 9, name: 2})
    [named] = [each for each in found["not_answered"] if each["kind"] == name]
    assert (named["count"], named["what"].startswith("2 decisions ")) == (2, True)


def test_another_model_may_have_seen_the_past() -> None:
    """Nobody knows that but whoever trained it, so it is said."""
    actual = ["learned" in kinds(report(asked=asked)) for asked in ({"asked": 9}, None)]
    assert actual == [True, False]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "/console/what-if?contacts_24h=1&channels_off=push%2Csms"),
        ({"looser": True}, "outreach.toml"),
        ({"limits": (LIMITS, LIMITS), "templates": {"a": "added"}}, "outreach policy lint"),
        ({"limits": (LIMITS, LIMITS), "asked": {"asked": 1}, "model": ("v1", "v2")}, "outreach promote"),
        ({"limits": (LIMITS, LIMITS), "cutoff": (0.01, 0.02)}, "certificate"),
    ],
    ids=["limits", "looser limits", "templates", "a model", "a cut-off"],
)
def test_it_says_how_to_put_it_in_force_and_how_to_undo_it(more: dict[str, Any], words: str) -> None:
    """For each thing that would change."""
    [step] = report(**more)["in_force"]
    assert (words in step["do"], bool(step["undo"])) == (True, True)


def test_nothing_proposed_has_nothing_to_put_in_force() -> None:
    """The same limits, texts and model."""
    assert report(limits=(LIMITS, LIMITS))["in_force"] == []


def test_numbers_are_those_of_python() -> None:
    """A numpy number would not be written as JSON by everybody."""

    def leaves(value: Any) -> list[Any]:
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else None
        return [value] if inside is None else [leaf for each in inside for leaf in leaves(each)]

    actual = {type(leaf) for leaf in leaves(report())}
    assert (actual <= {str, int, float, bool, type(None)}, np.float64 in actual) == (True, False)
