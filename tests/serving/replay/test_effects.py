"""What a proposal would have done: differences with intervals, or why there are none."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from serving.analytics.occasions import Occasions
from serving.replay.effects import DELAYED, FEW, NONE, NOTHING, OPEN, Chances, effects, effects_by_purpose
from tests.serving.replay.occasions import chances, drawn, occasions, weighed

FIRST_HALF: Mapping[int, float] = dict.fromkeys(range(400), 0.0)


def test_the_interval_holds_what_is_true() -> None:
    """Half are contacted no more: of 100 occasions, 50 × .5 × .2 = 5 customers fewer are helped, in 95 of 100 logs."""
    truth = -0.5 * 0.5 * 0.2
    held = 0
    for seed in range(150):
        found = weighed(drawn(800, lift=0.2, seed=seed), FIRST_HALF).differences["benefit"]
        held += found is not None and found.low <= truth <= found.high
    actual = 135 <= held <= 149
    assert actual is True, held


def test_the_difference_is_that_of_weighing_by_hand() -> None:
    """With one purpose the doubly robust difference is the mean of (π − e) times the pseudo-outcome."""
    rows = drawn(1000, lift=0.2, seed=1)
    found = weighed(rows, dict.fromkeys(range(500), 0.0))
    y, t = rows.labels["benefit"].astype(float), rows.contacted.astype(float)
    change = np.where(np.arange(1000) < 500, -0.5, 0.0)
    by_hand = float(np.mean(change * (t * y - (1 - t) * y) / 0.5))
    benefit = found.differences["benefit"]
    actual = benefit is not None and abs(benefit.estimate - by_hand) < 3 * benefit.se
    assert (actual, found.rows, found.changed, found.customers) == (True, 1000, 500, 1000)


def test_what_is_too_young_is_counted_and_no_row() -> None:
    """Of forty occasions ten have windows that are not over."""
    found = weighed(occasions([True, False] * 20, closed=np.arange(40) >= 10), {})
    assert (found.rows, found.open) == (30, 10)


def test_contacts_that_come_and_go_are_counted_apart() -> None:
    """Of a hundred with .5 each, ten are never contacted any more, and ten always: 5 less, and 5 more."""
    found = weighed(drawn(1000, lift=0.0, seed=1), dict.fromkeys(range(10), 0.0) | dict.fromkeys(range(10, 20), 1.0))
    assert (found.less, found.more) == (5.0, 5.0)


def test_every_estimator_stands_beside_the_difference() -> None:
    """For each outcome that has one, with its own effective sample size; the difference is the doubly robust one."""
    found = weighed(drawn(1000, lift=0.2, seed=1), dict.fromkeys(range(500), 0.0))
    judged = found.by_outcome["benefit"]
    actual = (list(found.by_outcome), judged.against_logging.doubly_robust, judged.ips.effective_sample_size > 200)
    assert actual == (["benefit", "complaint"], found.differences["benefit"], True)


def test_fewer_than_five_events_are_no_figure() -> None:
    """No opt-out at all would be a difference of exactly zero: it is none."""
    found = weighed(drawn(800, lift=0.1, seed=2), FIRST_HALF)
    actual = [name for name, each in found.differences.items() if each is None]
    assert (actual, found.tallies["opt_out"].events) == (["opt_out"], (0, 0))


@pytest.mark.parametrize(("contacted", "held_out"), [(5, 5), (4, 9), (9, 4)])
def test_both_arms_have_five_events_or_there_is_no_figure(contacted: int, held_out: int) -> None:
    """Of those that change; no arm stands in for the other."""
    number = np.arange(800)
    engaged = number // 2 < np.where(number % 2 == 0, contacted, held_out)
    found = weighed(occasions(number % 2 == 0, benefit=engaged), FIRST_HALF)
    actual = (found.tallies["benefit"].events, found.differences["benefit"] is not None)
    assert actual == ((contacted, held_out), contacted == held_out)


def test_an_opt_out_needs_no_other_arm() -> None:
    """Nobody who was not written to can opt out of the message: five of the contacted are enough."""
    number = np.arange(800)
    found = weighed(occasions(number % 2 == 0, opt_out=(number < 10) & (number % 2 == 0)), FIRST_HALF)
    assert found.differences["opt_out"] is not None


NOBODY: Mapping[int, float] = {}
ALONE: Mapping[int, float] = {1: 0.0}


@pytest.mark.parametrize(
    ("seen", "contact", "missing"),
    [
        (occasions([]), NOBODY, NONE),
        (drawn(30, lift=0.0, seed=3), NOBODY, NOTHING),
        (drawn(30, lift=0.0, seed=3), ALONE, FEW),
        (occasions([True, False], closed=[False, False]), ALONE, OPEN),
        (occasions([True, False], customer=[0, 0]), ALONE, FEW),
    ],
    ids=["nothing was drawn", "nothing changes", "too few", "its window is open", "one customer"],
)
def test_where_there_is_no_figure_it_says_why(seen: Occasions, contact: Mapping[int, float], missing: str) -> None:
    """In one word, and for the log's own refusal with its sentence."""
    found = weighed(seen, contact)
    actual = (found.missing, bool(found.said), found.differences)
    assert actual == (missing, missing == FEW, {})


