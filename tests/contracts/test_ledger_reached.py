"""What reached the customer counts: whatever says so but `not_delivered`, and in whatever order it is reported."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from model.contracts import BY_DECISION, Action, Context, OutcomeKind
from serving.policy.facts import fact_key
from serving.ports import Transaction
from tests.contracts.confirmed import CANCELLED, HELD, confirm, hold, known
from tests.contracts.ledgers import NOW, ago, candidate, context, event, record, report, ruling, send

FAILED = OutcomeKind.NOT_DELIVERED
SEEN = sorted(BY_DECISION - {FAILED})
DELAY = event(time=ago(hours=4))
TOLD = fact_key("u", DELAY)
ASKED = candidate(DELAY)
WIDGET = candidate(DELAY, channel="widget", purpose="in_session_help", session_id="s-1")
INSTANT = timedelta(microseconds=1)


def counted(tx: Transaction, *, now: datetime = NOW) -> tuple[int, int, bool]:
    """Return the contacts of an hour and of a week, and whether the fact was told."""
    found = context(tx, ASKED, now=now)
    return found.contacts_60m, found.contacts_7d, found.already_told


@pytest.fixture(autouse=True)
def _delayed(tx: Transaction) -> None:
    """Let the parcel of customer `u` be late."""
    record(tx, DELAY)


@pytest.mark.parametrize("kind", SEEN)
def test_a_hold_that_reached_them_counts_from_then_on(tx: Transaction, kind: OutcomeKind) -> None:
    """It was sent without asking again: a contact at the time of the outcome, and its fact is told."""
    hold(tx, "d-1", at=ago(hours=3), to=ASKED, fact_key=TOLD)
    before = counted(tx)
    report(tx, kind, time=ago(hours=2), decision_id="d-1")
    actual = (before, counted(tx), context(tx, ASKED).contacts, known(tx, "d-1").reserved)
    assert actual == ((0, 0, False), (0, 1, True), (ago(hours=2),), True)


def test_a_widget_that_showed_what_was_held_has_said_its_message(tx: Transaction) -> None:
    """In its session and channel, and no contact outside of it."""
    record(tx, event("session.started", "s", data={"session": "s-1"}, time=ago(minutes=9)))
    hold(tx, "d-1", at=ago(minutes=5), to=WIDGET, fact_key=TOLD, outbound=False)
    report(tx, OutcomeKind.DISMISSED, time=ago(minutes=4), decision_id="d-1")
    found = context(tx, WIDGET)
    actual = (found.contacts_7d, found.already_told, found.session and found.session.widget_messages)
    assert actual == (0, True, 1)


def test_nothing_reaches_anybody_before_it_was_decided(tx: Transaction) -> None:
    """An outcome with a wrong date counts from the decision on: it leaves no cap early."""
    hold(tx, "d-1", at=ago(minutes=30), to=ASKED, fact_key=TOLD)
    report(tx, OutcomeKind.ENGAGED, time=ago(days=400), decision_id="d-1")
    actual = counted(tx)
    assert actual == (1, 1, True)


def test_a_second_outcome_makes_no_second_contact(tx: Transaction) -> None:
    """The first that was reported says when."""
    hold(tx, "d-1", at=ago(hours=3), to=ASKED, fact_key=TOLD)
    for number, kind in enumerate(SEEN):
        report(tx, kind, time=ago(minutes=90 - number), decision_id="d-1")
    actual = context(tx, ASKED).contacts
    assert actual == (ago(minutes=90),)


@pytest.mark.parametrize("kind", SEEN)
def test_a_denial_is_no_contact_whatever_is_reported(tx: Transaction, kind: OutcomeKind) -> None:
    """Nothing was to be sent: what a customer did has another cause."""
    tx.add_decision(ASKED, Context(), ruling("d-1", action=Action.DENY, fact_key=TOLD))
    report(tx, kind, decision_id="d-1")
    actual = counted(tx)
    assert actual == (0, 0, False)


def test_a_hold_that_failed_reserves_nothing(tx: Transaction) -> None:
    """A try that nobody saw is none."""
    hold(tx, "d-1", at=ago(hours=3), to=ASKED, fact_key=TOLD)
    report(tx, FAILED, decision_id="d-1")
    actual = (counted(tx), known(tx, "d-1").reserved)
    assert actual == ((0, 0, False), False)


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("kind", SEEN)
def test_it_counts_in_whatever_order_it_is_reported(tx: Transaction, kind: OutcomeKind, *, confirmed: bool) -> None:
    """Failed, seen, failed: late, doubled, with times in any order."""
    told = [(FAILED, 3), (kind, 2), (FAILED, 1)]
    for number, order in enumerate(permutations(told)):
        user, identity = f"u-{number}", f"d-{number}"
        send(tx, identity, at=ago(hours=4), to=candidate(user_id=user))
        if confirmed:
            confirm(tx, identity, at=ago(hours=3.5), to=candidate(user_id=user))
        for each, hours in [*order, *order]:
            report(tx, each, time=ago(hours=hours), decision_id=identity)
        actual = context(tx, candidate(user_id=user)).contacts_7d
        assert actual == 1


@pytest.mark.parametrize("kind", SEEN)
@pytest.mark.parametrize("first", [Action.SEND, Action.HOLD])
def test_what_was_cancelled_and_reached_them_counts_after_all(
    tx: Transaction, kind: OutcomeKind, first: Action
) -> None:
    """The platform had sent it already; the report comes late."""
    tx.add_decision(ASKED, Context(), ruling("d-1", at=ago(hours=3), action=first, fact_key=TOLD))
    confirm(tx, "d-1", CANCELLED, at=ago(hours=1), to=ASKED)
    before = counted(tx)
    report(tx, kind, time=ago(minutes=90), decision_id="d-1")
    actual = (before, counted(tx)[1:])
    assert actual == ((0, 0, False), (1, True))


@pytest.mark.parametrize("kind", SEEN)
@pytest.mark.parametrize("late", [True, False])
def test_a_held_send_that_reached_them_has_no_end(tx: Transaction, kind: OutcomeKind, *, late: bool) -> None:
    """Reported before it was held again, or after."""
    send(tx, "d-1", at=ago(hours=3), to=ASKED, fact_key=TOLD)
    if not late:
        report(tx, kind, decision_id="d-1")
    confirm(tx, "d-1", HELD, to=ASKED, expires=0.5)
    if late:
        report(tx, kind, decision_id="d-1")
    actual = counted(tx, now=NOW + timedelta(hours=5))
    assert actual == (0, 1, True)


def test_what_the_customer_did_elsewhere_says_nothing_of_it(tx: Transaction) -> None:
    """By `user_id`, or about another decision."""
    hold(tx, "d-1", to=ASKED, fact_key=TOLD)
    send(tx, "d-2", to=candidate(user_id="v"))
    report(tx, OutcomeKind.ENGAGED, user_id="u")
    report(tx, OutcomeKind.ENGAGED, decision_id="d-2")
    actual = counted(tx)
    assert actual == (0, 0, False)


@pytest.mark.parametrize(
    ("confirmed", "stated", "reserved"),
    [
        (timedelta(seconds=5.2), timedelta(seconds=5), False),
        (timedelta(seconds=5.999999), timedelta(seconds=5), False),
        (timedelta(seconds=6), timedelta(seconds=5), True),
        (timedelta(seconds=5), timedelta(seconds=5), False),
        (timedelta(seconds=9), timedelta(seconds=5), True),
    ],
    ids=["the same second", "its last instant", "the next second", "the same instant", "long before"],
)
def test_a_bounce_that_is_dated_by_the_second_is_about_that_second(
    tx: Transaction, confirmed: timedelta, stated: timedelta, *, reserved: bool
) -> None:
    """Confirmed at :05.2, bounced at ":05Z": the sender's clock shows no more than seconds."""
    start = ago(hours=1)
    send(tx, "d-1", at=ago(hours=2), to=ASKED, fact_key=TOLD)
    confirm(tx, "d-1", at=start + confirmed, to=ASKED, fact_key=TOLD)
    report(tx, FAILED, time=start + stated, decision_id="d-1")
    actual = (known(tx, "d-1").reserved, counted(tx)[2])
    assert actual == (reserved, reserved)
