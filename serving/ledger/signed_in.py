"""Sessions of the console: a row per sign-in, by the SHA-256 of the token that its cookie holds."""

from datetime import datetime

from serving.access.signing_in import SignedIn
from serving.ledger.instants import instant, micros
from serving.ledger.store import Store

_BEGIN = """INSERT INTO console_sessions (sha256, key_id, at, expires_at)
    VALUES (:sha256, :key_id, :at, :expires_at)"""
_SESSION = "SELECT key_id, at, expires_at FROM console_sessions WHERE sha256 = :sha256 AND ended_at IS NULL"
_END = "UPDATE console_sessions SET ended_at = :at WHERE sha256 = :sha256 AND ended_at IS NULL"


def begin(store: Store, session: SignedIn) -> None:
    """Record a sign-in."""
    store.insert(
        _BEGIN,
        sha256=session.sha256,
        key_id=session.key_id,
        at=micros(session.at),
        expires_at=micros(session.expires_at),
    )


def session(store: Store, sha256: str) -> SignedIn | None:
    """Return the session of a token; None where there is none, or it was signed out."""
    row = store.row(_SESSION, sha256=sha256)
    if row is None:
        return None
    key_id, at, expires_at = row
    return SignedIn(sha256=sha256, key_id=key_id, at=instant(at), expires_at=instant(expires_at))


def end(store: Store, sha256: str, *, at: datetime) -> bool:
    """End a session; False where none goes on."""
    return store.change(_END, sha256=sha256, at=micros(at)) > 0
