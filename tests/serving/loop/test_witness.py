"""A transaction that remembers what was decided in it."""

from collections.abc import Iterator

import pytest

from model.contracts import Action, Context, OutcomeKind
from model.errors import InvalidInput
from serving.confirming import Confirmation, Confirmed
from serving.ledger import open_ledger
from serving.loop.witness import Told, Witness
from tests.contracts.ledgers import NOW, SALT, ago, candidate, event, ruling


@pytest.fixture
def witness() -> Iterator[Witness]:
    """A witness of an open transaction."""
    with open_ledger("sqlite://", now=NOW, salt=SALT).transaction() as transaction:
        yield Witness(transaction)


def decide(witness: Witness, identity: str, action: Action = Action.SEND) -> None:
    """Record a decision."""
    witness.add_decision(candidate(), Context(), ruling(identity, action=action))


def decide_and_fail(witness: Witness, identity: str) -> None:
    """Record a decision in a part that fails then."""
    with witness.savepoint():
        decide(witness, identity)
        raise ZeroDivisionError


def names(witness: Witness) -> list[str]:
    """Return the ids of what was told."""
    return [told.decision.decision_id for told in witness.told]


def test_what_is_decided_is_told_in_order(witness: Witness) -> None:
    """Decisions, and what was said of them once more, by the words of their answers."""
    decide(witness, "d-1", Action.HOLD)
    decide(witness, "d-2")
    again = ruling("d-1", at=NOW, action=Action.DENY)
    said = Confirmation(decision_id="d-1", action=Confirmed.CANCEL, at=NOW, expires_at=None, answer=b"{}")
    witness.add_confirmation(said, (candidate(), Context(), again))
    actual = [(told.decision.decision_id, told.action, told.again) for told in witness.told]
    assert actual == [("d-1", "hold", False), ("d-2", "send", False), ("d-1", "cancel", True)]


def test_it_is_on_record_as_without_a_witness(witness: Witness) -> None:
    """Everything is handed on, what it has no word for as well."""
    decide(witness, "d-1")
    transaction = witness.transaction
    new = transaction.add_event(event(), recorded_at=ago(hours=0))
    actual = (transaction.decision("d-1") is not None, transaction.decision("d-2"), new)
    assert actual == (True, None, True)


def test_what_is_said_of_a_denial_again_is_nothing_new(witness: Witness) -> None:
    """It was not decided again."""
    decide(witness, "d-1", Action.DENY)
    said = Confirmation(decision_id="d-1", action=Confirmed.CANCEL, at=NOW, expires_at=None, answer=b"{}")
    witness.add_confirmation(said, None)
    assert names(witness) == ["d-1"]


def test_what_is_undone_was_not_told(witness: Witness) -> None:
    """A part that fails takes what it decided with it, and no more; so does a dry run."""
    decide(witness, "d-1")
    with witness.savepoint():
        decide(witness, "d-2")
        with pytest.raises(ZeroDivisionError):
            decide_and_fail(witness, "d-3")
    with witness.savepoint(keep=False):
        decide(witness, "d-4")
    assert names(witness) == ["d-1", "d-2"]


def test_what_is_refused_was_not_told(witness: Witness) -> None:
    """The same id twice is recorded once."""
    decide(witness, "d-1")
    with pytest.raises(InvalidInput):
        decide(witness, "d-1")
    assert names(witness) == ["d-1"]


def test_a_look_that_holds_on_says_so() -> None:
    """The words of a confirmation: send, hold, cancel."""
    words = [Told(candidate(), ruling("d", action=action).decision, again=True).action for action in Action]
    assert sorted(words) == sorted(Confirmed)
    assert OutcomeKind.ENGAGED not in words
