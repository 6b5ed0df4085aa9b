"""Outcomes as somebody pulls them: in the order they were recorded, from a cursor on.

A cursor is `number.recorded`: the place of the last outcome that somebody has, and when it was recorded. Both, for an
erasure may take the newest away, and their numbers come again: what stands at a number and was recorded later than the
cursor says is new to whoever holds it.

What was reported of a customer who has been erased says nothing of anybody any more, and is left out; what was reported
of a decision stays.
"""

import re
from datetime import datetime

from model.contracts import JSON
from model.errors import InvalidInput
from serving.ledger.instants import micros
from serving.ledger.outcomes import shown
from serving.ledger.pseudonyms import SHAPE
from serving.ledger.store import Store

WALK = 20_000  # numbers that one page goes through: what is sought may be far away, and others wait
CURSOR = re.compile("([0-9]{1,18})[.]([0-9]{1,18})")

_START = """SELECT seq FROM outcomes WHERE seq > :floor AND seq <= :seq AND recorded_at <= :at
    ORDER BY seq DESC LIMIT 1"""
_NEXT = "SELECT seq FROM outcomes WHERE seq > :seq ORDER BY seq LIMIT 1"
_LAST = "SELECT seq, recorded_at FROM outcomes WHERE seq <= :seq ORDER BY seq DESC LIMIT 1"
_PAGE = """SELECT seq, decision_id, user_id, kind, time, recorded_at, channel FROM outcomes
    WHERE seq > :start AND seq <= :end AND recorded_at >= :since ORDER BY seq LIMIT :count"""


def reported(
    store: Store, *, since: datetime | None, after: str | None, limit: int
) -> tuple[list[dict[str, JSON]], str | None]:
    """Return outcomes recorded since then, after a cursor, and the cursor of the next page; None: this is the last.

    A page may be empty and not the last.

    Raises:
        InvalidInput: `after` is no cursor.
    """
    start = 0 if after is None else _start(store, after)
    first = store.row(_NEXT, seq=start)
    if first is None:
        return [], None
    end = int(first[0]) - 1 + WALK  # what erasures and retention left empty is no way to go
    earliest = 0 if since is None else micros(since)
    rows = store.rows(_PAGE, start=start, end=end, since=earliest, count=limit + 1)
    page = [_outcome(*row) for row in rows[:limit] if row[1] is not None or not SHAPE.fullmatch(row[2])]
    if len(rows) > limit:
        return page, _cursor(rows[limit - 1][0], rows[limit - 1][5])
    last = store.row(_LAST, seq=end) if store.holds(_NEXT, seq=end) else None
    return page, None if last is None else _cursor(*last)


def _start(store: Store, after: str) -> int:
    found = CURSOR.fullmatch(after)
    if found is None:
        raise InvalidInput("cursor: this is none of an outcome's; start again without a cursor")
    seq, at = map(int, found.groups())
    floor = max(seq - WALK, 0)
    place = store.row(_START, floor=floor, seq=seq, at=at)
    return floor if place is None else int(place[0])


def _cursor(seq: int, recorded_at: int) -> str:
    return f"{seq}.{max(recorded_at, 0)}"


def _outcome(  # noqa: PLR0913, PLR0917  (a row)
    seq: int, decision_id: str | None, user_id: str, kind: str, time: int, recorded_at: int, channel: str | None
) -> dict[str, JSON]:
    about: dict[str, JSON] = {"decision_id": decision_id, "user_id": user_id if decision_id is None else None}
    return about | shown(kind, time, recorded_at, channel) | {"cursor": _cursor(seq, recorded_at)}
