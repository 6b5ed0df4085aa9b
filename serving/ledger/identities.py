"""Who an id stands for: an anonymous visitor who turned out to be a customer, or a customer of two names.

An id that nobody said anything about is its own customer. Two become one where one is named as the other's
`anonymous_id`: all that is on record about it, and whatever was bound to it before, is that customer's from then on.
Saying it again, or in a circle, changes nothing.

An id that is bound already and is named for another customer is a shared device: what comes in under it from then on
is theirs, what was on record stays where it is. The newest word counts there, of one instant the later recorded. But an
id under which something protects its customer is no mere device: decisions, outcomes, preferences or dismissals of its
own before it was bound, or of an id that stood for it, or a harm that was reported under it since. Its first binding
stays: else two identifications would lift an opt-out.
"""

from collections.abc import Iterable, Sequence
from typing import LiteralString, TypeGuard

from serving.events.catalogue import LONGEST_ID
from serving.ledger.lists import NUL, listed
from serving.ledger.preferences import merge_preferences
from serving.ledger.pseudonyms import pseudonyms
from serving.ledger.store import Store
from serving.ledger.traits import merge_traits

_CUSTOMERS = """SELECT alias, user_id FROM json_each(:names) AS asked CROSS JOIN identities ON alias = asked.value
    UNION ALL SELECT NULL, min(digest) FROM erased"""
STANDS_FOR = "stands for"  # what is recalled of ids
NOBODY = (None, None)  # the last row: nobody was erased
_OWNERS = "SELECT alias, owner FROM json_each(:names) AS asked CROSS JOIN identities ON alias = asked.value"
_NAMES = """SELECT owner, alias FROM json_each(:users) AS asked CROSS JOIN identities
    ON owner = asked.value WHERE recorded = 1 ORDER BY alias"""
_BOUND_AT = "SELECT at FROM identities WHERE alias = :alias"
_REBIND = "UPDATE identities SET user_id = :user, at = :at WHERE alias = :alias AND recorded = 0"
_PROTECTS = """SELECT 1 WHERE EXISTS (SELECT 1 FROM decisions WHERE user_id = :alias)
    OR EXISTS (SELECT 1 FROM outcomes WHERE user_id = :alias)
    OR EXISTS (SELECT 1 FROM preferences WHERE user_id = :alias)
    OR EXISTS (SELECT 1 FROM dismissals WHERE user_id = :alias)
    OR EXISTS (SELECT 1 FROM identities WHERE owner = :alias AND recorded = 1)"""
_BIND = """INSERT INTO identities (alias, user_id, at, owner, recorded)
    VALUES (:alias, :user, :at, :user, :recorded)"""
_KEEP = "UPDATE identities SET recorded = 1 WHERE alias = :alias"
_MOVES: tuple[LiteralString, ...] = (
    "UPDATE identities SET user_id = :user WHERE user_id = :alias",
    "UPDATE identities SET owner = :user WHERE owner = :alias",
    """INSERT INTO concerns (user_id, family, time, event, type, entity, seen, listed)
        SELECT :user, family, time, event, type, entity, seen, listed FROM concerns WHERE user_id = :alias
        ON CONFLICT (user_id, family, time, event) DO UPDATE SET listed = max(concerns.listed, excluded.listed)""",
    "DELETE FROM concerns WHERE user_id = :alias",
    "UPDATE visits SET user_id = :user WHERE user_id = :alias",
    """INSERT INTO dismissals (user_id, purpose, at)
        SELECT :user, purpose, at FROM dismissals WHERE user_id = :alias ON CONFLICT DO NOTHING""",
    "DELETE FROM dismissals WHERE user_id = :alias",
    "UPDATE reservations SET user_id = :user WHERE user_id = :alias",
    "UPDATE due SET user_id = :user WHERE user_id = :alias",
    """DELETE FROM matches WHERE user_id = :alias AND EXISTS (SELECT 1 FROM matches AS other
        WHERE other.user_id = :user AND other.at = matches.at AND other.event = matches.event)""",
    "UPDATE matches SET user_id = :user WHERE user_id = :alias",
)


def customers(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """Return, for each id that comes in, the customer that it stands for by now.

    That is itself, where nobody said otherwise.
    """
    known: dict[str, str] = store.recall(STANDS_FOR, dict)
    asked = list(dict.fromkeys(ids))
    new = [name for name in asked if name not in known]
    if new:
        known.update(_customers(store, new))
    return {name: known[name] for name in asked}


def _customers(store: Store, ids: Sequence[str]) -> dict[str, str]:
    rows = store.rows(_CUSTOMERS, names=listed(ids))
    found = dict(zip(ids, ids, strict=True))
    found.update((name, user) for name, user in rows if name is not None)
    if NOBODY not in rows:  # somebody was erased, perhaps one of these
        found.update(_erased(store, found))
    return found


def _erased(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """Return the customers of those ids that were erased: the pseudonym, or whose that turned out to be."""
    erased = pseudonyms(store, ids)
    if not erased:
        return erased
    bound = {name: user for name, user in store.rows(_CUSTOMERS, names=listed(erased.values())) if name is not None}
    return {name: bound.get(user, user) for name, user in erased.items()}


def customer(store: Store, name: str) -> str:
    """Return the customer that an id which comes in stands for by now."""
    return customers(store, (name,))[name]


def owners(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """Return, for each id, the customer whose the records under it are: the first that it was bound to, by now."""
    found = {name: name for name in ids}
    if found:
        found.update(store.rows(_OWNERS, names=listed(found)))
    return found


def owner(store: Store, name: str) -> str:
    """Return the customer whose the records under an id are."""
    return owners(store, (name,))[name]


def names_of(store: Store, users: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return, for each customer, every id under which there may be decisions and outcomes of them, their own first."""
    found: dict[str, tuple[str, ...]] = {user: (user,) for user in users}
    if found:
        for user, alias in store.rows(_NAMES, users=listed(found)):
            found[user] += (alias,)
    return found


def names(store: Store, user_id: str) -> tuple[str, ...]:
    """Return every id under which there may be decisions and outcomes of this customer, their own first."""
    return names_of(store, (user_id,))[user_id]


def is_id(value: object) -> TypeGuard[str]:
    """Return whether a value of an event's data can be an id: text of 1 to 256 characters, not blank, to be stored.

    Example:
        >>> is_id("a-1"), is_id(" "), is_id(7), is_id("x" * 257)
        (True, False, False, False)
    """
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_ID:
        return False
    return not any(sign == NUL or "\ud800" <= sign <= "\udfff" for sign in value)


def bind(store: Store, alias: str, user_id: str, *, at: int) -> None:
    """Let `alias` stand for the customer `user_id`; `at` (microseconds) is from when that was so."""
    store.forget(STANDS_FOR)
    bound = store.row(_BOUND_AT, alias=alias)
    if bound is not None:
        if at >= bound[0]:
            store.change(_REBIND, alias=alias, user=user_id, at=at)
    elif alias != user_id:
        recorded = store.holds(_PROTECTS, alias=alias)
        for move in _MOVES:
            store.change(move, alias=alias, user=user_id)
        store.insert(_BIND, alias=alias, user=user_id, at=at, recorded=recorded)
        merge_preferences(store, alias, user_id)
        merge_traits(store, alias, user_id)


def keep(store: Store, alias: str) -> None:
    """Let an id stand for its customer for good, once it is bound: a harm was reported under it."""
    store.change(_KEEP, alias=alias)
