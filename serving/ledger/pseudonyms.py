"""Pseudonyms: an erased customer goes on under the keyed hash of their id, which nobody can turn back.

    digest(id) = HMAC-SHA256(the ledger's secret, "erased:" + id)         RFC 2104, in hexadecimal
    pseudonym  = "erased:" + digest(the customer's own id)

What comes in under an erased id is found by its digest, and is the pseudonym's from then on: an opt-out that was kept
goes on counting, and no record says whose it is. Without the secret, ids cannot be tried one after the other.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable

from serving.ledger.store import Store

PREFIX = "erased:"
SHAPE = re.compile(f"{PREFIX}[0-9a-f]{{64}}")

_ANY = "SELECT 1 FROM erased LIMIT 1"
_SECRET = "SELECT value FROM secrets WHERE name = 'salt'"  # noqa: S105  (a statement)
_FIND = """SELECT digest, user_id FROM erased WHERE digest IN (SELECT value FROM json_each(:digests))"""
_ADD = "INSERT INTO erased (digest, user_id, at) VALUES (:digest, :user, :at) ON CONFLICT DO NOTHING"


def pseudonyms(store: Store, names: Iterable[str]) -> dict[str, str]:
    """Return the pseudonyms of those ids that were erased, by id."""
    secret = _secret(store)
    by_digest = {_digest(secret, name): name for name in names}
    rows = store.rows(_FIND, digests=json.dumps(list(by_digest)))
    return {by_digest[digest]: user for digest, user in rows}


def add_pseudonym(store: Store, names: Iterable[str], user_id: str, *, at: int) -> str:
    """Let all these ids, of the customer `user_id`, stand for one pseudonym from now on, and return it.

    Those that are a pseudonym already stay what they are.
    """
    secret = _secret(store)
    user = user_id if is_pseudonym(user_id) else PREFIX + _digest(secret, user_id)
    own = [name for name in names if not is_pseudonym(name)]
    store.insert_all(_ADD, [{"digest": _digest(secret, name), "user": user, "at": at} for name in own])
    return user


def is_pseudonym(user_id: str) -> bool:
    """Return whether this is nobody's own id, but has the shape of what an erasure made of one."""
    return SHAPE.fullmatch(user_id) is not None


def anybody_erased(store: Store) -> bool:
    """Return whether there are pseudonyms at all: most ledgers have none, and need not look for one."""
    return store.holds(_ANY)


def pseudonym_of(store: Store, name: str) -> str:
    """Return the pseudonym of an id that was erased; any other id is itself."""
    return pseudonyms(store, (name,)).get(name, name) if anybody_erased(store) else name


def erased_id(store: Store, source: str, name: str) -> str:
    """Return what the id of an erased event became; ids that are erased already stay as they are."""
    return name if is_pseudonym(name) else PREFIX + _digest(_secret(store), f"{len(source)}:{source}{name}")


def _secret(store: Store) -> bytes:
    row = store.row(_SECRET)
    return bytes(row[0]) if row else b""


def _digest(secret: bytes, name: str) -> str:
    return hmac.new(secret, (PREFIX + name).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
