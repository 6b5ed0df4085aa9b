"""The page of `outreach explain`: what was decided for whom, both questions, what would change it; all on one screen.

On request every verdict stands there with its sign, and nothing is cut.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from textwrap import wrap

from model.contracts import JSON
from serving.explaining.figures import hundredth

WIDTH = 100
HEIGHT = 25
COLUMNS = 3
SIGNS = {"pass": "+", "refuse": "NO", "waived": "~", "not_asked": "."}
LEGEND = "every verdict (+ passes, NO refuses, ~ refuses but is waived, . does not concern it)"
LONGEST_TEXT = 300  # characters of a text that somebody else wrote
MORE = "`--all` shows every verdict"
CUT = "… (`--all` shows the rest)"
FRACTION = re.compile(r"(?<=T\d\d:\d\d:\d\d)\.\d+")
Section = list[str]


def page(record: Mapping[str, JSON], *, whole: bool = False) -> list[str]:
    """Return the lines for one explained record; signs that steer a terminal are shown as `?`.

    They are at most `HEIGHT` where the `whole` is not asked for.
    """
    told = record["explanation"]
    sections = [
        [*_occasion(record)],
        [*_followed(record)],
        [""],
        [*_said("1. Would a competent agent send this, today, unprompted?", told["agent_would_send"])],
        [*_said("2. Would the customer thank us?", told["customer_would_thank"])],
        [*_flip(told)],
        [*([] if told["note"] is None else _wrapped("note", told["note"]))],
    ]
    shown = [*sections, [*_verdicts(told["verdicts"])]] if whole else [*_fitted(sections, HEIGHT - 1), [MORE]]
    return ["".join(sign if sign.isprintable() else "?" for sign in line) for section in shown for line in section]


def _fitted(sections: Sequence[Section], height: int) -> Iterator[Section]:
    """Cut the longest section, and again, until all of them fit; a section that was cut says so."""
    heights = [len(section) for section in sections]
    while sum(heights) > height:
        heights[heights.index(max(heights))] -= 1
    for section, kept in zip(sections, heights, strict=True):
        last = section[kept - 1] if kept else ""
        indent = " " * (len(last) - len(last.lstrip()))
        yield section if len(section) == kept else [*section[: kept - 1], f"{indent}{CUT}"]


def _occasion(record: Mapping[str, JSON]) -> Iterator[str]:
    """Say what was decided when, for whom, because of what, who asked, what was to be said, under which versions."""
    candidate, event = record["candidate"], record["context"]["evidence"]
    yield f"decision {record['decision_id']}: {record['action'].upper()} at {_second(record['decided_at'])}"
    yield f"  for      customer {candidate['user_id']}: {candidate['purpose']} by {candidate['channel']}"
    if event is not None:
        yield f"  because  {event['type']} `{event['id']}` of {_second(event['time'])}"
    if candidate.get("matched") is not None:
        yield f"  asked    by trigger `{candidate['matched']}`"
    yield from _wrapped("to say", _text(record))
    yield f"  under    policy {record['policy_version'][:19]}, model {record['model_version'] or 'none'}"
    if record["arm"] is not None:
        yield f"  chance   {_chance(record)} (arm `{record['arm']}`)"


def _chance(record: Mapping[str, JSON]) -> str:
    """Say what chance did, and how often it does."""
    often = f"{hundredth(record['logging_propensity'])} of 100 such occasions are"
    return f"let it be sent: {often}" if record["action"] == "send" else f"left it unsent: {often}"


def _followed(record: Mapping[str, JSON]) -> Iterator[str]:
    """Say what followed, in the order of its kind."""
    for later in record.get("confirmations", []):
        codes = ", ".join(reason["code"] for reason in later["reasons"])
        told = f"{later['action'].upper()} when confirmed at {_second(later['confirmed_at'])}"
        yield f"  then     {told}{codes and f': {codes}'}"
    for later in record["outcomes"]:
        yield f"  then     {later['kind']} at {_second(later['time'])}"


def _second(time: str | None) -> str:
    """Leave the fractions of a second to the record; one that no calendar has is null there."""
    return "a time that no calendar has" if time is None else FRACTION.sub("", time)


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


def _verdicts(rows: Sequence[Mapping[str, JSON]]) -> Iterator[str]:
    """Set all codes in columns, each with the sign of its verdict; then say what was waived, and why."""
    if not rows:
        return
    yield from ("", LEGEND)
    cells = [f"{SIGNS[row['verdict']]:>2} {row['code']}" for row in rows]
    height = -(-len(cells) // COLUMNS)
    columns = [cells[start : start + height] for start in range(0, len(cells), height)]
    widths = [max(map(len, column)) for column in columns]
    for row in zip_longest(*columns, fillvalue=""):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for each in rows:
        if each["verdict"] == "waived":
            yield from _wrapped("", f"~ {each['code']}: {each['detail']}", indent=1)


def _wrapped(name: str, text: str, *, indent: int = 11) -> Iterator[str]:
    """Set a text in lines, the first of which begins with its name."""
    first = f"  {name}".ljust(indent) if name else " " * indent
    lines = wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * indent, break_on_hyphens=False)
    yield from lines or [first.rstrip()]
