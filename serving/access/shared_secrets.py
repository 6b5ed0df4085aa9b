"""The secrets that a setting holds: one, or several with spaces between them while one follows another. Pure.

    STANDARD  `whsec_` and 24 to 64 bytes in base64 (Standard Webhooks 1.0.0); what offers are signed with
    HS256     the same, of 32 bytes or more (RFC 7518); what a shop signs sessions with
    CHOSEN    the letters themselves, 16 or more; Segment lets its user choose them

No error shows a secret.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from model.errors import InvalidInput

PREFIX: Final = "whsec_"
MOST: Final = 64  # bytes in base64


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a secret is written, of how many bytes or letters it is at least, and what is said of a shorter one."""

    least: int
    short: str = ""
    encoded: bool = True


STANDARD: Final = Form(least=24)
HS256: Final = Form(least=32, short="HS256 wants a secret of 32 bytes or more (RFC 7518); draw a longer one")
CHOSEN: Final = Form(
    least=16,
    short="a secret of less than 16 characters could be guessed; set a longer one there",
    encoded=False,
)


def secrets_of(text: str, form: Form = STANDARD) -> tuple[bytes, ...]:
    """Read one secret or several.

    Raises:
        InvalidInput: there is none, or one is not of that form.

    Example:
        >>> secrets_of("the-one-before-it the-one-after-it", CHOSEN)
        (b'the-one-before-it', b'the-one-after-it')
    """
    found = []
    for place, part in enumerate(text.split(), start=1):
        key = _decoded(part, place) if form.encoded else part.encode()
        size = len(key if form.encoded else part)
        if size < form.least:
            raise InvalidInput(form.short or f"{_said(place)}; it has {size}")
        found.append(key)
    if not found:
        raise InvalidInput(f"there is no secret; give `{PREFIX}` and 24 to 64 random bytes in base64")
    return tuple(found)


def _said(place: int) -> str:
    return f"secret {place} must be `{PREFIX}` and {STANDARD.least} to {MOST} bytes in base64"


def _decoded(text: str, place: int) -> bytes:
    if not text.startswith(PREFIX):
        raise InvalidInput(f"{_said(place)}; it does not begin so")
    encoded = text.removeprefix(PREFIX).rstrip("=")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(f"{_said(place)}; what follows is no base64") from None
    if len(key) > MOST:
        raise InvalidInput(f"{_said(place)}; it has {len(key)}")
    return key
