"""What the steps found out, put together and judged as one process judges its own: same refusals, same words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from model.errors import InvalidInput, Unavailable
from model.history_table import attributes, doubting
from model.history_table.apart.steps import ERROR
from model.history_table.asking import Row
from model.history_table.assembling import Tally
from model.history_table.attributes import Chosen, Records
from model.history_table.description import History
from model.history_table.doubting import Lines
from model.history_table.files import Given

Told = Sequence[Mapping[str, Any]]
NO_RECORD = Records(notes=(attributes.NO_CUSTOMERS,))
LEAST, MOST = "earliest", "latest"


def refuse_errors(told: Told) -> None:
    """Raise what a place refused; where several did, the same one whichever was first."""
    errors = sorted((not each["invalid"], each["said"]) for each in told if each["what"] == ERROR)
    if errors:
        outside, said = errors[0]
        raise Unavailable(said) if outside else InvalidInput(said)


def whole(rows: Iterable[Row]) -> dict[str, Any]:
    """Put counts together: sums, but for what is the earliest or the latest."""
    found: dict[str, Any] = {}
    for row in rows:
        for name, value in row.items():
            if value is None or found.get(name) is None:
                found[name] = found[name] if value is None and name in found else value
            else:
                found[name] = _joined(name, found[name], value)
    return found


def _joined(name: str, one: Any, other: Any) -> Any:
    if name in (LEAST, MOST):
        return min(one, other) if name == LEAST else max(one, other)
    return one + other


def of(told: Told, what: str, part: str = "counts") -> list[Any]:
    """Return a part of what was told of a log, by each place."""
    return [each[part] for each in told if each["what"] == what]


def first(told: Told, what: str, part: str, *by: str) -> Row | None:
    """Return the first of the lines that places found, by these columns."""
    found: list[Row] = [row for rows in of(told, what, part) for row in rows]
    return min(found, key=lambda row: [row[name] for name in by]) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the steps told: of the files, of what complaints name, of the customers."""

    read: Told
    named: Told
    made: Told = ()


def judge(history: History, logs: Mapping[str, Given], told: Found) -> Lines:
    """Judge the logs one after the other, as `model.history_table.gathering` does."""
    lines = Lines(others=[log.others for what, log in logs.items() if log.others and what != "customers"])
    doubting.refuse_gaps(logs["contacts"], whole(of(told.read, "contacts", "gaps")))
    doubting.refuse_twice(history.contacts, first(told.named, "named", "twice", "id"))
    doubting.refuse_wrong(history.contacts, first(told.read, "contacts", "wrong", "t", "id"))
    doubting.keep_contacts(history.contacts, whole(of(told.read, "contacts")), lines)
    for what, log in logs.items():
        if what.startswith("engagements"):
            doubting.keep_engagements(log, whole(of(told.read, what)), lines)
    doubting.refuse_silence(history, lines)
    for what, log in logs.items():
        if what.startswith("complaints"):
            doubting.keep_complaints(log, whole(of(told.read, what)), lines)
    if history.complaints:
        doubting.keep_named(whole(of(told.named, "named")), lines)
    if "customers" in logs:
        attributes.refuse_gaps(logs["customers"], whole(of(told.read, "customers")))
    return lines


def keep_made(history: History, lines: Lines, told: Found, *, as_of: datetime) -> Tally:
    """Keep what became of the lines at their customers; refuse logs of which none is a row."""
    for number, log in enumerate(history.engagements):
        own = whole(of(told.read, f"engagements {number}"))["own"]
        added = sum(each[number] for each in of(told.made, "customers", "added"))
        lines.nowhere[log.file] = lines.nowhere.get(log.file, 0) + own - added
    if history.complaints:
        lost = whole(of(told.named, "named"))["own"] - sum(of(told.made, "customers", "harm"))
        lines.nowhere |= {"[complaints]": lost} if lost > 0 else {}
    doubting.keep_chosen(history, whole(of(told.made, "customers", "chosen")), lines, as_of=as_of)
    return Tally(**whole(of(told.made, "customers", "tally")))


def records_of(log: Given, chosen: Chosen, told: Found) -> Records:
    """Return what is known of customers; refuse two records of one for one time."""
    twice = first(told.made, "customers", "twice", "id")
    attributes.refuse_twice(log.log, *([twice] if twice else []))
    lines = whole(of(told.read, "customers"))["lines"]
    return attributes.records_of(log, chosen, lines=lines, known=sum(of(told.made, "customers", "known")))
