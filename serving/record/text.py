"""Records as the text that a ledger stores: the values of `serving.record.record.record_of`, written a group at a time.

What nearly every record is made of is laid out here field by field, for orjson; the rest of the shared words, and free
values that JSON has no word for, are laid out by `to_json`. What orjson refuses (whole numbers beyond 64 bits, lone
surrogates, names that are no text) is written, or refused by name, as ever: by the standard library.
"""

import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from functools import reduce
from operator import getitem
from typing import NoReturn

import orjson

from model.contracts import (
    JSON,
    AgentWouldSend,
    Candidate,
    Context,
    CustomerWouldThank,
    Decision,
    Event,
    EvidenceRef,
    Message,
    Reason,
    RenderedMessage,
    Session,
)
from serving.ports import Decided
from serving.record.history import packed
from serving.record.record import record_of, timestamp, to_json
from serving.standing import Assignment

Ruled = tuple[Candidate, Context, Decided]
LARGE = re.compile(r"[:,\[]-?[0-9]{19}")  # a number that orjson would read as another one: beyond 64 bits
ZEROS = b"0" * 19
DIGITS = bytes.maketrans(b"123456789", ZEROS[:9])  # each digit as 0: so many in a row are found in a tenth of the time
OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def records_of(rows: Sequence[Ruled]) -> list[str]:
    """Write the records of a group, in order. Verdicts and times that several of them share are written once.

    Raises:
        InvalidInput: a value inside is not JSON.
    """
    shared: dict[int, JSON] = {}
    return [_record(row, shared) for row in rows]


def read_text(text: str) -> JSON:
    """Read a record's text, or a part of it, as the standard library does: whole numbers of any size are whole.

    Raises:
        ValueError: it is no JSON.

    Example:
        >>> read_text('{"a":18446744073709551616}')
        {'a': 18446744073709551616}
    """
    return _as_written(text) if has_large(text) else read_quickly(text)


def has_large(text: str) -> bool:
    """Return whether a text may hold a number that `read_quickly` reads as another one."""
    zeros = text.encode("utf-8", "surrogatepass").translate(DIGITS)
    return ZEROS in zeros and LARGE.search(text) is not None


