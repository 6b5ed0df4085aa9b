"""Numbers, times and names as people read them."""

import re
from datetime import UTC, datetime
from typing import Final

OF_A_KEY: Final = re.compile(r" \([0-9A-Z]{26}\)$")  # as `serving.system.new_id` makes them
TURNS: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")  # overrides, isolates


def in_its_place(value: object) -> object:
    r"""Return text with a mark where a sender turned the direction of writing: it would turn what stands around it too.

    Example:
        >>> in_its_place("sent \u202edegap") == "sent \ufffddegap", in_its_place(7)
        (True, 7)
    """
    return value.translate(TURNS) if isinstance(value, str) else value


def without_id(by: str) -> str:
    """Return a name on record without the id of its key, which is for files; other brackets are the name's own.

    Example:
        >>> without_id("Priya Shah (01M81HWV9R8Q4Z7E2B5N6K3T1A)"), without_id("Ann (Risk)")
        ('Priya Shah', 'Ann (Risk)')
    """
    return OF_A_KEY.sub("", by)


def number(value: float | None) -> str:
    """Write a count.

    Example:
        >>> number(12345), number(-3), number(-0.3), number(None)
        ('12,345', '−3', '0', '–')
    """
    return "–" if value is None else f"{value:z,.0f}".replace("-", "−")


def percent(value: float | None) -> str:
    """Write a share.

    Example:
        >>> percent(0.0312), percent(0.5)
        ('3.1 %', '50 %')
    """
    return "–" if value is None else f"{100 * value:.{1 if abs(value) < 0.0995 else 0}f} %"


def per_thousand(value: float | None) -> str:
    """Write a rate as so many of a thousand.

    Example:
        >>> per_thousand(0.0046), per_thousand(-0.1), per_thousand(-0.00002)
        ('4.6', '−100.0', '0.0')
    """
    return "–" if value is None else f"{1000 * value:z,.1f}".replace("-", "−")


def signed(value: float | None) -> str:
    """Write a rate of a thousand with its sign.

    Example:
        >>> signed(0.0046), signed(-0.001), signed(0.0)
        ('+4.6', '−1.0', '0.0')
    """
    if value is None:
        return "–"
    written = f"{1000 * value:+z,.1f}".replace("-", "−")
    return "0.0" if written == "+0.0" else written


def day(at: datetime) -> str:
    """Write a day, in UTC."""
    return f"{at.astimezone(UTC):%-d %b %Y}"


def minute(at: datetime) -> str:
    """Write a time to the minute, in UTC."""
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def written_minute(text: str) -> str:
    """Write a time that is written for machines to the minute.

    Example:
        >>> written_minute("2026-11-20T13:05:59+01:00")
        '20 Nov 2026, 12:05 UTC'
    """
    return minute(datetime.fromisoformat(text))


def iso(at: datetime) -> str:
    """Write a time for a machine."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
