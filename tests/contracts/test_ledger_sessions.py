from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from model.contracts import Event, OutcomeKind, Session
from serving.ports import Transaction
from tests.contracts.identified import identify
from tests.contracts.ledgers import NOW, ago, candidate, context, event, record, report, send

HERE = candidate(purpose="in_session_help", channel="widget", session_id="s-1")


def visit(kind: str, minutes: float, *, session: str = "s-1", **given: object) -> Event:
    """Describe an event of a session, some minutes ago; all but the `subject` is its data."""
    data = {"session": session} | {name: value for name, value in given.items() if name != "subject"}
    identity = f"{kind}/{minutes}/{session}"
    return event(kind, identity, time=ago(minutes=minutes), subject=given.get("subject", "u"), data=data)


def session(tx: Transaction, now: datetime = NOW) -> Session:
    """Read session `s-1`, which must be there."""
    found = context(tx, HERE, now=now).session
    assert found is not None
    return found


def test_a_session_is_folded_from_its_events(tx: Transaction) -> None:
    """Start, last event, page and since when come from what is recorded, in whatever order it arrived."""
    events = [
        visit("session.started", 9),
        visit("page.viewed", 8, page="home"),
        visit("page.viewed", 5, page="pricing"),
        visit("page.dwelled", 4, page="pricing", seconds=60),
    ]
    record(tx, *reversed(events))
    actual = session(tx)
    assert actual == Session(
        id="s-1",
        user_id="u",
        started_at=ago(minutes=9),
        last_event_at=ago(minutes=4),
        page="pricing",
        page_since=ago(minutes=5),
    )


def test_an_unknown_session_is_none(tx: Transaction) -> None:
    """No event of it, none that is past, or no session asked about."""
    left = visit("conversation.left_unresolved", 5)
    record(tx, visit("session.started", -10), left, event("page.viewed", data={"session": 7}))
    actual = [context(tx, one).session for one in (HERE, candidate())]
    assert actual == [None, None]


@pytest.mark.parametrize(("minutes", "ended"), [(29.99, False), (30, True), (31, True)])
def test_a_session_ends_after_thirty_idle_minutes(tx: Transaction, minutes: float, *, ended: bool) -> None:
    """CONTRACT section 7, to the edge."""
    record(tx, visit("session.started", minutes))
    actual = session(tx).ended
    assert actual is ended


ALIVE = {
    **dict.fromkeys(["conversation.opened", "conversation.closed", "message.received", "message.dismissed"], True),
    **dict.fromkeys(["conversation.left_unresolved", "shipment.delayed", "customer.identified"], False),
}


@pytest.mark.parametrize(("kind", "alive"), ALIVE.items())
def test_what_is_written_or_closed_in_a_session_keeps_it_alive(tx: Transaction, kind: str, *, alive: bool) -> None:
    """As a page does; neither what we say of it later, nor what has nothing to do with the visit."""
    record(tx, visit("session.started", 50), visit("page.viewed", 40, page="home"), visit(kind, 20))
    found = session(tx)
    actual = (found.ended, found.page, found.last_event_at == ago(minutes=20))
    assert actual == (not alive, "home", alive)


@pytest.mark.parametrize("kind", ["message.received", "conversation.closed"])
def test_a_late_word_does_not_revive_a_session(tx: Transaction, kind: str) -> None:
    """Whoever left has left."""
    record(tx, visit("session.started", 9), visit("session.ended", 5), visit(kind, 1))
    actual = session(tx).ended
    assert actual is True


def test_events_that_come_late_twice_or_in_no_order_change_nothing_twice(tx: Transaction) -> None:
    """The session is what its events say, whenever they arrived."""
    events = [
        visit("session.started", 9),
        visit("page.viewed", 8, page="pricing"),
        visit("message.received", 6),
        visit("page.dwelled", 4, page="pricing", seconds=240),
        visit("message.dismissed", 2),
    ]
    record(tx, *events)
    expected = session(tx)
    other = [replace(one, id=f"2/{one.id}", data={**one.data, "session": "s-2"}) for one in events]
    for order in ([3, 0, 4, 1, 2], [0, 0, 1, 4]):
        record(tx, *(other[place] for place in order), *(events[place] for place in order))
    found = context(tx, replace(HERE, session_id="s-2")).session
    actual = (session(tx), found and replace(found, id="s-1"))
    assert actual == (expected, expected)


