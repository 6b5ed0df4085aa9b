"""A log under our own names of columns, line by line: what DuckDB's tables are filled from."""

from collections.abc import Mapping

import duckdb
from duckdb import DuckDBPyConnection, Expression

from model.contracts import MarketingPurpose, Purpose
from model.history_table import statements as sql
from model.history_table.asking import run
from model.history_table.description import WORDS
from model.history_table.files import Given

ESSENTIAL = (Purpose.ACCOUNT_EVENT, Purpose.REMEDIATION, Purpose.REQUESTED_REMINDER)  # every evidence of theirs is


def show_contacts(connection: DuckDBPyConnection, log: Given) -> None:
    """Make the table `contacts`: every line of the contact log, and what it is.

    Raises:
        InvalidInput: a column is not there or of a type that cannot be used, or a file is damaged.
    """
    texts = {key: log.text(key).alias(key) for key in ("id", "customer", "cluster", "fact", "version")}
    if "cluster" in log.log.columns:
        whole = duckdb.CoalesceOperator(log.text("cluster"), log.text("customer"))
        texts["cluster"] = whole.alias("cluster")
    read = {"essential": log.truth("essential"), **needed(log), "propensity": log.number("propensity")}
    columns = [*texts.values(), *(each.alias("t" if key == "time" else key) for key, each in read.items())]
    log.relation.select(*columns).create_view("contacts_given", replace=True)
    words = {"purposes": list(WORDS["contacts.purpose"]), "channels": list(WORDS["contacts.channel"])}
    parts = {
        "marketing": list(MarketingPurpose),
        "essential": list(ESSENTIAL),
        "logged": "propensity" in log.log.columns,
    }
    run(connection, log.log, sql.CONTACTS, **words, **parts)


def needed(log: Given) -> Mapping[str, Expression]:
    """Return how the columns of the contact log are read that may not say what nobody knows."""
    read = {
        "time": log.micros("time"),
        "contacted": log.truth("contacted"),
        "purpose": log.word("purpose", WORDS["contacts.purpose"]),
        "channel": log.word("channel", WORDS["contacts.channel"]),
    }
    return read | ({"essential": log.truth("essential")} if "essential" in log.log.columns else {})


def show_acts(log: Given, view: str) -> None:
    """Show a log of acts under our own names: customer, contact, t, kind."""
    columns = [log.text("customer").alias("customer"), log.text("contact").alias("contact")]
    columns += [log.micros("time").alias("t"), kind_of(log).alias("kind")]
    log.relation.select(*columns).create_view(view, replace=True)


def kind_of(log: Given) -> Expression:
    """Return which of our words a line of acts says."""
    return log.word("kind", WORDS[f"{log.log.table}.kind"])
