"""The number of an offer is a cursor: whoever has one asks for what came since. So it is never given twice."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from model.contracts import OutcomeKind
from serving.ports import Transaction
from serving.timetable import OfferState
from tests.contracts.ledgers import NOW, ago, candidate, report, send
from tests.contracts.offered import DELIVERED, HOUR, claimed, settle_late, states

Going = Callable[[Transaction, str], object]
GONE: dict[str, Going] = {
    "erased": lambda tx, user: tx.erase(user, at=NOW),
    "too old": lambda tx, _: tx.retain(before=ago(days=1), now=NOW, most=10),
}


def offered(tx: Transaction, identity: str) -> int:
    """Offer a send that was decided two days ago, to a customer of its own."""
    send(tx, identity, to=candidate(user_id=f"of-{identity}"), at=ago(days=2))
    return tx.add_offer(identity, b"{}", at=NOW, expires_at=NOW + HOUR)


def since(tx: Transaction, number: int) -> list[str]:
    """Return what somebody is shown who has come as far as this number."""
    return [one.decision_id for one in tx.offers(state=None, after=number, limit=9)]


@pytest.mark.parametrize("gone", GONE.values(), ids=GONE)
def test_what_comes_after_the_newest_went_is_not_missed(tx: Transaction, gone: Going) -> None:
    """Whoever saw the last offer before it went finds the next one behind it, time and again."""
    last = [offered(tx, "d-0")]
    for place in range(1, 4):
        gone(tx, f"of-d-{place - 1}")
        last.append(offered(tx, f"d-{place}"))
    actual = [since(tx, number) for number in (0, *last)]
    assert actual == [["d-3"], ["d-3"], ["d-3"], ["d-3"], []]


@pytest.mark.parametrize("gone", GONE.values(), ids=GONE)
def test_nothing_is_shown_of_what_went(tx: Transaction, gone: Going) -> None:
    """Whatever state is asked for; nobody delivers it, puts it back or counts it, also once it is reported."""
    number = offered(tx, "d-1")
    gone(tx, "of-d-1")
    back = (claimed(tx), tx.revive_offer(number, now=NOW), set(tx.count_offers().values()))
    report(tx, OutcomeKind.DELIVERED, decision_id="d-1")
    pages = [tx.offers(state=state, after=0, limit=9) for state in (None, *OfferState)]
    assert (back, pages) == (([], None, {0}), [[]] * len(pages))


def test_what_is_said_late_of_an_offer_that_went_is_said_of_no_other(tx: Transaction) -> None:
    """A webhook was on its way while its customer was erased; the next offer still waits."""
    offered(tx, "d-1")
    (tried,) = tx.claim_offers(now=NOW, until=NOW + timedelta(minutes=1), limit=9)
    tx.erase("of-d-1", at=NOW)
    offered(tx, "d-2")
    settle_late(tx, tried, DELIVERED, status=204)
    assert states(tx) == {"d-2": "waiting"}


def test_other_offers_of_the_erased_leave_nothing(tx: Transaction) -> None:
    """Only the newest of all keeps its number, for as long as it is that."""
    numbers = [offered(tx, f"d-{place}") for place in range(2)]
    tx.erase("of-d-0", at=NOW)
    actual = (states(tx), offered(tx, "d-2") > numbers[-1])
    assert actual == ({"d-1": "waiting"}, True)
