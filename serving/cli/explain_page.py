"""The page of `outreach explain`: what was decided for whom, both questions, what would change it, every verdict."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from textwrap import wrap

from model.contracts import JSON

WIDTH = 100
COLUMNS = 3
SIGNS = {"pass": "+", "refuse": "NO", "waived": "~", "not_asked": "."}
LEGEND = "every verdict (+ passes, NO refuses, ~ refuses but is waived, . does not concern it)"
LONGEST_TEXT = 300  # characters of a text that somebody else wrote


def page(record: Mapping[str, JSON]) -> list[str]:
    """Return the lines for one explained record; signs that steer a terminal are shown as `?`."""
    return ["".join(sign if sign.isprintable() else "?" for sign in line) for line in _lines(record)]


def _lines(record: Mapping[str, JSON]) -> Iterator[str]:
    told = record["explanation"]
    yield from _occasion(record)
    yield ""
    yield from _said("1. Would a competent agent send this, today, unprompted?", told["agent_would_send"])
    yield from _said("2. Would the customer thank us?", told["customer_would_thank"])
    yield from _flip(told)
    if told["verdicts"]:
        yield from ("", LEGEND, *_table(told["verdicts"]))
    yield from (line for row in told["verdicts"] if row["verdict"] == "waived" for line in _waived(row))
    yield from ([] if told["note"] is None else _wrapped("note", told["note"]))


def _occasion(record: Mapping[str, JSON]) -> Iterator[str]:
    """Say what was decided when, for whom, because of what, what was to be said, and what followed."""
    candidate, event = record["candidate"], record["context"]["evidence"]
    yield f"decision {record['decision_id']}: {record['action'].upper()} at {record['decided_at']}"
    yield f"  for      customer {candidate['user_id']}: {candidate['purpose']} by {candidate['channel']}"
    if event is not None:
        yield f"  because  {event['type']} `{event['id']}` of {event['time']}"
    yield from _wrapped("to say", _text(record))
    used = [f"policy {record['policy_version'][:19]}", f"model {record['model_version'] or 'none'}"]
    if record["arm"] is not None:
        used.append(f"arm {record['arm']}, which does this with probability {record['logging_propensity']:g}")
    yield f"  under    {', '.join(used)}"
    for later in record.get("confirmations", []):
        codes = ", ".join(reason["code"] for reason in later["reasons"])
        yield f"  then     {later['action'].upper()} when confirmed at {later['confirmed_at']}{codes and f': {codes}'}"
    for later in record["outcomes"]:
        yield f"  then     {later['kind']} at {later['time']}"


def _text(record: Mapping[str, JSON]) -> str:
    """Return the text as it was answered, as it was asked about, or the template with its facts."""
    message = record["candidate"]["message"]
    text = message["text"] if record["message"] is None else record["message"]["text"]
    if text is None:
        facts = ", ".join(f"{name} {value}" for name, value in message["facts"].items())
        text = f"template {message['template']}{facts and f' with {facts}'}"
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} …"


def _said(question: str, answer: str | None) -> Iterator[str]:
    yield question
    yield from _wrapped("", answer or "This record cannot be read back.", indent=3)


def _flip(told: Mapping[str, JSON]) -> Iterator[str]:
    flip = told["flip"]
    yield "What would change it?"
    if flip is None:
        yield from _wrapped("", told["no_flip"], indent=3)
        return
    yield from _wrapped("", flip["said"], indent=3)
    for other in flip["others"]:
        yield from _wrapped("", f"or: {other['change']}", indent=3)


def _table(rows: Sequence[Mapping[str, JSON]]) -> Iterator[str]:
    """Set all codes in columns, each with the sign of its verdict."""
    cells = [f"{SIGNS[row['verdict']]:>2} {row['code']}" for row in rows]
    height = -(-len(cells) // COLUMNS)
    columns = [cells[start : start + height] for start in range(0, len(cells), height)]
    widths = [max(map(len, column)) for column in columns]
    for row in zip_longest(*columns, fillvalue=""):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _waived(row: Mapping[str, JSON]) -> Iterator[str]:
    return _wrapped("", f"~ {row['code']}: {row['detail']}", indent=1)


def _wrapped(name: str, text: str, *, indent: int = 11) -> Iterator[str]:
    """Set a text in lines, the first of which begins with its name."""
    first = f"  {name}".ljust(indent) if name else " " * indent
    lines = wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * indent, break_on_hyphens=False)
    yield from lines or [first.rstrip()]
