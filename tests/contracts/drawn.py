"""Occasions that reached the draw: a certificate to watch, an experiment to run, and decisions with assignments."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from model.contracts import Action, Arm, Context, Outcome, OutcomeKind
from model.monitor.detector import Cell, Watch
from serving.ports import Transaction
from serving.standing import Assignment, Experiment
from tests.contracts.ledgers import NOW, candidate, ruling

WATCH = Watch(key="w", complaint_at_most=0.005, opt_out_at_most=0.005, control_rate=0.006)
EVEN = replace(  # complaints show soon here: they are rare, and many are held out
    WATCH, key="even", control_rate=0.001, contact_above=0.5, contact_below=0.5
)
TRIAL = Experiment(
    id="x-1", share=0.5, max_contacts=3, until=NOW + timedelta(days=30), by="ann", started_at=NOW - timedelta(hours=1)
)
TODAY = (NOW - datetime(1970, 1, 1, tzinfo=NOW.tzinfo)).days
EVIDENCE = "opt_out harm above 0.005 per contact: 1 for decisions of 2026-11-20, log evidence 9.011 where 8.896 trips"
TRIPS_AT = 13  # harms of contacted occasions, without any other occasion


def day(number: float) -> datetime:
    """Return the instant that many days after `NOW`."""
    return NOW + timedelta(days=number)


def assigned(*, contacted: bool = True, above: bool = True, watch: Watch = WATCH) -> Assignment:
    """Describe what chance did under a certificate: contacted by the model, or held out."""
    return Assignment(
        arm=Arm.MODEL if contacted else Arm.HOLDOUT,
        contacted=contacted,
        contact_probability=watch.contact_above if above else watch.contact_below,
        above=above,
        watch=watch.key,
    )


def tried(*, contacted: bool = True, trial: Experiment = TRIAL) -> Assignment:
    """Describe what chance did in an experiment."""
    return Assignment(
        arm=Arm.EXPERIMENT, contacted=contacted, contact_probability=trial.share, above=None, watch=trial.id
    )


def decide(
    tx: Transaction,
    identity: str,
    drawn: Assignment | None = None,
    *,
    user: str = "u",
    at: datetime = NOW,
    fact: str | None = None,
) -> None:
    """Record a decision that reached the draw: sent where contacted; each about its own fact unless one is given."""
    drawn = assigned() if drawn is None else drawn
    action = Action.SEND if drawn.contacted else Action.DENY
    told = ruling(identity, at=at, action=action, fact_key=fact or f"fact of {identity}", assignment=drawn)
    tx.add_decision(candidate(user_id=user), Context(), told)


def report(
    tx: Transaction,
    kind: OutcomeKind = OutcomeKind.COMPLAINED,
    *,
    time: datetime = NOW,
    recorded: datetime | None = None,
    **about: str,
) -> str:
    """Report an outcome by `decision_id` or `user_id`, as soon as it happens unless `recorded` says when."""
    return tx.add_outcome(Outcome(kind=kind, time=time, **about), recorded_at=recorded or time)


def counts(tx: Transaction, key: str = WATCH.key) -> dict[Cell, int]:
    """Return what is counted for a watch."""
    return next(dict(known) for watch, known in tx.watched() if watch.key == key)


def cell(number: int = 0, **given: bool) -> Cell:
    """Return the cell of a contacted occasion above the cut-off, that many days after `NOW`, without any harm."""
    return Cell(
        day=TODAY + number,
        e=0.95,
        contacted=given.get("contacted", True),
        complained=given.get("complained", False),
        harmed=given.get("harmed", False),
        again=given.get("again", False),
    )


def harm_until_tripped(tx: Transaction, *, at: datetime = NOW, name: str = "h") -> int:
    """Contact one customer after the other, each of whom opts out of it; return how many it took to trip."""
    for number in range(1, 99):
        identity = f"{name}-{number}"
        decide(tx, identity, user=identity, at=at)
        report(tx, OutcomeKind.OPTED_OUT, time=at, decision_id=identity)
        if any(trip.released_at is None for trip in tx.trips()):
            return number
    return 0


def stops(tx: Transaction, *at: float) -> list[str | None]:
    """Ask for the standing at each of these days, and keep what stops."""
    return [tx.standing(day(one)).stopped for one in at]


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines that people were told."""
    return [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
