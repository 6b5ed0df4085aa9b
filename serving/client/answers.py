"""What the client is told: the answers of the API as values, read so that whatever cannot be read is no send. Pure.

A `Decision` says `trigger` only where all of it agrees: the action is send, there is a text, it is recorded, and its
`expires_at` has not come. A `NoAnswer` never does, so that `if answer.trigger:` is safe whatever happened.

    Refused    the API says that the caller must mend something: a key, a body, an id (4xx)
    NoAnswer   nobody answered in time, or nothing that can be read; `why` is one of `WHY`

Example:
    >>> NoAnswer(why="timeout").trigger
    False
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, TypeVar

from model.contracts import JSON, Action, Reason, RenderedMessage
from model.errors import InvalidInput, OutreachError
from serving.errors import NO_DECISION, Fault, NotFound

T = TypeVar("T")
NOT_FOUND: Final = f"urn:outreach:problem:{NotFound.slug}"
Why = Literal["timeout", "unreachable", "broken", "busy", "failed", "redirect", "unreadable"]
WHY: Final[Mapping[Why, str]] = {
    "timeout": "no answer in time",
    "unreachable": "no connection: the name, the port, the certificate",
    "broken": "the connection ended before the answer did, or the answer was no HTTP",
    "busy": "it asked to come again later (408, 409, 425, 429, 503)",
    "failed": "it failed (any other 5xx)",
    "redirect": "it pointed somewhere else; nothing is followed: correct the address",
    "unreadable": "it answered, and not as the API does",
}


class Refused(OutreachError):  # noqa: N818  (reads as what it is)
    """The API refuses, and the caller must mend it: `errors` say where (`pointer`) and what (`detail`).

    `unknown`: it is the API itself that says so, and there is no such decision: the customer was erased.
    """

    def __init__(self, status: int, detail: str, errors: Sequence[Fault] = (), *, unknown: bool = False) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.unknown = unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """Nobody knows what was decided: nothing is sent. `status` is what was answered last, where anything was."""

    why: Why
    status: int | None = None
    trigger: Literal[False] = field(default=False, init=False)
    action: None = field(default=None, init=False)
    message: None = field(default=None, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided; `action` is send, hold or deny, and after a confirmation send, hold or cancel.

    `trigger`: send it now. `raw` is all of the answer, as it came.
    """

    decision_id: str
    action: str
    trigger: bool
    message: RenderedMessage | None
    reasons: tuple[Reason, ...]
    not_before: datetime | None
    expires_at: datetime | None
    decided_at: datetime
    raw: Mapping[str, JSON] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One element that was not taken, by its index: the others were. `unknown`: as `Refused` has it."""

    index: int
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()
    unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of events: how many are new, how many were known, which were not taken, and what was decided."""

    accepted: int
    duplicates: int
    rejected: tuple[Rejected, ...]
    decisions: tuple[Decision, ...]
    raw: Mapping[str, JSON] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A send that no request was answered with: confirm it before you act; `number` is the cursor for what follows."""

    number: int
    user_id: str
    purpose: str
    channel: str
    session_id: str | None
    decision: Decision


def decision_of(value: JSON, *, now: datetime, about: str | None = None) -> Decision:
    """Read one decision as of `now`; `about` is the one that was asked about, where it had a name before.

    Raises:
        InvalidInput: it is none, or another, or a part that a send depends on is missing or of another kind.
    """
    raw = _object(value)
    if about not in (None, raw.get("decision_id")):
        raise _unreadable("decision_id")
    message = None if raw.get("message") is None else _message(raw["message"])
    action, expires_at = _text(raw, "action"), _time(raw, "expires_at")
    agrees = raw.get("trigger") is True and raw.get("recorded") is True
    return Decision(
        decision_id=_text(raw, "decision_id"),
        action=action,
        trigger=agrees
        and action == Action.SEND
        and message is not None
        and expires_at is not None
        and now < expires_at,
        message=message,
        reasons=tuple(map(_reason, _list(raw, "reasons"))),
        not_before=_time(raw, "not_before"),
        expires_at=expires_at,
        decided_at=_time(raw, "decided_at") or now,
        raw=raw,
    )


def recorded_of(value: JSON, *, now: datetime) -> Recorded:
    """Read what became of events, or of outcomes, of which nothing is decided."""
    raw = _object(value)
    return Recorded(
        accepted=_number(raw, "accepted"),
        duplicates=_number(raw, "duplicates"),
        rejected=tuple(map(_rejected, _list(raw, "rejected"))),
        decisions=tuple(decision_of(each, now=now) for each in _list({"decisions": [], **raw}, "decisions")),
        raw=raw,
    )


def offers_of(value: JSON, *, now: datetime) -> list[Offered]:
    """Read a page of offers."""
    return [_offered(_object(each), now) for each in _list(_object(value), "offers")]


def refusal_of(status: int, value: JSON) -> Refused:
    """Read a problem document (RFC 9457); whatever else came with this status is a refusal without words."""
    try:
        raw = _object(value)
        errors = tuple(map(_fault, _list({"errors": [], **raw}, "errors")))
        detail = _text(raw, "detail")
        unknown = (status, raw.get("type"), detail) == (NotFound.status, NOT_FOUND, NO_DECISION)
        return Refused(status, detail, errors, unknown=unknown)
    except InvalidInput:
        return Refused(status, "the answer says no more; is this the address of the API?")


def _offered(raw: Mapping[str, JSON], now: datetime) -> Offered:
    about = _object(raw.get("decision"))
    session = about.get("session")
    return Offered(
        number=_number(raw, "number"),
        user_id=_text(_object(about.get("user")), "id"),
        purpose=_text(about, "purpose"),
        channel=_text(about, "channel"),
        session_id=None if session is None else _text(_object(session), "id"),
        decision=decision_of(about, now=now),
    )


def _message(value: JSON) -> RenderedMessage:
    raw = _object(value)
    return RenderedMessage(text=_text(raw, "text"), expects_reply=_of(raw, "expects_reply", bool))


def _reason(value: JSON) -> Reason:
    raw = _object(value)
    code, outcome, detail, change = (_text(raw, name) for name in ("code", "outcome", "detail", "would_change"))
    try:
        return Reason(code=code, outcome=Action(outcome), detail=detail, would_change=change)
    except ValueError:
        raise _unreadable("outcome") from None


def _rejected(value: JSON) -> Rejected:
    raw = _object(value)
    problem = _object(raw.get("problem"))
    refused = refusal_of(_number(problem, "status"), problem)
    return Rejected(
        index=_number(raw, "index"),
        status=refused.status,
        detail=refused.detail,
        errors=refused.errors,
        unknown=refused.unknown,
    )


def _fault(value: JSON) -> Fault:
    raw = _object(value)
    return Fault(_text(raw, "pointer"), _text(raw, "detail"))


def _object(value: JSON) -> Mapping[str, JSON]:
    return _of({"answer": value}, "answer", dict)


def _text(raw: Mapping[str, JSON], name: str) -> str:
    text = _of(raw, name, str)
    if not text.strip():
        raise _unreadable(name)
    return text


def _number(raw: Mapping[str, JSON], name: str) -> int:
    return _of(raw, name, int)


def _list(raw: Mapping[str, JSON], name: str) -> list[JSON]:
    return _of(raw, name, list)


def _time(raw: Mapping[str, JSON], name: str) -> datetime | None:
    if raw.get(name) is None:
        return None
    try:
        time = datetime.fromisoformat(_text(raw, name))
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _unreadable(name)


def _of(raw: Mapping[str, JSON], name: str, kind: type[T]) -> T:
    """Return a member that is of exactly this kind: true is no number."""
    value = raw.get(name)
    if type(value) is not kind:
        raise _unreadable(name)
    return value


def _unreadable(name: str) -> InvalidInput:
    return InvalidInput(f"the answer cannot be read: `{name}`; ask again, and see that both are of one version")
