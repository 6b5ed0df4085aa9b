"""Matches that wait for their turn: each is taken once, in order, and none is lost."""

from datetime import timedelta

import pytest

from model.contracts import Action, Context, Event, EvidenceRef
from model.errors import InvalidInput
from serving.ports import Ledger, Transaction
from serving.timetable import Match
from tests.contracts.ledgers import NOW, candidate, event, record, ruling

OUTAGE = event("incident.update", "outage", subject=None, data={"incident": "I-1"})
SECOND = event("incident.update", "second", subject=None, data={"incident": "I-2"})


def of(found: Event) -> EvidenceRef:
    """Point to an event."""
    return EvidenceRef(type=found.type, id=found.id, source=found.source)


def taken(tx: Transaction, limit: int = 99, **later: float) -> list[str]:
    """Take matches; return their customers."""
    return [match.user_id for match in tx.take_matches(now=NOW + timedelta(**later), limit=limit)]


def test_a_match_says_event_and_customer(tx: Transaction) -> None:
    """All that is needed to decide it."""
    record(tx, OUTAGE)
    added = tx.add_matches(of(OUTAGE), ["u-1"], at=NOW)
    actual = (added, tx.take_matches(now=NOW, limit=9))
    assert actual == (1, [Match(event=of(OUTAGE), user_id="u-1")])


def test_matches_are_taken_once_and_the_longest_waiting_first(tx: Transaction) -> None:
    """By event and name; as many as are asked for."""
    record(tx, OUTAGE, SECOND)
    tx.add_matches(of(SECOND), ["u-1"], at=NOW)
    tx.add_matches(of(OUTAGE), ["u-9", "u-5"], at=NOW)
    tx.add_matches(of(OUTAGE), ["u-7"], at=NOW)
    actual = [taken(tx, 2), taken(tx, 1), taken(tx), taken(tx)]
    assert actual == [["u-5", "u-7"], ["u-9"], ["u-1"], []]


def test_the_same_match_again_changes_nothing(tx: Transaction) -> None:
    """Named twice in a list, or added twice."""
    record(tx, OUTAGE)
    counts = [tx.add_matches(of(OUTAGE), users, at=NOW) for users in (["u-1", "u-1"], ["u-1", "u-2"], [])]
    actual = (counts, taken(tx))
    assert actual == ([1, 1, 0], ["u-1", "u-2"])


def test_a_turn_comes_when_they_were_listed(tx: Transaction) -> None:
    """What was listed first is taken first, whichever event is the older."""
    record(tx, OUTAGE, SECOND)
    tx.add_matches(of(OUTAGE), ["u-1"], at=NOW + timedelta(seconds=2))
    tx.add_matches(of(SECOND), ["u-2"], at=NOW + timedelta(seconds=1))
    actual = taken(tx, seconds=2)
    assert actual == ["u-2", "u-1"]


def test_who_waits_is_due(tx: Transaction) -> None:
    """Whatever is due next, a hold or a turn: time is to stop there."""
    record(tx, OUTAGE)
    minute = timedelta(minutes=1)
    nothing = tx.next_due()
    tx.add_matches(of(OUTAGE), ["u-1"], at=NOW + 9 * minute)
    seen = [tx.next_due()]
    tx.add_decision(candidate(), Context(), ruling("d-1", at=NOW, action=Action.HOLD))
    seen.append(tx.next_due())
    tx.add_matches(of(OUTAGE), ["u-2"], at=NOW + minute)
    seen.append(tx.next_due())
    assert (nothing, seen) == (None, [NOW + 9 * minute, NOW + 5 * minute, NOW + minute])


def test_what_is_put_off_waits_until_then(tx: Transaction) -> None:
    """It does not come back before."""
    record(tx, OUTAGE, SECOND)
    tx.add_matches(of(OUTAGE), ["u-1"], at=NOW + timedelta(hours=1))
    tx.add_matches(of(SECOND), ["u-2"], at=NOW)
    actual = [taken(tx, minutes=59), taken(tx, hours=1)]
    assert actual == [["u-2"], ["u-1"]]


def test_odd_names_are_kept_as_they_are(tx: Transaction) -> None:
    """Whatever a company calls its customers; a NUL cannot be in a name that is on record."""
    names = ["", "ünï\"'\\ 'code'", "a\nb", "🙂", "1", "null"]
    record(tx, OUTAGE)
    tx.add_matches(of(OUTAGE), [*names, "nul\0l"], at=NOW)
    actual = taken(tx)
    assert actual == sorted(names)


@pytest.mark.parametrize("known", [0, 2])
def test_an_event_that_is_not_on_record_matches_nobody(tx: Transaction, known: int) -> None:
    """None, or more than one: it is refused."""
    for number in range(known):
        record(tx, event("incident.update", "outage", source=f"s-{number}", subject=None))
    with pytest.raises(InvalidInput) as caught:
        tx.add_matches(EvidenceRef(type="incident.update", id="outage"), ["u"], at=NOW)
    actual = (f"{known} are on record" in str(caught.value), taken(tx))
    assert actual == (True, [])


def test_what_is_taken_comes_back_where_deciding_fails(ledger: Ledger) -> None:
    """It is decided in the transaction that takes it, or stays."""
    with ledger.transaction() as tx:
        record(tx, OUTAGE)
        tx.add_matches(of(OUTAGE), ["u-1"], at=NOW)

    def fails() -> None:
        with ledger.transaction() as tx:
            taken(tx)
            tx.add_matches(of(SECOND), ["u-2"], at=NOW)

    with pytest.raises(InvalidInput):
        fails()
    with ledger.transaction() as tx:
        actual = taken(tx)
    assert actual == ["u-1"]


def test_an_incident_of_two_hundred_thousand_waits(tx: Transaction) -> None:
    """They are added at once, and taken in portions that never meet."""
    names = [f"{number * 7919 % 1_000_003:07}" for number in range(200_000)]
    record(tx, OUTAGE)
    added = tx.add_matches(of(OUTAGE), names, at=NOW)
    first, second = taken(tx, 256), taken(tx, 256)
    actual = (added, [*first, *second] == sorted(names)[:512])
    assert actual == (200_000, True)
