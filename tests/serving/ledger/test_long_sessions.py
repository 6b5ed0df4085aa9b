"""A session of very many events: all of it is looked at, and one that is longer than that is over."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from model.contracts import JSON
from serving.ledger import open_ledger, sessions, visitors
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.ports import Transaction
from tests.contracts.ledgers import NOW, ago, candidate, context, event, record, send

HERE = candidate(purpose="in_session_help", channel="widget", session_id="s-1")
ASKED = event("page.dwelled", "asked", data={"session": "s-1", "page": "pricing"})
MANY, FEW = 1_100, 20


@pytest.fixture
def tx() -> Iterator[Transaction]:
    """Open a transaction of a ledger in memory."""
    ledger: SqliteLedger = open_ledger("sqlite://", now=NOW, salt=b"s")
    with ledger.transaction() as transaction:
        yield transaction
    ledger.close()


def happened(tx: Transaction, *, dwelled: int) -> None:
    """Let a session begin with a message that is closed, and go on for so many seconds."""
    said = [("session.started", None), ("page.viewed", "u"), ("message.dismissed", None), ("message.received", "u")]
    for place, (kind, user) in enumerate(said):
        at = ago(seconds=dwelled + len(said) - place)
        record(tx, event(kind, kind, time=at, subject=user, data={"session": "s-1", "page": "home"}))
    send(tx, "d-1", to=HERE, at=ago(seconds=dwelled + 2), outbound=False)
    for number in range(dwelled, 0, -1):
        record(tx, replace(ASKED, id=f"e-{number}", time=ago(seconds=number)))


def known(tx: Transaction) -> dict[str, JSON] | None:
    """Return what triggers may know of the session."""
    found = tx.visitor(ASKED, user_id="u", now=NOW).session
    return None if found is None else dict(found)


def test_nothing_of_a_long_session_is_forgotten(tx: Transaction) -> None:
    """Its beginning, its message, that it was closed and that they wrote lie before a thousand other events."""
    happened(tx, dwelled=MANY)
    began = ago(seconds=MANY + 4)
    session, found = context(tx, HERE).session, known(tx) or {}
    names = ("started_at", "messages", "dismissed", "conversation_started", "pages_viewed", "returning")
    actual = (session and (session.started_at, session.widget_messages), [found.get(name) for name in names])
    assert actual == ((began, 1), [began, 1, True, True, 1, True])


@pytest.mark.parametrize(("dwelled", "over"), [(FEW - 5, False), (FEW - 4, True), (MANY, True)])
def test_a_session_that_is_too_long_to_look_at_is_over(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch, dwelled: int, *, over: bool
) -> None:
    """Nothing is said in it: what was said before could lie beyond."""
    monkeypatch.setattr(sessions, "LONGEST", FEW)
    happened(tx, dwelled=dwelled)
    session = context(tx, HERE).session
    actual = (session and session.ended, known(tx) is None)
    assert actual == (over, over)


def test_a_long_session_before_is_not_this_one(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its id starts anew: what lies before does not matter."""
    monkeypatch.setattr(sessions, "LONGEST", FEW)
    happened(tx, dwelled=MANY)
    ended, again = (event(f"session.{kind}", kind, time=NOW, data={"session": "s-1"}) for kind in ("ended", "started"))
    record(tx, ended, again)
    session = context(tx, HERE).session
    actual = session and (session.ended, session.started_at, session.widget_messages)
    assert actual == (False, NOW, 0)


@pytest.mark.parametrize(("dwelled", "counted"), [(FEW - 3, (1, 1)), (FEW - 2, (None, None))])
def test_what_cannot_be_counted_of_a_customer_is_left_out(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch, dwelled: int, counted: tuple[int | None, int | None]
) -> None:
    """A name without a value matches nothing; too small a number could match."""
    monkeypatch.setattr(visitors, "MOST", FEW)
    happened(tx, dwelled=dwelled)
    found = tx.visitor(replace(ASKED, data={"page": "home"}), user_id="u", now=NOW).customer
    actual = (found.get("visits"), found.get("page_views"))
    assert actual == counted
