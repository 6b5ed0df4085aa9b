"""`GET /v1/analytics`: what the decisions of a period came to, and what contact changed against those held out."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from model.contracts import JSON
from serving.analytics.effects import Effect, Figure
from serving.analytics.grouped import COUNTED, Effects, Line, effects, lines, total
from serving.analytics.occasions import OUTCOMES
from serving.errors import Fault, Invalid
from serving.people.spreadsheets import table_line
from serving.ports import KeyRecord
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.bodies import single_parameters
from serving.routes.documented import problems
from serving.routes.reading import read_beside, remembered_beside
from serving.routes.written import kept_as
from serving.schemas.analytics import AnalyticsAnswer, Asked
from serving.schemas.answers import json_bytes
from serving.schemas.base import write_time

LATELY = timedelta(days=30)
INSTANT = timedelta(microseconds=1)  # what is decided now is in the period that ends now
EARLIEST = datetime.min.replace(tzinfo=UTC)
PARTS = ("estimate", "low", "high", "se")
CSV = {
    "description": "The figures, as JSON or with `format=csv` as a table with a line per row and one for the total.",
    "content": {"text/csv": {"schema": {"type": "string"}}},
}
router = APIRouter(tags=["analytics"])


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end); `name` says what was asked for: what ends now has the same a moment later."""

    start: datetime
    end: datetime
    name: tuple[object, object]


@router.get(
    "/v1/analytics",
    response_model=AnalyticsAnswer,
    responses={**problems(401, 403, 422, 503), 200: CSV},
    dependencies=[Depends(single_parameters)],
)
async def read_analytics(
    request: Request, _: Annotated[KeyRecord, Depends(needs("read"))], asked: Annotated[Asked, Query()]
) -> Response:
    """Count the decisions of a period and what followed, and compare those contacted with those held out."""
    period = _period(asked, api_of(request).clock())
    dims = ("",) if asked.by is None else ("", asked.by)
    tallied = await read_beside(
        request, lambda looking: [looking.tallied(dim, period.start, period.end) for dim in dims]
    )
    found = await effects_in(request, period)
    rows = [] if asked.by is None else lines(tallied[1], asked.by, found)
    told = total(tallied[0], found)
    if asked.format == "csv":
        return _as_csv(asked.by, rows, told)
    answer = {
        "from": write_time(period.start),
        "to": write_time(period.end),
        "by": asked.by,
        "rows": [{asked.by: line.name, **_values(line)} for line in rows],
        "total": _values(told),
    }
    return Response(json_bytes(answer), media_type="application/json")


async def effects_in(request: Request, period: Period) -> Effects:
    """Return the effects in a period; they may be a minute old."""
    now, start, end = api_of(request).clock(), period.start, period.end
    key = ("effects", period.name)
    return await remembered_beside(
        request, key, now, lambda looking: effects(looking.effect_rows(start=start, end=end, as_of=now))
    )


def _period(asked: Asked, now: datetime) -> Period:
    """Return the period that is asked for; by default it ends with this instant and began 30 days before its end."""
    end = asked.to or now + INSTANT
    name = (asked.start or LATELY, asked.to or "now")
    if asked.start is None:
        start = end - LATELY if end - EARLIEST > LATELY else EARLIEST
        return Period(start, end, name)
    if asked.start >= end:
        raise Invalid(
            "`from` is not before `to`; give an earlier `from`, or a later `to`",
            errors=[Fault("#/from", "is not before the end of the period")],
        )
    return Period(asked.start, end, name)


def _values(line: Line) -> dict[str, JSON]:
    """Return what the answer says of one line, in the order of `TotalAnswer`."""
    prevented = None if line.effect is None else line.effect.prevented
    return {
        "volume": line.volume,
        **{what: line.counts.get(what, 0) for what in COUNTED},
        "contacts_prevented": _figure(prevented),
        "effect": None if line.effect is None else _effect(line.effect),
    }


def _effect(effect: Effect) -> dict[str, JSON]:
    counts: dict[str, JSON] = {
        "contacted": effect.contacted,
        "held_out": effect.held_out,
        "clusters": effect.clusters,
    }
    figures = {name: _figure(effect.figures[name]) for name in OUTCOMES}
    return counts | figures | {"missing": dict(effect.missing)}


def _figure(figure: Figure | None) -> dict[str, JSON] | None:
    return None if figure is None else asdict(figure)


def _as_csv(by: str | None, rows: Sequence[Line], told: Line) -> Response:
    """Write a heading, a line per row, and one for the total, whose first cell says so."""
    heading = ["by", "name", "volume", *COUNTED, *_columns("contacts_prevented"), "contacted", "held_out", "clusters"]
    for name in OUTCOMES:
        heading += [*_columns(name), f"{name}_contacted", f"{name}_held_out", f"{name}_missing"]
    table = [heading, *([by, line.name, *_cells(line)] for line in rows), ["total", None, *_cells(told)]]
    name = f"analytics-by-{by}.csv" if by else "analytics.csv"
    return Response(
        "".join(table_line(line) for line in table).encode(),
        media_type="text/csv",
        headers=kept_as(name),
    )


def _columns(name: str) -> Iterator[str]:
    yield from (name if part == "estimate" else f"{name}_{part}" for part in PARTS)


def _cells(line: Line) -> list[JSON]:
    """Return the figures of one line; empty where there is none."""
    values, effect = _values(line), line.effect
    cells: list[JSON] = [values["volume"], *(values[what] for what in COUNTED)]
    cells += _parts(None if effect is None else effect.prevented, PARTS)
    cells += [None] * 3 if effect is None else [effect.contacted, effect.held_out, effect.clusters]
    for name in OUTCOMES:
        cells += _parts(None if effect is None else effect.figures[name], (*PARTS, "contacted", "held_out"))
        cells.append(None if effect is None else effect.missing.get(name))
    return cells


def _parts(figure: Figure | None, parts: Sequence[str]) -> list[JSON]:
    return [None if figure is None else getattr(figure, part) for part in parts]
