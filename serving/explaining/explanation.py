"""The explanation of one recorded decision: what was said then, and what would have changed it.

Everything about the past comes from the record. What would have changed it is found by deciding again on the recorded
inputs, under the policy that is at hand, and says so; where that gives another answer than the record, none is named.
"""

from model.contracts import JSON, Action
from model.errors import InvalidInput
from serving.explaining.case import Case
from serving.explaining.flipping import Change, Flip, NoFlip, flip_of
from serving.explaining.scoring import scored_flip
from serving.explaining.sentences import first_question, listed, second_question
from serving.explaining.turning import turns
from serving.explaining.verdicts import verdict_rows
from serving.policy.policy import Policy
from serving.record.history import unpacked
from serving.record.record import Recorded, read_record, timestamp

PARTS = frozenset({"decision_id", "candidate", "context", "decided"})
UNREADABLE = "another version of this program wrote the record, and this one cannot read it back"


def whole(record: dict[str, JSON]) -> dict[str, JSON]:
    """Return the answer as it was given, then what it was decided from, then what followed."""
    decided = dict(record["decided"])
    given = decided.pop("decision")
    answer = {"decision_id": given["decision_id"], "action": given["action"], "trigger": given["action"] == Action.SEND}
    known = record["context"]
    inputs = {"candidate": record["candidate"], "context": {**known, "history": unpacked(known["history"])}}
    followed = {name: value for name, value in record.items() if name not in PARTS}
    return {**answer, **given, **inputs, **decided, **followed}


def explained(record: dict[str, JSON], policy: Policy) -> dict[str, JSON]:
    """Return the whole record with its `explanation`."""
    return {**whole(record), "explanation": explanation_of(record, policy)}


def explanation_of(record: dict[str, JSON], policy: Policy) -> dict[str, JSON]:
    """Explain a record; `policy` is the one at hand, under which it is decided again."""
    try:
        recorded = read_record(record)
    except InvalidInput:
        said: dict[str, JSON] = {"agent_would_send": None, "customer_would_thank": None, "verdicts": []}
        return {"policy_version": policy.version, "note": None, **said, "flip": None, "no_flip": UNREADABLE}
    found = _found(recorded, policy)
    return {
        "policy_version": policy.version,
        "note": _note(recorded, policy),
        "agent_would_send": first_question(recorded),
        "customer_would_thank": second_question(recorded),
        "verdicts": verdict_rows(recorded),
        "flip": _flip(found, policy) if isinstance(found, Flip) else None,
        "no_flip": found.why if isinstance(found, NoFlip) else None,
    }


def _note(recorded: Recorded, policy: Policy) -> str | None:
    """Say that the policy at hand is another one than that of the decision; None where it is the same."""
    then = recorded.decided.decision.policy_version
    if then == policy.version:
        return None
    return f"decided under policy {then}; what would change it is worked out under another one, {policy.version}"


def _found(recorded: Recorded, policy: Policy) -> Flip | NoFlip:
    """Decide again, see that it gives the recorded answer, and look for what would have changed it."""
    decided, decision = recorded.decided, recorded.decided.decision
    case = Case(candidate=recorded.candidate, context=recorded.context, at=decision.decided_at, policy=policy)
    again = case.decision().agent_would_send.reasons
    if again != decision.agent_would_send.reasons:
        under = "now" if decision.policy_version == policy.version else f"under policy {policy.version}"
        said = f"no, {', '.join(again)}" if again else "yes"
        return NoFlip(f"decided again {under} on the recorded inputs, the first question would be answered: {said}")
    if again:
        return flip_of(case)
    return turns(case, decided) if decision.action is Action.SEND else scored_flip(decided)


def _flip(found: Flip, policy: Policy) -> dict[str, JSON]:
    """Write a change as JSON, with a sentence."""
    return {
        "leads_to": found.leads_to,
        "said": _said(found),
        "until": None if found.until is None else timestamp(found.until),
        "changes": [_change(change) for change in found.changes],
        "others": [_change(change) for change in found.others],
        "policy_version": policy.version,
    }


def _change(change: Change) -> dict[str, JSON]:
    return {"input": change.input, "codes": list(change.codes), "change": change.change}


LEADS = {
    "send": "For it to be sent",
    "second_question": "For the second question to be asked",
    "hold": "For it to be held instead",
    "deny": "For it to be denied instead",
}


def _said(found: Flip) -> str:
    """Say it in one sentence: what has to happen, all of it, and what that leads to."""
    parts = [change.change for change in found.changes]
    return f"{LEADS[found.leads_to]}{'' if len(parts) == 1 else ', all of these'}: {listed(parts)}"
