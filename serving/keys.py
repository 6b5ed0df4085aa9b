"""API keys without their secrets: what is stored of a key, how a request shows one, what it may do. Pure.

A key is drawn by `serving.system` and printed once; the ledger holds its SHA-256. A plain hash is enough for 256 random
bits: there is nothing to guess that a slow hash would protect.

Example:
    >>> bearer("Bearer abc"), bearer("Basic abc"), bearer(None)
    ('abc', None, None)
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime

from model.errors import InvalidInput
from model.named import says_something
from serving.ports import KeyRecord

SCOPES: tuple[str, ...] = ("decide", "events", "outcomes", "read", "admin", "widget")  # CONTRACT section 4
LONGEST_NAME = 100  # characters
SHORTEST_TOKEN = 32  # characters: 256 bits as URL-safe text have 43
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]{1,512}=*)\s*", re.IGNORECASE)  # RFC 6750, section 2.1


def digest(token: str) -> str:
    """Return the SHA-256 of a key, in lower-case hex: all that is ever stored or looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


def bearer(header: str | None) -> str | None:
    """Return the key in an `Authorization` header, or None where it has no well-formed `Bearer` key."""
    found = _BEARER.fullmatch(header) if header is not None else None
    return found[1] if found else None


def key_record(token: str, *, key_id: str, name: str, scopes: Sequence[str], at: datetime) -> KeyRecord:
    """Describe a new key for the ledger; the token itself is not kept.

    Raises:
        InvalidInput: no scope, an unknown one, a name that is empty or long, or a token that could be guessed.
    """
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise InvalidInput(f"scope `{unknown[0] if unknown else ''}` is not known; use one of {', '.join(SCOPES)}")
    if len(name) > LONGEST_NAME or not name.isprintable() or not says_something(name):
        said = f"key name `{name[:LONGEST_NAME]}` must be 1 to {LONGEST_NAME} printable characters"
        raise InvalidInput(f"{said}, with a letter or a digit among them")
    if len(token) < SHORTEST_TOKEN:
        raise InvalidInput(f"a key of {len(token)} characters could be guessed; draw it with `serving.system`")
    ordered = tuple(scope for scope in SCOPES if scope in scopes)
    return KeyRecord(id=key_id, name=name, sha256=digest(token), scopes=ordered, created_at=at)


def allows(key: KeyRecord, *wanted: str) -> bool:
    """Return whether an active key holds any of the wanted scopes; none wanted means no.

    Every pair is compared, each in constant time: how long the answer takes says nothing about the key.
    """
    held = False
    for scope in key.scopes:
        for want in wanted:
            held |= hmac.compare_digest(scope.encode(), want.encode())
    return held and key.revoked_at is None