@pytest.mark.parametrize("known_after", [0, 1, 2])
def test_a_session_goes_on_when_its_visitor_is_known(tx: Transaction, known_after: int) -> None:
    """It is the customer's from its beginning, whenever in it they said who they are."""
    steps = [visit("session.started", 9, subject="a"), visit("page.viewed", 5, subject="a", page="home")]
    steps.insert(known_after, event("customer.identified", time=ago(minutes=7), data={"anonymous_id": "a"}))
    record(tx, *steps)
    found = session(tx)
    actual = (found.user_id, found.started_at, found.page, context(tx, replace(HERE, user_id="a")).session)
    assert actual == ("u", ago(minutes=9), "home", found)


@pytest.mark.parametrize(
    ("last", "ended"),
    [("session.ended", True), ("page.viewed", True), ("session.started", False)],
)
def test_an_ended_session_stays_ended_until_it_starts_anew(tx: Transaction, last: str, *, ended: bool) -> None:
    """A late page event does not revive it."""
    record(tx, visit("session.started", 9), visit("session.ended", 5), visit(last, 1, page="home"))
    actual = session(tx).ended
    assert actual is ended


@pytest.mark.parametrize(
    "gap",
    [
        [visit("page.viewed", 60, page="pricing")],
        [visit("session.started", 20, page="pricing"), visit("session.ended", 15), visit("session.started", 12)],
    ],
)
def test_an_id_that_is_used_again_is_another_session(tx: Transaction, gap: list[Event]) -> None:
    """After its end or half an hour the time, the page and the message of the old one are over."""
    record(tx, *gap, visit("page.viewed", 10, page="pricing"), visit("page.viewed", 1, page="pricing"))
    send(tx, "then", at=gap[0].time, to=HERE, outbound=False)
    found = session(tx)
    actual = (found.started_at, found.page_since, found.widget_messages)
    assert actual == (ago(minutes=12 if len(gap) > 1 else 10), ago(minutes=10), 0)


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [((None, None), None), ((None, "u"), "u"), (("u", None), "u"), (("u", "v"), None), (("u", "v", "u"), None)],
)
def test_a_session_belongs_to_whom_its_events_name(
    tx: Transaction, subjects: tuple[str | None, ...], expected: str | None
) -> None:
    """A visitor without a name has one when an event says it; where two are named, nobody knows who reads."""
    record(tx, *(visit("page.viewed", 5 - place, subject=name) for place, name in enumerate(subjects)))
    actual = session(tx).user_id
    assert actual == expected


@pytest.mark.parametrize(
    ("seconds", "since"),
    [
        (40, timedelta(minutes=5, seconds=40)),
        (True, timedelta(minutes=5)),
        (-1, timedelta(minutes=5)),
        (1e9, timedelta(minutes=5)),
    ],
)
def test_a_dwell_says_since_when(tx: Transaction, seconds: float, since: timedelta) -> None:
    """A platform that reports only dwelling is believed within reason."""
    record(tx, visit("page.dwelled", 5, page="pricing", seconds=seconds))
    actual = session(tx).page_since
    assert actual == NOW - since


def test_coming_back_to_a_page_starts_its_time_anew(tx: Transaction) -> None:
    """Only the unbroken stay on the present page counts, and seen beats reported."""
    pages = [("pricing", 9), ("home", 6), ("pricing", 3)]
    record(tx, *(visit("page.viewed", minutes, page=page) for page, minutes in pages))
    record(tx, visit("exit.intended", 1, page="pricing"), visit("page.dwelled", 2, page="pricing", seconds=600))
    actual = session(tx).page_since
    assert actual == ago(minutes=3)


