import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest

from serving import ledger as ledger_package
from serving.ledger import open_ledger
from serving.ledger.sqlite.ledger import SqliteLedger
from tests.contracts.drawn import WATCH, decide, report
from tests.contracts.ledgers import NOW

STATEMENT = re.compile(r"(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
OF_OTHERS = ("postgres", "schema")  # PostgreSQL's own; made once
THEMES = sorted(one.name for one in iter_modules(ledger_package.__path__) if not one.name.startswith(OF_OTHERS))


def statements() -> Iterator[tuple[str, str]]:
    """Find every statement of the ledger's modules by its module and name: those of a tuple by their number too."""
    for theme in THEMES:
        for name, value in vars(import_module(f"serving.ledger.{theme}")).items():
            each = {f"{theme}{name}": value} if isinstance(value, str) else {}
            if isinstance(value, tuple):
                each = {f"{theme}{name}_{number}": one for number, one in enumerate(value) if isinstance(one, str)}
            yield from ((named, sql) for named, sql in each.items() if STATEMENT.match(sql))


QUERIES = dict(statements())
WHOLE_TABLE_ON_PURPOSE = {
    "people_KEYS",  # a company has a handful of keys
    "occasions_REPEATS",  # counted once per training table
    "approvals_APPROVALS",  # from its end, as many as are asked for
    "approvals_REVIEWS",  # likewise
    "complaining_OCCASIONS",  # likewise, of the occasions whose windows are closed
    "tightenings_NEWEST",  # likewise
    "opening_ANY_TABLE",  # of the schema, once
    "challenging_NEWEST",  # from its end, as many as are looked at
    "appending_ADD",  # what shows is the check of a foreign key, which SQLite passes over unless one is broken
}
SMALL = (
    "SCAN CONSTANT ROW",
    "SCAN asked",
    "SCAN breakers",
    "SCAN counted",  # what a view gives for one decision, or for a span: each part of it is searched
    "SCAN erased",
    "SCAN experiments",
    "SCAN families",
    "SCAN json_each",
    "SCAN newest_ones",  # what a period has, found through its index
    "SCAN one_of",
    "SCAN pair",
    "SCAN retained",
    "SCAN rewriting",
    "SCAN same",
    "SCAN silence",
    "SCAN some_events",
    "SCAN trips",
    "SCAN waiting",
    "SCAN watches",
)  # a handful


@pytest.fixture(scope="module")
def ledger() -> Iterator[SqliteLedger]:
    """Open an empty ledger: without statistics the plan follows from the indexes alone."""
    opened = open_ledger("sqlite://", now=NOW, salt=b"s")
    yield opened
    opened.close()


def plan(ledger: SqliteLedger, sql: str) -> list[str]:
    """Ask SQLite how it would find the rows."""
    names = dict.fromkeys(re.findall(r":(\w+)", sql), 0)
    return [row[3] for row in ledger._store._connection.execute("EXPLAIN QUERY PLAN " + sql, names)]


@pytest.mark.parametrize("name", sorted(QUERIES.keys() - WHOLE_TABLE_ON_PURPOSE))
def test_no_statement_reads_a_whole_table(ledger: SqliteLedger, name: str) -> None:
    """Every read and every change of a request finds its rows through an index."""
    actual = [step for step in plan(ledger, QUERIES[name]) if step.startswith("SCAN") and not step.startswith(SMALL)]
    assert actual == []


def test_there_are_queries_to_check() -> None:
    """The list is gathered from the modules and cannot be empty by mistake: every verb, and what stands in a tuple."""
    verbs = [sum(sql.startswith(verb) for sql in QUERIES.values()) for verb in ("SELECT", "INSERT", "UPDATE", "DELETE")]
    actual = [count >= least for count, least in zip(verbs, (75, 30, 30, 5), strict=True)]
    assert (actual, "identities_MOVES_0" in QUERIES) == ([True] * 4, True)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("evidence_FIND", "events_by_id (type=? AND id=?)"),
        ("evidence_FIND", "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)"),
        ("evidence_LISTED", "PRIMARY KEY (user_id=? AND family=? AND time=? AND event=?)"),
        ("evidence_NEWER_OF_CUSTOMER", "PRIMARY KEY (user_id=? AND family=? AND "),
        ("evidence_NEWER_OF_NOBODY", "events_of_nobody (family=? AND entity=? AND "),
        ("evidence_ELSEWHERE_OF_CUSTOMER", "SEARCH c USING PRIMARY KEY (user_id=? AND family=? AND time>?)"),
        ("evidence_ELSEWHERE_OF_CUSTOMER", "SEARCH concerns USING PRIMARY KEY (user_id=? AND family>?)"),
        ("evidence_ELSEWHERE_OF_NOBODY", "events_of_nobody (family=? AND entity=? AND "),
        ("evidence_ELSEWHERE_OF_NOBODY", "events_of_nobody (family>?)"),
        ("requests_REQUESTS", "PRIMARY KEY (user_id=? AND family=?)"),
        ("reservations_TOLD", "reservations_of_fact (user_id=? AND fact_key=?)"),
        ("held_texts_SINCE", "held_texts_by_time (at>?)"),
        ("decisions_PAGE_OF_REASON", "PRIMARY KEY (code=? AND decision>?)"),
        ("decisions_PAGE_OF_REASON", "d USING INTEGER PRIMARY KEY (rowid=?)"),
        ("decisions_PAGE_OF_USER", "decisions_of_user (user_id=? AND seq>?)"),
        ("decisions_PAGE_OF_USER", "PRIMARY KEY (code=? AND decision=?)"),
        ("reservations_SENDS", "reservations_of_user (user_id=? AND released_at=? AND at>?)"),
        ("sessions_WIDGET_SENDS", "reservations_of_session (session=? AND channel=? AND at>?)"),
        ("confirmations_ABOUT", "outcomes_of_decision (decision_id=?)"),
        ("confirmations_ABOUT", "reservations USING INDEX sqlite_autoindex_reservations_1 (decision_id=?)"),
        ("confirmations_DRAW", "INTEGER PRIMARY KEY (rowid=?)"),
        ("confirmations_LAST", "confirmations_of_decision (decision=?)"),
        ("confirmations_OF_DECISION", "confirmations_of_decision (decision=?)"),
        ("occasions_PAGE", "confirmations_that_drew (decision=?)"),
        ("outcomes_FOLLOWED", "outcomes_of_user (user_id=? AND kind=?)"),
        ("outcomes_FOLLOWED", "outcomes_of_user (user_id=? AND kind=? AND time>?)"),
        ("outcomes_DISMISSED", "PRIMARY KEY (user_id=? AND purpose=? AND at<?)"),
        ("approvals_APPROVED", "approvals_of_digest (digest=?)"),
        ("approvals_OTHERS", "approvals_of_what (what=?)"),
        ("conversations_CONVERSATIONS", "PRIMARY KEY (user_id=? AND family=? AND time>?)"),
        ("traces_TRACES", "outcomes_of_user (user_id=?)"),
        ("traces_TRACES", "visits_of_user (user_id=?)"),
        ("traces_TRACES", "reservations_of_user (user_id=? AND released_at=?)"),
        ("traces_TRACES", "concerns USING PRIMARY KEY (user_id=? AND family=?)"),
        ("embargo_MESSAGE", "reservations_of_user (user_id=? AND released_at=?)"),
        ("embargo_COMPLAINT", "outcomes_of_user (user_id=? AND kind=?)"),
        ("embargo_INCIDENT", "PRIMARY KEY (user_id=? AND family=?)"),
        ("sessions_OF_SESSIONS", "PRIMARY KEY (session=? AND at>? AND at<?)"),
        ("conversations_MESSAGES_AFTER", "PRIMARY KEY (user_id=? AND family=? AND time>?)"),
        ("preferences_LAST", "preferences_of_user (user_id=?)"),
        ("preferences_STATED", "preferences_of_user (user_id=?)"),
        ("identities_CUSTOMERS", "SEARCH identities USING PRIMARY KEY (alias=?)"),
        ("identities_OWNERS", "SEARCH identities USING PRIMARY KEY (alias=?)"),
        ("identities_NAMES", "COVERING INDEX identities_of_owner (owner=? AND recorded=?)"),
        ("traits_READ", "PRIMARY KEY (user_id=?)"),
        ("outcomes_STATED", "outcomes_stated_of_user (user_id=? AND kind=? AND time=? AND stated=?)"),
        ("confirmations_OPTED_OUT", "outcomes_of_user (user_id=? AND kind=?)"),
        ("visitors_VISITED", "COVERING INDEX visits_of_user (user_id=? AND at>? AND at<?)"),
        ("visitors_MESSAGES", "reservations_of_session (session=? AND channel=? AND at>?)"),
        ("visitors_DISMISSED", "PRIMARY KEY (user_id=?)"),
        ("visitors_WROTE", "PRIMARY KEY (user_id=? AND family=? AND time>?)"),
        ("visitors_CONTACTED", "outcomes_of_user (user_id=? AND kind=?)"),
        ("assignments_KNOWN", "assignments_of_fact (user_id=? AND fact_key=?)"),
        ("assignments_KNOWN", "outcomes_of_user (user_id=? AND kind=? AND time>?)"),
        ("assignments_COMPLAINED", "assignments_of_fact (user_id=?)"),
        ("assignments_HARMED", "INTEGER PRIMARY KEY (rowid=?)"),
        ("occasions_PAGE", "a USING INTEGER PRIMARY KEY (rowid>?)"),
        ("occasions_OUTCOMES", "a USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("occasions_OUTCOMES", "outcomes_of_user (user_id=?)"),
        ("occasions_OUTCOMES", "assignments_again (user_id=? AND fact_key=?)"),
        ("occasions_AGAIN", "assignments_again (user_id=? AND fact_key=?)"),
        ("trips_DUE", "PRIMARY KEY (watch=? AND epoch=? AND day>?)"),
        ("watches_COUNTS", "PRIMARY KEY (watch=? AND epoch=?)"),
        ("breaker_OPEN_KEYS", "SCAN breakers USING INDEX breakers_open"),
        ("volumes_WINDOW", "PRIMARY KEY (key=?)"),
        ("volumes_AFTER", "PRIMARY KEY (key=? AND epoch=? AND at>?)"),
        ("volumes_WINDOW", "PRIMARY KEY (key=? AND epoch=? AND at>? AND at<?)"),
        ("offers_PAGE", "o USING INTEGER PRIMARY KEY (rowid>?)"),
        ("offers_PAGE_OF_STATE", "offers_by_state (state=? AND seq>?)"),
        ("offers_DUE", "offers_waiting (next_at<?)"),
        ("offers_COUNT", "offers_by_state (state=?)"),
        ("volumes_HOURS", "PRIMARY KEY (key=? AND hour>? AND hour<?)"),
        ("due_DUE", "due USING COVERING INDEX due_by_time (at<?)"),
        ("due_STANDS", "confirmations_of_decision (decision=?)"),
        ("due_WAKE", "due_of_user (user_id=? AND known=?)"),
        ("tallying_COUNTED", "SEARCH f USING INTEGER PRIMARY KEY (rowid=?)"),
        ("tallying_COUNTED", "outcomes_of_decision (decision_id=? AND kind=?)"),
        ("tallying_COUNTED", "refusals_of_decision (decision=?)"),
        ("tallying_WHOLE_HOURS", "PRIMARY KEY (dim=? AND hour>? AND hour<?)"),
        ("tallying_INSTANTS", "facets_by_time (at>? AND at<?)"),
        ("tallying_REPORTED", "outcomes_of_user (user_id=?)"),
        ("matches_TAKE", "SEARCH m USING PRIMARY KEY (at<?)"),
    ],
)
def test_the_context_is_read_through_its_indexes(ledger: SqliteLedger, name: str, index: str) -> None:
    """The very index that was made for it, with all of its leading columns."""
    steps = plan(ledger, QUERIES[name])
    actual = any(index in step for step in steps)
    assert actual is True, steps


def test_a_page_of_occasions_is_three_statements(ledger: SqliteLedger) -> None:
    """However many rows it has: no statement per row."""
    statements: list[str] = []
    with ledger.transaction() as tx:
        tx.watch(WATCH)
        for number in range(30):
            decide(tx, f"d-{number}", user=f"u-{number}")
            report(tx, user_id=f"u-{number}")
        ledger._store._connection.set_trace_callback(statements.append)
        page, _ = tx.occasions(after=0, limit=30)
        ledger._store._connection.set_trace_callback(None)
    actual = (len(page), sum(len(one.outcomes) for one in page), len(statements))
    assert actual == (30, 30, 3)
