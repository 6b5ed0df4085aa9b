"""The one place where the clock is read and chance is drawn; everything else takes them as arguments.

Nothing here decides anything. Tests pass their own clock and their own ids.
"""

import base64
import secrets
from datetime import UTC, datetime, timedelta

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BASE_32 = str.maketrans("0123456789ABCDEFGHIJKLMNOPQRSTUV", CROCKFORD)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
ULID_LENGTH = 26
CHANCE_BITS = 80
CHANCE = 2**CHANCE_BITS - 1
SALT_BYTES = 32


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def new_id(at: datetime) -> str:
    """Make an id that sorts by its millisecond: 48 bits of time, 80 of chance (ULID spec).

    Example:
        >>> len(new_id(datetime(2026, 11, 20, tzinfo=UTC)))
        26
    """
    return id_of(at, secrets.randbits(CHANCE_BITS))


def id_of(at: datetime, number: int) -> str:
    """Write a time from 1970 on, in milliseconds, and the last 80 bits of a number in Crockford's base 32: a ULID.

    Example:
        >>> id_of(datetime(2026, 11, 20, tzinfo=UTC), 7)
        '01M7V41F000000000000000007'
    """
    whole = ((at - EPOCH) // MILLISECOND << CHANCE_BITS) | (number & CHANCE)
    return base64.b32hexencode(whole.to_bytes(20)).decode()[-ULID_LENGTH:].translate(BASE_32)


def new_token() -> str:
    """Draw 256 bits for an API key, as URL-safe text."""
    return secrets.token_urlsafe(32)


def new_salt() -> bytes:
    """Draw the secret of the arms: 256 bits, made once with the ledger and stored in it."""
    return secrets.token_bytes(SALT_BYTES)