def with_a_few(rows: int, few: int, *, contacted: Any, e: float, purpose: str) -> tuple[Occasions, Mapping[int, float]]:
    """Return ordinary occasions and a few others behind them, that would not be contacted any more."""
    first = drawn(rows, lift=0.2, seed=1)
    both = occasions(
        np.concatenate([first.contacted, contacted]),
        chance=np.concatenate([first.chance, np.full(few, e)]),
        benefit=np.concatenate([first.labels["benefit"], np.arange(few) % 2 == 0]),
        complaint=np.concatenate([first.labels["complaint"], np.zeros(few, dtype=bool)]),
        purpose=["delivery_update"] * rows + [purpose] * few,
    )
    return both, dict.fromkeys(range(rows, rows + few), 0.0)


def test_what_was_never_withheld_cannot_be_answered() -> None:
    """A row that was always contacted says nothing about not contacting it; the part is named, with its rows."""
    found = weighed(*with_a_few(800, 100, contacted=np.ones(100, dtype=bool), e=1.0, purpose="remediation"))
    actual = (found.missing, [(part.part, part.rows, part.always_contacted) for part in found.outside])
    assert actual == (FEW, [("remediation by chat, where something would change", 100, 100)])


def test_a_few_rows_that_were_hardly_tried_are_refused_among_many_that_stay() -> None:
    """Thirty at .95 that would not be contacted any more: one or two were held out, and carry no interval."""
    found = weighed(*with_a_few(2000, 30, contacted=np.arange(30) % 20 > 0, e=0.95, purpose="onboarding"))
    actual = (found.missing, "onboarding by chat, where something would change" in found.said, found.outside)
    assert actual == (FEW, True, ())


def test_what_would_only_go_out_later_is_no_loss() -> None:
    """No figure where that is all there is; among messages that would be lost it is counted, and changes nothing."""
    rows, lost = drawn(1000, lift=0.2, seed=1), dict.fromkeys(range(500), 0.0)
    later = range(600, 650)
    alone, among, without = weighed(rows, {}, later), weighed(rows, lost, later), weighed(rows, lost)
    assert (alone.missing, alone.changed, alone.delayed, alone.differences) == (DELAYED, 0, 50, {})
    assert (among.changed, among.delayed, among.differences) == (500, 50, without.differences)


def test_occasions_are_found_by_the_number_of_their_decision() -> None:
    """In whatever order they come; one that was not replayed, or has no chance there, is no row."""
    seen = occasions([True, False] * 2, decision=[9, 3, 7, 5])
    asked = Chances(
        number=np.array([3, 5, 7]),
        contact=np.array([0.0, np.nan, 1.0]),
        delayed=np.array([False, True, False]),
        confirmed=np.array([False, True, True]),
    )
    found = effects(seen, asked)
    assert (found.rows, found.changed, found.delayed, found.confirmed, found.less, found.more) == (2, 2, 0, 1, 0.5, 0.5)


def test_nothing_that_was_replayed_is_no_row() -> None:
    """An empty replay meets occasions of the same period."""
    none = np.zeros(0)
    asked = Chances(number=none.astype(np.int64), contact=none, delayed=none > 0, confirmed=none > 0)
    assert effects(occasions([True] * 3), asked).missing == NONE


def test_each_purpose_is_judged_by_itself() -> None:
    """One that the log can answer has its figures although another one cannot; what does not change is left out."""
    seen, never = with_a_few(1000, 100, contacted=np.ones(100, dtype=bool), e=1.0, purpose="remediation")
    lost = dict.fromkeys(range(500), 0.0)
    both, one = (effects_by_purpose(seen, chances(seen, each)) for each in ({**lost, **never}, lost))
    assert {name: found.missing for name, found in both.items()} == {"delivery_update": None, "remediation": FEW}
    assert one == {"delivery_update": weighed(drawn(1000, lift=0.2, seed=1), lost)}
