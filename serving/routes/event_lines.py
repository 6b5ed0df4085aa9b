"""A line of a file of events, read as the body of `POST /v1/events` that it was, or could have been.

When it came is what the line itself says: `recordedtime` (CloudEvents' Recorded Time extension) or Segment's
`receivedAt` or `sentAt`, else when its events happened; of an array the latest. It is never before the line above it.
"""

from datetime import datetime

from pydantic_core import PydanticCustomError

from model.contracts import JSON
from serving.errors import Fault, Invalid, Problem
from serving.feeding.fed import Arrived
from serving.loop.witness import Told
from serving.routes.bodies import AHEAD, each, not_ahead, parse_body
from serving.routes.edge import too_large
from serving.routes.event_bodies import event_of
from serving.schemas.answers import json_bytes, matched_values
from serving.schemas.base import rfc3339
from serving.schemas.segment import is_call
from serving.schemas.several import values_in

RECORDED = "recordedtime"
OF_EVENT = (RECORDED, "time")
OF_CALL = ("receivedAt", "sentAt", "timestamp", "originalTimestamp")


def arrived(body: bytes | None, clock: datetime, *, present: datetime) -> Arrived:
    """Read a line; `clock` is when the line before it came, `present` what no line may be clearly after.

    What is wrong with it is said as the API would say it; None is a line above the API's limit.
    """
    try:
        if body is None:
            raise too_large()
        values = values_in(parse_body(body))
    except Problem as problem:
        return Arrived(at=clock, wrong=[(None, _rule(problem))])
    stamps, bad = each(values, lambda value: _stamp(value, present))
    stated = [stamp for stamp in stamps.values() if stamp is not None]
    came = max([clock, *stated])
    good, unread = each([values[index] for index in stamps], lambda value: event_of(value, came))
    places = list(stamps)
    bad |= {places[index]: problem for index, problem in unread.items()}
    return Arrived(
        at=came if good else clock,
        events=list(good.values()),
        wrong=[(index if len(values) > 1 else None, _rule(bad[index])) for index in sorted(bad)],
        late=bool(good) and bool(stated) and max(stated) < came - AHEAD,
    )


def decided(told: Told) -> bytes:
    """Return a decision as one line, with the fields of the answer of `POST /v1/events`."""
    return json_bytes(matched_values(told.candidate, told.decision) | {"action": told.action}) + b"\n"


def _stamp(value: JSON, present: datetime) -> datetime | None:
    """Return when an element came by its own word, or None where it says nothing that can be read."""
    if not isinstance(value, dict):
        return None
    names = OF_CALL if is_call(value) else OF_EVENT
    name = next((name for name in names if value.get(name) is not None), None)
    if name is None:
        return None
    try:
        stamp = rfc3339(value[name])
    except PydanticCustomError as error:
        if name != RECORDED:
            return None  # its own reader says what is wrong
        raise Invalid(
            "`recordedtime` is no time; write it as in RFC 3339, or leave it out",
            errors=[Fault(f"#/{RECORDED}", error.message())],
        ) from None
    not_ahead(stamp, present, f"#/{name}")
    return stamp


def _rule(problem: Problem) -> str:
    """Return what is wrong, in one line: the places where they are known."""
    return "; ".join(f"`{fault.pointer}` {fault.detail}" for fault in problem.errors) or problem.detail
