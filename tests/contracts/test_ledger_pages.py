"""What waits for a page: the sends of its session that the customer has not got, and nobody else was offered."""

from pathlib import Path

import pytest

from model.contracts import Action, OutcomeKind
from serving.ports import Transaction
from serving.widgets import Visit
from tests.contracts.confirmed import confirm, hold
from tests.contracts.ledgers import NOW, ago, candidate, event, record, report, send, sqlite_file

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
