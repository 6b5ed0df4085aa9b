"""The templates of the console's pages, and what they may say."""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from model.certifying.words import listed
from serving.in_words.contract import capital, of_channel, of_purpose, of_reason
from serving.in_words.figures import day, in_its_place, iso, minute, number, per_thousand, percent, signed, without_id
from serving.in_words.limits import recorded_in_words

if TYPE_CHECKING:  # it is loaded by the first page that is asked for
    from jinja2 import Environment

TEMPLATES: Final = Path(__file__).with_name("templates")
NOTICES: Final[dict[str, str]] = {
    "approved": "Approved. It counts from now on.",
    "reviewed": "Your review is on record.",
    "withdrawn": "Your no is on record. Nobody is sent these words until somebody approves them anew.",
    "released": "Released. It is on record with your reason.",
    "tightened": "These limits are in force from the next decision on, with your name and your reason.",
    "configured": "The limits are those of the configuration again, from the next decision on.",
}  # what a page may say after something was done: never words out of an address


@cache
def environment() -> "Environment":
    """Return the templates, which escape everything; a name that is missing is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415  (20 ms of the start)

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=in_its_place,
    )
    made.filters |= {
        "number": number,
        "percent": percent,
        "per_thousand": per_thousand,
        "signed": signed,
        "day": day,
        "minute": minute,
        "iso": iso,
        "in_path": in_path,
        "lines": lines,
        "purpose": of_purpose,
        "channel": of_channel,
        "reason": of_reason,
        "capital": capital,
        "listed": listed,
        "limits": recorded_in_words,
        "without_id": without_id,
    }
    return made


def in_path(text: str) -> str:
    """Write any text as one part of a path."""
    return quote(text, safe="")


def lines(value: object) -> str:
    """Write JSON for people."""
    return json.dumps(value, indent=2, ensure_ascii=False)
