from datetime import datetime, timedelta
from itertools import permutations

import pytest

from model.contracts import BY_DECISION, BY_USER, Outcome, OutcomeKind
from model.errors import InvalidInput
from serving.ports import Transaction
from tests.contracts.ledgers import NOW, ago, candidate, context, report, send


@pytest.mark.parametrize("kind", sorted(BY_DECISION))
def test_an_outcome_of_a_decision_is_accepted_once(tx: Transaction, kind: OutcomeKind) -> None:
    """The same id, kind and time again is a duplicate; another time is another outcome."""
    send(tx, "d-1")
    actual = [report(tx, kind, time=time, decision_id="d-1") for time in (NOW, NOW, ago(minutes=1), NOW)]
    assert actual == ["accepted", "duplicate", "accepted", "duplicate"]


@pytest.mark.parametrize("kind", sorted(BY_USER))
def test_an_outcome_of_a_customer_is_accepted_once(tx: Transaction, kind: OutcomeKind) -> None:
    """Contacted or not: whoever it is."""
    actual = [report(tx, kind, user_id=user) for user in ("u", "u", "v")]
    assert actual == ["accepted", "duplicate", "accepted"]


def test_a_channel_of_its_own_is_no_duplicate(tx: Transaction) -> None:
    """Two opt-outs of one instant, one per channel, are two."""
    told = [report(tx, OutcomeKind.OPTED_OUT, user_id="u", channel=name) for name in ("sms", "email", "sms")]
    stopped = [name for name in ("sms", "email", "push") if context(tx, candidate(channel=name)).opted_out]
    actual = (told, stopped)
    assert actual == (["accepted", "accepted", "duplicate"], ["sms", "email"])


def test_an_unknown_decision_is_named(tx: Transaction) -> None:
    """Nothing is recorded about a decision that was never made."""
    actual = report(tx, OutcomeKind.COMPLAINED, decision_id="nobody")
    assert actual == "unknown_decision"


@pytest.mark.parametrize(
    "about",
    [
        {"kind": OutcomeKind.ENGAGED},
        {"kind": OutcomeKind.ENGAGED, "decision_id": "d-1", "user_id": "u"},
        {"kind": OutcomeKind.DELIVERED, "user_id": "u"},
        {"kind": OutcomeKind.COMPLAINT_CLOSED, "decision_id": "d-1"},
    ],
)
def test_an_outcome_that_makes_no_sense_is_refused(tx: Transaction, about: dict[str, str]) -> None:
    """Exactly one id, and a kind that goes with it."""
    send(tx, "d-1")
    with pytest.raises(InvalidInput) as caught:
        tx.add_outcome(Outcome(time=NOW, **about), recorded_at=NOW)  # type: ignore[arg-type]
    actual = str(caught.value).startswith("outcome: ")
    assert actual is True


def test_a_record_shows_its_outcomes_in_order_of_time(tx: Transaction) -> None:
    """What was reported late stands where it happened; outcomes of the customer alone are not of the decision."""
    send(tx, "d-1", to=candidate(channel="sms"), at=ago(hours=3))
    report(tx, OutcomeKind.ENGAGED, time=ago(hours=1), decision_id="d-1")
    report(tx, OutcomeKind.DELIVERED, time=ago(hours=2), decision_id="d-1")
    report(tx, OutcomeKind.COMPLAINED, user_id="u")
    actual = (tx.decision("d-1") or {})["outcomes"]
    assert actual == [
        {"kind": "delivered", "time": "2026-11-20T10:00:00Z", "recorded_at": "2026-11-20T12:00:00Z", "channel": "sms"},
        {"kind": "engaged", "time": "2026-11-20T11:00:00Z", "recorded_at": "2026-11-20T12:00:00Z", "channel": "sms"},
    ]


def test_what_was_not_delivered_counts_nothing(tx: Transaction) -> None:
    """The reservation, the fact and the history of contacts are released; the record stays."""
    send(tx, "d-1", at=ago(minutes=1), fact_key="f")
    before = context(tx, candidate())
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="d-1")
    after = context(tx, candidate())
    counts = [(one.contacts_60m, one.history["contacts_7d"], one.returning) for one in (before, after)]
    actual = (counts[0], tx.decision("d-1") is not None, after.contacts, after.history["contacts_7d"])
    assert actual == ((1, 1.0, True), True, (), 0.0)


@pytest.mark.parametrize(
    ("time", "contacts"), [(ago(minutes=6), 0), (ago(minutes=11), 1), (ago(days=700_000), 1), (NOW, 0)]
)
def test_what_failed_before_the_send_is_not_about_it(tx: Transaction, time: datetime, contacts: int) -> None:
    """Beyond five minutes of a slow clock, a failure that is dated before the send releases nothing."""
    send(tx, "d-1", at=ago(minutes=5))
    told = report(tx, OutcomeKind.NOT_DELIVERED, time=time, decision_id="d-1")
    actual = (told, context(tx, candidate()).contacts_7d)
    assert actual == ("accepted", contacts)


