"""Lines read and checked, customers numbered, occasions chosen, outcomes gathered; `statements` says which tables."""

from datetime import datetime

from duckdb import DuckDBPyConnection

from model.history_table import statements as sql
from model.history_table.asking import Row, counts_of, made_by, one_row, rows_of, run
from model.history_table.description import History, Log
from model.history_table.doubting import (
    Lines,
    keep_chosen,
    keep_complaints,
    keep_contacts,
    keep_engagements,
    keep_named,
    refuse_gaps,
    refuse_silence,
    refuse_twice,
    refuse_wrong,
)
from model.history_table.files import Given
from model.history_table.opening import given
from model.history_table.viewing import show_acts, show_contacts

DAY = 86_400_000_000  # microseconds


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
    refuse_silence(history, lines)
    connection.execute(sql.COMPLAINTS)
    for log in history.complaints:
        _complaints(connection, _given(connection, log, history, lines), lines)
    if history.complaints:
        _count_complaints(connection, lines)
    keep_chosen(history, choose(connection, history, micros=micros), lines, as_of=as_of)
    connection.execute(sql.HARM)
    return lines


def _given(connection: DuckDBPyConnection, log: Log, history: History, lines: Lines) -> Given:
    """Open a log, and keep what is to be said of its folder."""
    opened = given(connection, log, history.folder)
    lines.others += [opened.others] if opened.others else []
    return opened


def _contacts(connection: DuckDBPyConnection, log: Given, lines: Lines) -> None:
    """Read the contact log and say of every line what it is."""
    show_contacts(connection, log)
    refuse_gaps(log, one_row(connection, sql.GAPS))
    if not one_row(connection, sql.DIFFERENT_IDS)["same"]:
        refuse_twice(log.log, first_of(rows_of(connection, sql.TWICE)))
    refuse_wrong(log.log, first_of(rows_of(connection, sql.WRONG)))
    keep_contacts(log.log, one_row(connection, sql.COUNTS), lines)


def first_of(rows: list[Row]) -> Row | None:
    """Return the first row, if there is one."""
    return rows[0] if rows else None


def _engagements(connection: DuckDBPyConnection, log: Given, lines: Lines) -> None:
    """Add what customers did by themselves; what is reported only by contact is analytics."""
    show_acts(log, "engagements_given")
    counts = counts_of(connection, log.log, sql.ENGAGEMENT_COUNTS)
    keep_engagements(log, counts, lines)
    added = run(connection, log.log, sql.ENGAGEMENTS)
    lines.nowhere[log.log.file] = lines.nowhere.get(log.log.file, 0) + counts["own"] - added


def _complaints(connection: DuckDBPyConnection, log: Given, lines: Lines) -> None:
    """Add complaints and opt-outs with whom they are from and, where they say, the contact that they are about."""
    show_acts(log, "complaints_given")
    keep_complaints(log, counts_of(connection, log.log, sql.COMPLAINT_COUNTS), lines)
    run(connection, log.log, sql.COMPLAINED)


def _count_complaints(connection: DuckDBPyConnection, lines: Lines) -> None:
    counts = one_row(connection, sql.NAMED_COUNTS)
    added = count_harm(connection)
    if counts["own"] > added:
        lines.nowhere["[complaints]"] = counts["own"] - added
    keep_named(counts, lines)


def count_harm(connection: DuckDBPyConnection) -> int:
    """Add complaints and opt-outs to the acts; return how many are of customers whom a contact of ours names."""
    added = made_by(connection.execute(sql.COMPLAINT_ACTS))
    connection.execute(sql.UNPROMPTED)
    return added


def choose(connection: DuckDBPyConnection, history: History, *, micros: int) -> Row:
    """Choose of every fact the first occasion that was drawn, and count those whose windows had closed."""
    connection.execute(sql.FIRSTS if "fact" in history.contacts.columns else sql.EVERY)
    return one_row(connection, sql.CHOSEN_COUNTS, latest=micros - history.windows.longest * DAY)
