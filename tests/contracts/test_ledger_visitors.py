from datetime import timedelta

import pytest

from model.contracts import JSON, Event, OutcomeKind
from serving.events.catalogue import Kind
from serving.events.variables import CUSTOMER, SESSION
from serving.ports import Transaction
from tests.contracts.identified import identify
from tests.contracts.ledgers import NOW, ago, candidate, event, record, report, send

HERE = candidate(purpose="in_session_help", channel="widget", session_id="s-1")
MINUTE = timedelta(minutes=1)
PYTHON = {
    Kind.TEXT: (str,),
    Kind.SECONDS: (int, float),
    Kind.COUNT: (int,),
    Kind.TRUTH: (bool,),
    Kind.TIME: (type(NOW),),
}


def visit(kind: str, minutes: float, *, session: JSON = "s-1", subject: str | None = "u", **data: JSON) -> Event:
    """Describe an event of a session, some minutes ago."""
    identity = f"{kind}/{minutes}/{session}/{subject}/{sorted(map(str, data.items()))}"
    return event(kind, identity, time=ago(minutes=minutes), subject=subject, data={"session": session, **data})


STARTED = visit("session.started", 9)
VIEWED = visit("page.viewed", 5, page="pricing")


def session(tx: Transaction, asked: Event = VIEWED, *, now: float = 0, user: str = "u") -> dict[str, JSON] | None:
    """Return what is known of the session, so many minutes from now."""
    found = tx.visitor(asked, user_id=user, now=NOW + now * MINUTE).session
    return None if found is None else dict(found)


def customer(tx: Transaction, asked: Event = VIEWED, *, now: float = 0, user: str = "u") -> dict[str, JSON]:
    """Return what is known of the customer, so many minutes from now."""
    return dict(tx.visitor(asked, user_id=user, now=NOW + now * MINUTE).customer)


def of(tx: Transaction, name: str, asked: Event = VIEWED, **at: float) -> JSON:
    """Return one value of the session."""
    return (session(tx, asked, **at) or {}).get(name)


def test_a_session_in_which_little_happened(tx: Transaction) -> None:
    """Every name with a value, as plain Python; a page that nobody named is left out."""
    record(tx, STARTED)
    actual = session(tx, STARTED)
    assert actual == {
        "id": "s-1",
        "started_at": ago(minutes=9),
        "seconds": 540.0,
        "pages_viewed": 0,
        "messages": 0,
        "dismissed": False,
        "conversation_started": False,
        "returning": False,
    }


def test_a_session_on_a_page(tx: Transaction) -> None:
    """The page and since when; a page that is opened again is one more."""
    pages = [("home", 8), ("pricing", 7), ("home", 6)]
    record(tx, STARTED, VIEWED, *(visit("page.viewed", minutes, page=page) for page, minutes in pages))
    record(tx, visit("page.dwelled", 2, page="pricing", seconds=180), visit("exit.intended", 1, page="pricing"))
    found = session(tx) or {}
    actual = [found[name] for name in ("page", "page_seconds", "pages_viewed", "seconds")]
    assert actual == ["pricing", 300.0, 4, 540.0]


def test_every_name_has_its_kind(tx: Transaction) -> None:
    """Those of the variables that expressions may read, no other; with a page, all of them."""
    record(tx, STARTED, VIEWED)
    found = tx.visitor(VIEWED, user_id="u", now=NOW)
    assert found.session is not None
    kinds = {name: type(value) in PYTHON[SESSION[name].kind] for name, value in found.session.items()}
    kinds |= {name: type(value) in PYTHON[CUSTOMER[name].kind] for name, value in found.customer.items()}
    assert found.session.keys() == SESSION.keys()
    assert found.customer.keys() == CUSTOMER.keys()
    assert set(kinds.values()) == {True}


NO_SESSION = {
    "none named": event("page.viewed", "x", data={"page": "pricing"}),
    "an empty name": event("page.viewed", "x", data={"session": "", "page": "pricing"}),
    "one that is not on record": visit("page.viewed", 1, session="s-9"),
    "no text": visit("page.viewed", 1, session=7),
}


@pytest.mark.parametrize("asked", NO_SESSION.values(), ids=NO_SESSION)
def test_an_event_of_no_session_on_record_has_none(tx: Transaction, asked: Event) -> None:
    """What is known of the customer is known all the same."""
    record(tx, STARTED, VIEWED)
    actual = (session(tx, asked), customer(tx, asked)["visits"])
    assert actual == (None, 1)