def test_delivered_wins_over_not_delivered_in_any_order(tx: Transaction) -> None:
    """Late, doubled and out of order: a message that did arrive counts."""
    told = [(OutcomeKind.NOT_DELIVERED, 3), (OutcomeKind.DELIVERED, 2), (OutcomeKind.NOT_DELIVERED, 1)]
    for number, order in enumerate(permutations(told)):
        user = f"u-{number}"
        send(tx, f"d-{number}", at=ago(hours=4), to=candidate(user_id=user))
        for kind, hours in [*order, *order]:
            report(tx, kind, time=ago(hours=hours), decision_id=f"d-{number}")
        actual = context(tx, candidate(user_id=user)).contacts_7d
        assert actual == 1


@pytest.mark.parametrize("kind", ["not_delivered", "delivered"])
def test_what_was_never_sent_releases_nothing(tx: Transaction, kind: str) -> None:
    """An outcome on one decision leaves another's reservation alone."""
    send(tx, "d-1", at=ago(minutes=5))
    send(tx, "d-2", to=candidate(user_id="v"))
    report(tx, OutcomeKind(kind), decision_id="d-2")
    actual = context(tx, candidate()).contacts_7d
    assert actual == 1


def test_engagements_become_history_once(tx: Transaction) -> None:
    """By customer: each instant counts, duplicates and the response to a message (by decision) for nothing."""
    send(tx, "d-1", at=ago(hours=5))
    for _ in range(2):
        report(tx, OutcomeKind.ENGAGED, time=ago(hours=1), decision_id="d-1")
        report(tx, OutcomeKind.ENGAGED, time=ago(days=20), user_id="u")
        report(tx, OutcomeKind.ENGAGED, time=ago(hours=2), user_id="u")
    history = context(tx, candidate(), now=NOW + timedelta(seconds=1)).history
    actual = (history["engagements_7d"], history["engagements_30d"])
    assert actual == (1.0, 2.0)


def later(**span: float) -> datetime:
    """Return an instant after `NOW`."""
    return NOW + timedelta(**span)


def reported(tx: Transaction, kind: OutcomeKind, *, time: datetime, at: datetime) -> str:
    """Report an outcome of customer `u` that is stamped `time` and arrives `at`."""
    return tx.add_outcome(Outcome(kind=kind, time=time, user_id="u"), recorded_at=at)


@pytest.mark.parametrize("ahead", [0, 1, 4.9, 5])
@pytest.mark.parametrize("gap", [0.5, 2, 4])
def test_a_fast_clock_does_not_hide_a_complaint(tx: Transaction, ahead: float, gap: float) -> None:
    """Closed with a stamp of the next minutes, complained after that: the new complaint is open."""
    reported(tx, OutcomeKind.COMPLAINED, time=ago(hours=1), at=ago(hours=1))
    reported(tx, OutcomeKind.COMPLAINT_CLOSED, time=later(minutes=ahead), at=NOW)
    closed = context(tx, candidate(), now=later(seconds=1)).complaint_open
    reported(tx, OutcomeKind.COMPLAINED, time=later(minutes=gap), at=later(minutes=gap))
    actual = (closed, context(tx, candidate(), now=later(minutes=gap)).complaint_open)
    assert actual == (False, True)


def test_a_complaint_of_a_fast_clock_can_be_closed(tx: Transaction) -> None:
    """It was there when it was recorded; closing it a minute later closes it."""
    reported(tx, OutcomeKind.COMPLAINED, time=later(minutes=5), at=NOW)
    before = context(tx, candidate())
    reported(tx, OutcomeKind.COMPLAINT_CLOSED, time=later(minutes=1), at=later(minutes=1))
    after = context(tx, candidate(), now=later(minutes=1))
    actual = (before.complaint_open, before.last_complaint_at, after.complaint_open, after.last_complaint_at)
    assert actual == (True, NOW, False, NOW)


def test_what_a_fast_clock_stamps_counts_at_once(tx: Transaction) -> None:
    """A dismissal and an engagement of the next minutes are known from their recording on, and once."""
    send(tx, "d-1", at=ago(hours=1))
    kinds: tuple[tuple[OutcomeKind, dict[str, str]], ...] = (
        (OutcomeKind.DISMISSED, {"decision_id": "d-1"}),
        (OutcomeKind.ENGAGED, {"user_id": "u"}),
    )
    told = [report(tx, kind, time=later(minutes=5), **of) for kind, of in kinds * 2]
    known = context(tx, candidate(), now=later(seconds=1))
    stated = [one["time"] for one in (tx.decision("d-1") or {})["outcomes"]]
    actual = (told, known.dismissed_at, known.history["engagements_7d"], stated)
    assert actual == (
        ["accepted", "accepted", "duplicate", "duplicate"],
        NOW,
        1.0,
        ["2026-11-20T12:05:00Z"],
    )


def test_what_is_reported_late_keeps_its_own_time(tx: Transaction) -> None:
    """An old complaint that arrives after its closing is a closed one."""
    reported(tx, OutcomeKind.COMPLAINT_CLOSED, time=ago(hours=1), at=ago(minutes=5))
    reported(tx, OutcomeKind.COMPLAINED, time=ago(hours=2), at=NOW)
    known = context(tx, candidate())
    actual = (known.complaint_open, known.last_complaint_at)
    assert actual == (False, ago(hours=2))