def read_quickly(text: str) -> JSON:
    """Read the same five times as fast; but whole numbers beyond 64 bits come as floats.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # lone surrogates
        return _as_written(text)


def _as_written(text: str) -> JSON:
    """Read what the standard library wrote: never `NaN` or `Infinity`, which are no JSON."""
    return json.loads(text, parse_constant=_refused)


def _refused(name: str) -> NoReturn:
    raise ValueError(f"`{name}` is no JSON")


def part_of(text: str, *names: str) -> JSON:
    """Return a part of a record; None where it has none, or is no record.

    Example:
        >>> part_of('{"a":{"b":1}}', "a", "b"), part_of("null", "a"), part_of("{broken", "a")
        (1, None, None)
    """
    try:
        return reduce(getitem, names, read_text(text))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None


def _record(row: Ruled, shared: dict[int, JSON]) -> str:
    candidate, context, decided = row
    try:
        parts = {
            "decision_id": decided.decision.decision_id,
            "candidate": _candidate(candidate),
            "context": _context(context, shared),
            "decided": _decided(decided, shared),
        }
        return orjson.dumps(parts, default=_otherwise, option=OPTIONS).decode()
    except (
        TypeError,
        ValueError,
    ):  # orjson's, and ours; `to_json` writes what else is JSON, or says why not
        return json.dumps(record_of(*row), separators=(",", ":"), allow_nan=False)


def _otherwise(value: object) -> JSON:
    return timestamp(value) if type(value) is datetime else to_json(value)


def _time(at: datetime) -> JSON:
    """Return a time as it is to be written; orjson writes those in UTC as `timestamp` does, in a tenth of the time."""
    return orjson.Fragment(orjson.dumps(at, option=orjson.OPT_UTC_Z)) if at.tzinfo is UTC else timestamp(at)


def _free(value: Mapping[str, JSON]) -> dict[str, JSON]:
    return value if type(value) is dict else dict(value)


def _sorted(value: AbstractSet[str]) -> list[str]:
    return sorted(value) if value else []


def _candidate(one: Candidate) -> dict[str, JSON]:
    return {
        "user_id": one.user_id,
        "purpose": one.purpose,
        "channel": one.channel,
        "message": _message(one.message),
        "evidence": None if one.evidence is None else _reference(one.evidence),
        "timezone": one.timezone,
        "attributes": _free(one.attributes),
        "expires_at": None if one.expires_at is None else _time(one.expires_at),
        "session_id": one.session_id,
        "claim": one.claim,
        "matched": one.matched,
    }


def _message(one: Message) -> dict[str, JSON]:
    return {"template": one.template, "facts": _free(one.facts), "text": one.text, "next_step": one.next_step}


def _reference(one: EvidenceRef) -> dict[str, JSON]:
    return {"type": one.type, "id": one.id, "source": one.source}


def _event(one: Event) -> dict[str, JSON]:
    return {
        "source": one.source,
        "id": one.id,
        "type": one.type,
        "time": _time(one.time),
        "subject": one.subject,
        "data": _free(one.data),
    }


def _context(one: Context, shared: dict[int, JSON]) -> dict[str, JSON]:
    history = shared.get(id(one.history))  # those without any have one and the same
    if history is None:
        history = shared[id(one.history)] = _free(packed(one.history))
    return {
        "evidence": None if one.evidence is None else _event(one.evidence),
        "superseded": one.superseded,
        "already_told": one.already_told,
        "last_inbound_at": None if one.last_inbound_at is None else _time(one.last_inbound_at),
        "consent": one.consent,
        "opted_out": one.opted_out,
        "timezone": one.timezone,
        "contacts": [_time(at) for at in one.contacts],
        "contacts_60m": one.contacts_60m,
        "contacts_24h": one.contacts_24h,
        "contacts_7d": one.contacts_7d,
        "last_complaint_at": None if one.last_complaint_at is None else _time(one.last_complaint_at),
        "complaint_open": one.complaint_open,
        "conversation_open": one.conversation_open,
        "session": None if one.session is None else _session(one.session),
        "dismissed_at": None if one.dismissed_at is None else _time(one.dismissed_at),
        "returning": one.returning,
        "requested_channels": _sorted(one.requested_channels),
        "earlier_request": one.earlier_request,
        "approval": one.approval,
        "breaker_open": one.breaker_open,
        "history": history,
        "unknown": _sorted(one.unknown),
    }


def _session(one: Session) -> dict[str, JSON]:
    return {
        "id": one.id,
        "user_id": one.user_id,
        "started_at": _time(one.started_at),
        "last_event_at": _time(one.last_event_at),
        "ended": one.ended,
        "page": one.page,
        "page_since": None if one.page_since is None else _time(one.page_since),
        "widget_messages": one.widget_messages,
    }


def _decided(one: Decided, shared: dict[int, JSON]) -> dict[str, JSON]:
    verdicts = shared.get(id(one.verdicts))
    if verdicts is None:
        verdicts = shared[id(one.verdicts)] = orjson.Fragment(orjson.dumps(_free(one.verdicts)))
    decided_at = shared.get(id(one.decision.decided_at))
    if decided_at is None:
        decided_at = shared[id(one.decision.decided_at)] = _time(one.decision.decided_at)
    return {
        "decision": _decision(one.decision, decided_at),
        "features": _free(one.features),
        "verdicts": verdicts,
        "fact_key": one.fact_key,
        "outbound": one.outbound,
        "essential": one.essential,
        "assignment": None if one.assignment is None else _assignment(one.assignment),
        "stopped": one.stopped,
        "shadow": one.shadow,
    }


def _decision(one: Decision, decided_at: JSON) -> dict[str, JSON]:
    return {
        "decision_id": one.decision_id,
        "action": one.action,
        "message": None if one.message is None else _rendered(one.message),
        "agent_would_send": _agent(one.agent_would_send),
        "customer_would_thank": _customer(one.customer_would_thank),
        "reasons": [_reason(no) for no in one.reasons],
        "not_before": None if one.not_before is None else _time(one.not_before),
        "expires_at": None if one.expires_at is None else _time(one.expires_at),
        "arm": one.arm,
        "logging_propensity": one.logging_propensity,
        "model_version": one.model_version,
        "policy_version": one.policy_version,
        "decided_at": decided_at,
        "recorded": one.recorded,
    }


def _rendered(one: RenderedMessage) -> dict[str, JSON]:
    return {"text": one.text, "expects_reply": one.expects_reply}


def _agent(one: AgentWouldSend) -> dict[str, JSON]:
    return {"answer": one.answer, "reasons": one.reasons}


def _customer(one: CustomerWouldThank) -> dict[str, JSON]:
    return {
        "asked": one.asked,
        "answer": one.answer,
        "benefit": one.benefit,
        "complaint_effect": one.complaint_effect,
        "opt_out": one.opt_out,
        "net_benefit": one.net_benefit,
        "cutoff": one.cutoff,
    }


def _reason(one: Reason) -> dict[str, JSON]:
    return {"code": one.code, "outcome": one.outcome, "detail": one.detail, "would_change": one.would_change}


def _assignment(one: Assignment) -> dict[str, JSON]:
    return {
        "arm": one.arm,
        "contacted": one.contacted,
        "contact_probability": one.contact_probability,
        "above": one.above,
        "watch": one.watch,
    }
