"""When the monitor looks, who is told, and what a part that is undone leaves behind."""

from datetime import datetime

import pytest

from model.contracts import OutcomeKind
from model.errors import InvalidInput
from model.monitor.detector import Counts, Signal, Watch, signals
from serving.ledger import trips
from serving.ports import Ledger, Transaction
from tests.contracts.drawn import (
    EVEN,
    EVIDENCE,
    TRIAL,
    TRIPS_AT,
    WATCH,
    assigned,
    day,
    decide,
    harm_until_tripped,
    report,
    stops,
    told,
)
from tests.contracts.ledgers import NOW
from tests.contracts.test_ledger import RefusalError


@pytest.fixture(autouse=True)
def _watching(ledger: Ledger) -> None:
    """Make the watch known before anything is assigned."""
    with ledger.transaction() as tx:
        tx.watch(WATCH)
        tx.watch(EVEN)


def test_people_are_told(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """One line: what tripped, on which evidence, what goes on, and what to do."""
    with ledger.transaction() as tx:
        harm_until_tripped(tx)
        tx.standing(NOW)
    line = (
        f"the monitor tripped on watch `w`: {EVIDENCE}; everything discretionary stops, essential service goes on; "
        "find the cause, then release it: `outreach monitor release`"
    )
    actual = told(caplog)
    assert actual == [line]


def undone(ledger: Ledger, at: datetime) -> None:
    """Let the switch fall, or silence be found, and leave by an exception."""
    with ledger.transaction() as tx:
        harm_until_tripped(tx, name="lost")
        tx.standing(at)
        raise RefusalError


def test_nobody_is_told_of_what_did_not_happen(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """A dry run and a transaction that fails: no trip, no silence, no line. Nor before it is durable."""
    with ledger.transaction() as tx:
        decide(tx, "d-1")
        tx.standing(NOW)
        with tx.savepoint(keep=False):
            seen = [tx.standing(day(14)).stopped]
            harm_until_tripped(tx)
            seen += stops(tx, 14)
    with pytest.raises(RefusalError):
        undone(ledger, day(20))
    with ledger.transaction() as tx:
        seen += stops(tx, 0)
        harm_until_tripped(tx)
        seen += stops(tx, 0)
        early = told(caplog)
    actual = (seen, early, len(told(caplog)))
    assert actual == (["silent", "tripped", None, "tripped"], [], 1)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count how often the counts of a watch are judged."""
    seen: list[str] = []

    def counted(known: Counts, watch: Watch, *, today: int) -> tuple[Signal, Signal]:
        seen.append(watch.key)
        return signals(known, watch, today=today)

    monkeypatch.setattr(trips, "signals", counted)
    return seen


def test_many_harms_of_one_transaction_are_one_look(ledger: Ledger, looks: list[str]) -> None:
    """However many are reported at once: each watch that they are about is judged once, before the commit."""
    with ledger.transaction() as tx:
        for number in range(2 * TRIPS_AT):
            decide(tx, f"d-{number}", user=f"u-{number}")
        decide(tx, "even", assigned(watch=EVEN))
    with ledger.transaction() as tx:
        report(tx, OutcomeKind.OPTED_OUT, decision_id="even")
        for number in range(2 * TRIPS_AT):
            report(tx, OutcomeKind.OPTED_OUT, decision_id=f"d-{number}")
        before = list(looks)
    after = list(looks)
    with ledger.transaction() as tx:
        actual = (before, after, [trip.watch for trip in tx.trips()], looks == after)
    assert actual == ([], ["even", "w"], ["w"], True)


def test_a_standing_looks_before_it_says_anything(tx: Transaction, looks: list[str]) -> None:
    """What was reported in the same transaction stops what is asked after it; without news nothing is judged again."""
    tx.standing(NOW)
    for number in range(TRIPS_AT):
        decide(tx, f"d-{number}", user=f"u-{number}")
    tx.standing(NOW)
    looks.clear()
    for number in range(TRIPS_AT):
        report(tx, OutcomeKind.OPTED_OUT, decision_id=f"d-{number}")
    actual = (stops(tx, 0, 0), looks)
    assert actual == (["tripped", "tripped"], ["w"])


def test_a_dry_run_does_not_use_up_the_look(ledger: Ledger) -> None:
    """What it judged was undone with it: the harm reported before it is judged all the same."""
    with ledger.transaction() as tx:
        for number in range(TRIPS_AT):
            decide(tx, f"d-{number}", user=f"u-{number}")
            report(tx, OutcomeKind.OPTED_OUT, decision_id=f"d-{number}")
        with tx.savepoint(keep=False):
            seen = stops(tx, 0)
    with ledger.transaction() as tx:
        actual = (seen, stops(tx, 0))
    assert actual == (["tripped"], ["tripped"])


@pytest.mark.parametrize("act", ["start", "release"])
def test_harm_of_the_same_transaction_comes_before_what_people_do(tx: Transaction, act: str) -> None:
    """An experiment that is started after it is refused; a release is one of the trip that it makes."""
    for number in range(TRIPS_AT):
        decide(tx, f"d-{number}", user=f"u-{number}")
        report(tx, OutcomeKind.OPTED_OUT, decision_id=f"d-{number}")
    if act == "start":
        with pytest.raises(InvalidInput, match="find the cause, then release it"):
            tx.start_experiment(TRIAL)
    else:
        assert tx.release(at=NOW, by="ann", why="a wrong template") is True
    actual = [trip.released_by for trip in tx.trips()]
    assert actual == [None if act == "start" else "ann"]
