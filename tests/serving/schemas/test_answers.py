import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from model.contracts import (
    Action,
    AgentWouldSend,
    Arm,
    CustomerWouldThank,
    Decision,
    Reason,
    RenderedMessage,
)
from serving.schemas.answers import DecisionAnswer, ProblemAnswer, decision_bytes, decision_values

EXAMPLE = """
{ "decision_id": "01J", "action": "send", "trigger": true,
  "message": { "text": "Your parcel A-7 now arrives on Friday. Reply to change the address.", "expects_reply": true },
  "agent_would_send":     { "answer": true, "reasons": [] },
  "customer_would_thank": { "asked": true, "answer": true, "benefit": 0.034, "complaint_effect": 0.002,
                            "opt_out": 0.001, "net_benefit": 0.031, "cutoff": 0.004 },
  "reasons": [],
  "not_before": null, "expires_at": "2026-11-20T20:00:00Z",
  "arm": "model", "logging_propensity": 0.95, "model_version": "7", "policy_version": "sha256:ab",
  "decided_at": "2026-11-20T12:00:00Z", "recorded": true }
"""
SEND = Decision(
    decision_id="01J",
    action=Action.SEND,
    message=RenderedMessage(
        text="Your parcel A-7 now arrives on Friday. Reply to change the address.", expects_reply=True
    ),
    agent_would_send=AgentWouldSend(answer=True),
    customer_would_thank=CustomerWouldThank(
        asked=True, answer=True, benefit=0.034, complaint_effect=0.002, opt_out=0.001, net_benefit=0.031, cutoff=0.004
    ),
    reasons=(),
    not_before=None,
    expires_at=datetime(2026, 11, 20, 21, tzinfo=timezone(timedelta(hours=1))),
    arm=Arm.MODEL,
    logging_propensity=0.95,
    model_version="7",
    policy_version="sha256:ab",
    decided_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
)


def test_a_send_looks_as_in_the_contract() -> None:
    """The same keys in the same order with the same values as the example of CONTRACT section 4."""
    actual = decision_bytes(SEND)

    assert actual == json.dumps(json.loads(EXAMPLE), separators=(",", ":")).encode()


def test_a_denial_is_null_where_there_is_nothing() -> None:
    """No field is ever left out."""
    no = Reason(code="consent_missing", outcome=Action.DENY, detail="no consent", would_change="ask for consent")
    deny = replace(
        SEND,
        action=Action.DENY,
        message=None,
        agent_would_send=AgentWouldSend(answer=False, reasons=("consent_missing",)),
        customer_would_thank=CustomerWouldThank(asked=False),
        reasons=(no,),
        expires_at=None,
        arm=None,
        logging_propensity=None,
        model_version=None,
    )
    actual = decision_values(deny)

    nulls = [name for name, value in actual.items() if value is None]
    asked = actual["customer_would_thank"]
    assert (list(actual) == list(json.loads(EXAMPLE)), nulls, actual["trigger"], asked, actual["reasons"]) == (
        True,
        ["message", "not_before", "expires_at", "arm", "logging_propensity", "model_version"],
        False,
        {
            "asked": False,
            "answer": None,
            "benefit": None,
            "complaint_effect": None,
            "opt_out": None,
            "net_benefit": None,
            "cutoff": None,
        },
        [{"code": "consent_missing", "outcome": "deny", "detail": "no consent", "would_change": "ask for consent"}],
    )


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_json_number_is_null(figure: float) -> None:
    """An answer is JSON that every reader reads, whatever the model said."""
    thanked = replace(SEND.customer_would_thank, net_benefit=figure)
    actual = json.loads(decision_bytes(replace(SEND, customer_would_thank=thanked)))

    assert actual["customer_would_thank"]["net_benefit"] is None


def test_the_documented_type_has_the_same_keys() -> None:
    """What OpenAPI documents is what is written, key by key."""
    actual = list(DecisionAnswer.model_fields)

    assert actual == list(decision_values(SEND))


def test_the_documented_problem_has_the_members_of_rfc_9457() -> None:
    """Type, title, status and detail, and our list of errors."""
    actual = list(ProblemAnswer.model_fields)

    assert actual == ["type", "title", "status", "detail", "errors"]
