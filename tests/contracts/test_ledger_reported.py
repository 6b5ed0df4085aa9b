"""Outcomes as they are pulled: each once, in the order they were recorded, whatever was erased meanwhile."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from model.contracts import Outcome, OutcomeKind
from model.errors import InvalidInput
from serving.ledger import reported as module
from serving.ports import Transaction
from tests.contracts.ledgers import NOW, send

SECOND = timedelta(seconds=1)


def report(tx: Transaction, place: int, **about: Any) -> None:
    """Report one more, a second after the one before."""
    at = NOW + place * SECOND
    about = about or {"user_id": f"u-{place}"}
    assert tx.add_outcome(Outcome(kind=OutcomeKind.ENGAGED, time=NOW, **about), recorded_at=at) == "accepted"


def pulled(
    tx: Transaction, *, after: str | None = None, since: datetime | None = None, limit: int = 2
) -> tuple[list[Any], str | None]:
    """Pull to the end; return the ids, and the cursor of the last."""
    ids: list[Any] = []
    last, cursor = after, after
    while True:
        page, cursor = tx.reported(since=since, after=cursor, limit=limit)
        ids += [each["decision_id"] or each["user_id"] for each in page]
        last = page[-1]["cursor"] if page else last
        if cursor is None:
            return ids, last


def test_an_outcome_is_shown_as_it_was_reported(tx: Transaction) -> None:
    """By its own id, and by no other."""
    send(tx, "d-1")
    report(tx, 0, decision_id="d-1")
    ((found,), more) = tx.reported(since=None, after=None, limit=2)
    cursor = found.pop("cursor")
    time = "2026-11-20T12:00:00Z"
    expected = {"decision_id": "d-1", "user_id": None, "kind": "engaged", "time": time, "recorded_at": time}
    assert (found, more) == (expected | {"channel": found["channel"]}, None)
    assert tx.reported(since=None, after=cursor, limit=2) == ([], None)


def test_pages_follow_one_another(tx: Transaction) -> None:
    """Each once, in order; and later what came since."""
    for place in range(5):
        report(tx, place)
    first, last = pulled(tx)
    report(tx, 5)
    assert (first, pulled(tx, after=last)[0]) == ([f"u-{place}" for place in range(5)], ["u-5"])


def test_a_time_is_where_to_begin(tx: Transaction) -> None:
    """When it was recorded, not what it was dated."""
    for place in range(5):
        report(tx, place)
    assert pulled(tx, since=NOW + 3 * SECOND)[0] == ["u-3", "u-4"]


def test_a_page_may_be_empty_and_not_the_last(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sought may be far away: nobody waits for it."""
    monkeypatch.setattr(module, "WALK", 2)
    for place in range(7):
        report(tx, place)
    since = NOW + 5 * SECOND
    assert tx.reported(since=since, after=None, limit=9)[0] == []
    assert pulled(tx, since=since)[0] == ["u-5", "u-6"]


def test_what_is_gone_is_no_way_to_go(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many numbers are empty before what there is, nobody asks once for each of them."""
    monkeypatch.setattr(module, "WALK", 2)
    for place in range(12):
        report(tx, place)
    for place in (*range(9), 10):
        tx.erase(f"u-{place}", at=NOW)
    page, cursor = tx.reported(since=None, after=None, limit=9)
    assert ([one["user_id"] for one in page], pulled(tx, after=cursor)[0]) == (["u-9"], ["u-11"])


def test_an_erasure_makes_nobody_miss_what_follows(tx: Transaction) -> None:
    """Where the newest went, and its number comes again, it is new to whoever has the old one."""
    for place in range(4):
        report(tx, place)
    _, last = pulled(tx)
    for user in ("u-3", "u-2"):
        assert tx.erase(user, at=NOW + 9 * SECOND) is not None
    for place in (10, 11, 12):
        report(tx, place)
    assert pulled(tx, after=last)[0] == ["u-10", "u-11", "u-12"]


def test_an_erasure_while_somebody_pauses_on_an_empty_page_costs_nothing(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's end has gone, and its number comes again."""
    monkeypatch.setattr(module, "WALK", 2)
    for place in range(6):
        report(tx, place)
    since = NOW + 9 * SECOND
    page, cursor = tx.reported(since=since, after=None, limit=9)
    for place in range(1, 6):
        tx.erase(f"u-{place}", at=NOW)
    for place in (10, 11):
        report(tx, place)
    assert (page, pulled(tx, since=since, after=cursor)[0]) == ([], ["u-10", "u-11"])


def test_who_was_erased_is_not_shown(tx: Transaction) -> None:
    """A complaint is kept under a pseudonym; nobody pulls it."""
    kept = Outcome(kind=OutcomeKind.COMPLAINED, time=NOW, user_id="u-1")
    tx.add_outcome(kept, recorded_at=NOW)
    tx.erase("u-1", at=NOW)
    assert pulled(tx)[0] == []


@pytest.mark.parametrize(
    "cursor", ["x", "", "1", "1.", ".1", "-1.2", "1.2.3", "٣.1", "1" * 19 + ".1", "1.2\n"], ids=ascii
)
def test_what_is_no_cursor_is_refused(tx: Transaction, cursor: str) -> None:
    """Before anything is read."""
    with pytest.raises(InvalidInput, match="cursor"):
        tx.reported(since=None, after=cursor, limit=2)
