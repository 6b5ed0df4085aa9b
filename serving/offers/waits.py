"""How long whoever was refused waits before it asks again: what the other side asks for, or ever longer. Pure.

Example:
    >>> growing("a call", tries=1) <= growing("a call", tries=9) <= LONGEST
    True
"""

import hashlib
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

SHORTEST: Final = 0.1  # seconds
LONGEST: Final = 5.0


def retry_after(text: str | None, now: datetime) -> timedelta | None:
    """Read `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date; None where it is neither.

    Example:
        >>> retry_after("120", datetime.min), retry_after("soon", datetime.min)
        (datetime.timedelta(seconds=120), None)
    """
    if text is None:
        return None
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=int(text[:9]))
    try:
        return max(parsedate_to_datetime(text) - now, timedelta())
    except (ValueError, TypeError, OverflowError):
        return None


def chance_of(text: str) -> float:
    """Return a number from 0 to 1 that follows from a text: what failed together is not tried together again."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def growing(call: str, *, tries: int) -> float:
    """Return the seconds to wait after so many tries, at least one: twice as long each time, less up to a half."""
    longest = min(SHORTEST * 2.0 ** min(tries, 16), LONGEST)
    return longest * (1 - chance_of(f"{call}.{tries}") / 2)
