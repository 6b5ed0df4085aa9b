"""What people may use: API keys, and the responses remembered for each."""

import json
from datetime import datetime

from model.errors import InvalidInput
from serving.ledger.instants import DAY, instant, instant_or_none, micros
from serving.ledger.store import Row, Store
from serving.ports import KeyRecord

REMEMBERED = DAY  # an Idempotency-Key holds for 24 h (CONTRACT section 4)

_ADD_KEY = """INSERT INTO keys (id, name, sha256, scopes, created_at, revoked_at, origin, per_second, expires_at)
    VALUES (:id, :name, :sha256, :scopes, :created_at, :revoked_at, :origin, :per_second, :expires_at)
    ON CONFLICT DO NOTHING"""
_KEY = """SELECT id, name, sha256, scopes, created_at, revoked_at, origin, per_second, expires_at FROM keys
    WHERE sha256 = :sha256"""
_KEYS = """SELECT id, name, sha256, scopes, created_at, revoked_at, origin, per_second, expires_at FROM keys
    ORDER BY created_at, id"""
_EXPIRE = """UPDATE keys SET expires_at = :at
    WHERE id = :id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :at)"""
_REVOKE = "UPDATE keys SET revoked_at = coalesce(revoked_at, :at) WHERE id = :id"
_REMEMBERED = """SELECT body_sha256, response FROM responses
    WHERE key_id = :key_id AND name = :name AND at > :since"""
_REMEMBER = """INSERT INTO responses (key_id, name, body_sha256, response, at)
    VALUES (:key_id, :name, :body_sha256, :response, :at) ON CONFLICT (key_id, name)
    DO UPDATE SET body_sha256 = excluded.body_sha256, response = excluded.response, at = excluded.at"""
_FORGET = "DELETE FROM responses WHERE at <= :before"


def add_key(store: Store, key: KeyRecord) -> None:
    """Record a new API key.

    Raises:
        InvalidInput: a key with this id or this hash is already there.
    """
    added = store.insert(
        _ADD_KEY,
        id=key.id,
        name=key.name,
        sha256=key.sha256,
        scopes=json.dumps(key.scopes),
        created_at=micros(key.created_at),
        revoked_at=None if key.revoked_at is None else micros(key.revoked_at),
        origin=key.origin,
        per_second=key.per_second,
        expires_at=None if key.expires_at is None else micros(key.expires_at),
    )
    if added is None:
        raise InvalidInput(f"key `{key.id}` is already recorded; draw a new one")


def key(store: Store, sha256: str) -> KeyRecord | None:
    """Find an API key by its hash, revoked or not."""
    row = store.row(_KEY, sha256=sha256)
    return None if row is None else _key(row)


def keys(store: Store) -> list[KeyRecord]:
    """List all API keys, oldest first."""
    return [_key(row) for row in store.rows(_KEYS)]


def _key(row: Row) -> KeyRecord:
    identity, name, sha256, scopes, created_at, revoked_at, origin, per_second, expires_at = row
    return KeyRecord(
        id=identity,
        name=name,
        sha256=sha256,
        scopes=tuple(json.loads(scopes)),
        created_at=instant(created_at),
        revoked_at=instant_or_none(revoked_at),
        origin=origin,
        per_second=per_second,
        expires_at=instant_or_none(expires_at),
    )


def revoke_key(store: Store, key_id: str, *, at: datetime) -> bool:
    """Revoke a key (the first time counts); False where there is none with this id."""
    return store.change(_REVOKE, id=key_id, at=micros(at)) > 0


def expire_key(store: Store, key_id: str, *, at: datetime) -> bool:
    """Let a key end by itself; False where none with this id would be active for longer."""
    return store.change(_EXPIRE, id=key_id, at=micros(at)) > 0


def remembered(store: Store, key_id: str, name: str, *, since: datetime) -> tuple[str, bytes] | None:
    """Return `(body digest, response)` stored under this Idempotency-Key after `since`, or None."""
    row = store.row(_REMEMBERED, key_id=key_id, name=name, since=micros(since))
    return None if row is None else (row[0], bytes(row[1]))


def remember(store: Store, asked: tuple[str, str], body_sha256: str, response: bytes, *, at: datetime) -> None:
    """Store a response under `(key id, Idempotency-Key)`; forget those that no request can ask for any more."""
    key_id, name = asked
    moment = micros(at)
    store.change(_FORGET, before=moment - REMEMBERED)
    store.insert(_REMEMBER, key_id=key_id, name=name, body_sha256=body_sha256, response=response, at=moment)


def forget_answers(store: Store, *, now: datetime) -> None:
    """Drop the responses that no request can ask for any more."""
    store.change(_FORGET, before=micros(now) - REMEMBERED)
