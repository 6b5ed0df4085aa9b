"""A ledger with something to see on the first pages: two plans, one of which contact annoys, and marketing refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from model.contracts import Action, Candidate, Context, Message, OutcomeKind, Reason
from serving.app import create_app
from serving.fakes import FakeScorer
from serving.ports import Ledger, Transaction
from serving.settings import Settings
from tests.contracts.drawn import EVEN, assigned
from tests.contracts.ledgers import report, ruling
from tests.serving.console.signing_in import Person, signed_in
from tests.serving.served import NOON, Served, Watch, memory_ledger

LONG_AGO = NOON - timedelta(days=20)
EVIL = "<script>alert(1)</script>"


def seeded(*, basic: int = 120, plus: int = 400) -> Ledger:
    """Return a ledger in which every third contact with customers on `basic` ends in a complaint, and no other does.

    Every second occasion is held out; today one message is denied for marketing, and one customer says thank you.
    """
    ledger = memory_ledger()
    with ledger.transaction() as tx:
        tx.watch(EVEN)
        for number in range(basic + plus):
            plan = "basic" if number < basic else "plus"
            decided(tx, number, plan=plan, annoyed=number < basic and number % 6 == 0)
        denied(tx, "d-marketing", "purpose_is_marketing", purpose="win_back")
        report(tx, OutcomeKind.THANKED, time=NOON, decision_id="d-0")
    return ledger


def decided(tx: Transaction, number: int, *, plan: str, annoyed: bool = False) -> None:
    """Record an occasion of customer `u-number`, who complains of it two days later where it annoys them."""
    drawn = assigned(contacted=number % 2 == 0, watch=EVEN)
    identity = f"d-{number}"
    action = Action.SEND if drawn.contacted else Action.DENY
    told = ruling(identity, at=LONG_AGO, action=action, fact_key=f"fact {number}", assignment=drawn)
    tx.add_decision(asked(f"u-{number}", attributes={"plan": plan, "muted": plan == "basic"}), Context(), told)
    if annoyed:
        report(tx, OutcomeKind.COMPLAINED, time=LONG_AGO + timedelta(days=2), decision_id=identity)


def denied(tx: Transaction, identity: str, code: str, **given: Any) -> None:
    """Record a denial of today for one reason."""
    told = ruling(identity, at=NOON, action=Action.DENY)
    reason = Reason(code=code, outcome=Action.DENY, detail="so it is", would_change="nothing")
    tx.add_decision(
        asked(given.pop("user_id", "u-9"), **given),
        Context(),
        replace(told, decision=replace(told.decision, reasons=(reason,))),
    )


def asked(user: str, **given: Any) -> Candidate:
    """Describe news of a delivery to a customer by chat."""
    values = {
        "purpose": "delivery_update",
        "channel": "chat",
        "message": Message(template="parcel_delayed"),
        "timezone": "Europe/Paris",
    }
    return Candidate(user_id=user, **(values | given))


class Console:
    """`with Console(ledger) as person`: somebody who signed in, and only reads."""

    def __init__(self, ledger: Ledger, *, model: FakeScorer | None = None) -> None:
        self._served = Served(create_app(Settings(), scorer=model, ledger=ledger, clock=Watch()))

    def __enter__(self) -> Person:
        return signed_in(self._served.__enter__(), "read")

    def __exit__(self, *failed: object) -> None:
        self._served.__exit__(*failed)
