"""Leafing through decisions, the newest first; the same on every ledger."""

from datetime import datetime
from typing import Any

import pytest

from model.contracts import Action, Context
from model.errors import InvalidInput
from serving.ledger import leafing
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.people.leafing import Leaf, Sought
from tests.contracts.confirmed import confirm, hold
from tests.contracts.identified import identify
from tests.contracts.ledgers import NOW, ago, candidate, ruling, send
from tests.contracts.test_ledger_refusals import CAP, refuse


def leafed(tx: SqliteTransaction, *, after: str | None = None, limit: int = 100, **sought: Any) -> Leaf:
    """Read a page."""
    return tx.leaf(Sought(**sought), after=after, limit=limit)


def ids(tx: SqliteTransaction, **sought: Any) -> list[str]:
    """Return the ids of all pages of three, in order."""
    found: list[str] = []
    after: str | None = None
    for _ in range(100):
        page = leafed(tx, after=after, limit=3, **sought)
        found += [one.record["decision_id"] for one in page.found]
        after = page.next_cursor
        if after is None:
            return found
    raise AssertionError("the pages never end")


def decided(tx: SqliteTransaction, identity: str, at: datetime, action: Action = Action.DENY, **about: Any) -> None:
    """Record a decision."""
    tx.add_decision(candidate(**about), Context(), ruling(identity, at=at, action=action))


@pytest.fixture
def made(tx: SqliteTransaction) -> SqliteTransaction:
    """Record seven decisions, out of the order of their times; two of one instant."""
    send(tx, "s-1", at=ago(hours=1))
    decided(tx, "d-5", ago(hours=5), user_id="v")
    decided(tx, "d-4", ago(hours=4), purpose="account_event", channel="sms")
    decided(tx, "d-4b", ago(hours=4))
    hold(tx, "h-2", at=ago(hours=2))
    decided(tx, "d-9", ago(hours=9))
    refuse(tx, "r-0", [CAP])
    return tx


def test_pages_go_back_in_time(made: SqliteTransaction) -> None:
    """Whatever the order of recording; of one instant the one that was recorded last comes first."""
    assert ids(made) == ["r-0", "s-1", "h-2", "d-4b", "d-4", "d-5", "d-9"]


@pytest.mark.parametrize(
    ("sought", "expected"),
    [
        ({"word": "send"}, ["s-1"]),
        ({"word": "hold", "user": "u"}, ["r-0", "h-2"]),
        ({"user": "v"}, ["d-5"]),
        ({"user": "nobody"}, []),
        ({"purpose": "account_event"}, ["d-4"]),
        ({"channel": "sms", "user": "u"}, ["d-4"]),
        ({"template": "parcel_delayed", "word": "send"}, ["s-1"]),
        ({"reason": CAP}, ["r-0"]),
        ({"reason": "expired"}, []),
        ({"since": ago(hours=4), "until": ago(hours=1)}, ["h-2", "d-4b", "d-4"]),
        ({"since": ago(hours=4), "user": "u", "until": NOW}, ["s-1", "h-2", "d-4b", "d-4"]),
    ],
    ids=str,
)
def test_filters_narrow_it_down(made: SqliteTransaction, sought: dict[str, Any], expected: list[str]) -> None:
    """Alone and together, on every way of reading."""
    assert ids(made, **sought) == expected


@pytest.mark.parametrize("few", [0, 5000])
@pytest.mark.parametrize("walk", [1, 2, 3, 100])
def test_however_little_is_looked_at_nothing_is_lost(
    made: SqliteTransaction, monkeypatch: pytest.MonkeyPatch, walk: int, few: int
) -> None:
    """A page that looked far enough says how far, and the next one goes on there."""
    monkeypatch.setattr(leafing, "WALK", walk)
    monkeypatch.setattr(leafing, "FEW", few)
    actual = [ids(made), ids(made, reason=CAP), ids(made, purpose="account_event"), ids(made, until=ago(hours=2))]
    expected = [["r-0", "s-1", "h-2", "d-4b", "d-4", "d-5", "d-9"], ["r-0"], ["d-4"], ["d-4b", "d-4", "d-5", "d-9"]]
    assert actual == expected


def test_a_page_says_how_far_back_it_looked(made: SqliteTransaction, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was found that is all that is known."""
    monkeypatch.setattr(leafing, "WALK", 3)
    page = leafed(made, purpose="account_event")
    assert (page.found, page.looked_to, leafed(made).looked_to) == ([], ago(hours=2), ago(hours=2))


def test_the_last_word_counts_and_says_why(tx: SqliteTransaction) -> None:
    """What was held at first and sent later is a send, with the answer of then."""
    hold(tx, "h-1", at=ago(hours=2))
    confirm(tx, "h-1")
    (one,) = leafed(tx, word="send").found
    assert (one.word, one.at, one.confirmations[-1]["action"]) == ("send", ago(hours=2), "send")


def test_a_customer_is_found_under_every_name(tx: SqliteTransaction) -> None:
    """Either id finds the decisions about both."""
    send(tx, "s-1", to=candidate(user_id="a"))
    identify(tx)
    assert (ids(tx, user="u"), ids(tx, user="a")) == (["s-1"], ["s-1"])


def test_what_was_erased_is_not_listed(tx: SqliteTransaction) -> None:
    """There is nothing in it any more."""
    send(tx, "s-1")
    tx.erase("u", at=NOW)
    assert (ids(tx), ids(tx, user="u")) == ([], [])


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", "-1.2", "1.2.3", "１.２", "9" * 30 + ".1"])
def test_what_is_no_cursor_is_refused(tx: SqliteTransaction, cursor: str) -> None:
    """In words, not as an error of the database."""
    with pytest.raises(InvalidInput, match="start again without a cursor"):
        leafed(tx, after=cursor)
