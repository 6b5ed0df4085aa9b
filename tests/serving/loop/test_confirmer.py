"""Confirming in a transaction: what it is decided from is kept whole, and a failure leaves nothing."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from model.canonical import canonical
from model.contracts import EvidenceRef, Message, Outcome, OutcomeKind
from serving.arms import Exploration
from serving.decide import decide
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.loop.confirmer import Confirmer
from serving.models.in_use import InUse
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Preferences, Transaction
from serving.record.record import read_record, record_of
from serving.schemas.answers import confirmation_bytes
from tests.contracts.confirmed import hold
from tests.contracts.ledgers import NOW, ago, candidate, event, report
from tests.occasions import mostly

POLICY = load_policy()
SHARES = mostly("model")
SCORER = FakeScorer(cutoff=0.004, shares=SHARES)
FACTS = {"parcel": "A-7", "new_eta": "Friday"}
LATE = event(time=ago(minutes=9), data=FACTS)
ASKED = replace(candidate(LATE, message=Message(template="parcel_delayed", facts=FACTS)), timezone="Europe/Paris")
RECORDS = "SELECT record, at FROM confirmations WHERE record IS NOT NULL ORDER BY seq"


def at(hours: float) -> Confirmer:
    """Return what confirms so many hours after `NOW`."""
    return Confirmer(
        policy=POLICY,
        models=InUse(scorer=SCORER),
        shares=SHARES,
        clock=lambda: NOW + timedelta(hours=hours),
        encode=confirmation_bytes,
    )


@pytest.fixture
def ledger() -> Iterator[SqliteLedger]:
    """Hold one message to a customer who said yes to chat."""
    opened = open_ledger("sqlite://", now=NOW, salt=b"s", shipped=shipped_digests())
    with opened.transaction() as tx:
        tx.add_event(LATE, recorded_at=NOW)
        tx.set_preferences("u", Preferences(consent={"chat": True}), at=ago(days=1))
        hold(tx, "d-1", to=ASKED)
    yield opened
    opened.close()


def confirm(ledger: SqliteLedger, hours: float, *, asked: datetime | None = None) -> str:
    """Confirm the message, and return the action."""
    with ledger.transaction() as tx:
        told = at(hours).confirm(ledger, tx, "d-1", asked=asked or NOW + timedelta(hours=hours))
    assert told is not None
    return str(json.loads(told.answer)["action"])


def test_every_confirmation_replays_to_the_same_bytes(ledger: SqliteLedger) -> None:
    """Promise 8: from its record, with the decision's draw: drawn, held, sent again, told."""
    actions = [confirm(ledger, hours) for hours in (1, 9, 19.5)]
    with ledger.transaction() as tx:
        report(tx, OutcomeKind.DELIVERED, decision_id="d-1")
    actions.append(confirm(ledger, 20))
    with ledger.transaction() as tx:
        rows = ledger._store.rows(RECORDS)
        known = tx.confirmable("d-1")
    assert known is not None
    for text, _ in rows:
        read = read_record(json.loads(text))
        was = read.decided.decision
        (again,) = decide(
            [read.candidate],
            [read.context],
            ids=["d-1"],
            now=was.decided_at,
            policy=POLICY,
            scorer=SCORER,
            exploration=Exploration(shares=SHARES, salt=ledger.salt),
            drawn=[known.assignment],
        )
        assert canonical(record_of(read.candidate, read.context, again)) == canonical(json.loads(text))
    actual = (actions, len(rows))
    assert actual == (["send", "hold", "send", "cancel"], 4)


def test_what_fails_leaves_the_decision_as_it_was(ledger: SqliteLedger) -> None:
    """A confirmation that cannot be written is none: no answer, no reservation, no draw."""

    def broken(_: object) -> bytes:
        raise RuntimeError("the answer cannot be written")

    with pytest.raises(RuntimeError), ledger.transaction() as tx:
        replace(at(1), encode=broken).confirm(ledger, tx, "d-1", asked=NOW)
    with ledger.transaction() as tx:
        known = tx.confirmable("d-1")
        rows, _ = tx.occasions(after=0, limit=9)
    assert known is not None
    actual = (known.last, known.reserved, known.assignment, rows)
    assert actual == (None, False, None, [])


def test_an_unknown_decision_is_none(ledger: SqliteLedger) -> None:
    """Nothing is decided, nothing recorded."""
    with ledger.transaction() as tx:
        actual = at(1).confirm(ledger, tx, "nobody", asked=NOW)
    assert actual is None


