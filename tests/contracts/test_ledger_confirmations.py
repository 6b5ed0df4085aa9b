"""Confirmations on record, and what they do to what a decision reserves."""

from datetime import datetime, timedelta

import pytest

from model.contracts import Action, Context, OutcomeKind
from model.errors import InvalidInput
from serving.confirming import Confirmation, Confirmed
from serving.policy.facts import fact_key
from serving.ports import Ledger, Transaction
from tests.contracts.confirmed import CANCELLED, HELD, confirm, confirmation, hold, known
from tests.contracts.ledgers import NOW, ago, candidate, context, event, record, report, ruling, send

EARLIER = ago(hours=3)
DELAY = event(time=ago(hours=4))
TOLD = fact_key("u", DELAY)
WIDGET = candidate(DELAY, channel="widget", purpose="in_session_help", session_id="s-1")
INSTANT = timedelta(microseconds=1)


def contacts(tx: Transaction, now: datetime = NOW) -> tuple[int, int, int]:
    """Count a customer's contacts in the three windows."""
    found = context(tx, candidate(), now=now)
    return found.contacts_60m, found.contacts_24h, found.contacts_7d


def test_nothing_is_known_of_a_decision_that_is_not_there(tx: Transaction) -> None:
    """Neither can anything be confirmed of it."""
    with pytest.raises(InvalidInput) as caught:
        confirm(tx, "nobody")
    actual = (tx.confirmable("nobody"), "`nobody` is not recorded" in str(caught.value))
    assert actual == (None, True)


@pytest.mark.parametrize("action", list(Action))
def test_what_is_on_record_of_a_decision(tx: Transaction, action: Action) -> None:
    """The record as it is, what was decided, and that nothing was confirmed yet."""
    told = ruling("d-1", action=action)
    tx.add_decision(candidate(), Context(), told)
    found = known(tx, "d-1")
    sent = action is Action.SEND
    actual = (found.record["decided"]["decision"]["decision_id"], found.action, found.last, found.assignment)
    assert (*actual, found.reserved, found.reached) == ("d-1", action, None, None, sent, False)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("expires", [2, None])
def test_the_newest_confirmation_reads_back(tx: Transaction, action: Action, expires: float | None) -> None:
    """Word, time, end and the very bytes."""
    send(tx, "d-1")
    send(tx, "d-2")
    confirm(tx, "d-1", HELD)
    told = confirm(tx, "d-1", action, at=NOW + timedelta(minutes=3), expires=expires)
    confirm(tx, "d-2")
    actual = known(tx, "d-1").last
    assert actual == told


def test_a_record_shows_every_answer_with_its_time(tx: Transaction) -> None:
    """Those of this decision alone, in order, whatever the clock said."""
    for name in ("d-1", "d-2"):
        send(tx, name)
    confirm(tx, "d-1", HELD)
    confirm(tx, "d-2")
    confirm(tx, "d-1", CANCELLED, at=ago(minutes=5))
    actual = [(tx.decision(name) or {})["confirmations"] for name in ("d-1", "d-2")]
    assert actual == [
        [
            {"confirmed_at": "2026-11-20T12:00:00Z", "action": "hold", "for": "d-1"},
            {"confirmed_at": "2026-11-20T11:55:00Z", "action": "cancel", "for": "d-1"},
        ],
        [{"confirmed_at": "2026-11-20T12:00:00Z", "action": "send", "for": "d-2"}],
    ]


def test_a_cancel_is_final(tx: Transaction) -> None:
    """Nothing can be said after it, whoever tries."""
    send(tx, "d-1")
    confirm(tx, "d-1", CANCELLED)
    with pytest.raises(InvalidInput) as caught:
        confirm(tx, "d-1")
    actual = ("is final" in str(caught.value), contacts(tx), len((tx.decision("d-1") or {})["confirmations"]))
    assert actual == (True, (0, 0, 0), 1)


