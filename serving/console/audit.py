"""`/console/audit`: what people did, and copies to keep: acts as CSV or JSON lines, decisions as JSON lines."""

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from model.contracts import JSON
from serving.console.frame import Views, console_router, page, read
from serving.errors import Invalid
from serving.in_words.limits import recorded_in_words
from serving.people.acts import KINDS, SHIPPED, Act
from serving.people.looking import Looking
from serving.people.spreadsheets import table_line
from serving.record.record import timestamp
from serving.routes.api import api_of
from serving.routes.reading import read_beside
from serving.routes.written import kept_as

HERE: Final = "audit"
DAYS: Final = 30  # the usual period
SHOWN: Final = 200  # acts on the page; the files have them all
PAGE: Final = 200  # decisions that are in memory at once
HEADINGS: Final = ("at", "kind", "what", "about", "by", "why")
router = console_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Whole days in UTC, both of them in it."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        """Return its first instant."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def last_start(self) -> datetime:
        """Return when its last day begins."""
        return datetime.combine(self.last, time(), UTC)

    @property
    def end(self) -> datetime:
        """Return the instant after it."""
        return self.last_start + timedelta(days=1)


@router.get("/console/audit")
async def audit(request: Request, viewer: Views) -> Response:
    """Show what people did in a period, and where to get all of it."""
    period, kind = period_of(request), request.query_params.get("kind", "")

    def look(looking: Looking) -> tuple[list[Act], int]:
        acts = [each for each in _acts(looking, period) if each.by != SHIPPED]
        listed = [each for each in acts if each.kind == kind] if kind in KINDS else acts
        return listed[:SHOWN], len(listed)

    acts, number = await read(request, look)
    return await page(
        request,
        viewer,
        "audit.html.j2",
        title="Audit",
        here=HERE,
        period=period,
        acts=acts,
        number=number,
        kind=kind,
        kinds=KINDS,
    )


@router.get("/console/audit/acts.csv")
async def acts_csv(request: Request, _: Views) -> Response:
    """Give what people did as a table."""
    period = period_of(request)

    def look(looking: Looking) -> bytes:
        rows = (table_line(row.values()) for row in as_rows(_acts(looking, period)))
        return "".join([table_line(HEADINGS), *rows]).encode("utf-8", "replace")

    return _file(await read(request, look), "text/csv; charset=utf-8", f"acts_{_named(period)}.csv")


@router.get("/console/audit/acts.jsonl")
async def acts_jsonl(request: Request, _: Views) -> Response:
    """Give what people did as JSON, one act a line."""
    period = period_of(request)
    lines = await read(request, lambda looking: _lines(as_rows(_acts(looking, period))))
    return _file(lines, "application/jsonl", f"acts_{_named(period)}.jsonl")


@router.get("/console/audit/decisions.jsonl")
async def decisions_jsonl(request: Request, _: Views) -> Response:
    """Give every decision of a period with its whole record, one a line; memory holds a page of them."""
    period = period_of(request)
    first = await _page(request, period, None)
    headers = kept_as(f"decisions_{_named(period)}.jsonl")
    return StreamingResponse(_all(request, period, first), media_type="application/jsonl", headers=headers)


def period_of(request: Request) -> Days:
    """Return the days that were asked for: the last thirty where none were.

    Raises:
        Invalid: no day of the calendar, or an end before its start.
    """
    today = api_of(request).clock().astimezone(UTC).date()
    asked = request.query_params
    try:
        last = date.fromisoformat(asked["to"]) if asked.get("to") else today
        first = date.fromisoformat(asked["from"]) if asked.get("from") else last - timedelta(days=DAYS - 1)
        period = Days(first=first, last=last)
        period.start.timestamp()
        period.end.timestamp()
    except (ValueError, OverflowError):
        raise Invalid("a day is written as 2026-11-22; go back and choose both") from None
    if first > last:
        raise Invalid("the period ends before it begins; go back and choose its days anew")
    return period


def as_rows(acts: Iterable[Act]) -> Iterable[dict[str, JSON]]:
    """Yield acts as they are exported."""
    for each in acts:
        told: dict[str, JSON] = {"at": timestamp(each.at), "kind": each.kind, "what": KINDS[each.kind]}
        about = recorded_in_words(each.about) if each.kind == "limits_tightened" else each.about
        yield told | {"about": about, "by": each.by, "why": each.why}


def _acts(looking: Looking, period: Days) -> list[Act]:
    return looking.doings(since=period.start, until=period.end)


Cursor = tuple[int, int]


async def _page(request: Request, period: Days, after: Cursor | None) -> tuple[bytes, Cursor | None]:
    """Return the lines of a page, and where the next begins: one page of all exports at a time."""
    async with api_of(request).exporting:
        return await read_beside(
            request,
            lambda looking: written(*looking.between(period.start, period.end, after=after, limit=PAGE)),
        )


async def _all(request: Request, period: Days, first: tuple[bytes, Cursor | None]) -> AsyncIterator[bytes]:
    """Yield the lines of every page; a ledger that goes away cuts the file off, and whoever loads it sees that."""
    lines, after = first
    yield lines
    while after is not None:
        lines, after = await _page(request, period, after)
        yield lines


def written(records: Iterable[dict[str, JSON]], after: Cursor | None) -> tuple[bytes, Cursor | None]:
    """Return the lines of these records with the cursor behind them."""
    return _lines(records), after


def _lines(records: Iterable[dict[str, JSON]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=True) + "\n" for record in records).encode()


def _file(text: bytes, kind: str, name: str) -> Response:
    return Response(text, media_type=kind, headers=kept_as(name))


def _named(period: Days) -> str:
    return f"{period.first}_to_{period.last}"
