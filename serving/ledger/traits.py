"""What `identify` told of a customer, as the model's attributes: of each name the newest value, by the event's time."""

import json
from collections.abc import Mapping

from model.contracts import JSON, NOTHING
from serving.ledger.store import Store

_READ = "SELECT at, attributes FROM traits WHERE user_id = :user"
_WRITE = """INSERT INTO traits (user_id, at, attributes) VALUES (:user, :at, :attributes)
    ON CONFLICT (user_id) DO UPDATE SET at = excluded.at, attributes = excluded.attributes"""
_FORGET = "DELETE FROM traits WHERE user_id = :user"
Dated = dict[str, tuple[int, JSON]]  # by name: when it was so (microseconds), and the value


def attributes(store: Store, user_id: str) -> Mapping[str, JSON]:
    """Return what was told last of a customer, by name; empty where nothing was."""
    row = store.row(_READ, user=user_id)
    return NOTHING if row is None else {name: value for name, (_, value) in json.loads(row[1]).items()}


def add_traits(store: Store, user_id: str, told: JSON, *, at: int) -> None:
    """Note each value that is a text, a number, a truth or null, unless a newer one is known by its name.

    What is nested is no attribute. `at` (microseconds) is when it was so.
    """
    scalars = told.items() if isinstance(told, dict) else ()
    news: Dated = {name: (at, value) for name, value in scalars if not isinstance(value, dict | list)}
    if news:
        _write(store, user_id, _newest(_read(store, user_id), news))


def merge_traits(store: Store, alias: str, user_id: str) -> None:
    """Let what was told of two customers be told of one; of one instant, what was told under the customer's own id."""
    told = _read(store, alias)
    if told:
        store.change(_FORGET, user=alias)
        _write(store, user_id, _newest(told, _read(store, user_id)))


def _newest(known: Dated, later: Dated) -> Dated:
    """Return the newest value of each name; of one instant that which was recorded later."""
    return known | {name: dated for name, dated in later.items() if name not in known or dated[0] >= known[name][0]}


def _write(store: Store, user_id: str, told: Dated) -> None:
    at = max(at for at, _ in told.values())
    store.insert(_WRITE, user=user_id, at=at, attributes=json.dumps(told, separators=(",", ":")))


def _read(store: Store, user_id: str) -> Dated:
    row = store.row(_READ, user=user_id)
    return {} if row is None else {name: (at, value) for name, (at, value) in json.loads(row[1]).items()}
