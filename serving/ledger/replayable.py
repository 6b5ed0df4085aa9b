"""The newest decisions of a period, as they were recorded, page by page: what a replay reads."""

import json
from collections.abc import Collection, Iterator
from datetime import datetime

from model.contracts import JSON
from serving.ledger.instants import EVER, micros
from serving.ledger.occasions import occasions
from serving.ledger.store import Store
from serving.standing import Occasion

PAGE = 500
FOREVER = 2**62

_NEWEST = """SELECT f.at, f.decision, d.record FROM facets AS f JOIN decisions AS d ON d.seq = f.decision
    WHERE f.at >= :since AND (f.at, f.decision) < (:at, :before) ORDER BY f.at DESC, f.decision DESC LIMIT :count"""


def newest_records(
    store: Store, *, since: datetime | None, until: datetime | None, count: int
) -> Iterator[tuple[list[dict[str, JSON]], tuple[int, int]]]:
    """Yield at most so many decisions from `since` until before `until`, the newest first, in pages.

    With each page the least and the greatest number of its rows. A record whose content is gone is empty.
    """
    at, before, left = FOREVER if until is None else micros(until), 0, count
    start = EVER if since is None else micros(since)
    while left > 0:
        rows = store.rows(_NEWEST, since=start, at=at, before=before, count=min(left, PAGE))
        if not rows:
            return
        at, before, _ = rows[-1]
        left -= len(rows)
        numbers = [row[1] for row in rows]
        yield [json.loads(record) if record else {} for *_, record in rows], (min(numbers), max(numbers))


def occasions_between(store: Store, first: int, last: int, ids: Collection[str]) -> Iterator[Occasion]:
    """Yield the occasions of decisions numbered from `first` to `last`, of those with these ids."""
    after = first - 1
    while after < last:
        page, following = occasions(store, after=after, limit=PAGE)
        if not page:
            return
        yield from (one for one in page if one.record["decision_id"] in ids)
        after = following
