"""Held decisions and when each is to be decided again."""

from datetime import datetime

from serving.ledger.instants import instant, micros
from serving.ledger.store import Store

_DUE = """SELECT d.decision_id FROM due JOIN decisions AS d ON d.seq = due.decision
    WHERE due.at <= :now ORDER BY due.at, due.decision LIMIT :count"""
_NEXT = "SELECT at FROM due ORDER BY at LIMIT 1"


def due(store: Store, *, now: datetime, limit: int) -> list[str]:
    """Return the ids of held decisions that are to be decided again by now, the longest due first."""
    return [identity for (identity,) in store.rows(_DUE, now=micros(now), count=limit)]


def next_due(store: Store) -> datetime | None:
    """Return when the next one is due; None where nothing is held."""
    row = store.row(_NEXT)
    return None if row is None else instant(row[0])
