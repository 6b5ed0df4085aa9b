"""More situations, made by hand: in which session, on which page, how long ago (`serving.verify.situations`)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from model.contracts import Event, EvidenceRef, Session
from serving.policy.columns import NEVER, NO, UNKNOWN, YES
from serving.verify.occasions import NOW, OTHER, SESSION, occasion
from serving.verify.situations import AT, Situation, Values

MICROSECOND, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)


def visits() -> Iterator[Situation]:
    """Yield the sessions that a candidate can name, in the chat, in the widget and where none matters."""
    known = session_of_page()
    sessions: Mapping[str, tuple[Mapping[str, Any], int, int]] = {  # changes, live, own
        "own": ({}, YES, YES),
        "own, a moment before it is idle": ({"last_event_at": NOW - 30 * MINUTE + MICROSECOND}, YES, YES),
        "own, idle": ({"last_event_at": NOW - 30 * MINUTE}, NO, YES),
        "own, ended": ({"ended": True}, NO, YES),
        "own, 5 min ahead": ({"last_event_at": NOW + 5 * MINUTE}, YES, YES),
        "own, more than 5 min ahead": ({"last_event_at": NOW + 5 * MINUTE + MICROSECOND}, NO, YES),
        "another's": ({"user_id": OTHER}, YES, NO),
        "nobody's": ({"user_id": None}, YES, NO),
    }
    none: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any], int]] = {  # candidate, context, live
        "not named": ({"session_id": None}, {"session": known}, NO),
        "another one": ({"session_id": "s-2"}, {"session": known}, NO),
        "not on record": ({}, {"session": None}, NO),
        "not found out": ({}, {"session": known, "unknown": frozenset({"session"})}, UNKNOWN),
    }
    capped = {"contacts_24h": 2, "contacts_60m": 1, "contacts_7d": 2}
    for channel in ("chat", "widget", "email"):
        there = {"channel": channel, "session_id": SESSION}
        for name, (changes, live, own) in sessions.items():
            given = {"session": replace(known, **changes), **capped}
            what = f"{channel}, {name}"
            yield Situation(what, "ordinary", there, given, _visit(channel, live, own), _met(channel, live, own))
        for name, (one, context, live) in none.items():
            what, given = f"{channel}, {name}", {**context, **capped}
            differs, codes = _visit(channel, live, UNKNOWN), _met(channel, live, UNKNOWN)
            yield Situation(what, "ordinary", {**there, **one}, given, differs, codes)


def session_of_page() -> Session:
    """Return the customer's own open session."""
    session = occasion("on_page").context.session
    assert session is not None  # noqa: S101  (an occasion of the widget has one)
    return session


def evidence_of(base: str) -> Event:
    """Return the event of a good occasion."""
    event = occasion(base).context.evidence
    assert event is not None  # noqa: S101  (a good occasion has evidence)
    return event


def _visit(channel: str, live: int, own: int) -> Values:
    """Return what is read of a visit: beside the widget only the chat in their own open session is not outbound."""
    inside = channel == "widget" or (channel == "chat" and live == own == YES)
    counts = {} if inside else {"contacts_60m": 1.0, "contacts_24h": 2.0, "contacts_7d": 2.0}
    if channel == "email":
        return {"channel": 4, **counts}
    settled = AT - 600 if live == own == YES else NEVER
    widget = {"channel": 1, "widget_messages": 0.0} if channel == "widget" else {}
    return {"live": live, "own": own, "outbound": NO if inside else YES, "settled_since": settled, **widget, **counts}


def _met(channel: str, live: int, own: int) -> tuple[str, ...]:
    """Return the codes in such a visit: none where one is needed, another's, one not found out, a cap outside."""
    inside = channel == "widget" or (channel == "chat" and live == own == YES)
    missing = ("session_missing",) * (channel == "widget" and live != YES)
    other = ("not_their_session",) * (channel != "email" and own == NO)
    doubted = ("filter_failed",) * (channel == "chat" and live == UNKNOWN)
    return (*missing, *other, *doubted, *(("frequency_cap",) * (not inside)))


def pages() -> Iterator[Situation]:
    """Yield help on a page: the page, since when, and whether it happened in this very session."""

    def of(name: str, differs: Values, *codes: str, of_session: Any = None, **of_event: Any) -> Situation:
        event = evidence_of("on_page")
        data = {**event.data, **of_event.pop("data", {})}
        changed = replace(event, data=data, **of_event)
        context = {"session": replace(session_of_page(), **(of_session or {})), "evidence": changed}
        pointing = {"evidence": EvidenceRef(type=changed.type, id=event.id)}
        return Situation(name, "on_page", pointing, context, differs, codes)

    elsewhere: Values = {"own": NO, "settled_since": NEVER}
    early = {"started_at": NOW - timedelta(seconds=50)}
    here = {"session": SESSION}
    yield of("an exit", {}, type="exit.intended")
    yield of("the page was left", {"outdated": YES}, "fact_superseded", of_session={"page": "home"})
    yield of("the page is not known", {}, of_session={"page": None})
    yield of("since when is not known", {"settled_since": AT - 600}, of_session={"page_since": None})
    for seconds, codes in ((29, ("too_soon",)), (30, ())):
        since = {"page_since": NOW - timedelta(seconds=seconds)}
        yield of(f"{seconds} s on the page", {"settled_since": AT - seconds}, *codes, of_session=since)
    yield of("in another session", elsewhere, "not_their_session", data={"session": "s-2"})
    yield of("in this session, by name", {}, data=here)
    yield of("before this session", elsewhere, "not_their_session", of_session=early)
    yield of("before it, but by name", {}, data=here, of_session=early)
    yield of("one in this session", {"widget_messages": 1.0}, "frequency_cap", of_session={"widget_messages": 1})


def ages() -> Iterator[Situation]:
    """Yield evidence just before and at its limit of age: 5 minutes on a page, 24 hours, 72 hours, a reminder's day."""
    minutes = dict.fromkeys(("on_page", "first_visit"), 5) | dict.fromkeys(("ordinary", "progress", "unresolved"), 1440)
    minutes |= dict.fromkeys(("essential", "critical", "incident"), 3 * 1440)
    for base, limit in minutes.items():
        for name, age in (("nearly", limit * MINUTE - MICROSECOND), ("just", limit * MINUTE)):
            event = replace(evidence_of(base), time=NOW - age)
            session = (
                {"session": replace(session_of_page(), started_at=NOW - 10 * MINUTE, page=None)} if limit == 5 else {}
            )
            codes = ("evidence_stale",) * (name == "just")
            differs = {"evidence_time": event.time.timestamp()}
            yield Situation(f"{base}, {name} stale", base, {}, {"evidence": event, **session}, differs, codes)
    reminder = evidence_of("reminder")
    for name, due in (("nearly", NOW + MICROSECOND), ("just", NOW)):
        event = replace(reminder, data={**reminder.data, "due_at": due.isoformat()})
        codes = ("evidence_stale",) * (name == "just")
        yield Situation(
            f"reminder, {name} due", "reminder", {}, {"evidence": event}, {"due_at": due.timestamp()}, codes
        )
