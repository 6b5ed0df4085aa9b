"""What waits for a page: the sends of its session that the customer has not got, and nobody else was offered."""

from dataclasses import replace
from pathlib import Path

import pytest

from model.contracts import Action, Candidate, Context, Event, EvidenceRef, OutcomeKind
from serving.access.widgets import Visit
from serving.confirming import Confirmed
from serving.ports import Transaction
from serving.timetable import OnPage
from tests.contracts.confirmed import confirm, confirmation, hold
from tests.contracts.identified import identify
from tests.contracts.ledgers import NOW, ago, candidate, event, record, report, ruling, send, sqlite_file

HERE = candidate(channel="widget", session_id="s-1")
SOURCE = Visit("key-1", "s-1").source


def test_what_its_session_is_to_show_waits_for_it(tx: Transaction) -> None:
    """The oldest first; what goes elsewhere, or is another session's, does not."""
    send(tx, "d-2", to=HERE)
    send(tx, "d-1", to=HERE, at=ago(minutes=1))
    send(tx, "chat", to=candidate(session_id="s-1"))
    send(tx, "other", to=candidate(channel="widget", session_id="s-2"))
    assert tx.waiting_in("s-1") == ["d-1", "d-2"]


@pytest.mark.parametrize("kind", list(OutcomeKind)[:7], ids=str)
def test_whatever_followed_it_it_waits_no_more(tx: Transaction, kind: OutcomeKind) -> None:
    """They have it; or it was not delivered, and its session is free again."""
    send(tx, "d-1", to=HERE)
    report(tx, kind, decision_id="d-1")
    assert tx.waiting_in("s-1") == []


@pytest.mark.parametrize(("action", "left"), [(Action.SEND, ["d-1"]), (Action.HOLD, []), (Action.DENY, [])])
def test_what_a_confirmation_says_counts(tx: Transaction, action: Action, left: list[str]) -> None:
    """Confirmed it still waits, for whoever asked may never have shown it; held or cancelled it does not."""
    send(tx, "d-1", to=HERE)
    confirm(tx, "d-1", action, to=HERE)
    assert tx.waiting_in("s-1") == left


def test_what_was_held_waits_when_it_is_a_send(tx: Transaction) -> None:
    """Held it has no session yet to wait in."""
    hold(tx, "d-1", to=HERE)
    before = tx.waiting_in("s-1")
    confirm(tx, "d-1", Action.SEND, to=HERE)
    assert (before, tx.waiting_in("s-1")) == ([], ["d-1"])


def test_what_was_offered_is_for_others(tx: Transaction) -> None:
    """One message has one way."""
    send(tx, "d-1", to=HERE)
    tx.add_offer("d-1", b"{}", at=NOW, expires_at=None)
    assert tx.waiting_in("s-1") == []


def test_what_was_erased_waits_for_nobody(tx: Transaction) -> None:
    """Its session may stay on record for a day, as one that had its message; nothing of it can be heard."""
    send(tx, "d-1", to=HERE)
    tx.erase("u", at=NOW)
    assert [tx.confirmable(name) for name in tx.waiting_in("s-1")] in ([], [None])


def test_what_waits_is_on_disk(tmp_path: Path) -> None:
    """A process that starts anew knows it."""
    ledger = sqlite_file(tmp_path)
    with ledger.transaction() as first:
        send(first, "d-1", to=HERE)
    ledger.close()
    again = sqlite_file(tmp_path)
    with again.transaction() as second:
        left = second.waiting_in("s-1")
    again.close()
    assert left == ["d-1"]


@pytest.mark.parametrize(
    ("source", "session", "minutes", "expected"),
    [
        (SOURCE, "s-1", 0, True),
        (SOURCE, "s-1", 29, True),
        (SOURCE, "s-1", 30, False),
        (SOURCE, "s-2", 0, False),
        ("urn:chatwoot:account:1", "s-1", 0, False),
        ("urn:outreach:widgets", "s-1", 0, False),
    ],
)
def test_a_page_is_where_our_widget_reported(
    tx: Transaction, source: str, session: str, minutes: int, *, expected: bool
) -> None:
    """Within the time for which a session goes on; a session of another system is that system's."""
    told = event("page.viewed", "p", source=source, data={"session": session}, time=ago(minutes=minutes))
    record(tx, told)
    assert tx.is_page("s-1", now=NOW) is expected


def test_one_word_of_the_page_is_enough(tx: Transaction) -> None:
    """What others say in the session between its own words changes nothing."""
    record(tx, event("page.viewed", "p", source=SOURCE, data={"session": "s-1"}, time=ago(minutes=9)))
    for minute in range(5):
        record(tx, event("page.viewed", f"o-{minute}", data={"session": "s-1"}, time=ago(minutes=minute)))
    assert tx.is_page("s-1", now=NOW) is True


