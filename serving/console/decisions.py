"""`/console/decisions`: what was decided, narrowed down; and one decision's trace through the two questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request, Response

from model.contracts import JSON
from model.errors import InvalidInput
from serving.console.fixes import fixes_after
from serving.console.frame import Views, console_router, page, read
from serving.console.prose import times
from serving.console.telling import Entry, because, cut, entry, facts_of, happened, text_of, why_sent
from serving.console.trace import chance, first_answer, flip_said, groups, scale, scored
from serving.errors import NO_DECISION, Invalid, NotFound
from serving.explaining.explanation import explained
from serving.in_words.contract import ACTIONS, CHANNELS, MARKETING, PURPOSES, REASONS, of_reason
from serving.people.leafing import Leaf, Leafed, Sought
from serving.people.looking import Looking
from serving.people.stories import Happened, Happening
from serving.policy.tightening import in_force
from serving.routes.api import api_of
from serving.routes.user_ids import DecisionId
from serving.routes.written import kept_as
from serving.schemas.answers import json_bytes

PAGE: Final = 25
LONGEST: Final = 256
FILTERS: Final = ("user", "word", "reason", "purpose", "channel", "template", "since", "until")
WORDS: Final = ("send", "hold", "deny")
router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One decision in the list: its record, the last word on it, and why that is the word."""

    id: str
    at: datetime
    user: str
    word: str
    purpose: str
    channel: str
    text: str | None
    why: Sequence[str]


@router.get("/console/decisions")
async def listed(request: Request, viewer: Views) -> Response:
    """List decisions, the newest first."""
    asked = {name: request.query_params.get(name, "").strip()[:LONGEST] for name in FILTERS}
    cursor = request.query_params.get("cursor")
    sought, wrong = sought_of(asked)
    found, lines = (
        (Leaf(found=(), next_cursor=None), list[Line]())
        if wrong
        else await read(request, lambda looking: _leaf(looking, sought, cursor))
    )
    filters = {name: value for name, value in asked.items() if value}
    return await page(
        request,
        viewer,
        "decisions.html.j2",
        title="Decisions",
        here="decisions",
        asked=asked,
        wrong=wrong,
        lines=lines,
        older=None if found.next_cursor is None else urlencode({**filters, "cursor": found.next_cursor}),
        looked_to=found.looked_to,
        newest=cursor is not None and (urlencode(filters) or "all"),
        words={word: ACTIONS[word] for word in WORDS},
        reasons=REASONS,
        purposes={**PURPOSES, **MARKETING},
        channels=CHANNELS,
    )


def _leaf(looking: Looking, sought: Sought, cursor: str | None) -> tuple[Leaf, list[Line]]:
    try:
        found = looking.leaf(sought, after=cursor, limit=PAGE)
    except InvalidInput:
        raise Invalid("this address names no page of decisions; begin with the newest ones") from None
    return found, [line(one) for one in found.found]


def sought_of(asked: Mapping[str, str]) -> tuple[Sought, str | None]:
    """Read the filters; the second is what cannot be read, in words."""
    given: dict[str, Any] = {
        name: asked[name] or None for name in ("user", "word", "reason", "purpose", "channel", "template")
    }
    if asked["word"] and asked["word"] not in WORDS:
        return Sought(), "There is no such answer: choose sent, held or not sent."
    if asked["reason"] and asked["reason"] not in REASONS:
        return Sought(), "There is no such reason: choose one of the list."
    since, until = moment(asked["since"]), moment(asked["until"], ends=True)
    if (since is None and asked["since"]) or (until is None and asked["until"]):
        return Sought(), "A day is written as 2026-11-22."
    return Sought(**given, since=since, until=until), None


def moment(text: str, *, ends: bool = False) -> datetime | None:
    """Read a day in UTC (as an end: the whole of it), or a time with its offset; None for anything else.

    Example:
        >>> moment("2026-11-22").isoformat(), moment("2026-11-22", ends=True).isoformat(), moment("yesterday")
        ('2026-11-22T00:00:00+00:00', '2026-11-23T00:00:00+00:00', None)
    """
    try:
        at = datetime.fromisoformat(text)
        if "T" not in text:
            return datetime.combine(at, time(), UTC) + timedelta(days=ends)
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def line(one: Leafed) -> Line:
    """Put one decision of the list in words; where it was looked at again the last answer says why."""
    record, asked, first = one.record, one.record["candidate"], one.record["decided"]["decision"]
    last = one.confirmations[-1] if one.confirmations else first
    why = [of_reason(reason["code"]) for reason in last["reasons"]]
    if not why and first["reasons"]:
        at_first = [of_reason(reason["code"]) for reason in first["reasons"]]
        why = [f"{ACTIONS[first['action']]} at first, as {' and '.join(at_first)}", "then every check passed"]
    return Line(
        id=record["decision_id"],
        at=one.at,
        user=asked["user_id"],
        word=one.word,
        purpose=asked["purpose"],
        channel=asked["channel"],
        text=text_of(record) if last["message"] is None else cut(last["message"]["text"]),
        why=why,
    )


