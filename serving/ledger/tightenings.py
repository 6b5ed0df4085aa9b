"""Limits that people tightened: appended, never changed. The newest row counts (`serving.policy.tightening`)."""

from serving.ledger.instants import instant, micros
from serving.ledger.store import Store
from serving.policy.tightening import Tightening

_ADD = "INSERT INTO tightenings (at, approver, why, limits) VALUES (:at, :by, :why, :limits)"
_NEWEST = "SELECT seq, at, approver, why, limits FROM tightenings ORDER BY seq DESC LIMIT :count"


def add_tightening(store: Store, tightening: Tightening) -> None:
    """Append one."""
    given = {"by": tightening.by, "why": tightening.why, "limits": tightening.limits}
    store.insert(_ADD, at=micros(tightening.at), **given)


def tightenings(store: Store, *, limit: int) -> list[Tightening]:
    """Return the newest ones, the newest first."""
    rows = store.rows(_NEWEST, count=limit)
    return [Tightening(seq=seq, at=instant(at), by=by, why=why, limits=limits) for seq, at, by, why, limits in rows]
