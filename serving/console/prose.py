"""Sentences out of the details of records: with a capital and a stop, and times as people write them."""

import re
from datetime import datetime
from typing import Final

from serving.in_words.contract import capital
from serving.in_words.figures import minute

TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def sentence(text: str) -> str:
    """Write a detail as a sentence: with a capital, a full stop, and times as people write them.

    Example:
        >>> sentence("the hold ends at 2026-11-20T08:00:00Z")
        'The hold ends at 20 Nov 2026, 08:00 UTC.'
    """
    said = capital(times(text.strip()))
    return said if not said or said.endswith((".", "!", "?", "…")) else f"{said}."


def times(text: str) -> str:
    """Write every RFC 3339 time in a text as the pages do; one that is none stays as it is."""
    return TIME.sub(lambda found: _minute(found[0]), text)


def _minute(text: str) -> str:
    try:
        return minute(datetime.fromisoformat(text))
    except ValueError:
        return text
