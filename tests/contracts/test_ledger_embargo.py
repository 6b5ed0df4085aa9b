"""What an embargo is counted from: the last message, the last complaint, and what an incident says of this customer."""

from datetime import datetime, timedelta

import pytest

from model.contracts import Action, Context, Outcome, OutcomeKind
from serving.embargo import Recent
from serving.ports import Transaction
from tests.contracts.ledgers import NOW, ago, candidate, event, record, report, ruling, send

SOON = NOW + timedelta(minutes=4)


def recent(tx: Transaction, user: str = "u", *, now: datetime = NOW) -> Recent:
    """Ask about one customer."""
    return tx.recent(user, now=now)


def test_of_a_stranger_there_is_nothing(tx: Transaction) -> None:
    """Also where others have all of it."""
    send(tx, "d-1")
    report(tx, OutcomeKind.COMPLAINED, decision_id="d-1")
    record(tx, event("incident.update", data={"incident": "i-1"}))
    actual = recent(tx, "v")
    assert actual == Recent(message_at=None, complaint_at=None, incident_at=None)


def test_the_last_message_counts_on_every_channel(tx: Transaction) -> None:
    """In their own session as well as outside, in whatever order it was recorded."""
    send(tx, "new", at=ago(hours=2), outbound=False, to=candidate(channel="widget"))
    send(tx, "old", at=ago(hours=5))
    actual = recent(tx).message_at
    assert actual == ago(hours=2)


def test_a_hold_and_a_denial_are_no_message(tx: Transaction) -> None:
    """Nobody was told anything."""
    for action in (Action.HOLD, Action.DENY):
        tx.add_decision(candidate(), Context(), ruling(action.value, action=action))
    actual = recent(tx).message_at
    assert actual is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ((), ago(hours=1)),
        ((OutcomeKind.NOT_DELIVERED,), ago(hours=9)),
        ((OutcomeKind.DELIVERED, OutcomeKind.NOT_DELIVERED), ago(hours=1)),
        ((OutcomeKind.NOT_DELIVERED, OutcomeKind.DELIVERED), ago(hours=1)),
    ],
)
def test_what_never_arrived_is_no_message(tx: Transaction, told: tuple[OutcomeKind, ...], expected: datetime) -> None:
    """A send that was released leaves the one before it as the last; one that did arrive stays."""
    send(tx, "before", at=ago(hours=9))
    send(tx, "last", at=ago(hours=1))
    for kind in told:
        report(tx, kind, decision_id="last")
    actual = recent(tx).message_at
    assert actual == expected


def test_a_message_of_a_later_time_counts(tx: Transaction) -> None:
    """A clock that was set back makes nobody's message undone."""
    send(tx, "d-1", at=SOON)
    actual = recent(tx).message_at
    assert actual == SOON


@pytest.mark.parametrize("about", [{"decision_id": "d-1"}, {"user_id": "u"}])
def test_a_complaint_counts_however_it_is_reported(tx: Transaction, about: dict[str, str]) -> None:
    """About a message or about anything; closing it does not end the cooling-off."""
    send(tx, "d-1", at=ago(days=3))
    report(tx, OutcomeKind.COMPLAINED, time=ago(days=2), **about)
    report(tx, OutcomeKind.COMPLAINT_CLOSED, time=ago(days=1), user_id="u")
    actual = recent(tx).complaint_at
    assert actual == ago(days=2)


def test_the_last_complaint_counts(tx: Transaction) -> None:
    """By when it was made, in whatever order they are reported; opting out is another thing."""
    for days in (9, 2, 5):
        report(tx, OutcomeKind.COMPLAINED, time=ago(days=days), user_id="u")
    report(tx, OutcomeKind.OPTED_OUT, time=ago(days=1), user_id="u")
    actual = recent(tx).complaint_at
    assert actual == ago(days=2)


def test_a_complaint_counts_as_soon_as_it_is_recorded(tx: Transaction) -> None:
    """A sender's fast clock postpones neither its beginning nor its end."""
    tx.add_outcome(Outcome(kind=OutcomeKind.COMPLAINED, time=SOON, user_id="u"), recorded_at=NOW)
    actual = recent(tx).complaint_at
    assert actual == NOW


@pytest.mark.parametrize(
    ("subject", "affected", "expected"),
    [
        ("u", None, ago(hours=1)),
        (None, ["t", "u", "v"], ago(hours=1)),
        ("v", ["u"], ago(hours=1)),
        ("v", ["t"], None),
        (None, None, None),
    ],
)
def test_an_incident_is_about_its_subject_and_the_affected(
    tx: Transaction, subject: str | None, affected: list[str] | None, expected: datetime | None
) -> None:
    """One event each, or one with the list; another customer's incident is none of theirs."""
    data = {"incident": "i-1"} | ({} if affected is None else {"affected": affected})
    record(tx, event("incident.update", subject=subject, data=data))
    actual = recent(tx).incident_at
    assert actual == expected


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ("incident.opened", True),
        ("incident.update", True),
        ("incident.resolved", True),
        ("incident.anything_else", True),
        ("shipment.failed", False),
        ("incidental.update", False),
        ("account.fraud_suspected", False),
    ],
)
def test_every_event_of_the_family_counts(tx: Transaction, kind: str, *, counts: bool) -> None:
    """The family is the type before its first dot."""
    record(tx, event(kind))
    actual = recent(tx).incident_at
    assert actual == (ago(hours=1) if counts else None)


def test_the_last_event_of_all_incidents_counts(tx: Transaction) -> None:
    """Two incidents, three events, any order."""
    for number, hours in enumerate((30, 2, 7)):
        record(tx, event("incident.update", f"i-{number}", time=ago(hours=hours), data={"incident": f"{number % 2}"}))
    actual = recent(tx).incident_at
    assert actual == ago(hours=2)


def test_an_event_of_the_future_does_not_count(tx: Transaction) -> None:
    """Not before it happens; what happened before it counts until then."""
    record(tx, event("incident.opened", "i-1", time=ago(hours=30), data={"incident": "i"}))
    record(tx, event("incident.update", "i-2", time=NOW + timedelta(hours=1), data={"incident": "i"}))
    actual = [recent(tx, now=NOW + timedelta(hours=hours)).incident_at for hours in (0, 1)]
    assert actual == [ago(hours=30), NOW + timedelta(hours=1)]


def test_a_fast_clock_of_the_sender_counts_from_the_recording(tx: Transaction) -> None:
    """Up to five minutes ahead is accepted, and happened by the time it was recorded."""
    record(tx, event("incident.update", time=SOON))
    actual = recent(tx).incident_at
    assert actual == NOW


def test_all_three_are_read_together(tx: Transaction) -> None:
    """As one customer's facts of one moment."""
    send(tx, "d-1", at=ago(hours=3))
    report(tx, OutcomeKind.COMPLAINED, time=ago(hours=2), decision_id="d-1")
    record(tx, event("incident.resolved"))
    actual = recent(tx)
    assert actual == Recent(message_at=ago(hours=3), complaint_at=ago(hours=2), incident_at=ago(hours=1))


@pytest.mark.parametrize("user", ["a/b", "x'; DROP TABLE concerns; --", "Zürich 🚚", ""])
def test_any_id_is_only_text(tx: Transaction, user: str) -> None:
    """Quotes, slashes and any script are values."""
    record(tx, event("incident.update", subject=user))
    actual = recent(tx, user).incident_at
    assert actual == ago(hours=1)
