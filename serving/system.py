"""The one place where the clock is read and chance is drawn; everything else takes them as arguments.

Nothing here decides anything. Tests pass their own clock and their own ids.
"""

import secrets
from datetime import UTC, datetime

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID_LENGTH = 26
CHANCE_BITS = 80
SALT_BYTES = 32


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def new_id(at: datetime) -> str:
    """Make an id that sorts by its millisecond: 48 bits of time, 80 of chance, in Crockford's base 32 (ULID spec).

    Example:
        >>> len(new_id(datetime(2026, 11, 20, tzinfo=UTC)))
        26
    """
    number = (int(at.timestamp() * 1000) << CHANCE_BITS) | secrets.randbits(CHANCE_BITS)
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(5 * (ULID_LENGTH - 1), -1, -5))


def new_token() -> str:
    """Draw 256 bits for an API key, as URL-safe text."""
    return secrets.token_urlsafe(32)


def new_salt() -> bytes:
    """Draw the secret of the arms: 256 bits, made once with the ledger and stored in it."""
    return secrets.token_bytes(SALT_BYTES)