def viewed(session: str = "s-1", *, minutes: float = 1, subject: str = "u", source: str = SOURCE) -> Event:
    """Describe what a page reports, some minutes ago."""
    identity = f"{session}/{minutes}/{subject}/{source}"
    return event(
        "page.viewed", identity, source=source, subject=subject, data={"session": session}, time=ago(minutes=minutes)
    )


ENDED = event("session.ended", "end", source=SOURCE, data={"session": "s-1"}, time=ago(seconds=30))
VISITOR = "visitor-" + "v" * 22
PAGES: dict[str, tuple[list[Event], str | None]] = {
    "none": ([], None),
    "one": ([viewed()], "s-1"),
    "one, twice seen": ([viewed(), viewed(minutes=9)], "s-1"),
    "two": ([viewed(), viewed("s-2")], None),
    "one beside one that is over": ([viewed(), viewed("s-2", minutes=30)], "s-1"),
    "just over": ([viewed(minutes=30)], None),
    "not yet over": ([viewed(minutes=29.9)], "s-1"),
    "ended": ([viewed(), ENDED], None),
    "another customer's": ([viewed(subject="v")], None),
    "of two customers": ([viewed(), viewed(minutes=2, subject="v")], None),
    "of another system": ([viewed(source="urn:chatwoot:account:1")], None),
    "one beside that of another system": ([viewed(), viewed("c-1", source="urn:chatwoot:account:1")], "s-1"),
    "drawn, of a customer": ([viewed("drawn:key-1:s")], None),
    "signed, beside a drawn one": ([viewed(), viewed("drawn:key-1:s")], "s-1"),
}


@pytest.mark.parametrize(("events", "expected"), PAGES.values(), ids=PAGES)
def test_a_customers_open_page_is_the_only_one(tx: Transaction, events: list[Event], expected: str | None) -> None:
    """Where nobody could say which, or nobody could hear it there, it is none."""
    record(tx, *events)
    assert tx.open_page("u", now=NOW) == expected


def test_a_visitors_page_is_the_one_that_was_drawn(tx: Transaction) -> None:
    """Until they are known: then it hears of nothing."""
    name = "drawn:key-1:s"
    record(tx, viewed(name, subject=VISITOR))
    before = tx.open_page(VISITOR, now=NOW)
    identify(tx, VISITOR, "u", time=ago(seconds=9))
    assert (before, [tx.open_page(one, now=NOW) for one in (VISITOR, "u")]) == (name, [None, None])


def test_a_customer_is_found_by_the_id_that_they_have_now(tx: Transaction) -> None:
    """What a page said of them before is theirs."""
    record(tx, viewed(subject="old"))
    identify(tx, "old", "u", time=ago(seconds=9))
    assert tx.open_page("u", now=NOW) == "s-1"


LOOKS: dict[str, tuple[list[Event], bool]] = {
    "none": ([], False),
    "just now": ([viewed(minutes=0)], True),
    "a little ago": ([viewed(minutes=1.99)], True),
    "two minutes ago": ([viewed(minutes=2)], False),
    "two": ([viewed(), viewed("s-2")], False),
}


@pytest.mark.parametrize(("events", "expected"), LOOKS.values(), ids=LOOKS)
def test_whoever_reports_is_on_the_page(tx: Transaction, events: list[Event], *, expected: bool) -> None:
    """A page that is looked at says so every minute; one that was left says nothing."""
    record(tx, *events)
    asked = event("shipment.delayed", "late")
    assert tx.visitor(asked, user_id="u", now=NOW).customer["on_page"] is expected


def test_a_page_that_said_something_says_no_more(tx: Transaction) -> None:
    """One message in a session: what comes later is for another channel; not delivered it is free again."""
    record(tx, viewed(minutes=1.5))
    send(tx, "d-1", to=HERE, at=ago(minutes=1))
    asked = event("shipment.delayed", "late")
    before = tx.visitor(asked, user_id="u", now=NOW).customer["on_page"]
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="d-1")
    assert (before, tx.visitor(asked, user_id="u", now=NOW).customer["on_page"]) == (False, True)


NEWS = event("shipment.delayed", "ev-1")
NAMED = EvidenceRef(type="shipment.delayed", id="ev-1", source="shop")
ABOUT = replace(HERE, evidence=NAMED, matched="news")
WAITING, TAKEN, OVER = OnPage