def test_a_hold_is_shared_with_whoever_asked_before_it(ledger: SqliteLedger) -> None:
    """Another process decided while this question waited; a later question is decided afresh."""
    first = confirm(ledger, 9)
    confirm(ledger, 9.5, asked=NOW + timedelta(hours=8.9))
    counts = [_count(ledger)]
    confirm(ledger, 9.6)
    actual = (first, [*counts, _count(ledger)])
    assert actual == ("hold", [1, 2])


def _count(ledger: SqliteLedger) -> int:
    with ledger.transaction() as tx:
        record = tx.decision("d-1")
    assert record is not None
    return len(record["confirmations"])


def test_a_clock_that_went_back_sends_no_more(ledger: SqliteLedger) -> None:
    """What was sent stays said, what was cancelled stays cancelled, a hold is decided afresh."""
    actions = [confirm(ledger, 1), confirm(ledger, 0.5)]
    actions += [confirm(ledger, 9), confirm(ledger, 8.9), confirm(ledger, 25), confirm(ledger, 1)]
    actual = (actions, _count(ledger))
    assert actual == (["send", "send", "hold", "hold", "cancel", "cancel"], 4)


def floods(tx: Transaction, count: int, at: datetime, name: str) -> list[str]:
    """Hold so many messages, each to another customer whose parcel is late; return their ids."""
    identities = [f"{name}-{number}" for number in range(count)]
    for identity in identities:
        tx.add_event(replace(LATE, id=identity, subject=identity), recorded_at=at)
        tx.set_preferences(identity, Preferences(consent={"chat": True}), at=ago(days=1))
        asked = replace(ASKED, user_id=identity, evidence=EvidenceRef(type=LATE.type, id=identity))
        hold(tx, identity, to=asked, at=at)
    return identities


def confirmed(ledger: SqliteLedger, identities: Iterable[str], hours: float) -> list[str]:
    """Confirm them one after the other; return each action, with the first reason."""
    told = []
    with ledger.transaction() as tx:
        for identity in identities:
            said = few(hours).confirm(ledger, tx, identity, asked=NOW + timedelta(hours=hours))
            assert said is not None
            answer = json.loads(said.answer)
            told.append(" ".join([answer["action"], *(reason["code"] for reason in answer["reasons"])]))
    return told


def few(hours: float) -> Confirmer:
    """Return what confirms by a policy whose breakers open after three."""
    return replace(at(hours), policy=load_policy(None, {"breaker_volume": 3, "breaker_times": 1}))


HELD_BACK = "hold breaker_open"


def test_what_was_confirmed_long_ago_is_volume_when_it_is_confirmed_again(ledger: SqliteLedger) -> None:
    """Its answer has expired, its count has left the hour: it asks for room as any other send does."""
    with ledger.transaction() as tx:
        identities = floods(tx, 5, NOW, "w")
    told = [confirmed(ledger, [one], 0.5 + 1.01 * turn) for turn, one in enumerate(identities)]
    later = confirmed(ledger, identities, 19.5)
    actual = (told, later)
    assert actual == ([["send"]] * 5, ["send"] * 3 + [HELD_BACK] * 2)


def test_what_the_hour_has_counted_needs_no_room(ledger: SqliteLedger) -> None:
    """A full hour, confirmed again within it."""
    with ledger.transaction() as tx:
        identities = floods(tx, 3, NOW, "w")
    actual = [confirmed(ledger, identities, hours) for hours in (0.5, 0.9)]
    assert actual == [["send"] * 3] * 2


def test_each_new_try_after_one_that_failed_is_volume(ledger: SqliteLedger) -> None:
    """A sender that retries what bounces, in a loop, is stopped as any other flood."""
    told = []
    for minutes in range(1, 6):
        with ledger.transaction() as tx:
            said = few(minutes / 60).confirm(ledger, tx, "d-1", asked=NOW + timedelta(minutes=minutes))
            failed = Outcome(decision_id="d-1", kind=OutcomeKind.NOT_DELIVERED, time=NOW + timedelta(minutes=minutes))
            tx.add_outcome(failed, recorded_at=NOW + timedelta(minutes=minutes))
        assert said is not None
        told.append(json.loads(said.answer)["action"])
    assert told == ["send"] * 3 + ["hold"] * 2
