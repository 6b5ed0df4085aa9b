"""What is read once per transaction: known until somebody writes to it, or the transaction is over."""

from collections.abc import Callable, Iterator

import pytest

from model.contracts import OutcomeKind
from serving.ledger import open_ledger
from serving.ledger.sqlite.ledger import SqliteLedger, SqliteTransaction
from serving.ledger.sqlite.store import SqliteStore
from tests.contracts.drawn import WATCH, decide, harm_until_tripped, report, stops
from tests.contracts.identified import identify
from tests.contracts.ledgers import NOW
from tests.contracts.volumes import about, is_open, let_go, room, sent

ADD = """INSERT INTO decisions (decision_id, user_id, action, purpose, channel, decided_at, record, drawn, counted)
    VALUES (:id, 'u', 'deny', 'p', 'c', 0, '{}', 0, 1) ON CONFLICT DO NOTHING"""


@pytest.fixture
def ledger() -> Iterator[SqliteLedger]:
    """Open a ledger in memory."""
    opened = open_ledger("sqlite://", now=NOW, salt=b"s")
    yield opened
    opened.close()


@pytest.fixture
def store(ledger: SqliteLedger) -> SqliteStore:
    """Return its connection."""
    found = ledger._store
    assert isinstance(found, SqliteStore)
    return found


@pytest.fixture
def tx(ledger: SqliteLedger) -> Iterator[SqliteTransaction]:
    """Begin a transaction in which a watch is known."""
    with ledger.transaction() as begun:
        begun.watch(WATCH)
        yield begun


def asked(store: SqliteStore, *answers: int) -> int:
    """Return what is recalled, of an answer that would change from one time to the next."""
    return store.recall("it", iter(answers).__next__)


def test_it_is_read_once(store: SqliteStore) -> None:
    """The second time nothing is read, and another name is another thing."""
    with store.transaction():
        actual = (asked(store, 1), asked(store, 2), store.recall(("it", 1), lambda: 3))
    assert actual == (1, 1, 3)


def test_what_is_forgotten_is_read_again(store: SqliteStore) -> None:
    """Also where it never was known."""
    with store.transaction():
        store.forget("it")
        first = asked(store, 1)
        store.forget("it")
        actual = (first, asked(store, 2))
    assert actual == (1, 2)


def test_nothing_is_known_in_the_next_transaction(store: SqliteStore) -> None:
    """Another process may have written meanwhile."""
    with store.transaction():
        first = asked(store, 1)
    with store.transaction():
        actual = (first, asked(store, 2))
    assert actual == (1, 2)


@pytest.mark.parametrize("keep", [True, False])
def test_what_is_undone_is_not_known(store: SqliteStore, *, keep: bool) -> None:
    """What was read in a part may be what the part wrote."""
    with store.transaction():
        with store.savepoint(keep=keep):
            asked(store, 1)
        actual = asked(store, 2)
    assert actual == (1 if keep else 2)


def test_rows_are_numbered_in_their_order(store: SqliteStore) -> None:
    """The numbers are those that the database gave."""
    with store.transaction():
        store.insert_all(ADD, [{"id": "before"}])
        numbers = store.insert_numbered(ADD, [{"id": name} for name in "bac"])
        rows = store.rows("SELECT seq, decision_id FROM decisions ORDER BY seq")
        none = store.insert_numbered(ADD, [])
    actual = (dict(zip(numbers, "bac", strict=True)), none)
    assert actual == (dict(rows[1:]), [])


def test_rows_that_were_there_have_no_numbers(store: SqliteStore) -> None:
    """Fewer numbers than rows say so."""
    with store.transaction():
        actual = len(store.insert_numbered(ADD, [{"id": "a"}, {"id": "b"}, {"id": "a"}]))
    assert actual == 2


def a_contact_after_an_outcome(tx: SqliteTransaction) -> object:
    """Decide, hear of it, and decide again: the second contact is one without an outcome."""
    decide(tx, "d-1")
    stops(tx, 0)
    report(tx, OutcomeKind.ENGAGED, decision_id="d-1")
    decide(tx, "d-2", user="v")
    return stops(tx, 1, 16)


def an_id_that_is_bound(tx: SqliteTransaction) -> object:
    """Ask whom an id stands for, before and after it is bound."""
    before = tx.customers(["a"])
    identify(tx)
    return [before["a"], tx.customers(["a"])["a"]]


def a_breaker_that_opens(tx: SqliteTransaction) -> object:
    """Ask for it before it opens, while it is open and after it was released."""
    seen = [is_open(tx)]
    sent(tx, 3)
    let_go(tx, 2, most=3)
    seen.append(is_open(tx))
    tx.release_breaker(about().message.template or "", at=NOW, by="Ada", why="found")
    return [*seen, is_open(tx)]


def a_window_that_moves(tx: SqliteTransaction) -> object:
    """Ask to send, send, and see what room is left: each send counts once."""
    seen = []
    for number in range(3):
        let_go(tx, most=50)
        sent(tx, 2, name=f"{number}")
        seen.append(room(tx, most=50))
    return seen


def a_release(tx: SqliteTransaction) -> object:
    """Let the switch fall, release it and decide: only what came after it is counted."""
    harm_until_tripped(tx)
    stops(tx, 1)
    tx.release(at=NOW, by="Ada", why="found")
    decide(tx, "after", user="after")
    return [sum(counts.values()) for _, counts in tx.watched()]


def an_erasure(tx: SqliteTransaction) -> object:
    """Ask whom an id stands for, before and after its customer is erased."""
    decide(tx, "d-1", user="u")
    before = tx.customers(["u"])["u"]
    tx.erase("u", at=NOW)
    return [before, tx.customers(["u"])["u"].startswith("erased:")]


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (a_contact_after_an_outcome, [None, "silent"]),
        (an_id_that_is_bound, ["a", "u"]),
        (a_breaker_that_opens, [False, True, False]),
        (a_release, [1]),
        (an_erasure, ["u", True]),
        (a_window_that_moves, [48, 46, 44]),
    ],
)
def test_what_changes_in_a_transaction_is_seen_in_it(
    tx: SqliteTransaction, happens: Callable[[SqliteTransaction], object], expected: object
) -> None:
    """Nothing that is recalled hides what was written since."""
    actual = happens(tx)
    assert actual == expected
