"""The ledgers under contract and a customer to try them on: `KINDS` is where another implementation joins."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from model.contracts import (
    Action,
    AgentWouldSend,
    Arm,
    Candidate,
    Context,
    CustomerWouldThank,
    Decision,
    Event,
    EvidenceRef,
    Message,
    Outcome,
    OutcomeKind,
    RenderedMessage,
)
from serving.ledger import open_ledger
from serving.ports import Decided, Ledger, Transaction
from tests.copied import in_file, in_memory
from tests.postgres import wiped

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SALT = b"a salt that tests know"
SHIPPED: Mapping[str, str] = MappingProxyType({"sha256:shipped": "template:parcel_delayed"})

Factory = Callable[[Path], Ledger]


def sqlite_file(folder: Path) -> Ledger:
    """Open a ledger in a file; the same folder gives the same ledger again."""
    return in_file(folder / "ledger.db", now=NOW, salt=SALT, shipped=SHIPPED)


def sqlite_memory(folder: Path) -> Ledger:
    """Open a ledger that lives in memory and ends with it."""
    del folder
    return in_memory(now=NOW, salt=SALT, shipped=SHIPPED)


def postgresql(folder: Path) -> Ledger:
    """Open a ledger on a real server; the same folder gives the same ledger again."""
    return open_ledger(wiped(folder, salt=SALT, shipped=SHIPPED, at=NOW), now=NOW, salt=SALT, shipped=SHIPPED)


KINDS: Mapping[str, Factory] = MappingProxyType(
    {"sqlite file": sqlite_file, "sqlite memory": sqlite_memory, "postgresql": postgresql}
)


def ago(**span: float) -> datetime:
    """Return an instant before `NOW`."""
    return NOW - timedelta(**span)


def event(kind: str = "shipment.delayed", identity: str = "ev-1", **given: Any) -> Event:
    """Describe an event of customer `u`, an hour ago unless `time` is given; `data` is free."""
    return Event(
        source=given.get("source", "shop"),
        id=identity,
        type=kind,
        time=given.get("time", ago(hours=1)),
        subject=given.get("subject", "u"),
        data=given.get("data", {"parcel": "A-7"}),
    )


def candidate(evidence: Event | None = None, **given: Any) -> Candidate:
    """Describe a delivery message to customer `u` by chat that points to `evidence`."""
    return Candidate(
        user_id=given.get("user_id", "u"),
        purpose=given.get("purpose", "delivery_update"),
        channel=given.get("channel", "chat"),
        message=given.get("message", Message(template="parcel_delayed", facts={"parcel": "A-7"})),
        evidence=None if evidence is None else EvidenceRef(type=evidence.type, id=evidence.id),
        session_id=given.get("session_id"),
    )


def ruling(identity: str, *, at: datetime = NOW, action: Action = Action.SEND, **given: Any) -> Decided:
    """Describe what was decided; `fact_key` and `outbound` say what a send reserves, `assignment` what chance did."""
    decision = Decision(
        decision_id=identity,
        action=action,
        message=RenderedMessage(text="It arrives on Friday.", expects_reply=True) if action is Action.SEND else None,
        agent_would_send=AgentWouldSend(answer=action is Action.SEND),
        customer_would_thank=CustomerWouldThank(asked=True, answer=True, benefit=0.03, net_benefit=0.02, cutoff=0.0),
        reasons=(),
        not_before=None,
        expires_at=at + timedelta(hours=2),
        arm=Arm.MODEL,
        logging_propensity=0.95,
        model_version="7",
        policy_version="sha256:p",
        decided_at=at,
    )
    return Decided(
        decision=decision,
        features={"contacts_7d": 0.0, "days_since_contact": None},
        verdicts={"quiet_hours": "pass"},
        fact_key=given.get("fact_key"),
        outbound=given.get("outbound", True),
        essential=given.get("essential", False),
        assignment=given.get("assignment"),
    )


def record(tx: Transaction, *events: Event, at: datetime = NOW) -> None:
    """Record events in this order."""
    for one in events:
        tx.add_event(one, recorded_at=at)


def send(tx: Transaction, identity: str, *, at: datetime = NOW, to: Candidate | None = None, **given: Any) -> None:
    """Record a send to customer `u`, or to whom `to` says."""
    tx.add_decision(to or candidate(), Context(), ruling(identity, at=at, **given))


def report(tx: Transaction, kind: OutcomeKind, *, time: datetime = NOW, **about: Any) -> str:
    """Report an outcome by `decision_id` or `user_id`."""
    return tx.add_outcome(Outcome(kind=kind, time=time, **about), recorded_at=NOW)


def context(tx: Transaction, asked: Candidate, *, now: datetime = NOW, digest: str | None = None) -> Context:
    """Read the context of one candidate."""
    return tx.contexts([asked], now=now, digests=[digest])[0]