def test_a_denial_is_confirmed_without_having_been_decided_again(tx: Transaction) -> None:
    """Nothing but the answer is kept."""
    tx.add_decision(candidate(), Context(), ruling("d-1", action=Action.DENY))
    told = confirmation("d-1", Confirmed.CANCEL, expires=None)
    tx.add_confirmation(told, None)
    actual = known(tx, "d-1").last
    assert actual == told


def test_a_send_counts_from_its_confirmation_on(tx: Transaction) -> None:
    """Rolling caps see it now, and no longer when it was decided: once."""
    send(tx, "d-1", at=EARLIER)
    before = contacts(tx)
    confirm(tx, "d-1")
    after = context(tx, candidate())
    actual = (before, contacts(tx), after.contacts)
    assert actual == ((0, 1, 1), (1, 1, 1), (NOW,))


def test_a_confirmation_by_a_slow_clock_moves_no_contact_back(tx: Transaction) -> None:
    """It counts from the later of both times, or another host would see room where there is none."""
    send(tx, "d-1")
    confirm(tx, "d-1", at=NOW - timedelta(minutes=40))
    found = context(tx, candidate(), now=NOW + timedelta(minutes=30))
    assert (found.contacts, found.contacts_60m) == ((NOW,), 1)


def test_a_hold_that_becomes_a_send_counts_from_then_on(tx: Transaction) -> None:
    """As a decision would: contact, fact and message of the session."""
    record(tx, DELAY, event("session.started", "s", data={"session": "s-1"}, time=ago(minutes=9)))
    hold(tx, "d-1", at=EARLIER, to=WIDGET, fact_key=TOLD)
    seen = [context(tx, WIDGET)]
    confirm(tx, "d-1", to=WIDGET, fact_key=TOLD)
    seen.append(context(tx, WIDGET))
    actual = [
        (one.contacts_60m, one.already_told, one.session and one.session.widget_messages, known(tx, "d-1").reserved)
        for one in seen
    ]
    assert actual == [(0, False, 0, True), (1, True, 1, True)]


def test_a_confirmed_send_is_outbound_as_it_is_now(tx: Transaction) -> None:
    """Decided inside a session that is over since: it is outbound, and counts as such."""
    send(tx, "d-1", at=EARLIER, outbound=False)
    before = contacts(tx)
    confirm(tx, "d-1", outbound=True)
    actual = (before, contacts(tx))
    assert actual == ((0, 0, 0), (1, 1, 1))


@pytest.mark.parametrize(("later", "counted"), [(-INSTANT, 1), (timedelta(), 0), (timedelta(hours=5), 0)])
def test_a_held_send_counts_until_the_candidate_expires(tx: Transaction, later: timedelta, counted: int) -> None:
    """From when it was decided, to the very instant: contact, fact and session message, for every reader."""
    opening = event("session.started", "s", data={"session": "s-1"}, time=ago(minutes=9))
    staying = event("page.viewed", "p", data={"session": "s-1", "page": "pricing"}, time=NOW + timedelta(minutes=15))
    now = NOW + timedelta(minutes=30) + later
    record(tx, DELAY, opening, staying, at=NOW + timedelta(minutes=20))
    send(tx, "d-1", at=ago(minutes=5), to=WIDGET, fact_key=TOLD)
    confirm(tx, "d-1", HELD, to=WIDGET, expires=0.5)
    found = context(tx, WIDGET, now=now)
    days = found.history["days_since_contact"]
    session = found.session.widget_messages if found.session else 0
    recent = tx.recent("u", now=now).message_at
    actual = (found.contacts_7d, int(found.already_told), int(days == days), session, int(recent is not None))  # noqa: PLR0124  (NaN is never)
    assert actual == (counted, counted, counted, counted if later < timedelta(hours=1) else 0, counted)


def test_a_held_send_that_has_expired_does_not_hide_the_last_contact(tx: Transaction) -> None:
    """However long ago that was: it is the newest that counts."""
    send(tx, "long ago", at=ago(days=400))
    send(tx, "d-1", at=EARLIER)
    confirm(tx, "d-1", HELD, expires=0.5)
    seen = [context(tx, candidate(), now=NOW + timedelta(hours=hours)).history for hours in (0, 1)]
    actual = [round(one["days_since_contact"], 2) for one in seen]
    assert actual == [0.12, 400.04]


