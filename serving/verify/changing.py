"""Each field of what is known, with each kind of value, and the column that it must become (or else refuse).

What is missing, of the wrong type, NaN, infinite, naive or named in `unknown` must be unknown in its column, or make
its row unreadable.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from model.contracts import Context
from serving.policy.columns import NEVER, NO, NO_END, YES
from serving.verify.occasions import NOW, Occasion

NAN, INF = float("nan"), float("inf")
NAIVE = NOW.replace(tzinfo=None)
Accepts = Callable[[float], bool]  # whether a column may have this value
FAX = "fax"  # no channel, even for a customer who asked for it


@dataclass(frozen=True, slots=True)
class Change:
    """One field with another value. `columns`: what these may be then (unreadable rows may be anything)."""

    place: str  # candidate, context, session or unknown
    field: str
    value: Any
    columns: Mapping[str, Accepts]

    @property
    def name(self) -> str:
        """How a person would name it."""
        return (
            f"`{self.field}` in `unknown`" if self.place == "unknown" else f"{self.place}.{self.field} = {self.value!r}"
        )

    def made(self, one: Occasion) -> Occasion:
        """Return the occasion with this change."""
        if self.place == "candidate":
            return one.but(candidate={self.field: self.value})
        if self.place == "unknown":
            return one.but(context={"unknown": one.context.unknown | {self.field}})
        if self.place == "context":
            return one.but(context={self.field: self.value})
        session = one.context.session
        return one if session is None else one.but(context={"session": replace(session, **{self.field: self.value})})


def is_(wanted: float) -> Accepts:
    """Accept this value."""
    return lambda value: value == wanted


def not_yes(value: float) -> bool:
    """Accept all but a yes."""
    return value != YES


def unknown(value: float) -> bool:
    """Accept what is unknown: below zero in a flag, NaN in a number."""
    return value != value or value == -1  # noqa: PLR0124  (NaN)


NO_TRUTHS: tuple[Any, ...] = (None, "yes", "", "false", NAN, INF, 2, -1, (), {}, NAIVE)
NO_TIMES: tuple[Any, ...] = (NAIVE, "yesterday", "2026-11-20T11:00:00Z", 5, NAN, INF, True, ())
NO_COUNTS: tuple[Any, ...] = (None, NAN, -1, -INF, "1", (), NAIVE)
NO_ZONES: tuple[Any, ...] = ("", "Nowhere/City", "localtime", "../UTC", "europe/paris ", 5, NAN, ())
TRUTHS = (
    "superseded",
    "already_told",
    "consent",
    "opted_out",
    "returning",
    "complaint_open",
    "conversation_open",
    "breaker_open",
)
COUNTS = ("contacts_60m", "contacts_24h", "contacts_7d")
TIMES = MappingProxyType(
    {"last_inbound_at": "last_inbound", "last_complaint_at": "last_complaint", "dismissed_at": "dismissed_at"}
)
APPROVALS = MappingProxyType({"approved": 1, "changed": 2, "none": 0})


def changes(one: Occasion) -> Iterator[Change]:
    """Yield every single change of an occasion, with what its columns may be then."""
    yield from _truths()
    yield from _counts(one)
    yield from _times(one)
    yield from _words(one)
    yield from _sessions(one)
    yield from _unknowns(one)


def _truths() -> Iterator[Change]:
    for name in TRUTHS:
        yield Change("context", name, True, {name: is_(YES)})
        yield Change("context", name, False, {name: is_(NO)})
        yield Change("context", name, 1, {name: lambda value: value != NO})
        yield Change("context", name, 0, {name: not_yes})
        yield from (Change("context", name, value, {name: unknown}) for value in NO_TRUTHS)


def _counts(one: Occasion) -> Iterator[Change]:
    if one.candidate.channel == "widget":
        return  # it counts against no cap of these
    for name in COUNTS:
        yield from (Change("context", name, value, {name: is_(value)}) for value in (0, 1, 3, 1e6))
        yield Change("context", name, INF, {name: lambda value: unknown(value) or value == INF})
        yield from (Change("context", name, value, {name: unknown}) for value in NO_COUNTS)
    yield Change("context", "contacts", (NOW - timedelta(minutes=1),), {name: is_(1) for name in COUNTS})
    yield from (Change("context", "contacts", (value,), dict.fromkeys(COUNTS, unknown)) for value in NO_TIMES)


def _times(one: Occasion) -> Iterator[Change]:
    for field, name in TIMES.items():
        yield Change("context", field, None, {name: is_(NEVER)})
        yield Change("context", field, NOW, {name: is_(NOW.timestamp())})
        yield from (Change("context", field, value, {name: unknown}) for value in NO_TIMES)
    yield Change("candidate", "expires_at", None, {"expires_at": is_(NO_END)})
    yield Change("candidate", "expires_at", NOW, {"expires_at": is_(NOW.timestamp())})
    yield from (Change("candidate", "expires_at", value, {"expires_at": unknown}) for value in NO_TIMES)
    event = one.context.evidence
    if event is not None:
        times = (replace(event, time=value) for value in NO_TIMES)
        yield from (Change("context", "evidence", value, {"found": not_yes}) for value in times)


def _words(one: Occasion) -> Iterator[Change]:
    for word, value in APPROVALS.items():
        yield Change("context", "approval", word, {"approval": is_(value)})
    yield from (
        Change("context", "approval", value, {"approval": unknown}) for value in (*NO_TRUTHS, True, 1, "Approved")
    )
    yield Change("candidate", "timezone", None, {"zoned": not_yes})
    for value in NO_ZONES:
        yield Change("candidate", "timezone", value, {"zoned": not_yes})
        yield Change("context", "timezone", value, {"zoned": not_yes})
    yield Change("context", "timezone", "Asia/Tokyo", {"zoned": is_(YES), "minute_too": is_(20 * 60)})
    yield from (Change("candidate", "channel", value, {"allowed": not_yes}) for value in (FAX, "", "CHAT", 1, None, ()))
    reminder = one.candidate.purpose == "requested_reminder"
    nowhere: tuple[Any, ...] = (frozenset(), frozenset({"fax"}), None, "email", ["email"], {"email": True})
    yield from (
        Change("context", "requested_channels", value, {"allowed": not_yes} if reminder else {}) for value in nowhere
    )
    bought = one.context.evidence is not None and one.context.evidence.type == "item.available"
    for asked in (False, *NO_TRUTHS):
        yield Change("context", "earlier_request", asked, {"found": not_yes} if bought else {})
    yield from (Change("candidate", "attributes", value, {}) for value in ({"urgent": True}, {"tenure_days": NAN}))
    yield Change("candidate", "evidence", None, {"found": not_yes})
    yield Change("context", "evidence", None, {"found": not_yes})


def _sessions(one: Occasion) -> Iterator[Change]:
    if one.context.session is None:
        return
    yield Change("context", "session", None, {"live": not_yes})
    yield from (Change("candidate", "session_id", value, {"live": not_yes}) for value in (None, "s-2", "", 1))
    yield from (Change("session", "user_id", value, {"own": not_yes}) for value in (None, "u-99", "", 1))
    yield from (Change("session", "ended", value, {"live": not_yes}) for value in (True, 1, "no"))
    yield from (
        Change("session", "last_event_at", value, {"live": not_yes})
        for value in (NOW - timedelta(minutes=30), *NO_TIMES, None)
    )
    yield from (Change("session", "started_at", value, {"live": not_yes}) for value in (*NO_TIMES, None))
    yield from (Change("session", "widget_messages", value, {"widget_messages": is_(value)}) for value in (0, 1, 2))
    yield from (
        Change("session", "widget_messages", value, {"widget_messages": unknown})
        for value in (None, NAN, -1, "one", ())
    )


def _unknowns(one: Occasion) -> Iterator[Change]:
    named: dict[str, Mapping[str, Accepts]] = {name: {name: unknown} for name in (*TRUTHS, "approval")}
    named |= {field: {name: unknown} for field, name in TIMES.items()}
    named |= {"evidence": {"found": not_yes}, "timezone": {"zoned": unknown}}
    named["session"] = {"live": is_(NO) if one.candidate.session_id is None else unknown}
    named |= {} if one.candidate.channel == "widget" else {name: {name: unknown} for name in COUNTS}
    if one.candidate.purpose == "requested_reminder":
        named["requested_channels"] = {"allowed": unknown}
    if one.candidate.purpose == "progress_update":
        named["earlier_request"] = {"found": not_yes}
    for field in fields(Context):
        yield Change("unknown", field.name, None, named.get(field.name, {}))