def told_on_page(tx: Transaction, about: EvidenceRef = NAMED, user: str = "u") -> dict[str, OnPage]:
    """Return what was sent to the customer's pages about an event."""
    return dict(tx.told_on_page(about, user, now=NOW))


def test_what_a_page_did_not_ask_for_was_not_taken(tx: Transaction) -> None:
    """Until it asks, whatever it is told."""
    record(tx, NEWS, viewed())
    send(tx, "d-1", to=ABOUT)
    before = told_on_page(tx)
    confirm(tx, "d-1", Action.SEND, to=ABOUT)
    assert (before, told_on_page(tx)) == ({"d-1": WAITING}, {"d-1": TAKEN})


def test_what_was_reported_was_taken(tx: Transaction) -> None:
    """Also where nobody asked first; what was not delivered is over, and so is what was cancelled."""
    record(tx, viewed())
    for name in ("d-1", "d-2", "d-3", "d-4"):
        send(tx, name, to=ABOUT)
    report(tx, OutcomeKind.DELIVERED, decision_id="d-1")
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="d-2")
    confirm(tx, "d-3", Action.DENY, to=ABOUT)
    confirm(tx, "d-4", Action.SEND, to=ABOUT)
    report(tx, OutcomeKind.NOT_DELIVERED, decision_id="d-4")
    assert told_on_page(tx) == {"d-1": TAKEN, "d-2": OVER, "d-3": OVER, "d-4": OVER}


def test_a_page_that_is_to_wait_has_taken_it(tx: Transaction) -> None:
    """It asked: what it was told to hold comes to it again."""
    record(tx, viewed())
    send(tx, "d-1", to=ABOUT)
    confirm(tx, "d-1", Action.HOLD, to=ABOUT)
    assert told_on_page(tx) == {"d-1": TAKEN}


def test_what_time_brought_was_not_asked_for(tx: Transaction) -> None:
    """A hold that became due: a send by itself is nobody's question."""
    record(tx, viewed())
    hold(tx, "d-1", to=ABOUT)
    told = replace(confirmation("d-1", Confirmed.SEND), asked=False)
    tx.add_confirmation(told, (ABOUT, Context(), ruling("d-1")))
    assert told_on_page(tx) == {"d-1": WAITING}


OTHERS = {
    "event": replace(ABOUT, evidence=replace(NAMED, id="ev-2")),
    "type": replace(ABOUT, evidence=replace(NAMED, type="shipment.found")),
    "source": replace(ABOUT, evidence=replace(NAMED, source="urn:other")),
    "customer": replace(ABOUT, user_id="v"),
    "channel": replace(ABOUT, channel="chat"),
    "no evidence": replace(ABOUT, evidence=None),
    "no session": replace(ABOUT, session_id=None),
    "a session that is nobody's page": replace(ABOUT, session_id="s-2"),
    "another system's": replace(ABOUT, session_id="chatwoot:1"),
    "asked without a trigger": replace(ABOUT, matched=None),
}


@pytest.mark.parametrize("about", OTHERS.values(), ids=OTHERS)
def test_only_sends_to_this_customers_page_about_this_event_count(tx: Transaction, about: Candidate) -> None:
    """Whoever asked without a trigger was answered, and may have shown it."""
    record(tx, viewed(), viewed("chatwoot:1", source="urn:chatwoot:account:1"))
    send(tx, "d-1", to=about)
    assert told_on_page(tx) == {}


@pytest.mark.parametrize(("hours", "expected"), [(71.9, {"d-1": WAITING}), (72.1, {})])
def test_what_is_too_old_to_be_told_is_forgotten(tx: Transaction, hours: float, expected: dict[str, OnPage]) -> None:
    """A turn may come late, for one was put off or nobody ran; that late nothing is said of it anywhere."""
    record(tx, viewed(minutes=60 * hours + 1))
    send(tx, "d-1", to=ABOUT, at=ago(hours=hours))
    assert told_on_page(tx) == expected


def test_what_others_were_offered_waits_for_no_page(tx: Transaction) -> None:
    """They have it."""
    record(tx, viewed())
    send(tx, "d-1", to=ABOUT)
    tx.add_offer("d-1", b"{}", at=NOW, expires_at=None)
    assert told_on_page(tx) == {}


def test_what_was_sent_under_an_older_id_is_found(tx: Transaction) -> None:
    """It went to the same customer."""
    record(tx, viewed(subject="old"))
    send(tx, "d-1", to=replace(ABOUT, user_id="old"))
    identify(tx, "old", "u", time=ago(seconds=9))
    assert told_on_page(tx) == {"d-1": WAITING}
