"""What a replay would have done, out of a ledger: what was drawn at once, and what was drawn as it was confirmed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from model.contracts import Action, Candidate, Context, Shares
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.policy.limits import tighten
from serving.ports import Decided, Transaction
from serving.replay.effects import FEW, NONE, NOTHING
from serving.replay.judging import Proposal
from serving.replay.replaying import replayed
from serving.replay.tallying import Replay
from serving.replay.weighing import Weighed, both, weighed
from tests.contracts.confirmed import confirmation
from tests.occasions import ALL_MODEL, NOW, about, candidate, context, decided, event, policy, watch
from tests.serving.analytics.drawn import occasions
from tests.serving.replay.occasions import chances
from tests.serving.served import memory_ledger

LATER = timedelta(hours=10)
DONE = NOW + timedelta(days=20)


def ruled(one: Candidate, known: Context, identity: str, **more: Any) -> Decided:
    """Decide a candidate with a score that sends, by a model that is always asked."""
    found = decided(one, known, **more)
    return replace(found, decision=replace(found.decision, decision_id=identity))


def looked_at(limits: dict[str, Any], *, held: bool = True) -> Weighed:
    """Decide one at noon, and one that is held at night and confirmed in the morning; then propose other limits."""
    ledger = memory_ledger(NOW - timedelta(days=1))
    one, known, night = candidate(), context(), NOW + LATER
    with ledger.transaction() as tx:
        first = ruled(one, known, "d-0")
        tx.watch(watch("certificate", above=ALL_MODEL.shares.above, below=ALL_MODEL.shares.below))
        tx.add_decision(one, known, first)
        if held:
            _hold(tx, night)
        assert isinstance(tx, SqliteTransaction)
        rules = policy()
        proposal = Proposal(policy=rules, limits=tighten(rules.limits, limits))
        first_number, last = tx.extent(since=None, until=None) or (0, 0)
        found = replayed(tx, first_number, last, proposal, shares=Shares())
        return weighed(tx, found, proposal, shares=Shares(), as_of=DONE)


def _hold(tx: Transaction, night: Any) -> None:
    other, known = about(event(subject="u-18", id="ev-2", age=-LATER), user_id="u-18")
    held = ruled(other, known, "d-1", now=night)
    assert held.decision.action is Action.HOLD
    tx.add_decision(other, known, held)
    told = ruled(other, known, "d-1", now=NOW + timedelta(hours=20))
    tx.add_confirmation(confirmation("d-1", told.decision.action, at=told.decision.decided_at), (other, known, told))


@pytest.mark.parametrize(
    ("limits", "changed", "delayed", "confirmed"),
    [
        ({}, 0, 0, 0),
        ({"switched_off": ["delivery_update"]}, 2, 0, 1),
        ({"quiet_end": "09:00"}, 0, 1, 1),
        ({"quiet_end": "12:30", "evidence_hours": 12}, 1, 1, 1),
    ],
    ids=["nothing", "never", "the second later", "the first later, the second too late"],
)
def test_a_draw_that_came_with_a_confirmation_is_decided_again_as_it_was_confirmed(
    limits: dict[str, Any], changed: int, delayed: int, confirmed: int
) -> None:
    """It is a row that the table of first answers does not count as changed: it says how many of them there are."""
    found = looked_at(limits).whole
    assert (found.rows, found.changed, found.delayed, found.confirmed) == (2, changed, delayed, confirmed)


def test_without_confirmations_there_are_the_first_draws() -> None:
    """One occasion, in which nothing changes."""
    found = looked_at({}, held=False)
    assert (found.whole.rows, found.whole.missing, found.purposes) == (1, NOTHING, {})


def test_a_replay_of_nothing_weighs_nothing() -> None:
    """No decision, no occasion, no figure."""
    with memory_ledger(NOW).transaction() as tx:
        assert isinstance(tx, SqliteTransaction)
        proposal = Proposal(policy=policy(), limits=policy().limits)
        found = weighed(tx, Replay(), proposal, shares=Shares(), as_of=DONE)
    assert found.whole.missing == NONE


@pytest.mark.parametrize(("others", "missing"), [(0, FEW), (10, FEW), (200, None)], ids=["all", "nearly all", "half"])
def test_what_is_refused_by_itself_is_refused_in_the_whole(others: int, missing: str | None) -> None:
    """Two hundred occasions of a purpose change, too few by themselves, among three thousand of which few others do."""
    purpose = np.array(["onboarding"] * 200 + ["delivery_update"] * 3000)
    contacted = np.arange(3200) % 2 == 0
    seen = occasions(contacted, purpose=purpose, benefit=np.arange(3200) % 3 == 0, complaint=np.arange(3200) % 5 == 0)
    found = both(seen, chances(seen, dict.fromkeys(range(200 + others), 0.0)))
    assert (found.purposes["onboarding"].missing, found.whole.missing) == (FEW, missing)
    assert (found.whole.net is None, "`onboarding`" in found.whole.said) == (missing == FEW, missing == FEW)
