"""What the API answers, field by field in the order of CONTRACT section 4, and how a decision becomes those bytes."""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

import orjson
from pydantic import ConfigDict, Field

from model.contracts import JSON, Candidate, CustomerWouldThank, Decision
from serving.confirming import Confirmed
from serving.offers.offering import about, offered
from serving.schemas.base import Answered, Code, write_time
from serving.schemas.requests import ChannelName, KindName

ArmName = Literal["model", "policy_only", "holdout", "experiment"]


class MessageAnswer(Answered):
    """The text as the customer would read it; null unless the action is send."""

    text: str
    expects_reply: bool


class AgentAnswer(Answered):
    """First question: would a competent agent send this, today, unprompted? `reasons` are codes."""

    answer: bool
    reasons: list[Code]


class CustomerAnswer(Answered):
    """Second question: would the customer thank us? Figures are per contact; null where it was not asked."""

    asked: bool
    answer: bool | None
    benefit: float | None
    complaint_effect: float | None
    opt_out: float | None
    net_benefit: float | None
    cutoff: float | None


class ReasonAnswer(Answered):
    """One no, with what would change it."""

    code: Code
    outcome: Literal["hold", "deny"]
    detail: str
    would_change: str


class DecisionAnswer(Answered):
    """The answer to one candidate; `trigger` says whether to send now."""

    decision_id: str
    action: Literal["send", "hold", "deny"]
    trigger: bool
    message: MessageAnswer | None
    agent_would_send: AgentAnswer
    customer_would_thank: CustomerAnswer
    reasons: list[ReasonAnswer]
    not_before: datetime | None
    expires_at: datetime | None
    arm: ArmName | None
    logging_propensity: float | None
    model_version: str | None
    policy_version: str
    decided_at: datetime
    recorded: bool


class UserAnswer(Answered):
    """A customer, by the id that they have now."""

    id: str


class EvidenceAnswer(Answered):
    """The event that proves a message."""

    type: str
    id: str
    source: str | None


class SessionAnswer(Answered):
    """The session in which a message would appear."""

    id: str


class MatchedAnswer(DecisionAnswer):
    """A decision that nobody asked for by hand: about whom it is, and the trigger that `matched` its event."""

    user: UserAnswer
    purpose: str
    channel: str
    evidence: EvidenceAnswer | None
    session: SessionAnswer | None
    matched: str | None


class ConfirmationAnswer(DecisionAnswer):
    """The answer at send time or after a hold: a decision's, in which a denial is the end of the message."""

    action: Literal["send", "hold", "cancel"]  # type: ignore[assignment]  # the same place, with a word of its own


class FaultAnswer(Answered):
    """One thing that is wrong: a JSON pointer, in which `*` stands for a name of the sender's, and what to do."""

    pointer: str
    detail: str


class ProblemAnswer(Answered):
    """A refusal (RFC 9457); it never repeats the input."""

    model_config = ConfigDict(title="Problem", json_schema_serialization_defaults_required=False)

    type: str
    title: str
    status: int
    detail: str
    errors: list[FaultAnswer] = Field(default_factory=list)


class RejectedAnswer(Answered):
    """One element that was not taken, by its index; the others were."""

    index: int
    problem: ProblemAnswer


class OutcomesAnswer(Answered):
    """What became of each outcome."""

    accepted: int
    duplicates: int
    rejected: list[RejectedAnswer]


class OutcomeAnswer(Answered):
    """An outcome by the id that it was reported with; its time is null where no calendar has it.

    `cursor`, given back, asks for what was recorded after it.
    """

    decision_id: str | None
    user_id: str | None
    kind: KindName
    time: datetime | None
    recorded_at: datetime | None
    channel: str | None
    cursor: str


class PulledAnswer(Answered):
    """A page of outcomes, in the order they were recorded; `next_cursor` is null on the last page."""

    outcomes: list[OutcomeAnswer]
    next_cursor: str | None


class UnknownAnswer(Answered):
    """A type that no rule reads, by the index of its first event; it was stored all the same."""

    index: int
    detail: str


class NobodyAnswer(Answered):
    """An event that names no customer, by its index; it was stored all the same."""

    index: int
    detail: str