@pytest.mark.parametrize(
    ("events", "now", "there"),
    [
        ([STARTED], 20.9, True),
        ([STARTED], 21, False),
        ([STARTED, visit("session.ended", 1)], 0, False),
        ([STARTED, visit("session.ended", 1), VIEWED], 0, False),
        ([STARTED, visit("session.ended", 5), visit("session.started", 1)], 0, True),
        ([STARTED, visit("message.received", 1)], 28, True),
        ([STARTED, visit("message.dismissed", 1)], 28, True),
        ([STARTED, visit("conversation.opened", 1)], 28, True),
        ([STARTED, visit("conversation.closed", 1)], 28, True),
        ([STARTED, visit("conversation.left_unresolved", 1)], 28, False),
        ([STARTED, visit("shipment.delayed", 1)], 28, False),
        ([STARTED, event("message.received", "m", time=ago(minutes=1), data={})], 28, False),
        ([STARTED, visit("page.viewed", 1, session="s-2")], 28, False),
    ],
)
def test_a_session_that_is_over_is_none(tx: Transaction, events: list[Event], now: float, *, there: bool) -> None:
    """By its end, or half an hour without an event of it; what they write in it is one."""
    record(tx, *events)
    actual = session(tx, STARTED, now=now) is not None
    assert actual is there


def test_a_session_of_somebody_else_is_none(tx: Transaction) -> None:
    """Its events name two customers: nobody knows who sits there."""
    record(tx, STARTED, visit("page.viewed", 2, subject="v", page="home"))
    actual = [session(tx, STARTED, user=user) is not None for user in ("u", "v")]
    assert actual == [False, False]


def test_a_session_without_a_name_is_whoevers_event_names_it(tx: Transaction) -> None:
    """Nobody has said whose it is."""
    record(tx, visit("session.started", 5, subject=None))
    actual = session(tx, STARTED) is not None
    assert actual is True


def test_an_id_that_is_used_again_starts_clean(tx: Transaction) -> None:
    """Nothing of the session before is left in it, but that they were here."""
    old = [visit("session.started", 100), visit("page.viewed", 99, page="home"), visit("message.received", 98)]
    record(tx, *old, visit("message.dismissed", 97))
    send(tx, "d-1", to=HERE, at=ago(minutes=98), outbound=False)
    record(tx, STARTED)
    found = session(tx) or {}
    names = ("started_at", "pages_viewed", "messages", "dismissed", "conversation_started", "page", "returning")
    actual = [found.get(name) for name in names]
    assert actual == [ago(minutes=9), 0, 0, False, False, None, True]


def test_an_anonymous_session_is_the_same_one_when_they_are_known(tx: Transaction) -> None:
    """Whatever it holds is the customer's, and it goes on under their own id."""
    record(tx, visit("session.started", 9, subject="a"), visit("page.viewed", 8, subject="a", page="home"))
    send(tx, "d-1", to=candidate(user_id="a", channel="widget", session_id="s-1"), at=ago(minutes=7), outbound=False)
    record(tx, visit("message.dismissed", 6, subject="a"))
    identify(tx, time=ago(minutes=6))
    record(tx, VIEWED)
    found = session(tx) or {}
    names = ("started_at", "pages_viewed", "messages", "dismissed", "returning")
    actual = ([found.get(name) for name in names], customer(tx)["visits"], session(tx, user="a") == found)
    assert actual == ([ago(minutes=9), 2, 1, True, False], 1, True)


def test_messages_are_those_that_reached_the_session(tx: Transaction) -> None:
    """In the widget and in its chat; not what was released, nor went elsewhere."""
    record(tx, STARTED)
    for name, channel, place in (
        ("one", "widget", "s-1"),
        ("two", "chat", "s-1"),
        ("gone", "widget", "s-1"),
        ("mail", "email", "s-1"),
        ("other", "widget", "s-2"),
    ):
        send(tx, name, to=candidate(channel=channel, session_id=place), at=ago(minutes=5), outbound=False)
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="gone")
    actual = of(tx, "messages")
    assert actual == 2


DISMISSED = {
    "in the session": ([visit("message.dismissed", 5)], True),
    "by nobody in particular": ([visit("message.dismissed", 5, subject=None)], True),
    "without a session": ([event("message.dismissed", "x", time=ago(minutes=5), data={})], True),
    "before it began": ([event("message.dismissed", "x", time=ago(minutes=10), data={})], False),
    "by another": ([event("message.dismissed", "x", time=ago(minutes=5), subject="v", data={})], False),
    "to come": ([event("message.dismissed", "x", time=NOW + 9 * MINUTE, data={})], False),
}