def test_widget_messages_of_a_session_are_its_unreleased_sends(tx: Transaction) -> None:
    """Another session, another channel, and a send that was not delivered are not counted."""
    record(tx, visit("session.started", 9))
    elsewhere = candidate(channel="widget", session_id="s-2")
    chat = candidate(channel="chat", session_id="s-1")
    for name, to in (("one", HERE), ("two", HERE), ("other", elsewhere), ("chat", chat)):
        send(tx, name, to=to, at=ago(minutes=2), outbound=False)
    before = session(tx).widget_messages
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="two")
    actual = (before, session(tx).widget_messages)
    assert actual == (2, 1)


def test_a_session_is_read_as_of_now(tx: Transaction) -> None:
    """What happened in it later is not known earlier."""
    record(tx, visit("session.started", 9), visit("page.viewed", 1, page="home"), visit("session.ended", 0))
    found = session(tx, now=ago(minutes=5))
    actual = (found.ended, found.page, found.last_event_at)
    assert actual == (False, None, ago(minutes=9))


RETURNING = {
    "a visitor of whom the sender cannot know": (
        [visit("session.started", 5, session="s-2", may_be_returning=True)],
        True,
    ),
    "a visitor whom the sender takes for new": (
        [visit("session.started", 5, session="s-2", may_be_returning=False)],
        False,
    ),
    "only this session": ([visit("page.viewed", 5, page="home")], False),
    "a session before": ([visit("session.started", 90, session="s-0")], True),
    "the same id, long before": ([visit("session.started", 90)], True),
    "another tab since": ([visit("session.started", 2, session="s-2")], False),
    "another visitor before": ([visit("session.started", 90, session="s-0", subject="v")], False),
    "a conversation": ([event("conversation.opened", data={"conversation": "c"})], True),
    "a message": ([event("message.received", data={"text": "hi"})], True),
    "a parcel": ([event()], False),
    "a conversation to come": ([event("conversation.opened", time=NOW + timedelta(hours=1), data={})], False),
}


@pytest.mark.parametrize(("known", "expected"), RETURNING.values(), ids=RETURNING)
def test_a_returning_visitor_was_here_or_talked_before(tx: Transaction, known: list[Event], *, expected: bool) -> None:
    """An earlier session, conversation or message; the present visit alone is a first one."""
    started = visit("session.started", 10)
    record(tx, started, *known)
    asked = candidate(started, purpose="onboarding", channel="widget", session_id="s-1")
    actual = context(tx, asked).returning
    assert actual is expected


def test_a_visit_that_may_not_be_the_first_begins_when_it_begins(tx: Transaction) -> None:
    """Nothing is known of an earlier one but that there may have been one; before it began there is no session."""
    record(tx, visit("session.started", 9, may_be_returning=True), visit("page.viewed", 5, page="home"))
    found = session(tx)
    actual = (found.started_at, found.ended, found.page, context(tx, HERE, now=ago(minutes=10)).session)
    assert actual == (ago(minutes=9), False, "home", None)


def test_who_may_have_been_here_stays_so_by_another_name(tx: Transaction) -> None:
    """The visitor turns out to be a customer; of the next visit the sender says nothing."""
    record(tx, visit("session.started", 5, session="s-0", subject="visitor", may_be_returning=True))
    started = visit("session.started", 10)
    record(tx, started)
    first = context(tx, candidate(started)).returning
    identify(tx, "visitor", "u")
    assert (first, context(tx, candidate(started)).returning) == (False, True)


def test_a_contact_makes_a_visitor_returning(tx: Transaction) -> None:
    """Whom we wrote to, or who wrote to us, is no first-time visitor."""
    send(tx, "d-1")
    report(tx, OutcomeKind.CONTACTED_US, user_id="v")
    actual = [context(tx, candidate(user_id=user)).returning for user in ("u", "v", "w")]
    assert actual == [True, True, False]


def test_without_a_session_the_evidence_says_when_the_visit_began(tx: Transaction) -> None:
    """What lies before it is an earlier session."""
    started = visit("session.started", 10, session="s-2")
    record(tx, started, visit("page.viewed", 5, session="s-2"))
    first = context(tx, candidate(started)).returning
    record(tx, visit("page.viewed", 600, session="s-0"))
    actual = (first, context(tx, candidate(started)).returning)
    assert actual == (False, True)