@router.get("/console/decisions/{decision_id}")
async def trace(request: Request, viewer: Views, decision_id: DecisionId) -> Response:
    """Show how one decision came about."""
    whole = await _whole(request, decision_id)
    told, asked, event = whole["explanation"], whole["candidate"], whole["context"]["evidence"]
    return await page(
        request,
        viewer,
        "decision.html.j2",
        title="Decision",
        here="decisions",
        whole=whole,
        asked=asked,
        event=event,
        at=datetime.fromisoformat(whole["decided_at"]),
        happened_at=None if event is None else datetime.fromisoformat(event["time"]),
        happened=None if event is None else happened(event["type"]),
        event_facts=[] if event is None else facts_of(event["data"]),
        facts=facts_of(asked["message"]["facts"]),
        text=_text(whole),
        groups=groups(told["verdicts"]),
        scored=scored(told["verdicts"]),
        scale=scale(whole["customer_would_thank"]),
        chance=chance(whole),
        why_sent=why_sent({"decided": {**whole, "decision": whole}}) if whole["action"] == "send" else None,
        first=_said(first_answer(told["verdicts"], whole["reasons"])),
        second=_said(told["customer_would_thank"]),
        flip=flip_said(told),
        followed=followed(whole),
        fixes=fixes_after(whole),
        because=because(whole),
        last=last_word(whole),
        not_before=None if whole["not_before"] is None else datetime.fromisoformat(whole["not_before"]),
    )


@router.get("/console/decisions/{decision_id}/record.json")
async def record(request: Request, _: Views, decision_id: DecisionId) -> Response:
    """Return the record as a file, as `GET /v1/decisions/{id}` answers it."""
    whole = await _whole(request, decision_id)
    return Response(json_bytes(whole), media_type="application/json", headers=kept_as("decision.json"))


async def _whole(request: Request, decision_id: str) -> dict[str, JSON]:
    configured = api_of(request).policy

    def look(looking: Looking) -> dict[str, JSON] | None:
        found = looking.decision(decision_id)
        return None if found is None else explained(found, in_force(looking, configured))

    whole = await read(request, look)
    if whole is None:
        raise NotFound(NO_DECISION)
    return whole


def _text(whole: Mapping[str, JSON]) -> str | None:
    """Return the words that were sent, at once or when it was looked at again, or that were asked about."""
    sent = [one["message"] for one in (whole, *whole["confirmations"]) if one["message"] is not None]
    text = sent[0]["text"] if sent else whole["candidate"]["message"]["text"]
    return None if text is None else cut(text)


def _said(text: str | None) -> str:
    return (
        "This record was written by another version of the program and cannot be read back."
        if text is None
        else times(text)
    )


def followed(whole: Mapping[str, JSON]) -> list[Entry]:
    """Tell what followed, the oldest first: what was said when it was looked at again, and what was reported."""
    again = [
        Happening(at=datetime.fromisoformat(one["confirmed_at"]), kind=Happened.CONFIRMATION, what=_about(one, whole))
        for one in whole["confirmations"]
    ]
    reported = [
        Happening(at=datetime.fromisoformat(one["time"]), kind=Happened.OUTCOME, what=_about(one, whole))
        for one in whole["outcomes"]
        if one["time"] is not None
    ]
    told = [entry(one) for one in sorted([*again, *reported], key=lambda one: one.at)]
    return [replace(one, decision=None) for one in told]


def last_word(whole: Mapping[str, JSON]) -> str | None:
    """Return how it ended where it was looked at again and ended otherwise; None: as it began."""
    if not whole["confirmations"]:
        return None
    ended = str(whole["confirmations"][-1]["action"])
    return None if ended == whole["action"] else ended


def _about(one: Mapping[str, JSON], whole: Mapping[str, JSON]) -> dict[str, JSON]:
    return {"asked": True, **one, "decision_id": whole["decision_id"]}