def test_a_held_send_without_an_end_counts_for_ever(tx: Transaction) -> None:
    """Unknown means no."""
    send(tx, "d-1", at=EARLIER)
    confirm(tx, "d-1", HELD, expires=None)
    actual = context(tx, candidate(), now=NOW + timedelta(days=6)).contacts_7d
    assert actual == 1


def test_a_hold_that_was_never_a_send_reserves_nothing(tx: Transaction) -> None:
    """However often it is confirmed."""
    hold(tx, "d-1")
    for minutes in range(3):
        confirm(tx, "d-1", HELD, at=NOW + timedelta(minutes=minutes))
    actual = (contacts(tx), known(tx, "d-1").reserved, known(tx, "d-1").counted_at)
    assert actual == ((0, 0, 0), False, None)


def test_a_hold_does_not_revive_what_was_released(tx: Transaction) -> None:
    """It was not delivered: what a hold keeps is nothing."""
    send(tx, "d-1")
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="d-1")
    confirm(tx, "d-1", HELD)
    actual = contacts(tx)
    assert actual == (0, 0, 0)


def test_a_held_send_that_is_sent_after_all_has_no_end_any_more(tx: Transaction) -> None:
    """Neither does one that was delivered."""
    for name in ("d-1", "d-2"):
        send(tx, name, at=EARLIER)
        confirm(tx, name, HELD, expires=0.5)
    confirm(tx, "d-1")
    report(tx, OutcomeKind.DELIVERED, decision_id="d-2")
    actual = context(tx, candidate(), now=NOW + timedelta(days=1)).contacts_7d
    assert actual == 2


@pytest.mark.parametrize("held", [True, False])
def test_a_cancel_releases_the_contact_the_fact_and_the_session(tx: Transaction, *, held: bool) -> None:
    """CONTRACT section 6: at once, for whoever comes next; also where it was held in between."""
    record(tx, DELAY, event("session.started", "s", data={"session": "s-1"}, time=ago(minutes=9)))
    send(tx, "d-1", at=ago(minutes=5), to=WIDGET, fact_key=TOLD)
    if held:
        confirm(tx, "d-1", HELD, to=WIDGET)
    confirm(tx, "d-1", CANCELLED, to=WIDGET)
    found = context(tx, WIDGET)
    actual = (found.contacts_7d, found.already_told, found.session and found.session.widget_messages)
    assert actual == (0, False, 0)


SEEN = [kind for kind in OutcomeKind if kind.value in {"delivered", "engaged", "thanked", "complained", "dismissed"}]


@pytest.mark.parametrize("kind", [*SEEN, OutcomeKind.OPTED_OUT])
def test_a_cancel_of_what_the_customer_saw_releases_nothing(tx: Transaction, kind: OutcomeKind) -> None:
    """It reached them: it was a contact, and told its fact."""
    send(tx, "d-1")
    report(tx, kind, decision_id="d-1")
    reached = known(tx, "d-1").reached
    confirm(tx, "d-1", CANCELLED)
    actual = (reached, contacts(tx))
    assert actual == (True, (1, 1, 1))


@pytest.mark.parametrize("kind", [OutcomeKind.NOT_DELIVERED, None])
def test_what_nobody_saw_has_not_reached_them(tx: Transaction, kind: OutcomeKind | None) -> None:
    """A try that failed says nothing else; outcomes of the customer alone are not of the decision."""
    send(tx, "d-1")
    report(tx, OutcomeKind.ENGAGED, user_id="u")
    if kind is not None:
        report(tx, kind, decision_id="d-1")
    actual = known(tx, "d-1").reached
    assert actual is False


def test_delivered_after_a_cancel_counts_after_all(tx: Transaction) -> None:
    """The platform had sent it already: the contact is back, and the fact is told."""
    send(tx, "d-1")
    confirm(tx, "d-1", CANCELLED)
    report(tx, OutcomeKind.DELIVERED, decision_id="d-1")
    actual = contacts(tx)
    assert actual == (1, 1, 1)


