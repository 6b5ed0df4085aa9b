from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from model.contracts import Context, OutcomeKind
from serving.ledger import open_ledger
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.ports import Preferences, Transaction
from tests.contracts.drawn import TRIAL, WATCH, decide, tried
from tests.contracts.identified import identified, identify
from tests.contracts.ledgers import NOW, ago, candidate, context, event, record, report, ruling, send

MANY = 200  # of each kind and customer
VISITOR = candidate(user_id="a")


@pytest.fixture
def ledger() -> Iterator[SqliteLedger]:
    """Open a ledger in memory."""
    opened = open_ledger("sqlite://", now=NOW, salt=b"s")
    yield opened
    opened.close()


def busy(tx: Transaction, user: str) -> None:
    """Give a customer a long history of every kind that a merge moves, or reads under two names."""
    for number in range(MANY):
        name, at = f"{user}-{number}", ago(minutes=number)
        record(tx, event("page.viewed", name, subject=user, time=at, data={"session": f"s-{number % 99}"}))
        tx.add_decision(candidate(user_id=user), Context(), ruling(name, at=at, fact_key=name))
        report(tx, OutcomeKind.DISMISSED, time=at, decision_id=name)
        tx.set_preferences(user, Preferences(consent={"sms": number % 2 == 0}), at=at)
    record(tx, *(event("message.received", f"m-{user}", subject=user, data={}) for _ in range(2)))


def test_two_long_histories_become_one_in_a_few_statements(ledger: SqliteLedger) -> None:
    """However many records there are: ten thousand of each kind hold up the writer for a moment."""
    with ledger.transaction() as tx:
        for user in ("a", "u"):
            busy(tx, user)
        statements: list[str] = []
        ledger._store._connection.set_trace_callback(statements.append)
        identify(tx)
        ledger._store._connection.set_trace_callback(None)
        found = context(tx, candidate())
    actual = (len(statements) <= 30, found.contacts_60m, found.contacts_24h, found.returning)
    assert actual == (True, 2 * 60, 2 * MANY, True)


def test_a_customer_of_many_devices_is_read_as_fast(ledger: SqliteLedger) -> None:
    """An id under which nothing was decided or reported costs nothing when its customer is read."""
    with ledger.transaction() as tx:
        for number in range(500):
            record(tx, event("page.viewed", f"v-{number}", subject=f"a-{number}", data={"session": f"s-{number}"}))
            identify(tx, f"a-{number}")
        send(tx, "d-1", to=candidate(user_id="b"))
        identify(tx, "b")
        names = ledger._store.rows("SELECT alias FROM identities WHERE recorded = 1")
        statements: list[str] = []
        ledger._store._connection.set_trace_callback(statements.append)
        found = context(tx, candidate())
        ledger._store._connection.set_trace_callback(None)
    actual = (names, found.contacts_24h, len(statements) <= 25)
    assert actual == ([("b",)], 1, True)


def test_a_visitor_is_read_in_a_few_statements(ledger: SqliteLedger) -> None:
    """However long their history is."""
    asked = event("page.dwelled", "x", data={"session": "s-1", "page": "pricing"})
    counts = []
    with ledger.transaction() as tx:
        for more in (1, 300):
            for number in range(more):
                view = {"session": f"s-{number % 9}", "page": "pricing"}
                record(tx, event("page.viewed", f"{more}/{number}", time=ago(minutes=number), data=view))
            statements: list[str] = []
            ledger._store._connection.set_trace_callback(statements.append)
            tx.visitor(asked, user_id="u", now=NOW)
            ledger._store._connection.set_trace_callback(None)
            counts.append(len(statements))
    actual = max(counts) <= 12
    assert actual is True, counts


def test_a_merge_inside_an_experiment_leaves_its_counts(ledger: SqliteLedger) -> None:
    """Who was assigned what stays on record under the id that it was drawn for; its contacts stay bounded."""
    with ledger.transaction() as tx:
        tx.start_experiment(TRIAL)
        decide(tx, "d-1", tried(), user="a")
        decide(tx, "d-2", tried(contacted=False), user="u")
        identify(tx)
        decide(tx, "d-3", tried(), user="u")
        occasions, _ = tx.occasions(after=0, limit=9)
        contacts = [one.contacts for one in tx.experiments()]
    actual = (contacts, [one.record["candidate"]["user_id"] for one in occasions])
    assert actual == ([2], ["a", "u", "u"])


def test_a_merge_trips_nothing_and_counts_nobody_twice(ledger: SqliteLedger) -> None:
    """The monitor's counts are what they were."""
    with ledger.transaction() as tx:
        tx.watch(WATCH)
        for user in ("a", "u"):
            decide(tx, f"d-{user}", user=user)
            report(tx, OutcomeKind.COMPLAINED, user_id=user)
        before = tx.watched()
        identify(tx)
        actual = (tx.watched(), tx.trips())
    assert actual == (before, [])


def test_a_merge_is_durable_and_known_to_the_next_process(tmp_path: Path) -> None:
    """It is in the file with its event, or neither is."""
    url = f"sqlite:///{tmp_path}/l.db"
    first = open_ledger(url, now=NOW, salt=b"s")
    with first.transaction() as tx:
        send(tx, "d-1", to=VISITOR)
        identify(tx, traits={"plan": "plus"})
    with pytest.raises(RuntimeError, match="no"), first.transaction() as tx:
        _break_off(tx)
    first.close()
    second = open_ledger(url, now=NOW, salt=b"s")
    with second.transaction() as tx:
        actual = (tx.customer("a"), tx.customer("b"), dict(tx.attributes("u")), context(tx, candidate()).contacts_24h)
    second.close()
    assert actual == ("u", "b", {"plan": "plus"}, 1)


def _break_off(tx: Transaction) -> None:
    identify(tx, "b", time=NOW + timedelta(minutes=1))
    raise RuntimeError("no")


def test_what_older_versions_wrote_is_weighed_with_what_is_said_since(ledger: SqliteLedger) -> None:
    """A row of theirs was whole: what it did not name was taken back."""
    with ledger.transaction() as tx:
        for user, consent, minutes in (("u", '{"sms": true}', 50), ("a", '{"email": true}', 40)):
            ledger._store.insert(
                "INSERT INTO preferences (user_id, at, timezone, consent) VALUES (:user, :at, 'UTC', :consent)",
                user=user,
                at=int(ago(minutes=minutes).timestamp() * 1_000_000),
                consent=consent,
            )
        record(tx, identified("late", time=ago(minutes=60), consent={"email": True}, timezone="Asia/Tokyo"))
        alone = tx.preferences("u")
        identify(tx)
        record(tx, identified("new", time=ago(minutes=30), consent={"chat": True}))
        actual = (alone, tx.preferences("u"))
    expected = Preferences(timezone="UTC", consent={"email": True, "chat": True})
    assert actual == (Preferences(timezone="UTC", consent={"sms": True}), expected)
