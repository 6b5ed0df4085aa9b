"""Events that are recorded together leave behind what they leave one by one; records are read back together."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from model.contracts import Event, EvidenceRef
from serving.ports import Ledger, Transaction
from tests.contracts.ledgers import NOW, ago, candidate, event, send

Record = Callable[[Transaction, Sequence[Event]], None]
KINDS = ("shipment.delayed", "shipment.failed", "page.viewed", "conversation.started", "conversation.closed")
_EVENTS = (
    "SELECT source, id, type, family, entity, subject, time, seen, recorded_at, listed, data FROM events ORDER BY seq"
)
_CONCERNS = """SELECT c.user_id, c.family, c.time, e.source, e.id, c.type, c.entity, c.seen, c.listed
    FROM concerns AS c JOIN events AS e ON e.seq = c.event ORDER BY 1, 2, 3, 4, 5"""
_OTHERS = (
    "SELECT session, at, type, user_id, page FROM visits ORDER BY 1, 2, 3",
    "SELECT user_id, purpose, at FROM dismissals ORDER BY 1, 2, 3",
    "SELECT alias, user_id, at, owner, recorded FROM identities ORDER BY 1",
)


def one_by_one(tx: Transaction, events: Sequence[Event]) -> None:
    """Record events each on its own."""
    for one in events:
        tx.add_event(one, recorded_at=NOW)


def together(tx: Transaction, events: Sequence[Event]) -> None:
    """Record events in one call."""
    tx.add_events(events, recorded_at=NOW)


def left_behind(tx: Any, events: Sequence[Event], record: Record) -> list[object]:
    """Return what stands in the tables once these events are recorded, and undo it."""
    with tx.savepoint(keep=False):
        record(tx, events)
        return [tx._store.rows(statement) for statement in (_EVENTS, _CONCERNS, *_OTHERS)]


def drawn_event(rng: np.random.Generator) -> Event:
    """Draw an event about one of a few customers, with whatever may follow from it; some ids stand twice."""
    user, kind = f"u-{rng.integers(4)}", KINDS[rng.integers(len(KINDS))]
    data: dict[str, Any] = {"parcel": f"P-{rng.integers(3)}", "naïve": 1.5}
    match rng.integers(8):
        case 0:
            kind, data = "customer.identified", {"anonymous_id": f"u-{rng.integers(4)}", "consent": {"sms": True}}
        case 1:
            kind, data = "message.dismissed", {"purpose": "delivery_update"}
        case 2:
            data["session"] = "s-1"
        case 3:
            kind, data = "incident.opened", {"incident": "I-1", "affected": ["u-1", "u-9"]}
    return event(
        kind,
        f"e-{rng.integers(12)}",
        source=f"shop-{rng.integers(2)}",
        time=NOW + timedelta(minutes=int(rng.integers(-9, 9))),
        subject=None if rng.integers(9) == 0 else user,
        data=data,
    )


@pytest.mark.parametrize("seed", range(12))
def test_events_together_leave_what_they_leave_one_by_one(tx: Transaction, seed: int) -> None:
    """Tables are the same, whatever the events say and whichever were recorded already; repeats included."""
    rng = np.random.default_rng(seed)
    one_by_one(tx, [drawn_event(rng) for _ in range(6)])
    events = [drawn_event(rng) for _ in range(20)]
    actual = left_behind(tx, events, together)
    assert actual == left_behind(tx, events, one_by_one)


def test_an_erased_customers_event_is_recorded_once(ledger: Ledger) -> None:
    """What was erased does not come back when the same evidence is told again, together with others."""
    told = [event(identity=f"e-{number}", subject=f"u-{number}") for number in range(3)]
    with ledger.transaction() as tx:
        tx.add_events(told, recorded_at=NOW)
        tx.erase("u-1", at=NOW)
    with ledger.transaction() as tx:
        actual = left_behind(tx, told, together)
        assert actual == left_behind(tx, [], together)


def test_several_events_are_found_as_each_is(tx: Transaction) -> None:
    """For each reference and customer what they may see of it, None where nothing or more than one event is meant."""
    tx.add_events([event(identity="e", source=one) for one in ("a", "b")], recorded_at=NOW)
    refs = [(EvidenceRef(type="shipment.delayed", id="e", source=one), "u") for one in ("a", "b", "c", None)]
    asked = [*refs, (EvidenceRef(type="shipment.delayed", id="none"), "u"), (None, "u")]
    actual = tx.events(asked, now=NOW)
    assert actual == [ref and tx.event(ref, user_id=user, now=NOW) for ref, user in asked]
    assert [one and one.source for one in actual] == ["a", "b", None, None, None, None]


def test_records_are_read_back_together(tx: Transaction) -> None:
    """Those that there are, as they were made: nothing of what was reported since."""
    for number in range(3):
        send(tx, f"d-{number}", to=candidate(user_id=f"u-{number}"), at=ago(minutes=number))
    whole = [tx.decision(f"d-{number}") or {} for number in (0, 2)]
    actual = sorted(tx.records(["d-2", "none", "d-0"]), key=lambda one: str(one["decision_id"]))
    followed = ("confirmations", "outcomes")
    assert actual == [{name: part for name, part in one.items() if name not in followed} for one in whole]
    assert tx.records([]) == []
