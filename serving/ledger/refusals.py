"""Refusals: which reasons a decision, or a confirmation of it, gave: for those who ask for the decisions of one."""

from collections.abc import Sequence

from model.contracts import Decision
from serving.ledger.store import Bound, Store

_ADD = "INSERT INTO refusals (code, decision) VALUES (:code, :decision) ON CONFLICT DO NOTHING"


def add_refusals(store: Store, told: Sequence[tuple[int, Decision]]) -> None:
    """Note every reason of what was decided, first or again, about the decision with each number: once each."""
    rows: list[dict[str, Bound]] = [
        {"code": reason.code, "decision": number} for number, decision in told for reason in decision.reasons
    ]
    if rows:
        store.insert_all(_ADD, rows)
