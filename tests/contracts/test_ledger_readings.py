"""What is kept of each decision for deciding it again: page by page, with what has none, and gone with its record."""

import json
from datetime import datetime, timedelta

import numpy as np
import pytest

from model.contracts import Action, Context
from model.errors import Unavailable
from serving.decide import decide
from serving.ledger import readings as kept_readings
from serving.people.replayable import Replayable
from serving.ports import Transaction
from serving.record.readings import ACTIONS, Readings
from serving.record.record import read_record
from tests.contracts.confirmed import confirm
from tests.contracts.ledgers import NOW, candidate, event, ruling
from tests.occasions import policy

EVER = {"since": None, "until": None}


def made(tx: Transaction, hours: int = 5) -> Replayable:
    """Decide one candidate an hour, `d-0` first, each of a customer of their own."""
    for number in range(hours):
        decided(tx, f"d-{number}", at=NOW + timedelta(hours=number), user=f"u-{number}")
    return tx  # type: ignore[return-value]  # every transaction reads as well


def decided(tx: Transaction, identity: str, *, at: datetime = NOW, user: str = "u") -> None:
    """Decide a candidate as the API does, and record it."""
    asked, known = candidate(event(subject=user), user_id=user), Context()
    one = decide([asked], [known], ids=[identity], now=at, policy=policy(), scorer=None, exploration=None)[0]
    tx.add_decision(asked, known, one)


def between(ledger: Replayable, first: int = 0, last: int = 2**40) -> list[Readings]:
    """Read every page of a range."""
    return list(ledger.readings(first, last))


def users(pages: list[Readings]) -> list[str]:
    """Return who the readings are about, in their order."""
    return [user for page in pages for user in page.user]


@pytest.mark.parametrize("size", [1, 2, 20_000])
def test_every_reading_is_in_one_page(tx: Transaction, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """In the order of their numbers, wherever the pages end."""
    monkeypatch.setattr(kept_readings, "PAGE", size)
    pages = between(made(tx))
    actual = (users(pages), {len(page) for page in pages[:-1]} <= {size})
    assert actual == (["u-0", "u-1", "u-2", "u-3", "u-4"], True)


def test_a_range_has_its_ends(tx: Transaction) -> None:
    """Both belong to it."""
    numbers = between(made(tx))[0].number.tolist()
    assert users(between(tx, numbers[1], numbers[3])) == ["u-1", "u-2", "u-3"]  # type: ignore[arg-type]


def test_a_reading_says_what_was_answered(tx: Transaction) -> None:
    """To whom, about what, when and how."""
    [page] = between(made(tx, 2))
    about = page.kinds[page.kind[1]]
    cells = page.cells[1]
    action = ACTIONS[cells["action"]]
    actual = (about.purpose, about.channel, about.template, about.zones, page.at.tolist(), action, len(page))
    at = [NOW.timestamp(), NOW.timestamp() + 3600]
    assert actual == ("delivery_update", "chat", "parcel_delayed", (), at, Action.DENY, 2)


def test_a_period_has_an_extent(tx: Transaction) -> None:
    """From the first number to the last; of the newest alone; none where nothing was decided."""
    ledger = made(tx)
    numbers = between(ledger)[0].number
    first, later = numbers[0], {"since": NOW + timedelta(hours=1), "until": NOW + timedelta(hours=4)}
    nowhere = {"since": NOW + timedelta(days=9), "until": None}
    asked = (EVER, later, {**EVER, "newest": 2}, {**later, "newest": 1}, nowhere)
    extents = [ledger.extent(**each) for each in asked]  # type: ignore[arg-type]
    actual = [None if each is None else (each[0] - first, each[1] - first) for each in extents]
    assert actual == [(0, 4), (1, 3), (3, 4), (3, 3), None]


def test_what_was_not_read_is_named(tx: Transaction) -> None:
    """A decision without a reading has its record; one that was erased has neither."""
    ledger = made(tx, 2)
    tx.add_decision(candidate(user_id="v"), Context(), ruling("d-v", at=NOW))
    tx.erase("u-0", at=NOW)
    extent = ledger.extent(since=None, until=None)
    assert extent is not None
    there, gone = ledger.unread(*extent)
    actual = ([ids(ledger, there), gone], users(between(ledger, *extent)))
    assert actual == ([["d-v"], [extent[0]]], ["u-1"])


def ids(ledger: Replayable, numbers: list[int]) -> list[str]:
    """Return which decisions these are, by their records."""
    return [json.loads(text)["decision_id"] for _, text in sorted(ledger.records_of(numbers))]


@pytest.mark.parametrize("size", [1, 2, 500])
def test_records_are_read_by_number(tx: Transaction, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Each with its own, however many a page has."""
    monkeypatch.setattr(kept_readings, "RECORDS", size)
    ledger = made(tx)
    numbers = between(ledger)[0].number.tolist()
    found = dict(ledger.records_of(numbers))
    actual = [read_record(json.loads(found[number])).candidate.user_id for number in numbers]
    assert actual == ["u-0", "u-1", "u-2", "u-3", "u-4"]


def test_who_is_erased_leaves_no_reading(tx: Transaction) -> None:
    """Of theirs under any name; others' stay."""
    made(tx, 3)
    tx.erase("u-1", at=NOW + timedelta(days=1))
    assert users(between(tx)) == ["u-0", "u-2"]  # type: ignore[arg-type]


def test_what_is_old_leaves_no_reading(tx: Transaction) -> None:
    """It goes with the content of its record, and not before."""
    made(tx, 3)
    tx.retain(before=NOW + timedelta(minutes=90), now=NOW + timedelta(days=1), most=100)
    assert users(between(tx)) == ["u-2"]  # type: ignore[arg-type]


def test_an_older_process_cannot_erase(tx: Transaction) -> None:
    """It knows no readings and would leave them: the database refuses, and nothing is half-done."""
    made(tx, 2)
    with pytest.raises(Unavailable) as caught:
        erase_as_before(tx)
    left = users(between(tx)), len(tx.records(["d-0", "d-1"]))  # type: ignore[arg-type]
    assert ("restart this process" in str(caught.value), *left) == (True, ["u-0", "u-1"], 2)


def erase_as_before(tx: Transaction) -> None:
    """Do to a customer's decisions what version 14 did."""
    store = tx._store  # type: ignore[attr-defined]
    with store.savepoint():
        store.change("INSERT INTO erasing (id) VALUES (1)")
        store.change("UPDATE decisions SET user_id = 'x', record = '' WHERE user_id = 'u-1'")


def test_what_is_confirmed_is_read_as_it_was_first(tx: Transaction) -> None:
    """A confirmation is no new decision: the reading is that of the first answer."""
    before = [page.cells.tobytes() for page in between(made(tx, 1))]
    confirm(tx, "d-0", Action.DENY, at=NOW + timedelta(hours=1))
    assert [page.cells.tobytes() for page in between(tx)] == before  # type: ignore[arg-type]


def test_what_is_undone_was_not_read(tx: Transaction) -> None:
    """A dry run leaves nothing."""
    with tx.savepoint(keep=False):
        made(tx, 2)
    assert between(tx) == []  # type: ignore[arg-type]


def test_a_reading_is_of_numbers_that_are_the_machine_s(tx: Transaction) -> None:
    """Whatever database kept it, the numbers are those that arithmetic is done with."""
    [page] = between(made(tx, 1))
    actual = (page.number.dtype, page.version.dtype, page.kind.dtype, bool(page.version[0] > 0))
    assert actual == (np.dtype(np.int64), np.dtype(np.int64), np.dtype(np.intp), True)
