"""Lines read and checked, customers numbered, occasions chosen, outcomes gathered; `statements` says which tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import LiteralString

import duckdb
from duckdb import DuckDBPyConnection

from model.contracts import MarketingPurpose, Purpose
from model.errors import InvalidInput
from model.history_table import statements as sql
from model.history_table.description import WORDS, History, Log, Meaning
from model.history_table.files import Given, number_or_empty
from model.history_table.opening import given, unreadable

DAY = 86_400_000_000  # microseconds
ESSENTIAL = (Purpose.ACCOUNT_EVENT, Purpose.REMEDIATION, Purpose.REQUESTED_REMINDER)  # every evidence of theirs is
NOBODY_WROTE = (
    "`benefit` is `no_contact`, but no line of `[engagements]` says `contacted_us`, so everybody would have it; give "
    "the log of who wrote to you, or another `benefit`"
)
Row = Mapping[str, int]


@dataclass(slots=True, kw_only=True)
class Lines:
    """What became of the lines, for `telling`."""

    marketing: int = 0
    essential: int = 0
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


def gather(connection: DuckDBPyConnection, history: History, *, as_of: datetime, micros: int) -> Lines:
    """Make every table but `records` and `built`.

    Raises:
        InvalidInput: a line that cannot be used, no row; the message names file, column, value and next step.
    """
    lines = Lines()
    _contacts(connection, _given(connection, history.contacts, history, lines), lines)
    connection.execute(sql.PEOPLE)
    connection.execute(sql.ACTS)
    for log in history.engagements:
        _engagements(connection, _given(connection, log, history, lines), lines)
    if history.benefit == "no_contact" and not lines.contacted_us:
        raise InvalidInput(NOBODY_WROTE)
    connection.execute(sql.COMPLAINTS)
    for log in history.complaints:
        _complaints(connection, _given(connection, log, history, lines), lines)
    if history.complaints:
        _count_complaints(connection, lines)
    _choose(connection, history, lines, as_of=as_of, micros=micros)
    connection.execute(sql.HARM)
    return lines


def _given(connection: DuckDBPyConnection, log: Log, history: History, lines: Lines) -> Given:
    """Open a log, and keep what is to be said of its folder."""
    opened = given(connection, log, history.folder)
    lines.others += [opened.others] if opened.others else []
    return opened


def _contacts(connection: DuckDBPyConnection, log: Given, lines: Lines) -> None:
    """Read the contact log and say of every line what it is."""
    texts = {key: log.text(key).alias(key) for key in ("id", "customer", "cluster", "fact", "version")}
    if "cluster" in log.log.columns:
        whole = duckdb.CoalesceOperator(log.text("cluster"), log.text("customer"))
        texts["cluster"] = whole.alias("cluster")
    read = {
        "time": log.micros("time"),
        "contacted": log.truth("contacted"),
        "purpose": log.word("purpose", WORDS["contacts.purpose"]),
        "channel": log.word("channel", WORDS["contacts.channel"]),
    }
    if "essential" in log.log.columns:
        read["essential"] = log.truth("essential")
    others = {"propensity": log.number("propensity")}
    others |= {} if "essential" in read else {"essential": log.truth("essential")}
    columns = [*texts.values(), *(each.alias("t" if key == "time" else key) for key, each in (read | others).items())]
    log.relation.select(*columns).create_view("contacts_given", replace=True)
    logged = "propensity" in log.log.columns
    words = {"purposes": list(WORDS["contacts.purpose"]), "channels": list(WORDS["contacts.channel"])}
    parts = {"marketing": list(MarketingPurpose), "essential": list(ESSENTIAL), "logged": logged}
    _run(connection, log.log, sql.CONTACTS, **words, **parts)
    gaps = one_row(connection, sql.GAPS)
    for key in ("id", "customer", "time", "contacted", "purpose", "channel", "essential"):
        if gaps[key] and key in log.log.columns:
            raise _gap(log, key, gaps[key], read.get(key))
    if gaps["propensity"]:
        value = log.first_without("propensity", number_or_empty(others["propensity"]))
        raise InvalidInput(
            f"{log.says('propensity')}: `{value}` is no number, on {gaps['propensity']:,} lines in all; "
            "write such as 0.5, or leave it empty where nothing was drawn"
        )
    _refuse_contradictions(connection, log.log)
    found = one_row(connection, sql.COUNTS)
    lines.marketing, lines.essential, lines.earliest = found["marketing"], found["essential"], found["earliest"] or 0
    lines.latest[log.log.file] = found["latest"] or 0
    if not found["drawn"]:
        raise InvalidInput(
            f"`{log.log.file}` has no occasion that was drawn: of {gaps['lines']:,} lines {lines.marketing:,} are "
            f"marketing and {lines.essential:,} essential or never drawn; there is nothing to learn from"
        )


def _refuse_contradictions(connection: DuckDBPyConnection, log: Log) -> None:
    """Refuse one id on two lines, and a propensity that the line itself contradicts."""
    if not one_row(connection, sql.DIFFERENT_IDS)["same"]:
        twice = connection.execute(sql.TWICE).fetchone()
        if twice is not None:
            raise InvalidInput(f"`{log.file}`: id `{twice[0]}` stands on {twice[1]:,} lines; one line per occasion")
    wrong = connection.execute(sql.WRONG).fetchone()
    if wrong is not None:
        was = "contacted" if wrong[1] else "held out"
        raise InvalidInput(
            f"`{log.file}`: contact `{wrong[0]}` was {was} with propensity `{wrong[2]}`; write P(contacted) as it was "
            "when the coin was tossed, above 0 and below 1, or leave `propensity` out"
        )


def _engagements(connection: DuckDBPyConnection, log: Given, lines: Lines) -> None:
    """Add what customers did by themselves; what is reported only by contact is analytics."""
    _acts_view(log, "engagements_given")
    counts = _checked(connection, log, sql.ENGAGEMENT_COUNTS)
    lines.by_contact += counts["by_contact"]
    lines.contacted_us += counts["contacted_us"]
    lines.other_kinds += counts["kind"]
    lines.latest[log.log.file] = counts["latest"] or 0
    if counts["lines"] and counts["by_contact"] == counts["lines"]:
        raise InvalidInput(
            f"`{log.log.file}` reports engagement only by contact: that is a response, seen only where there was a "
            "message, and no benefit; give the customer of each line (`engagements.customer`), and no contact"
        )
    added = _run(connection, log.log, sql.ENGAGEMENTS)
    lines.nowhere[log.log.file] = lines.nowhere.get(log.log.file, 0) + counts["own"] - added


def _complaints(connection: DuckDBPyConnection, log: Given, lines: Lines) -> None:
    """Add complaints and opt-outs with whom they are from and, where they say, the contact that they are about."""
    _acts_view(log, "complaints_given")
    counts = _checked(connection, log, sql.COMPLAINT_COUNTS)
    lines.other_kinds += counts["kind"]
    lines.latest[log.log.file] = counts["latest"] or 0
    _run(connection, log.log, sql.COMPLAINED)


def _acts_view(log: Given, view: str) -> None:
    """Show a log of acts under our own names: customer, contact, t, kind."""
    kind = log.word("kind", WORDS[f"{log.log.table}.kind"])
    columns = [log.text("customer").alias("customer"), log.text("contact").alias("contact")]
    log.relation.select(*columns, log.micros("time").alias("t"), kind.alias("kind")).create_view(view, replace=True)


def _checked(connection: DuckDBPyConnection, log: Given, counts: LiteralString) -> Row:
    """Count a log of acts; refuse a line without a time, without anybody, or of a kind that was not mapped."""
    found = counts_of(connection, log.log, counts)
    if found["time"]:
        raise _gap(log, "time", found["time"], log.micros("time"))
    if found["nobody"]:
        raise InvalidInput(
            f"`{log.log.file}`: {found['nobody']:,} lines say neither which customer nor which contact; fill one in"
        )
    meaning = log.log.columns["kind"]
    if found["kind"] and not (isinstance(meaning, Meaning) and meaning.words):
        raise _gap(log, "kind", found["kind"], log.word("kind", WORDS[f"{log.log.table}.kind"]))
    return found


def _count_complaints(connection: DuckDBPyConnection, lines: Lines) -> None:
    counts = one_row(connection, sql.NAMED_COUNTS)
    added = _count(connection.execute(sql.COMPLAINT_ACTS))
    connection.execute(sql.UNPROMPTED)
    if counts["own"] > added:
        lines.nowhere["[complaints]"] = counts["own"] - added
    if counts["early"]:
        raise InvalidInput(
            f"`[complaints]`: {counts['early']:,} lines are earlier than the contact they name, `{counts['earliest']}` "
            "for one; correct the clock of either log (a day without a time is its midnight: write its end)"
        )
    lines.unknown_contacts, lines.another = counts["unknown"], counts["another"]


def _choose(connection: DuckDBPyConnection, history: History, lines: Lines, *, as_of: datetime, micros: int) -> None:
    """Choose of every fact the first occasion that was drawn, where its windows had closed."""
    drawn = one_row(connection, sql.COUNTS)["drawn"]
    connection.execute(sql.FIRSTS if "fact" in history.contacts.columns else sql.EVERY)
    longest = history.windows.longest
    found = one_row(connection, sql.CHOSEN_COUNTS, latest=micros - longest * DAY)
    lines.repeats, lines.open = drawn - found["firsts"], found["firsts"] - found["chosen"]
    if not found["chosen"]:
        raise InvalidInput(
            f"no row yet: the {longest}-day windows of all {found['firsts']:,} occasions of `{history.contacts.file}` "
            f"are open at {as_of.isoformat()}; export later, or correct `as_of`"
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


def _run(connection: DuckDBPyConnection, log: Log, statement: LiteralString, **values: object) -> int:
    """Run a statement that reads a file, which is where a damaged one is found out; return how many rows it made."""
    try:
        return _count(connection.execute(statement, values or None))
    except duckdb.Error as error:
        raise unreadable(log, error) from error


def _count(made: DuckDBPyConnection) -> int:
    return int(made.fetchall()[0][0])


def counts_of(connection: DuckDBPyConnection, log: Log, statement: LiteralString) -> Row:
    """Return the counts of a statement that reads a file."""
    try:
        return one_row(connection, statement)
    except duckdb.Error as error:
        raise unreadable(log, error) from error


def one_row(connection: DuckDBPyConnection, statement: LiteralString, **values: int) -> Row:
    """Return the one row of a statement by name."""
    answer = connection.execute(statement, values or None)
    names = [column[0] for column in answer.description]
    return dict(zip(names, answer.fetchall()[0], strict=True))
