"""Leafing through decisions, the newest first: fast however many there are, for no page looks at more than `WALK`.

The narrow `facets` are read through their index of time; records are read for what is shown alone. What a customer or a
rare reason narrows to a few decisions is read through that.

A cursor is `time.number` of the last decision that was seen: whatever is decided meanwhile, no page shows one twice.
"""

import json
import re

from model.errors import InvalidInput
from serving.ledger.confirmations import confirmations_of
from serving.ledger.identities import customer, names
from serving.ledger.instants import EVER, instant, micros
from serving.ledger.lists import listed
from serving.ledger.store import Bound, Row, Store
from serving.people.leafing import Leaf, Leafed, Sought

WALK = 50_000  # decisions that one page looks at
FEW = 5_000  # decisions of a reason that are sorted at once
END = 2**62  # after any time that can be stored
CURSOR = re.compile("([0-9]{1,18})[.]([0-9]{1,18})")

_EDGE = """SELECT at, decision FROM facets WHERE (at, decision) < (:at, :after) AND at >= :since
    ORDER BY at DESC, decision DESC LIMIT 1 OFFSET :walk"""
_BY_TIME = """SELECT f.at, f.decision FROM facets AS f
    WHERE (f.at, f.decision) < (:at, :after) AND f.at >= :since AND (f.at, f.decision) >= (:edge_at, :edge)
        AND (:word IS NULL OR f.word = :word) AND (:purpose IS NULL OR f.purpose = :purpose)
        AND (:channel IS NULL OR f.channel = :channel) AND (:template IS NULL OR f.template = :template)
        AND (:reason IS NULL OR EXISTS (SELECT 1 FROM refusals WHERE code = :reason AND decision = f.decision))
        AND EXISTS (SELECT 1 FROM decisions WHERE seq = f.decision AND record <> '')
    ORDER BY f.at DESC, f.decision DESC LIMIT :count"""
_OF_REASON = """SELECT f.at, f.decision FROM refusals AS r CROSS JOIN facets AS f ON f.decision = r.decision
    WHERE r.code = :reason AND (f.at, f.decision) < (:at, :after) AND f.at >= :since
        AND (:word IS NULL OR f.word = :word) AND (:purpose IS NULL OR f.purpose = :purpose)
        AND (:channel IS NULL OR f.channel = :channel) AND (:template IS NULL OR f.template = :template)
        AND EXISTS (SELECT 1 FROM decisions WHERE seq = f.decision AND record <> '')
    ORDER BY f.at DESC, f.decision DESC LIMIT :count"""
_OF_CUSTOMER = """SELECT f.at, f.decision FROM decisions AS d CROSS JOIN facets AS f ON f.decision = d.seq
    WHERE d.user_id IN (SELECT value FROM json_each(:names)) AND d.record <> ''
        AND (f.at, f.decision) < (:at, :after) AND f.at >= :since
        AND (:word IS NULL OR f.word = :word) AND (:purpose IS NULL OR f.purpose = :purpose)
        AND (:channel IS NULL OR f.channel = :channel) AND (:template IS NULL OR f.template = :template)
        AND (:reason IS NULL OR EXISTS (SELECT 1 FROM refusals WHERE code = :reason AND decision = f.decision))
    ORDER BY f.at DESC, f.decision DESC LIMIT :count"""
_MANY = "SELECT 1 FROM refusals WHERE code = :reason LIMIT 1 OFFSET :few"
_SHOWN = """SELECT d.seq, d.decision_id, f.at, f.word, d.action, d.record FROM json_each(:numbers) AS asked
    CROSS JOIN decisions AS d ON d.seq = CAST(asked.value AS BIGINT) CROSS JOIN facets AS f ON f.decision = d.seq"""


def leaf(store: Store, sought: Sought, *, after: str | None, limit: int) -> Leaf:
    """Read a page.

    Raises:
        InvalidInput: `after` is no cursor.
    """
    bound = _bound(sought, after, limit + 1)
    rows, edge = _rows(store, sought, bound)
    page, last = rows[:limit], rows[limit - 1] if len(rows) > limit else edge
    found = {row[0]: _leafed(store, row) for row in store.rows(_SHOWN, numbers=listed(str(row[1]) for row in page))}
    return Leaf(
        found=[found[number] for _, number in page],
        next_cursor=None if last is None else f"{last[0]}.{last[1]}",
        looked_to=instant(edge[0]) if edge is not None and last is edge else None,
    )


def _bound(sought: Sought, after: str | None, count: int) -> dict[str, Bound]:
    if after is None:
        at, number = (END, 0) if sought.until is None else (micros(sought.until), -1)
    else:
        place = CURSOR.fullmatch(after)
        if place is None:
            raise InvalidInput("cursor: this is none of a page's; start again without a cursor")
        at, number = map(int, place.groups())
    return {
        "at": at,
        "after": number,
        "since": EVER if sought.since is None else micros(sought.since),
        "word": sought.word,
        "purpose": sought.purpose,
        "channel": sought.channel,
        "template": sought.template,
        "reason": sought.reason,
        "count": count,
    }


def _rows(store: Store, sought: Sought, bound: dict[str, Bound]) -> tuple[list[Row], Row | None]:
    """Read which decisions are on the page, and where looking ended; None: at the end."""
    if sought.user is not None:
        every = names(store, customer(store, sought.user))
        return store.rows(_OF_CUSTOMER, names=listed(every), **bound), None
    if sought.reason is not None and _is_rare(store, sought.reason):
        return store.rows(_OF_REASON, **bound), None
    edge = store.row(_EDGE, at=bound["at"], after=bound["after"], since=bound["since"], walk=WALK - 1)
    low = (EVER, 0) if edge is None else edge
    return store.rows(_BY_TIME, edge_at=low[0], edge=low[1], **bound), edge


def _is_rare(store: Store, reason: str) -> bool:
    return not store.holds(_MANY, reason=reason, few=FEW)


def _leafed(store: Store, row: Row) -> Leafed:
    """Put a decision together; where its last word is its first there is nothing more to be read."""
    _, name, at, word, action, record = row
    later = confirmations_of(store, name) if word != action else ()
    return Leafed(at=instant(at), word=word, record=json.loads(record), confirmations=later)
