"""Offers on record: who may deliver them, when, and what becomes of them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from model.contracts import Action, OutcomeKind
from model.errors import InvalidInput
from serving.ports import Ledger, Transaction
from serving.timetable import Offer, OfferState
from tests.contracts.confirmed import confirm, hold
from tests.contracts.ledgers import NOW, report, send, sqlite_file
from tests.contracts.offered import (
    DEAD,
    DELIVERED,
    END,
    EXPIRED,
    HOUR,
    MINUTE,
    WAITING,
    WITHDRAWN,
    claimed,
    offer,
    one,
    settle,
    settle_late,
    states,
)

INSTANT = timedelta(microseconds=1)


def test_an_offer_reads_back_as_it_was_made(tx: Transaction) -> None:
    """Due at once, tried never."""
    send(tx, "d-0")
    number = offer(tx, "d-1")
    expected = Offer(
        number=number,
        decision_id="d-1",
        at=NOW,
        expires_at=END,
        body=b'{"for":"d-1"}',
        state=WAITING,
        attempts=0,
        next_at=NOW,
    )
    assert tx.offers(state=None, after=0, limit=9) == [expected]


def test_only_what_is_on_record_is_offered(tx: Transaction) -> None:
    """The refusal names the decision."""
    with pytest.raises(InvalidInput, match="`nobody` is not recorded"):
        tx.add_offer("nobody", b"{}", at=NOW, expires_at=END)


def test_pages_follow_one_another(tx: Transaction) -> None:
    """In the order they were made, of one state or of all, from any place."""
    numbers = [offer(tx, f"d-{place}") for place in range(5)]
    settle(tx, numbers[1], DEAD)
    pages = [
        tx.offers(state=None, after=0, limit=2),
        tx.offers(state=None, after=numbers[1], limit=9),
        tx.offers(state=WAITING, after=numbers[0], limit=2),
        tx.offers(state=DEAD, after=0, limit=9),
        tx.offers(state=DELIVERED, after=0, limit=9),
    ]
    actual = [[found.decision_id[2:] for found in page] for page in pages]
    assert actual == [["0", "1"], ["2", "3", "4"], ["2", "3"], ["1"], []]


def test_a_claim_is_a_lease(tx: Transaction) -> None:
    """Nobody else has it before the lease ends; then anybody: whoever had it may have died. Every claim is a try."""
    number = offer(tx, "d-1")
    turns = [claimed(tx, now=NOW + after) for after in (0 * MINUTE, 0 * MINUTE, MINUTE - INSTANT, MINUTE)]
    actual = (turns, one(tx, number).attempts, one(tx, number).next_at)
    assert actual == ([["d-1"], [], [], ["d-1"]], 2, NOW + 2 * MINUTE)


def test_what_is_claimed_says_which_try_it_is(tx: Transaction) -> None:
    """As it is on record from then on."""
    number = offer(tx, "d-1")
    (found,) = tx.claim_offers(now=NOW, until=NOW + MINUTE, limit=9)
    assert (found, found.attempts) == (one(tx, number), 1)


def test_the_longest_due_go_first(tx: Transaction) -> None:
    """At most as many as were asked for; those due at one time in the order they were made."""
    for place in range(4):
        offer(tx, f"d-{place}", at=NOW - (2 if place == 3 else 1) * MINUTE)
    offer(tx, "later", at=NOW + MINUTE)
    assert [claimed(tx, limit=2), claimed(tx, limit=9), claimed(tx, limit=9)] == [["d-3", "d-0"], ["d-1", "d-2"], []]


@pytest.mark.parametrize(
    ("expires_at", "now"), [(END, END), (END, END + HOUR), (None, NOW)], ids=["at its end", "after it", "no end"]
)
def test_what_has_expired_is_never_delivered(tx: Transaction, expires_at: datetime | None, now: datetime) -> None:
    """At its very end it is over; what has no end stands no longer than its instant."""
    offer(tx, "d-1", expires_at=expires_at)
    assert (claimed(tx, now=now), states(tx)) == ([], {"d-1": "expired"})


def test_until_its_end_it_is_delivered(tx: Transaction) -> None:
    """The last instant counts."""
    offer(tx, "d-1")
    assert claimed(tx, now=END - INSTANT) == ["d-1"]


def test_what_is_over_ends_for_those_who_look(tx: Transaction) -> None:
    """Nobody may have claimed anything for a long time; it is no claim, and of the states only waiting ends."""
    offer(tx, "d-1")
    offer(tx, "d-2", expires_at=END + INSTANT)
    settle(tx, offer(tx, "d-3"), DEAD)
    tx.expire_offers(END)
    assert states(tx) == {"d-1": "expired", "d-2": "waiting", "d-3": "dead"}
    assert [one.attempts for one in tx.offers(state=None, after=0, limit=9)] == [0, 0, 0]


@pytest.mark.parametrize("state", [WAITING, DELIVERED, DEAD])
def test_what_became_of_a_try_is_on_record(tx: Transaction, state: OfferState) -> None:
    """Status, error, and when the next one is due; only what waits is due again."""
    number = offer(tx, "d-1")
    claimed(tx)
    settle(tx, number, state, status=503, error="busy")
    found = one(tx, number)
    actual = (found.state, found.attempts, found.next_at, found.status, found.error)
    assert actual == (state, 1, NOW + HOUR, 503, "busy")
    assert claimed(tx, now=NOW + HOUR) == (["d-1"] if state is WAITING else [])


@pytest.mark.parametrize("late", [WAITING, DEAD])
@pytest.mark.parametrize("by_now", [DELIVERED, EXPIRED, WITHDRAWN])
def test_a_try_that_failed_revives_nothing(tx: Transaction, by_now: OfferState, late: OfferState) -> None:
    """What became of the offer while it was tried stands."""
    number = offer(tx, "d-1")
    claimed(tx)
    if by_now is DELIVERED:
        report(tx, OutcomeKind.DELIVERED, decision_id="d-1")
    elif by_now is WITHDRAWN:
        confirm(tx, "d-1", Action.DENY)
    else:
        claimed(tx, now=END)
    settle(tx, number, late, status=500)
    assert (one(tx, number).state, one(tx, number).status) == (by_now, None)


@pytest.mark.parametrize("late", [WAITING, DEAD])
def test_a_try_whose_lease_is_over_settles_nothing(tx: Transaction, late: OfferState) -> None:
    """Another process delivers it by then: nobody else may begin before that lease ends, nor is it given up."""
    number = offer(tx, "d-1")
    (slow,) = tx.claim_offers(now=NOW, until=NOW + MINUTE, limit=9)
    (second,) = tx.claim_offers(now=NOW + MINUTE, until=NOW + 2 * MINUTE, limit=9)
    settle_late(tx, slow, late, status=500)
    assert (one(tx, number), claimed(tx, now=NOW + 2 * MINUTE - INSTANT)) == (second, [])


@pytest.mark.parametrize("late", [WAITING, DEAD])
def test_a_try_from_before_it_was_put_back_settles_nothing(tx: Transaction, late: OfferState) -> None:
    """Its tries are counted anew: what a slow process says of an old one is no news."""
    number = offer(tx, "d-1")
    (slow,) = tx.claim_offers(now=NOW, until=NOW + MINUTE, limit=9)
    settle(tx, number, DEAD, status=410)
    tx.revive_offer(number, now=NOW + MINUTE)
    (again,) = tx.claim_offers(now=NOW + MINUTE, until=NOW + 2 * MINUTE, limit=9)
    settle_late(tx, slow, late, status=500)
    assert (one(tx, number), again.attempts) == (again, 1)


def test_a_try_whose_lease_is_over_may_have_succeeded(tx: Transaction) -> None:
    """Late is not never: it needs no delivery any more."""
    number = offer(tx, "d-1")
    (slow,) = tx.claim_offers(now=NOW, until=NOW + MINUTE, limit=9)
    claimed(tx, now=NOW + MINUTE)
    settle_late(tx, slow, DELIVERED, status=204)
    assert (one(tx, number).state, one(tx, number).status) == (DELIVERED, 204)


@pytest.mark.parametrize("by_now", [DELIVERED, EXPIRED, WITHDRAWN])
def test_a_dead_offer_that_became_something_else_is_not_put_back(tx: Transaction, by_now: OfferState) -> None:
    """The customer has it, it is no send any more, or its end has come: nobody delivers it then."""
    number = offer(tx, "d-1")
    claimed(tx)
    settle(tx, number, DEAD, status=410)
    now = NOW + MINUTE
    if by_now is DELIVERED:
        report(tx, OutcomeKind.DELIVERED, decision_id="d-1")
    elif by_now is WITHDRAWN:
        confirm(tx, "d-1", Action.HOLD)
    else:
        now = END
    assert (tx.revive_offer(number, now=now), claimed(tx, now=now)) == (None, [])


@pytest.mark.parametrize("over", [True, False])
def test_a_try_that_succeeded_counts_in_any_case(tx: Transaction, *, over: bool) -> None:
    """Expired, or withdrawn, while it was on its way: it was delivered all the same, and the record says so."""
    number = offer(tx, "d-1")
    claimed(tx)
    if over:
        claimed(tx, now=END)
    else:
        confirm(tx, "d-1", Action.HOLD)
    settle(tx, number, DELIVERED, status=204)
    assert (one(tx, number).state, one(tx, number).status) == (DELIVERED, 204)


@pytest.mark.parametrize("kind", [OutcomeKind.DELIVERED, OutcomeKind.ENGAGED, OutcomeKind.COMPLAINED])
def test_what_the_customer_has_needs_no_delivery(tx: Transaction, kind: OutcomeKind) -> None:
    """Whoever asked for offers and acted on one reports it: the others go on."""
    offer(tx, "d-1")
    offer(tx, "d-2")
    report(tx, kind, decision_id="d-1")
    assert (states(tx), claimed(tx)) == ({"d-1": "delivered", "d-2": "waiting"}, ["d-2"])


def test_what_did_not_reach_the_customer_still_waits(tx: Transaction) -> None:
    """Somebody tried in vain: it may be tried again until it ends."""
    offer(tx, "d-1")
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="d-1")
    assert claimed(tx) == ["d-1"]


@pytest.mark.parametrize(
    ("action", "expected"), [(Action.SEND, "waiting"), (Action.HOLD, "withdrawn"), (Action.DENY, "withdrawn")]
)
def test_what_is_no_send_any_more_is_withdrawn(tx: Transaction, action: Action, expected: str) -> None:
    """Whoever confirms it first: nobody delivers it then. A hold is offered anew when its time comes."""
    offer(tx, "d-1")
    confirm(tx, "d-1", action)
    assert (states(tx), claimed(tx)) == ({"d-1": expected}, ["d-1"] if action is Action.SEND else [])


def test_a_decision_that_was_withdrawn_is_offered_anew(tx: Transaction) -> None:
    """Under a number of its own; the first stays withdrawn."""
    hold(tx, "d-1")
    numbers = []
    for place in range(2):
        confirm(tx, "d-1", at=NOW + place * MINUTE)
        numbers.append(tx.add_offer("d-1", b"{}", at=NOW, expires_at=END))
        if place == 0:
            confirm(tx, "d-1", Action.HOLD)
    assert [one(tx, number).state for number in numbers] == [WITHDRAWN, WAITING]


def test_a_dead_offer_is_put_back(tx: Transaction) -> None:
    """Due at once, its tries counted anew; what was said last is still there."""
    number = offer(tx, "d-1")
    claimed(tx)
    settle(tx, number, DEAD, status=410, error="gone")
    back = tx.revive_offer(number, now=NOW + MINUTE)
    assert back == one(tx, number)
    assert (back.state, back.attempts, back.next_at, back.status) == (WAITING, 0, NOW + MINUTE, 410)


@pytest.mark.parametrize("state", [WAITING, DELIVERED, EXPIRED, WITHDRAWN])
def test_nothing_else_is_put_back(tx: Transaction, state: OfferState) -> None:
    """What waits, was delivered, expired or withdrawn; what is not there; and a dead one after its end."""
    number = offer(tx, "d-1")
    settle(tx, number, state)
    dead = offer(tx, "d-2")
    settle(tx, dead, DEAD)
    actual = [tx.revive_offer(number, now=NOW), tx.revive_offer(99, now=NOW), tx.revive_offer(dead, now=END)]
    assert (actual, states(tx)) == ([None, None, None], {"d-1": state.value, "d-2": "dead"})


def test_what_waits_was_given_up_or_taken_by_nobody_is_counted(tx: Transaction) -> None:
    """None of them at first."""
    before = dict(tx.count_offers())
    for place, state in enumerate((WAITING, WAITING, WAITING, DEAD, DELIVERED, WITHDRAWN, EXPIRED, EXPIRED)):
        settle(tx, offer(tx, f"d-{place}"), state)
    expected = {WAITING: 3, DEAD: 1, EXPIRED: 2}
    assert (before, dict(tx.count_offers())) == (dict.fromkeys(expected, 0), expected)


def test_an_offer_that_was_undone_is_not_there(ledger: Ledger) -> None:
    """It is part of the transaction that it follows from, and so is a claim."""
    with ledger.transaction() as tx, tx.savepoint(keep=False):
        offer(tx, "d-1")
    with ledger.transaction() as tx:
        assert states(tx) == {}
        offer(tx, "d-2")
    with ledger.transaction() as tx, tx.savepoint(keep=False):
        assert claimed(tx) == ["d-2"]
    with ledger.transaction() as tx:
        assert claimed(tx) == ["d-2"]


def test_offers_outlive_a_restart(tmp_path: Path) -> None:
    """With their tries and leases."""
    first = sqlite_file(tmp_path)
    with first.transaction() as tx:
        offer(tx, "d-1")
        claimed(tx)
    first.close()
    second = sqlite_file(tmp_path)
    with second.transaction() as tx:
        actual = [claimed(tx), claimed(tx, now=NOW + MINUTE)]
    second.close()
    assert actual == [[], ["d-1"]]
