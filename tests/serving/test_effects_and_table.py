"""The effect that the API shows, beside the one in the training table that is built from the same ledger."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from model.contracts import Action, Context, OutcomeKind
from model.diagnostics.effects import plain_effect
from serving.analytics.effects import effect_of, reported, would_contact
from serving.cli.table import build
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.ports import Ledger, Transaction
from serving.standing import Assignment
from tests.contracts.drawn import EVEN, WATCH, assigned, report
from tests.contracts.ledgers import candidate, ruling
from tests.serving.served import NOON, memory_ledger

BEGIN = NOON - timedelta(days=60)
COLUMNS = {"benefit": "engaged", "complaint": "complained"}


def draw(tx: Transaction, identity: str, drawn: Assignment, *, user: str, at: datetime) -> None:
    """Record a decision with the probability that it was drawn with, as deciding logs it."""
    action = Action.SEND if drawn.contacted else Action.DENY
    told = ruling(identity, at=at, action=action, fact_key=f"fact of {identity}", assignment=drawn)
    e = drawn.contact_probability
    logged = replace(told.decision, arm=drawn.arm, logging_propensity=e if drawn.contacted else round(1 - e, 12))
    tx.add_decision(candidate(user_id=user), Context(), replace(told, decision=logged))


def filled() -> Ledger:
    """Open a ledger with a certificate of 95 % and another of 50 %, customers of several occasions."""
    ledger, rng = memory_ledger(BEGIN), np.random.default_rng(3)
    with ledger.transaction() as tx:
        for watch in (WATCH, EVEN):
            tx.watch(watch)
        for number in range(1500):
            watch = (WATCH, EVEN)[number % 2]
            contacted = rng.random() < watch.contact_above
            user, at = f"u-{rng.integers(400)}", BEGIN + timedelta(minutes=20 * number)
            draw(tx, f"d-{number}", assigned(contacted=contacted, watch=watch), user=user, at=at)
            chances = {OutcomeKind.ENGAGED: 0.2 + 0.1 * contacted, OutcomeKind.COMPLAINED: 0.2 - 0.1 * contacted}
            for kind, chance in chances.items():
                if rng.random() < chance:
                    report(tx, kind, time=at + timedelta(hours=5), user_id=user)
    return ledger


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """Keep one for both figures."""
    return filled()


@pytest.mark.parametrize("name", COLUMNS)
def test_it_is_the_effect_in_the_training_table(ledger: Ledger, name: str) -> None:
    """The same rows, labels and probabilities, estimated by the report's own code, whose interval is first-order."""
    columns = build(ledger, as_of=NOON).columns
    table = plain_effect(
        np.array(columns[COLUMNS[name]], dtype=float),
        contacted=np.array(columns["contacted"]),
        propensity=np.array(columns["propensity"]),
        cluster=np.unique(np.array(columns["customer"]), return_inverse=True)[1],
    )
    with ledger.transaction() as tx:
        assert isinstance(tx, SqliteTransaction)
        found = tx.effect_rows(start=BEGIN, end=NOON, as_of=NOON)
    shown = effect_of(found.rows(would_contact(found)), reported(found)).figures[name]
    assert shown is not None
    assert shown.estimate == pytest.approx(table.estimate, rel=1e-9)
    assert shown.high - shown.low == pytest.approx(table.high - table.low, rel=0.1)
