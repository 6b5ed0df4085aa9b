"""Any history at all, on every ledger: what it knows is what a plain list of everything that was said would tell.

Many more of them: `python -m benchmarks.exact_state_machine`.
"""

from datetime import datetime

import pytest

from benchmarks.exact_state_machine import played
from tests.contracts.ledgers import KINDS
from tests.contracts.machine import LedgerMachine

SMALLER = {"postgresql": (5, 15)}  # histories and steps: there each statement is a question to a server
HAPPENS = ("decided: send", "decided: deny", "outcome: accepted", "merged")


@pytest.mark.parametrize("kind", KINDS)
def test_a_ledger_knows_what_a_plain_list_of_everything_would(kind: str) -> None:
    """Events, decisions, confirmations, outcomes, merges, time, failures and reopening, in any order."""
    examples, steps = SMALLER.get(kind, (12, 30))
    happened = played(LedgerMachine, kind, examples=examples, steps=steps, seed=1)
    missed = [name for name in HAPPENS if not happened[name] and kind not in SMALLER]
    assert (happened["histories"] >= examples, missed) == (True, [])


class DeafMachine(LedgerMachine):
    """Its ledger is never told of an opt-out; the plain one is."""

    def _reported(self, kind: str, time: datetime, *, decision: str | None = None, user: str | None = None) -> None:
        if kind == "opted_out":
            self.plain.reported(kind, time, self.now, decision=decision, user=user)
        else:
            super()._reported(kind, time, decision=decision, user=user)


def test_a_difference_is_found() -> None:
    """Where a ledger hears less than the plain one, some history shows it."""
    with pytest.raises(AssertionError, match="opted_out"):
        played(DeafMachine, "sqlite memory", examples=12, steps=30, seed=None)


def test_what_happened_is_counted() -> None:
    """By rule and by answer, so that a run can say what it has seen."""
    actual = played(LedgerMachine, "sqlite memory", examples=2, steps=10, seed=3)
    assert actual["histories"] >= 2