@pytest.mark.parametrize(("minutes", "counted"), [(-1, 1), (0, 0), (1, 0)])
def test_a_try_that_failed_before_the_confirmation_does_not_release_the_next(
    tx: Transaction, minutes: int, counted: int
) -> None:
    """What is reported late is about the earlier try; a failure since the confirmation releases it."""
    send(tx, "d-1", at=EARLIER)
    report(tx, OutcomeKind.NOT_DELIVERED, time=ago(hours=2), decision_id="d-1")
    confirm(tx, "d-1", at=ago(minutes=30))
    report(tx, OutcomeKind.NOT_DELIVERED, time=ago(minutes=30 - minutes), decision_id="d-1")
    actual = (contacts(tx)[0], known(tx, "d-1").reserved)
    assert actual == (counted, bool(counted))


def test_a_context_can_leave_one_decision_out(tx: Transaction) -> None:
    """Caps, the fact told, the session's message, the last contact: as if it had reserved nothing; others stay."""
    record(tx, DELAY, event("session.started", "s", data={"session": "s-1"}, time=ago(minutes=9)))
    send(tx, "other", at=ago(days=2))
    send(tx, "d-1", at=ago(minutes=5), to=WIDGET, fact_key=TOLD)
    seen = [tx.contexts([WIDGET], now=NOW, digests=[None], without=name)[0] for name in ("d-1", "nobody", None)]
    actual = [
        (
            one.contacts_60m,
            one.contacts_7d,
            one.already_told,
            one.session and one.session.widget_messages,
            round(one.history["days_since_contact"], 3),
        )
        for one in seen
    ]
    counted = (1, 2, True, 1, 0.003)
    assert actual == [(0, 1, False, 0, 2.0), counted, counted]


def test_of_a_customer_without_anything_else_nothing_is_left(tx: Transaction) -> None:
    """Not even that they were ever contacted."""
    send(tx, "d-1")
    found = tx.contexts([candidate()], now=NOW, digests=[None], without="d-1")[0]
    actual = repr(found)
    assert actual == repr(Context(history=found.history))


def test_leaving_a_decision_out_changes_nothing(tx: Transaction) -> None:
    """Held until, released, counted: all as before."""
    send(tx, "d-1", at=EARLIER)
    confirm(tx, "d-1", HELD, expires=0.5)
    send(tx, "d-2", at=EARLIER)
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="d-2")
    for name in ("d-1", "d-2"):
        tx.contexts([candidate()], now=NOW, digests=[None], without=name)
    actual = [context(tx, candidate(), now=NOW + timedelta(minutes=minutes)).contacts_7d for minutes in (29, 30)]
    assert actual == [1, 0]


def test_a_failure_while_one_is_left_out_leaves_it_as_it_was(tx: Transaction) -> None:
    """Even within a transaction that goes on."""
    send(tx, "d-1")
    with pytest.raises(ValueError, match="zip"):
        tx.contexts([candidate()], now=NOW, digests=[], without="d-1")
    actual = contacts(tx)
    assert actual == (1, 1, 1)


def test_an_exception_undoes_a_confirmation(ledger: Ledger) -> None:
    """Its answer, and what it moved."""
    with ledger.transaction() as tx:
        send(tx, "d-1", at=EARLIER)
    with ledger.transaction() as tx:
        with tx.savepoint(keep=False):
            confirm(tx, "d-1", CANCELLED)
        actual = (known(tx, "d-1").last, contacts(tx))
    assert actual == (None, (0, 1, 1))


def test_an_answer_keeps_its_bytes_over_a_restart(ledger: Ledger) -> None:
    """From one transaction to the next."""
    with ledger.transaction() as tx:
        send(tx, "d-1")
        told = Confirmation(
            decision_id="d-1", action=Confirmed.SEND, at=NOW, expires_at=NOW, answer='{"text":"ü 😀 \\u0000"}'.encode()
        )
        tx.add_confirmation(told, (candidate(), Context(), ruling("d-1")))
    with ledger.transaction() as tx:
        actual = known(tx, "d-1").last
    assert actual == told