@pytest.mark.parametrize(("said", "expected"), DISMISSED.values(), ids=DISMISSED)
def test_a_dismissal_since_the_session_began_is_of_it(tx: Transaction, said: list[Event], *, expected: bool) -> None:
    """By an event with or without the session's name."""
    record(tx, STARTED, *said)
    actual = of(tx, "dismissed")
    assert actual is expected


def test_a_dismissed_outcome_is_of_the_session(tx: Transaction) -> None:
    """The platform may report it by the decision."""
    record(tx, STARTED)
    send(tx, "d-1", to=HERE, at=ago(minutes=5), outbound=False)
    before = of(tx, "dismissed")
    report(tx, OutcomeKind.DISMISSED, time=ago(minutes=1), decision_id="d-1")
    actual = (before, of(tx, "dismissed"))
    assert actual == (False, True)


WROTE = {
    "wrote in it": ([visit("message.received", 5)], True),
    "opened in it": ([visit("conversation.opened", 5)], True),
    "by nobody in particular": ([visit("message.received", 5, subject=None)], True),
    "without its name": ([event("message.received", "x", time=ago(minutes=5), data={})], True),
    "opened without its name": ([event("conversation.opened", "x", time=ago(minutes=5), data={})], True),
    "before": ([event("conversation.opened", "x", time=ago(minutes=10), data={})], False),
    "closed in it": ([visit("conversation.closed", 5)], False),
    "dismissed in it": ([visit("message.dismissed", 5)], False),
    "another": ([event("message.received", "x", time=ago(minutes=5), subject="v", data={})], False),
    "to come": ([event("message.received", "x", time=NOW + 9 * MINUTE, data={})], False),
}


@pytest.mark.parametrize(("said", "expected"), WROTE.values(), ids=WROTE)
def test_a_conversation_that_started_in_the_session(tx: Transaction, said: list[Event], *, expected: bool) -> None:
    """They wrote, or one was opened, since it began."""
    record(tx, STARTED, *said)
    actual = of(tx, "conversation_started")
    assert actual is expected


def test_what_was_written_before_by_a_fast_clock_is_not_of_the_session(tx: Transaction) -> None:
    """It counts from when it was recorded: the session had not begun."""
    record(tx, event("message.received", "x", time=ago(minutes=8), data={}), at=ago(minutes=10))
    record(tx, STARTED)
    actual = of(tx, "conversation_started")
    assert actual is False


RETURNING = {
    "nobody": ([], False),
    "a session before": ([visit("session.started", 90, session="s-0")], True),
    "this id before": ([visit("session.started", 90)], True),
    "another tab since": ([visit("session.started", 2, session="s-2")], False),
    "another's": ([visit("session.started", 90, session="s-0", subject="v")], False),
    "a conversation": ([event("conversation.closed", "x", data={})], True),
    "a message": ([event("message.received", "x", data={})], True),
    "a parcel": ([event()], False),
}


@pytest.mark.parametrize(("said", "expected"), RETURNING.values(), ids=RETURNING)
def test_who_was_here_or_wrote_is_returning(tx: Transaction, said: list[Event], *, expected: bool) -> None:
    """The same is said of the session and of the customer."""
    record(tx, STARTED, *said)
    actual = (of(tx, "returning", STARTED), customer(tx, STARTED)["returning"])
    assert actual == (expected, expected)


@pytest.mark.parametrize("name", ["u", "a"])
def test_who_is_reported_to_have_written_is_returning(tx: Transaction, name: str) -> None:
    """An outcome says so, under any name."""
    report(tx, OutcomeKind.CONTACTED_US, user_id=name)
    identify(tx)
    record(tx, STARTED)
    actual = (of(tx, "returning"), customer(tx)["returning"])
    assert actual == (True, True)


def test_whoever_comes_for_the_first_time_is_not_returning_once_it_is_over(tx: Transaction) -> None:
    """The session that ended is the present visit still."""
    ended = visit("session.ended", 1)
    record(tx, STARTED, VIEWED, ended)
    actual = (session(tx, ended), customer(tx, ended)["returning"])
    assert actual == (None, False)


