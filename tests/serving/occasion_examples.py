"""Occasions as a ledger would hand them out, made by hand: what was decided, what chance did, what followed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from model.contracts import (
    JSON,
    NOTHING,
    Action,
    AgentWouldSend,
    Arm,
    Candidate,
    Context,
    CustomerWouldThank,
    Decision,
    Outcome,
    OutcomeKind,
)
from model.history import nothing_on_record
from serving.ports import Decided
from serving.record.record import record_of
from serving.standing import Assignment, Occasion

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
MATURE = AT + timedelta(days=14)
HISTORY = nothing_on_record(AT.timestamp())
CUTOFF = 0.01


def occasion(
    name: str = "1",
    *,
    arm: Arm = Arm.EXPERIMENT,
    contacted: bool = True,
    above: bool | None = None,
    e: float = 0.5,
    at: datetime = AT,
    user: str | None = None,
    fact: str | None = None,
    attributes: Mapping[str, JSON] = NOTHING,
    history: Mapping[str, float] = HISTORY,
    outcomes: tuple[Outcome, ...] = (),
    watch: str = "x",
    policy: str = "sha256:p",
) -> Occasion:
    """Return an occasion of customer `u<name>` about a fact of its own."""
    user_id = user or f"u{name}"
    assignment = Assignment(arm=arm, contacted=contacted, contact_probability=e, above=above, watch=watch)
    thanks = CustomerWouldThank(asked=False)
    if above is not None:
        net = CUTOFF if above else CUTOFF - 0.001
        thanks = CustomerWouldThank(asked=True, answer=above, net_benefit=net, cutoff=CUTOFF)
    decision = Decision(
        decision_id=f"d{name}",
        action=Action.SEND if contacted else Action.DENY,
        message=None,
        agent_would_send=AgentWouldSend(answer=True),
        customer_would_thank=thanks,
        reasons=(),
        not_before=None,
        expires_at=None,
        arm=arm,
        logging_propensity=round(e if contacted else 1.0 - e, 12),
        model_version=None,
        policy_version=policy,
        decided_at=at,
    )
    candidate = Candidate(user_id=user_id, purpose="delivery_update", channel="chat", attributes=dict(attributes))
    decided = Decided(
        decision=decision,
        features={},
        verdicts={},
        fact_key=fact or f"f{name}",
        outbound=True,
        essential=False,
        assignment=assignment,
    )
    record = record_of(candidate, Context(history=history), decided)
    return Occasion(record=record, assignment=assignment, outcomes=outcomes)


def tampered(made: Occasion, **changes: Any) -> Occasion:
    """Return the occasion with fields of its decision's record changed afterwards."""
    decided = dict(made.record["decided"])
    decided["decision"] = {**decided["decision"], **changes}
    return replace(made, record={**made.record, "decided": decided})


def by_user(kind: OutcomeKind, *, user: str = "u1", at: datetime = AT, **later: float) -> Outcome:
    """Return what the customer did so much later, reported by customer."""
    return Outcome(kind=kind, time=at + timedelta(**later), user_id=user)


def by_decision(kind: OutcomeKind, *, decision: str = "d1", at: datetime = AT, **later: float) -> Outcome:
    """Return what followed a decision so much later, reported by decision."""
    return Outcome(kind=kind, time=at + timedelta(**later), decision_id=decision)
