"""Decisions, read back with what followed; `serving.ledger.appending` writes them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import itemgetter

from model.contracts import JSON
from model.errors import InvalidInput
from serving.ledger.confirmations import confirmations_of
from serving.ledger.identities import customer, names
from serving.ledger.instants import micros
from serving.ledger.lists import listed
from serving.ledger.outcomes import outcomes_of
from serving.ledger.store import Bound, Row, Store

LARGEST_PAGE = 10_000
EVER = -(2**62)  # before any time that can be stored

_ONE = "SELECT decision_id, record FROM decisions WHERE decision_id = :decision_id AND record <> ''"
_AS_MADE = """SELECT record FROM json_each(:ids) AS asked CROSS JOIN decisions ON decision_id = asked.value
    WHERE record <> ''"""
_PLACE = "SELECT seq FROM decisions WHERE decision_id = :decision_id"
_FIRST_SINCE = "SELECT min(seq) FROM decisions WHERE decided_at >= :since"
_PAGE = """SELECT decision_id, record FROM decisions
    WHERE seq > :after AND decided_at >= :since AND record <> '' AND (:action IS NULL OR action = :action)
    ORDER BY seq LIMIT :count"""
_PAGE_OF_USER = """SELECT decision_id, record, seq FROM decisions
    WHERE user_id = :user AND seq > :after AND decided_at >= :since AND record <> ''
        AND (:action IS NULL OR action = :action)
        AND (:reason IS NULL OR EXISTS (SELECT 1 FROM refusals WHERE code = :reason AND decision = seq))
    ORDER BY seq LIMIT :count"""
_PAGE_OF_REASON = """SELECT d.decision_id, d.record FROM refusals AS r CROSS JOIN decisions AS d ON d.seq = r.decision
    WHERE r.code = :reason AND r.decision > :after AND d.decided_at >= :since AND d.record <> ''
        AND (:action IS NULL OR d.action = :action)
    ORDER BY r.decision LIMIT :count"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which decisions to list: None leaves a condition out."""

    action: str | None
    user: str | None
    since: datetime | None
    reason: str | None = None


def decision(store: Store, decision_id: str) -> dict[str, JSON] | None:
    """Return the whole record with its `confirmations` and `outcomes`, or None."""
    row = store.row(_ONE, decision_id=decision_id)
    return None if row is None else _whole(store, row)


def records(store: Store, ids: Sequence[str]) -> list[dict[str, JSON]]:
    """Return the records of those of these decisions that there are, as they were made: without what followed."""
    return [json.loads(record) for (record,) in store.rows(_AS_MADE, ids=listed(ids))] if ids else []


def decisions(store: Store, wanted: Wanted, *, after: str | None, limit: int) -> list[dict[str, JSON]]:
    """Return whole records in the order they were made, after the decision `after`.

    Raises:
        InvalidInput: `after` is no recorded decision.
    """
    start = 0
    if after is not None:
        place = store.row(_PLACE, decision_id=after)
        if place is None:
            raise InvalidInput("cursor: no decision has this id; start again without a cursor")
        start = place[0]
    elif wanted.since is not None:  # the pages that follow begin after it
        first = store.row(_FIRST_SINCE, since=micros(wanted.since))
        if first is None or first[0] is None:
            return []
        start = first[0] - 1
    return [_whole(store, row) for row in _page(store, wanted, after=start, count=min(limit, LARGEST_PAGE))]


def _page(store: Store, wanted: Wanted, *, after: int, count: int) -> list[Row]:
    """Read a page through the index that narrows it most: the customer's decisions, the reason's, or all."""
    bound: dict[str, Bound] = {
        "after": after,
        "since": EVER if wanted.since is None else micros(wanted.since),
        "action": wanted.action,
        "count": count,
    }
    if wanted.user is not None:
        return list(islice(_of_customer(store, wanted.user, {**bound, "reason": wanted.reason}), count))
    if wanted.reason is not None:
        return store.rows(_PAGE_OF_REASON, reason=wanted.reason, **bound)
    return store.rows(_PAGE, **bound)


def _of_customer(store: Store, user: str, bound: dict[str, Bound]) -> Iterator[Row]:
    """Return the decisions about a customer under any of their names, in the order they were made."""
    pages = [store.rows(_PAGE_OF_USER, user=name, **bound) for name in names(store, customer(store, user))]
    return merge(*pages, key=itemgetter(2))


def _whole(store: Store, row: Row) -> dict[str, JSON]:
    """Join a stored record with what was reported since."""
    record: dict[str, JSON] = json.loads(row[1])
    return {**record, "confirmations": confirmations_of(store, row[0]), "outcomes": outcomes_of(store, row[0])}