DAY = 24 * 60
VISITS = {
    "none": ([], 0),
    "this one": ([STARTED, VIEWED], 1),
    "two tabs": ([STARTED, visit("page.viewed", 3, session="s-2")], 2),
    "another id before": ([STARTED, visit("session.started", DAY, session="s-0")], 2),
    "the same id before": ([STARTED, visit("session.started", DAY), visit("page.viewed", DAY - 29)], 2),
    "half an hour apart": ([STARTED, visit("page.viewed", 39)], 2),
    "less than that": ([STARTED, visit("page.viewed", 38.9)], 1),
    "ended and started": ([visit("session.started", 9), visit("session.ended", 8), visit("session.started", 7)], 2),
    "a late page": ([visit("session.started", 9), visit("session.ended", 8), VIEWED], 1),
    "started again, and once more": (
        [
            visit(f"session.{kind}", minutes)
            for kind, minutes in (("started", 9), ("ended", 8), ("started", 7), ("started", 6))
        ],
        2,
    ),
    "started twice": ([STARTED, visit("session.started", 7)], 1),
    "somebody else's": ([STARTED, visit("session.started", 90, session="s-0", subject="v")], 1),
    "just within thirty days": ([visit("session.started", 30 * DAY - 0.1)], 1),
    "thirty days ago": ([visit("session.started", 30 * DAY)], 0),
    "began before, and went on": ([visit("session.started", 30 * DAY + 1), visit("page.viewed", 30 * DAY - 1)], 0),
    "to come": ([visit("session.started", -9)], 0),
}


@pytest.mark.parametrize(("said", "expected"), VISITS.values(), ids=VISITS)
def test_visits_are_the_sessions_that_began_in_thirty_days(tx: Transaction, said: list[Event], expected: int) -> None:
    """In whatever order their events came in; an id that is used again is another one."""
    record(tx, *reversed(said))
    actual = customer(tx)["visits"]
    assert actual == expected


def test_page_views_are_of_the_events_page(tx: Transaction) -> None:
    """In all sessions of thirty days; where the event names no page there is no value."""
    views = [visit("page.viewed", minutes, page="pricing", session=f"s-{minutes}") for minutes in (3, DAY, 30 * DAY)]
    others = [visit("page.dwelled", 2, page="pricing"), visit("page.viewed", 2, page="home")]
    record(tx, STARTED, VIEWED, *views, *others, visit("page.viewed", 1, page="pricing", subject="v"))
    asked = [VIEWED, visit("page.dwelled", 1, page="home"), STARTED, visit("exit.intended", 1, page=["pricing"])]
    actual = [customer(tx, one).get("page_views") for one in asked]
    assert actual == [3, 1, None, None]


def talk(kind: str, minutes: float, name: str | None = None) -> Event:
    """Describe an event of a conversation."""
    data = {} if name is None else {"conversation": name}
    return event(f"conversation.{kind}", f"{kind}/{minutes}/{name}", time=ago(minutes=minutes), data=data)


TALKS = {
    "none": ([event("message.received", "x", data={})], (0, False)),
    "one that is open": ([talk("opened", 5, "c")], (1, True)),
    "one that is closed": ([talk("opened", 5, "c"), talk("closed", 4, "c")], (1, False)),
    "two": ([talk("opened", 5, "c"), talk("left_unresolved", 4, "d")], (2, True)),
    "unnamed": ([talk("opened", 50), talk("closed", 40), talk("opened", 30), talk("closed", 20)], (2, False)),
    "one of which only the end is known": ([talk("closed", 20)], (1, False)),
    "an end for all": ([talk("opened", 50, "c"), talk("closed", 20)], (1, False)),
    "long ago": ([talk("opened", 90 * DAY, "c")], (0, True)),
    "within ninety days": ([talk("opened", 90 * DAY - 1, "c"), talk("closed", 5, "c")], (1, False)),
    "to come": ([talk("opened", -9, "c")], (0, False)),
}


@pytest.mark.parametrize(("said", "expected"), TALKS.values(), ids=TALKS)
def test_conversations_of_ninety_days(tx: Transaction, said: list[Event], expected: tuple[int, bool]) -> None:
    """Each name is one, and each that opened without a name."""
    record(tx, *reversed(said))
    found = customer(tx)
    actual = (found["conversations"], found["conversation_open"])
    assert actual == expected


def test_of_a_stranger_everything_is_nothing(tx: Transaction) -> None:
    """Their id, zeros and no."""
    actual = customer(tx, event(data={}))
    expected: dict[str, JSON] = {"id": "u", "visits": 0, "conversations": 0}
    assert actual == expected | {"conversation_open": False, "on_page": False, "returning": False}


def test_a_visitor_is_known_as_of_now(tx: Transaction) -> None:
    """What happens later is not known earlier."""
    record(tx, STARTED, VIEWED, visit("message.received", 1))
    found = session(tx, STARTED, now=-6) or {}
    actual = (found["seconds"], found["conversation_started"], found["pages_viewed"], found.get("page"))
    assert actual == (180.0, False, 0, None)
