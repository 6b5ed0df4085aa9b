"""What was counted of each log, judged: refused with file, column and value, or kept to be told.

Counts are of a whole log, however many read it: here nothing is read but the one value that a message shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from model.errors import InvalidInput
from model.history_table.asking import Row
from model.history_table.description import WORDS, History, Log, Meaning
from model.history_table.files import Given, number_or_empty
from model.history_table.viewing import kind_of, needed

NOBODY_WROTE = (
    "`benefit` is `no_contact`, but no line of `[engagements]` says `contacted_us`, so everybody would have it; give "
    "the log of who wrote to you, or another `benefit`"
)


@dataclass(slots=True, kw_only=True)
class Lines:
    """What became of the lines, for `telling`."""

    marketing: int = 0
    essential: int = 0
    drawn: int = 0
    repeats: int = 0  # later occasions of a fact
    open: int = 0
    by_contact: int = 0  # engagements that name a contact: responses, analytics
    contacted_us: int = 0
    nowhere: dict[str, int] = field(default_factory=dict)  # lines of customers whom no contact of ours names, by file
    others: list[str] = field(default_factory=list)  # notes on files that are not read
    other_kinds: int = 0  # of a mapped column: values that mean none of our words
    unknown_contacts: int = 0
    another: int = 0  # harm that names the message of another customer
    earliest: int = 0  # line of the contact log, microseconds
    latest: dict[str, int] = field(default_factory=dict)  # line of each log, microseconds


def refuse_gaps(log: Given, gaps: Row) -> None:
    """Refuse a contact log in which a line does not say what it has to."""
    read = needed(log)
    for key in ("id", "customer", "time", "contacted", "purpose", "channel", "essential"):
        if gaps[key] and key in log.log.columns:
            raise _gap(log, key, gaps[key], read.get(key))
    if gaps["propensity"]:
        value = log.first_without("propensity", number_or_empty(log.number("propensity")))
        raise InvalidInput(
            f"{log.says('propensity')}: `{value}` is no number, on {gaps['propensity']:,} lines in all; "
            "write such as 0.5, or leave it empty where nothing was drawn"
        )


def refuse_twice(log: Log, twice: Row | None) -> None:
    """Refuse one id on two lines."""
    if twice is not None:
        raise InvalidInput(
            f"`{log.file}`: id `{twice['id']}` stands on {twice['lines']} lines; keep one line per occasion"
        )


def refuse_wrong(log: Log, wrong: Row | None) -> None:
    """Refuse a propensity that the line itself contradicts."""
    if wrong is not None:
        was = "contacted" if wrong["contacted"] else "held out"
        raise InvalidInput(
            f"`{log.file}`: contact `{wrong['id']}` was {was} with propensity `{wrong['propensity']}`; write "
            "P(contacted) as it was when the coin was tossed, above 0 and below 1, or leave `propensity` out"
        )


def keep_contacts(log: Log, found: Row, lines: Lines) -> None:
    """Keep what the lines of the contact log are; refuse a log in which nothing was drawn."""
    lines.marketing, lines.essential, lines.drawn = found["marketing"], found["essential"], found["drawn"]
    lines.earliest, lines.latest[log.file] = found["earliest"] or 0, found["latest"] or 0
    if not lines.drawn:
        raise InvalidInput(
            f"`{log.file}` has no occasion that was drawn: of {found['lines']:,} lines {lines.marketing:,} are "
            f"marketing and {lines.essential:,} essential or never drawn; add a log of occasions that were drawn"
        )


def keep_engagements(log: Given, found: Row, lines: Lines) -> None:
    """Keep what a log of engagements holds; refuse one that says only who responded."""
    refuse_acts(log, found)
    lines.by_contact += found["by_contact"]
    lines.contacted_us += found["contacted_us"]
    lines.other_kinds += found["kind"]
    lines.latest[log.log.file] = found["latest"] or 0
    if found["lines"] and found["by_contact"] == found["lines"]:
        raise InvalidInput(
            f"`{log.log.file}` reports engagement only by contact: that is a response, seen only where there was a "
            "message, and no benefit; give the customer of each line (`engagements.customer`), and no contact"
        )


def refuse_silence(history: History, lines: Lines) -> None:
    """Refuse a benefit that everybody would have."""
    if history.benefit == "no_contact" and not lines.contacted_us:
        raise InvalidInput(NOBODY_WROTE)


def keep_complaints(log: Given, found: Row, lines: Lines) -> None:
    """Keep what a log of complaints and opt-outs holds."""
    refuse_acts(log, found)
    lines.other_kinds += found["kind"]
    lines.latest[log.log.file] = found["latest"] or 0


def refuse_acts(log: Given, found: Row) -> None:
    """Refuse a log of acts with a line without a time, without anybody, or of a kind that was not mapped."""
    if found["time"]:
        raise _gap(log, "time", found["time"], log.micros("time"))
    if found["nobody"]:
        raise InvalidInput(
            f"`{log.log.file}`: {found['nobody']:,} lines say neither which customer nor which contact; fill one in"
        )
    meaning = log.log.columns["kind"]
    if found["kind"] and not (isinstance(meaning, Meaning) and meaning.words):
        raise _gap(log, "kind", found["kind"], kind_of(log))


def keep_named(counts: Row, lines: Lines) -> None:
    """Keep what complaints and opt-outs say of the contacts that they name; refuse one from before its contact."""
    if counts["early"]:
        raise InvalidInput(
            f"`[complaints]`: {counts['early']:,} lines are earlier than the contact they name, `{counts['earliest']}` "
            "for one; correct the clock of either log (a day without a time is its midnight: write its end)"
        )
    lines.unknown_contacts, lines.another = counts["unknown"], counts["another"]


def keep_chosen(history: History, found: Mapping[str, int], lines: Lines, *, as_of: datetime) -> None:
    """Keep how many occasions are rows; refuse logs of which none is one yet."""
    lines.repeats, lines.open = lines.drawn - found["firsts"], found["firsts"] - found["chosen"]
    if not found["chosen"]:
        raise InvalidInput(
            f"no row yet: the {history.windows.longest}-day windows of all {found['firsts']:,} occasions of "
            f"`{history.contacts.file}` are open at {as_of.isoformat()}; export later, or correct `as_of`"
        )


def _gap(log: Given, key: str, count: int, read: duckdb.Expression | None) -> InvalidInput:
    """Say what stands where a column says nothing that we know."""
    value = "" if read is None else log.first_without(key, read)
    if not value:
        return InvalidInput(f"{log.says(key)} is empty on {count:,} lines; fill it in, or leave those lines out")
    place = f"{log.log.table}.{key}"
    if key == "time":
        step = "write RFC 3339 with an offset, such as 2026-11-20T18:00:00Z"
    else:
        words = WORDS[place]
        step = (
            f'say what it means: `{key} = {{ column = "…", {words[0]} = ["{value}"] }}`; known are {", ".join(words)}'
        )
    return InvalidInput(f"{log.says(key)}: `{value}` is not known, on {count:,} lines in all; {step}")
