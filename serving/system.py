"""The one place where the clock is read and chance is drawn; everything else takes them as arguments.

Nothing here decides anything. Tests pass their own clock and their own ids.
"""

import secrets
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAIRS = tuple(first + second for first in CROCKFORD for second in CROCKFORD)  # of ten bits
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
ULID_LENGTH = 26
CHANCE_BITS = 80
CHANCE = 2**CHANCE_BITS - 1
CHANCE_SIGNS = CHANCE_BITS // 5
TIME_SIGNS = ULID_LENGTH - CHANCE_SIGNS
SHIFTS = tuple(range(5 * (ULID_LENGTH - 2), -1, -10))
SIGNS = (CROCKFORD * 8).encode()  # of a byte that chance drew: its last five bits, each sign as likely as any other
SALT_BYTES = 32
BOOT = "/proc/sys/kernel/random/boot_id"
PASSING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while a machine sleeps, where there is one


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Return seconds since some instant, by a clock that nobody sets."""
    return time.clock_gettime(PASSING)


def boot() -> str | None:
    """Return what the system calls its present start, from which `elapsed` counts; None where it has no name for it."""
    try:
        return Path(BOOT).read_text().strip() or None
    except OSError:
        return None


def new_id(at: datetime) -> str:
    """Make an id that sorts by its millisecond: 48 bits of time, 80 of chance (ULID spec).

    Example:
        >>> len(new_id(datetime(2026, 11, 20, tzinfo=UTC)))
        26
    """
    return _time_of(at) + secrets.token_bytes(CHANCE_SIGNS).translate(SIGNS).decode()


@lru_cache(maxsize=1)
def _time_of(at: datetime) -> str:
    """Write a time as an id begins; all ids of a group begin alike."""
    return id_of(at, 0)[:TIME_SIGNS]


def id_of(at: datetime, number: int) -> str:
    """Write a time from 1970 on, in milliseconds, and the last 80 bits of a number in Crockford's base 32: a ULID.

    Example:
        >>> id_of(datetime(2026, 11, 20, tzinfo=UTC), 7)
        '01M7V41F000000000000000007'
    """
    whole = ((at - EPOCH) // MILLISECOND << CHANCE_BITS) | (number & CHANCE)
    return "".join([PAIRS[whole >> shift & 1023] for shift in SHIFTS])


def new_token() -> str:
    """Draw 256 bits for an API key, as URL-safe text."""
    return secrets.token_urlsafe(32)


def new_salt() -> bytes:
    """Draw the secret of the arms: 256 bits, made once with the ledger and stored in it."""
    return secrets.token_bytes(SALT_BYTES)
