"""What is said of refused marketing: as JSON, as cells of a spreadsheet, and as a table for a terminal.

The words are those of senders; a template is shown with the facts of the last message. A sign that steers a terminal is
shown as `?`, and a cell that a spreadsheet would read as a formula begins with an apostrophe.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from model.contracts import JSON
from model.in_words.numbers import counted
from serving.people.refused import Audit, Group
from serving.people.spreadsheets import cell, plain
from serving.record.record import timestamp

HEADINGS = (
    *("times", "customers", "first", "last", "purpose", "channel"),
    *("template", "text", "next_step", "reasons", "last_facts", "last_decision_id"),
)
TITLES = ("TIMES", "CUSTOMERS", "FIRST (UTC)", "LAST (UTC)", "PURPOSE", "CHANNEL", "REFUSED BECAUSE", "WOULD HAVE SAID")
COUNTS = 2  # the columns of numbers, at the right edge of their place
LONGEST = {"PURPOSE": 24, "WOULD HAVE SAID": 72}  # characters


def group_json(group: Group) -> dict[str, JSON]:
    """Return one message as JSON, its text whole; text or template is null."""
    said = group.said
    return {
        "times": group.times,
        "customers": group.customers,
        "first": timestamp(group.first),
        "last": timestamp(group.last),
        "purpose": storable(said.purpose),
        "channel": said.channel,
        "template": storable(said.template),
        "text": storable(said.text),
        "next_step": storable(said.next_step),
        "reasons": list(said.reasons),
        "last_facts": json.loads(storable(json.dumps(dict(group.last_facts), ensure_ascii=False)) or "{}"),
        "last_decision_id": group.last_id,
    }


def cells(group: Group) -> list[str]:
    """Return one message as the cells of a spreadsheet, in the order of `HEADINGS`."""
    row = group_json(group) | {"reasons": " ".join(group.said.reasons), "last_facts": facts(group.last_facts)}
    return [cell(row[name]) for name in HEADINGS]


def lines(found: Audit) -> list[str]:
    """Return a table with one line per message, and what they come to."""
    if not found.groups:
        return ["no marketing was refused"]
    rows = [TITLES, *(shown(group) for group in found.groups)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(TITLES))]
    table = [
        "  ".join(
            text.rjust(width) if place < COUNTS else text.ljust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    in_all = f"{counted(found.messages, 'message')} for {counted(found.customers, 'customer')}"
    return [*table, f"in all {in_all}; none was sent"]


def shown(group: Group) -> tuple[str, ...]:
    """Return the cells of one line of the table."""
    said = group.said
    return (
        f"{group.times:,}",
        f"{group.customers:,}",
        minute(group.first),
        minute(group.last),
        beginning(said.purpose, LONGEST["PURPOSE"]),
        plain(said.channel),
        " ".join(said.reasons),
        words(group),
    )


def words(group: Group) -> str:
    """Return the template's name with the last facts, or the beginning of the text in quotes."""
    said = group.said
    if said.template is not None:
        filled = f" ({facts(group.last_facts)})" if group.last_facts else ""
        return beginning(f"template {said.template}{filled}", LONGEST["WOULD HAVE SAID"])
    text = " ".join(part for part in (said.text, said.next_step) if part)
    return f'"{beginning(text, LONGEST["WOULD HAVE SAID"])}"'


def facts(told: Mapping[str, JSON]) -> str:
    """Write facts on one line.

    Example:
        >>> facts({"parcel": "A-7", "pieces": 2})
        'parcel: A-7, pieces: 2'
    """
    shown = {
        name: fact if isinstance(fact, str) else json.dumps(fact, ensure_ascii=False) for name, fact in told.items()
    }
    return ", ".join(f"{name}: {fact}" for name, fact in shown.items())


def minute(at: datetime) -> str:
    """Write a time in UTC, to the minute.

    Example:
        >>> minute(datetime(2026, 11, 20, 9, 5, 59, tzinfo=UTC))
        '2026-11-20 09:05'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def beginning(text: str, longest: int) -> str:
    """Return at most so many characters, with `…` in place of the rest.

    Example:
        >>> beginning("Come back and save", 9)
        'Come bac…'
    """
    whole = plain(text)
    return whole if len(whole) <= longest else whole[: longest - 1] + "…"


def storable(text: str | None) -> str | None:
    """Return a text that can be written as UTF-8: half a surrogate pair becomes `?`."""
    return None if text is None else text.encode("utf-8", "replace").decode()