class EventsAnswer(OutcomesAnswer):
    """What became of each event, and a decision for every trigger that matched.

    `pending`, where it is there, counts the customers of an incident whose turn comes later: what is sent to them is
    offered. `unknown_types`, where it is there, names what no rule reads: stored, or perhaps misspelt. `about_nobody`,
    where it is there, names events that could prove something, and name no customer.
    """

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    decisions: list[MatchedAnswer]
    pending: int = 0
    unknown_types: list[UnknownAnswer] = Field(default_factory=list)
    about_nobody: list[NobodyAnswer] = Field(default_factory=list)


class ErasedAnswer(Answered):
    """How many decisions, events and outcomes of a customer lost their content, or went, by this very call."""

    decisions: int
    events: int
    outcomes: int


class PreferencesAnswer(Answered):
    """What a customer told us."""

    timezone: str | None
    consent: dict[ChannelName, bool]


class EmbargoAnswer(Answered):
    """Nobody should send this customer a promotion before `until`; both are null where nothing speaks against it."""

    until: datetime | None
    because: Literal["service_message", "cooling_off", "incident"] | None


class ReadyAnswer(Answered):
    """`degraded`: no verified artefact, or all is stopped; `detail` says what goes out, and why no more."""

    status: Literal["ready", "degraded"]
    detail: str


class LiveAnswer(Answered):
    """The process runs."""

    status: Literal["live"]


class VersionAnswer(Answered):
    """Which code, policy and model answer."""

    version: str
    policy_version: str
    model_version: str | None


def decision_values(decision: Decision) -> dict[str, JSON]:
    """Return a decision as the wire has it: keys in order, times in UTC, null where there is nothing."""
    return _values(decision, write_time)


def matched_values(candidate: Candidate, decision: Decision) -> dict[str, JSON]:
    """Return a decision with whom and what it is about, for those who did not ask for it."""
    return decision_values(decision) | about(candidate)


def offered_bytes(candidate: Candidate, decision: Decision) -> bytes:
    """Return the body of an offer."""
    return offered(matched_values(candidate, decision))


def decision_bytes(decision: Decision) -> bytes:
    """Return the body of a 200."""
    return json_bytes(_values(decision, _in_utc))


def confirmation_bytes(decision: Decision) -> bytes:
    """Return the body of a 200 to a confirmation; what was denied is cancelled."""
    return json_bytes(_values(decision, _in_utc) | {"action": Confirmed.of(decision.action).value})


def json_bytes(value: JSON) -> bytes:
    """Write an answer as UTF-8 JSON; NaN never gets out. Whole numbers beyond 64 bits are for the standard library."""
    try:
        return orjson.dumps(value, option=orjson.OPT_UTC_Z)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _values(decision: Decision, time: Callable[[datetime | None], JSON]) -> dict[str, JSON]:
    """Return a decision key by key; `time` writes a time, or leaves one in UTC to be written."""
    message, agent, arm = decision.message, decision.agent_would_send, decision.arm
    return {
        "decision_id": decision.decision_id,
        "action": decision.action.value,
        "trigger": decision.trigger,
        "message": None if message is None else {"text": message.text, "expects_reply": message.expects_reply},
        "agent_would_send": {"answer": agent.answer, "reasons": list(agent.reasons)},
        "customer_would_thank": _customer_values(decision.customer_would_thank),
        "reasons": [
            {"code": no.code, "outcome": no.outcome.value, "detail": no.detail, "would_change": no.would_change}
            for no in decision.reasons
        ],
        "not_before": time(decision.not_before),
        "expires_at": time(decision.expires_at),
        "arm": None if arm is None else arm.value,
        "logging_propensity": _finite(decision.logging_propensity),
        "model_version": decision.model_version,
        "policy_version": decision.policy_version,
        "decided_at": time(decision.decided_at),
        "recorded": decision.recorded,
    }


def _in_utc(time: datetime | None) -> datetime | None:
    return time if time is None or time.tzinfo is UTC else time.astimezone(UTC)


def _customer_values(customer: CustomerWouldThank) -> dict[str, JSON]:
    return {
        "asked": customer.asked,
        "answer": customer.answer,
        "benefit": _finite(customer.benefit),
        "complaint_effect": _finite(customer.complaint_effect),
        "opt_out": _finite(customer.opt_out),
        "net_benefit": _finite(customer.net_benefit),
        "cutoff": _finite(customer.cutoff),
    }


def _finite(figure: float | None) -> float | None:
    return float(figure) if figure is not None and math.isfinite(figure) else None
