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
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from model.errors import InvalidInput
from model.named import says_something
from serving.ports import KeyRecord

WIDGET: Final = "widget"  # the scope of a key that stands in a public page
COMPANY: Final = ("decide", "events", "outcomes", "read", "admin")  # those of the company's own servers
SCOPES: tuple[str, ...] = (*COMPANY, WIDGET)  # CONTRACT section 4
LONGEST_NAME = 100  # characters
LONGEST_ORIGIN = 255  # characters
MOST_PER_SECOND = 1_000_000  # of one key, and of the setting `requests_per_second`
SHORTEST_TOKEN = 32  # characters: 256 bits as URL-safe text have 43
PORTS: Final = {"https": 443, "http": 80}
LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]{1,512}=*)\s*", re.IGNORECASE)  # RFC 6750, section 2.1
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*|\[[0-9a-f:.]+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a key is bound to, each where it is not None: an origin, a rate of its own, and an end."""

    origin: str | None = None
    per_second: int | None = None
    expires_at: datetime | None = None


FREE: Final = Bounds()


def digest(token: str) -> str:
    """Return the SHA-256 of a key, in lower-case hex: all that is ever stored or looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


def bearer(header: str | None) -> str | None:
    """Return the key in an `Authorization` header, or None where it has no well-formed `Bearer` key."""
    found = _BEARER.fullmatch(header) if header is not None else None
    return found[1] if found else None


def key_record(  # noqa: PLR0913  (all but the key are named)
    token: str, *, key_id: str, name: str, scopes: Sequence[str], at: datetime, bounds: Bounds = FREE
) -> KeyRecord:
    """Describe a new key for the ledger; the token itself is not kept.

    Raises:
        InvalidInput: no scope, an unknown one, a name that is empty or long, a bound that makes no sense, or a token
            that could be guessed.
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
    _makes_sense(bounds, ordered, at)
    return KeyRecord(
        id=key_id,
        name=name,
        sha256=digest(token),
        scopes=ordered,
        created_at=at,
        origin=bounds.origin,
        per_second=bounds.per_second,
        expires_at=bounds.expires_at,
    )


def _makes_sense(bounds: Bounds, scopes: tuple[str, ...], at: datetime) -> None:
    """Refuse bounds that contradict the scopes, or with which the key could never be used."""
    if WIDGET in scopes and scopes != (WIDGET,):
        raise InvalidInput(f"scope `{WIDGET}` stands alone: such a key is public; make another key for the others")
    if WIDGET in scopes and bounds.origin is None:
        raise InvalidInput(
            f"a key of scope `{WIDGET}` needs the address of its page: add `--origin https://shop.example`"
        )
    if WIDGET not in scopes and bounds.origin is not None:
        raise InvalidInput(f"only a key of scope `{WIDGET}` has an origin; leave `--origin` out")
    if bounds.origin is not None:
        refuse_other_origins(bounds.origin)
    if bounds.per_second is not None and not 1 <= bounds.per_second <= MOST_PER_SECOND:
        raise InvalidInput(f"`{bounds.per_second}` a second: give a whole number from 1 to {MOST_PER_SECOND}")
    if bounds.expires_at is not None and bounds.expires_at <= at:
        raise InvalidInput(f"`{bounds.expires_at.isoformat()}` is over; give a time that is still to come")


def refuse_other_origins(origin: str) -> None:
    """Refuse what no browser sends as the `Origin` of one page: it is compared sign by sign.

    Raises:
        InvalidInput: no scheme and host alone, a pattern, upper case, a port that need not be said, or plain HTTP
            other than from this machine.

    Example:
        >>> refuse_other_origins("https://shop.example")
    """
    said = f"origin `{origin[:LONGEST_ORIGIN]}`"
    try:
        scheme, address, *rest = urlsplit(origin)
        host, _, port = address.rpartition(":") if re.search(r":\d*$", address) else (address, "", "")
    except ValueError:
        scheme, host, port, rest = "", "", "", []
    whole = f"{scheme}://{host}" + (f":{port}" if port else "")
    if scheme not in PORTS or not _HOST.fullmatch(host) or origin != whole or len(origin) > LONGEST_ORIGIN or any(rest):
        raise InvalidInput(f"{said} must be scheme, host and port as browsers write them, such as https://shop.example")
    if port and (port != str(int(port)) or int(port) in (0, PORTS[scheme]) or int(port) > 65535):
        raise InvalidInput(f"{said}: the port must be 1 to 65535, and left out where it is the scheme's own")
    if scheme == "http" and host not in LOOPBACK:
        raise InvalidInput(f"{said}: anybody on the way can read and change plain HTTP; use https")


def successor(old: KeyRecord, token: str, *, key_id: str, at: datetime) -> KeyRecord:
    """Describe the key that follows an active one: another token, and all else as it was.

    Raises:
        InvalidInput: the old one is over.
    """
    if not is_active(old, at):
        raise InvalidInput(f"key `{old.id}` is over and has no successor; make a new one with `outreach keys create`")
    return replace(old, id=key_id, sha256=digest(token), created_at=at)


def follows_in_grace(old: KeyRecord, other: KeyRecord) -> bool:
    """Return whether `other` was made when `old` was rotated with a grace.

    Both were written at one instant: the end of `old` is whole minutes after the beginning of `other`, to the
    microsecond. Nothing else that a key is bound to tells them apart but their own ends.
    """
    if old.expires_at is None or other.id == old.id:
        return False
    alike = (old.name, old.scopes, old.origin, old.per_second) == (
        other.name,
        other.scopes,
        other.origin,
        other.per_second,
    )
    grace = old.expires_at - other.created_at
    return alike and grace > timedelta(0) and not grace % timedelta(minutes=1)


def is_active(key: KeyRecord, at: datetime) -> bool:
    """Return whether a key is neither revoked nor over at this instant."""
    return key.revoked_at is None and (key.expires_at is None or at < key.expires_at)


def allows(key: KeyRecord, *wanted: str) -> bool:
    """Return whether a key that is not revoked holds any of the wanted scopes; none wanted means no.

    Whether it is over as well is for `is_active` to say, before anybody asks here.

    Every pair is compared, each in constant time: how long the answer takes says nothing about the key.
    """
    held = False
    for scope in key.scopes:
        for want in wanted:
            held |= hmac.compare_digest(scope.encode(), want.encode())
    return held and key.revoked_at is None
