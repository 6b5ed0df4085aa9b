"""Readings: what was read of each decision and what was answered, kept beside its record (`serving.record.readings`).

Pages are read by the number of the decision; what has no reading is found by that, and read from its record.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, LiteralString

import numpy as np

from model.contracts import Candidate
from serving.ledger.instants import EVER, micros
from serving.ledger.lists import cut, listed
from serving.ledger.store import Bound, Store
from serving.ports import Decided
from serving.record.readings import BROKEN, CELLS, Readings, about_of, beyond, cells_of, read_about

PAGE = 20_000
RECORDS = 500  # of a page of records, which are a hundred times as long
FOREVER = 2**62
NOTHING = ("", '["","",null,[]]', BROKEN, bytes(CELLS.itemsize))  # beside its number, of a row that was damaged

_ADD = """INSERT INTO readings (decision, user_id, about, version, cells)
    VALUES (:decision, :user_id, :about, :version, :cells)"""
_PAGE = """SELECT decision, user_id, about, version, cells FROM readings
    WHERE decision > :after AND decision <= :last ORDER BY decision LIMIT :count"""
_EXTENT = """SELECT min(decision), max(decision) FROM (SELECT decision FROM facets
    WHERE at >= :since AND at < :until ORDER BY at DESC, decision DESC LIMIT :newest) AS newest_ones"""
_UNREAD = """SELECT f.decision, d.record <> '' FROM facets AS f CROSS JOIN decisions AS d ON d.seq = f.decision
    WHERE f.decision >= :first AND f.decision <= :last
        AND NOT EXISTS (SELECT 1 FROM readings AS r WHERE r.decision = f.decision) ORDER BY f.decision"""
_RECORDS = """SELECT d.seq, d.record FROM json_each(:numbers) AS asked
    CROSS JOIN decisions AS d ON d.seq = CAST(asked.value AS BIGINT) WHERE d.record <> ''"""

_DRAWN_LATER = """SELECT c.decision, c.record FROM json_each(:numbers) AS asked
    CROSS JOIN confirmations AS c ON c.decision = CAST(asked.value AS BIGINT) AND c.drawn = 1
    WHERE c.record IS NOT NULL AND c.record <> ''"""


def add_readings(store: Store, numbered: Sequence[tuple[int, Candidate, Decided]]) -> None:
    """Keep what was read of new decisions, each with its number; of one that could not be read nothing is kept."""
    rows: list[dict[str, Bound]] = [
        {
            "decision": number,
            "user_id": candidate.user_id,
            "about": about_of(candidate, decided.read),
            "version": decided.read.version,
            "cells": cells_of(decided.read, decided),
        }
        for number, candidate, decided in numbered
        if decided.read is not None
    ]
    if rows:
        store.insert_all(_ADD, rows)


def extent(
    store: Store, *, since: datetime | None, until: datetime | None, newest: int | None = None
) -> tuple[int, int] | None:
    """Return the least and the greatest number of the decisions from `since` until before `until`; None: none.

    Of their `newest` so many alone, where it is given. Others may stand between them: decided with an earlier clock.
    """
    row = store.row(
        _EXTENT,
        since=EVER if since is None else micros(since),
        until=FOREVER if until is None else micros(until),
        newest=FOREVER if newest is None else newest,
    )
    return None if row is None or row[0] is None else (int(row[0]), int(row[1]))


def readings(store: Store, first: int, last: int) -> Iterator[Readings]:
    """Yield the readings of decisions numbered from `first` to `last`, page by page."""
    after = first - 1
    while rows := store.rows(_PAGE, after=after, last=last, count=PAGE):
        after = rows[-1][0]
        yield _page(rows)


def _page(rows: Sequence[tuple[Any, ...]]) -> Readings:
    try:
        page = _put_together(rows)
    except (ValueError, TypeError, OverflowError):
        page = _put_together([row if _is_whole(row) else (row[0], *NOTHING) for row in rows])
    page.version[beyond(page.cells)] = BROKEN
    return page


def _is_whole(row: tuple[Any, ...]) -> bool:
    try:
        return len(_put_together([row])) == 1
    except (ValueError, TypeError, OverflowError):
        return False


def _put_together(rows: Sequence[tuple[Any, ...]]) -> Readings:
    """Make columns of rows; raises ValueError, TypeError or OverflowError where one was damaged."""
    numbers, users, abouts, versions, cells = zip(*rows, strict=True)
    if {*map(len, cells)} != {CELLS.itemsize}:
        raise ValueError("a row of another length")
    known: dict[str, int] = {}
    kind = np.array([known.setdefault(about, len(known)) for about in abouts], dtype=np.intp)
    return Readings(
        number=np.array(numbers, dtype=np.int64),
        user=users,
        kinds=tuple(map(read_about, known)),
        kind=kind,
        version=np.array(versions, dtype=np.int64),
        cells=np.frombuffer(b"".join(cells), dtype=CELLS),
    )


def unread(store: Store, first: int, last: int) -> tuple[list[int], list[int]]:
    """Return which decisions in a range have no reading: those with a record to read instead, and those without."""
    rows = store.rows(_UNREAD, first=first, last=last)
    return [number for number, there in rows if there], [number for number, there in rows if not there]


def records_of(store: Store, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield the records of decisions, as the text that they are stored as, with their numbers, in any order."""
    return _texts(store, _RECORDS, numbers)


def drawn_later(store: Store, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield the records of the confirmations with which decisions were drawn, with the decisions' numbers."""
    return _texts(store, _DRAWN_LATER, numbers)


def _texts(store: Store, sql: LiteralString, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
    for part in cut(numbers, RECORDS):
        asked = listed(map(str, part))
        yield from ((number, record) for number, record in store.rows(sql, numbers=asked))
