"""Refusals: which reasons a decision, or a confirmation of it, gave: for those who ask for the decisions of one."""

from model.contracts import Decision
from serving.ledger.store import Bound, Store

_ADD = "INSERT INTO refusals (code, decision) VALUES (:code, :decision) ON CONFLICT DO NOTHING"


def add_refusals(store: Store, decision: Decision, *, number: int) -> None:
    """Note every reason of what was decided, first or again, about the decision with this number: once each."""
    rows: list[dict[str, Bound]] = [{"code": reason.code, "decision": number} for reason in decision.reasons]
    if rows:
        store.insert_all(_ADD, rows)
