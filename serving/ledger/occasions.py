"""Pages of occasions for the training table: first assignments with their records and what the customer did around.

The record is that of the decision, or of the confirmation of it that reached the draw: features and time are those of
the draw. The customer did it under any of their names (`serving.ledger.identities`).
"""

import json
from collections.abc import Iterable

from model.contracts import Arm, Outcome, OutcomeKind
from serving.ledger.instants import DAY, instant
from serving.ledger.store import Row, Store
from serving.standing import Assignment, Occasion

AROUND = 28 * DAY  # before and after a decision: the longest window, and its negative control
LARGEST_PAGE = 10_000

_PAGE = """SELECT a.decision, a.arm, a.contacted, a.e, a.above, a.watch, coalesce(c.record, d.record)
    FROM assignments a JOIN decisions d ON d.seq = a.decision
    LEFT JOIN confirmations c ON c.decision = a.decision AND c.drawn = 1
    WHERE a.first = 1 AND a.decision > :after AND d.record <> '' ORDER BY a.decision LIMIT :count"""
_OUTCOMES = """SELECT a.decision, o.kind, min(o.time, o.recorded_at) AS counts_from, o.decision_id, o.user_id, o.stated
    FROM assignments a JOIN outcomes o ON o.user_id IN (
        SELECT a.user_id UNION SELECT owner FROM identities WHERE alias = a.user_id
        UNION SELECT alias FROM identities WHERE owner = a.user_id AND recorded = 1
        UNION SELECT other.alias FROM identities AS own JOIN identities AS other ON other.owner = own.owner
            WHERE own.alias = a.user_id AND other.recorded = 1)
    WHERE a.first = 1 AND a.decision > :after AND a.decision <= :last
        AND min(o.time, o.recorded_at) <= a.at + :around
        AND (min(o.time, o.recorded_at) >= a.at - :around OR o.decision_id IN (
            SELECT d.decision_id FROM decisions d WHERE d.seq = a.decision
            UNION ALL SELECT d.decision_id FROM assignments l JOIN decisions d ON d.seq = l.decision
            WHERE l.user_id = a.user_id AND l.fact_key = a.fact_key AND l.first = 0 AND l.contacted = 1))
    ORDER BY a.decision, counts_from, o.seq"""
_AGAIN = """SELECT a.decision, d.decision_id FROM assignments a
    JOIN assignments l ON l.user_id = a.user_id AND l.fact_key = a.fact_key AND l.first = 0 AND l.contacted = 1
    JOIN decisions d ON d.seq = l.decision
    WHERE a.first = 1 AND a.decision > :after AND a.decision <= :last ORDER BY a.decision, l.decision"""
_REPEATS = "SELECT count(*) FROM assignments WHERE first = 0"


def occasions(store: Store, *, after: int, limit: int) -> tuple[list[Occasion], int]:
    """Return a page of occasions in the order of their decisions, and the next cursor (`after` itself at the end).

    Outcomes carry the time from which they count, `min(time, recorded_at)`. Three statements per page.
    """
    rows = store.rows(_PAGE, after=after, count=max(0, min(limit, LARGEST_PAGE)))
    if not rows:
        return [], after
    last = rows[-1][0]
    followed: dict[int, list[Outcome]] = {}
    for decision, *reported in store.rows(_OUTCOMES, after=after, last=last, around=AROUND):
        followed.setdefault(decision, []).append(_outcome(*reported))
    again: dict[int, list[str]] = {}
    for decision, identity in store.rows(_AGAIN, after=after, last=last):
        again.setdefault(decision, []).append(identity)
    return [_occasion(row, followed.get(row[0], ()), again.get(row[0], ())) for row in rows], last


def repeats(store: Store) -> int:
    """Return how many decisions about a fact came after its first one that reached the draw."""
    row = store.row(_REPEATS)
    return int(row[0]) if row else 0


def _outcome(kind: str, time: int, decision_id: str | None, user_id: str, stated: str) -> Outcome:
    """Return an outcome as it was reported: by decision or by customer."""
    return Outcome(
        kind=OutcomeKind(kind),
        time=instant(time),
        decision_id=decision_id,
        user_id=user_id if decision_id is None else None,
        channel=stated or None,
    )


def _occasion(row: Row, outcomes: Iterable[Outcome], again: Iterable[str]) -> Occasion:
    _, arm, contacted, e, above, watch, record = row
    assignment = Assignment(
        arm=Arm(arm),
        contacted=bool(contacted),
        contact_probability=e,
        above=None if above is None else bool(above),
        watch=watch,
    )
    return Occasion(record=json.loads(record), assignment=assignment, outcomes=tuple(outcomes), again=tuple(again))
