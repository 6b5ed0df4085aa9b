"""Silence: messages go out, and nobody reports any outcome for 14 days."""

from dataclasses import replace

import pytest

from model.contracts import OutcomeKind
from serving.ports import Ledger, Transaction
from tests.contracts.drawn import (
    TRIAL,
    WATCH,
    assigned,
    day,
    decide,
    harm_until_tripped,
    report,
    stops,
    told,
    tried,
)
from tests.contracts.ledgers import NOW


@pytest.fixture(autouse=True)
def _watching(ledger: Ledger) -> None:
    """Make the watch known before anything is assigned."""
    with ledger.transaction() as tx:
        tx.watch(WATCH)


@pytest.mark.parametrize("at", [13.99, 14, 15])
def test_sends_without_any_outcome_are_silence(tx: Transaction, at: float) -> None:
    """Fourteen days after anybody first asked since a send; contacts, not the held out."""
    decide(tx, "held", assigned(contacted=False))
    seen = stops(tx, -9)
    for number in range(3):
        decide(tx, f"d-{number}", user=f"u-{number}")
        seen += stops(tx, number)
    standing = tx.standing(day(at))
    actual = (seen, standing.stopped, standing.silent_since)
    assert actual == ([None] * 4, *((None, None) if at < 14 else ("silent", NOW)))


@pytest.mark.parametrize("decided", [-20, 0, 400])
def test_silence_does_not_ask_when_a_send_was_decided(tx: Transaction, decided: float) -> None:
    """A batch decides as of another day, a clock is wrong: its age is counted from the first look at the present."""
    decide(tx, "d-1", at=day(decided))
    actual = stops(tx, 0, 13, 14)
    assert actual == [None, None, "silent"]


def test_an_experiments_contacts_can_be_silent_too(tx: Transaction) -> None:
    """Nobody would hear what it does; it does not end, it waits."""
    tx.start_experiment(TRIAL)
    decide(tx, "d-1", tried())
    tx.standing(NOW)
    standing = tx.standing(day(14))
    actual = (standing.stopped, standing.experiment)
    assert actual == ("silent", replace(TRIAL, contacts=1))


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        (OutcomeKind.DELIVERED, {"decision_id": "d-1"}),
        (OutcomeKind.NOT_DELIVERED, {"decision_id": "d-1"}),
        (OutcomeKind.ENGAGED, {"user_id": "somebody else"}),
        (OutcomeKind.CONTACTED_US, {"user_id": "u"}),
    ],
)
def test_any_outcome_ends_the_silence(tx: Transaction, kind: OutcomeKind, about: dict[str, str]) -> None:
    """Of any kind, of anybody: reports do arrive. The next fourteen days begin with the next send."""
    decide(tx, "d-1")
    seen = stops(tx, 0, 20)
    report(tx, kind, time=day(20), **about)
    seen += stops(tx, 20, 90)
    decide(tx, "d-2", at=day(90))
    seen += stops(tx, 90, 103, 104)
    actual = seen
    assert actual == [None, "silent", None, None, None, None, "silent"]


def test_what_reports_nothing_new_does_not_end_the_silence(tx: Transaction) -> None:
    """A duplicate and an unknown decision say nothing."""
    report(tx, OutcomeKind.ENGAGED, user_id="u")
    decide(tx, "d-1")
    told = [report(tx, OutcomeKind.ENGAGED, user_id="u"), report(tx, OutcomeKind.DELIVERED, decision_id="nobody")]
    actual = (told, stops(tx, 0, 14))
    assert actual == (["duplicate", "unknown_decision"], [None, "silent"])


def test_a_clock_that_jumps_back_does_not_hide_silence(ledger: Ledger) -> None:
    """Once found it lasts until somebody reports an outcome."""
    with ledger.transaction() as tx:
        decide(tx, "d-1")
        tx.standing(NOW)
        seen = stops(tx, 14)
    with ledger.transaction() as tx:
        decide(tx, "d-2", at=day(-30))
        seen += stops(tx, -30, 0, 1)
        actual = (seen, tx.standing(NOW).silent_since)
    assert actual == (["silent"] * 4, NOW)


def test_a_look_by_a_fast_clock_does_not_postpone_silence(tx: Transaction) -> None:
    """The earliest look counts, whenever it comes."""
    decide(tx, "d-1")
    actual = stops(tx, 400, 0, 13, 14)
    assert actual == [None, None, None, "silent"]


def test_people_are_told_of_silence_once(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """What stopped, since when, and what to do."""
    with ledger.transaction() as tx:
        decide(tx, "d-1")
        stops(tx, 0, 14, 14, 15)
    with ledger.transaction() as tx:
        stops(tx, 16)
    line = (
        "no outcome was reported since 2026-11-20T12:00:00+00:00, and messages went out: everything discretionary "
        "stops, essential service goes on; report outcomes to `/v1/outcomes`"
    )
    actual = told(caplog)
    assert actual == [line]


def test_tripped_comes_before_silent(tx: Transaction) -> None:
    """Both hold; a person has to look into the first."""
    harm_until_tripped(tx)
    decide(tx, "d-1", user="v")
    tx.standing(NOW)
    standing = tx.standing(day(20))
    actual = (standing.stopped, standing.silent_since)
    assert actual == ("tripped", NOW)
