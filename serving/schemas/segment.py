"""Segment's calls as they arrive (`track`, `identify`, `page`, `screen`, `alias`, `group`), and the events they are.

- Identity is `("segment", messageId)`, whichever library sent it. Without a `messageId` a retry would count twice.
- The subject is `userId`, else `anonymousId`, else nobody; only `identify` and `alias` bind one to the other. An id may
  be a whole number, as some libraries write it; a blank one, which RudderStack's write, is none.
- The time is `timestamp` (Segment has corrected it by then), else `originalTimestamp`, else `receivedAt`. Where a
  library sends to us itself there is no `receivedAt`; then a clock that runs fast is set right as Segment does, by
  `sentAt`. One that runs slow is left alone: a message that waited in a queue must not look fresher than it is.
- `track` is the type that its name means in any usual spelling, else stored under its own name; data is `properties`.
- `page` and `screen` are `page.viewed`, the page by its name, else its path. `group` is stored; no rule reads it.
- A session's id is `properties.session`, `session_id` or `sessionId`, else the same in `context`; a number will do.
- `identify` is `customer.identified` with these traits, those of `context.traits` (RudderStack) included: `timezone`
  (else `context.timezone`) and `consent` per channel count as preferences, the others as attributes. Which of them are
  kept is the ledger's rule (`serving.ledger.traits`). A `context` that names no zone is not blamed: nobody wrote it.
"""

from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from model.contracts import JSON, Event
from serving.events.catalogue import IDENTIFIED, TYPES
from serving.events.checking import PREFERENCES, Wrong, wrongs
from serving.events.spelling import type_of_name
from serving.schemas.base import Id, Time, Uri, Wire

SOURCE = "segment"
CALLS = ("track", "identify", "page", "screen", "alias", "group")
WHICH = f"must be one of {', '.join(CALLS)}"
WHOSE = frozenset({"messageId", "userId", "anonymousId"})  # names that no CloudEvent has
ALIKE = 0.6
SESSION = ("session", "session_id", "sessionId")
TIMES = ("timestamp", "originalTimestamp", "receivedAt")
IDS = ("messageId", "userId", "anonymousId", "previousId", "groupId", "name")
Members = dict[str, JSON]


class SegmentBody(Wire):
    """One call of Segment's; what is not named here is not read."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    type: Literal["track", "identify", "page", "screen", "alias", "group"]
    message_id: Annotated[Id, Field(alias="messageId")]
    user_id: Annotated[Id | None, Field(alias="userId")] = None
    anonymous_id: Annotated[Id | None, Field(alias="anonymousId")] = None
    previous_id: Annotated[Id | None, Field(alias="previousId")] = None
    group_id: Annotated[Id | None, Field(alias="groupId")] = None
    event: Id | None = None
    name: Uri | None = None
    timestamp: Time | None = None
    original_timestamp: Annotated[Time | None, Field(alias="originalTimestamp")] = None
    sent_at: Annotated[Time | None, Field(alias="sentAt")] = None
    received_at: Annotated[Time | None, Field(alias="receivedAt")] = None
    properties: Members | None = None
    traits: Members | None = None
    context: Members | None = None

    @model_validator(mode="before")
    @classmethod
    def _identified(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        told = {**value, **{name: _id(value[name]) for name in IDS if name in value}}
        if told.get("messageId") is None:
            raise PydanticCustomError(
                "segment", "`messageId` is required: add it, without it a retry would count twice"
            )
        return told

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.user_id is None and (self.type == "alias" or (self.type == "identify" and self.anonymous_id is None)):
            wanted = "`userId`" if self.type == "alias" else "`userId` or `anonymousId`"
            raise PydanticCustomError("segment", "{wanted} is required: say whom it concerns", {"wanted": wanted})
        if self.type == "alias" and self.previous_id is None:
            raise PydanticCustomError("segment", "`previousId` is required: give the id that they had before")
        if self.type == "track" and self.event is None:
            raise PydanticCustomError("segment", "`event` is required: say what happened")
        if self.timestamp is self.original_timestamp is self.received_at is None:
            raise PydanticCustomError("segment", "`timestamp` is required: say when it happened")
        return self

    def read(self, now: datetime) -> tuple[Event, list[tuple[str, str]]]:
        """Return the event, and what is wrong with it: JSON pointers into this body, with what to do.

        `now` is when it reached us. Raises OverflowError where the clocks that it tells of are no clocks.
        """
        event_type, data = self._told()
        subject = self.user_id or self.anonymous_id
        event = Event(
            source=SOURCE, id=self.message_id, type=event_type, time=self._time(now), subject=subject, data=data
        )
        return event, [(self._pointer(wrong), wrong.says) for wrong in wrongs(event_type, subject, data)]

    def _told(self) -> tuple[str, Members]:
        """Return the type of the event and its data."""
        if self.type == "identify":
            return IDENTIFIED, _present(self._identity())
        if self.type == "alias":
            return IDENTIFIED, _present({"anonymous_id": self.previous_id})
        if self.type == "group":
            return "group", _present({"group_id": self.group_id, "traits": self.traits})
        event_type = type_of_name(self.event or "") if self.type == "track" else "page.viewed"
        known = TYPES[event_type].names if event_type in TYPES else {}
        data = dict(self.properties or {})
        if "session" in known and (session := self._session()) is not None:
            data["session"] = session
        if self.type != "track" and (page := self._page()) is not None:
            data["page"] = page
        return event_type, data

    def _identity(self) -> Members:
        context = zoned(self.context or {})
        known = context.get("traits")
        traits = {**(zoned(known) if isinstance(known, dict) else {}), **(self.traits or {})}
        return {
            "anonymous_id": self.anonymous_id if self.user_id not in (None, self.anonymous_id) else None,
            "timezone": context.get("timezone") if traits.get("timezone") is None else None,
            "traits": traits or None,
        }

    def _session(self) -> JSON:
        places = (self.properties or {}, self.context or {})
        found = next((place[name] for place in places for name in SESSION if place.get(name) is not None), None)
        return str(found) if isinstance(found, int) and not isinstance(found, bool) else found

    def _page(self) -> JSON:
        properties, shown = self.properties or {}, (self.context or {}).get("page")
        stated = (self.name, properties.get("page"), properties.get("name"), properties.get("path"))
        path = shown.get("path") if isinstance(shown, dict) else None
        return next((page for page in (*stated, path) if page is not None), None)

    def _time(self, now: datetime) -> datetime:
        corrected = self.timestamp is not None and self.received_at is not None
        stated = self.timestamp or self.original_timestamp
        if stated is None:
            return self.received_at or now
        if corrected or self.sent_at is None:
            return stated
        return min(stated, (self.received_at or now) - (self.sent_at - stated))

    def _pointer(self, wrong: Wrong) -> str:
        """Return where in this body stands what became the wrong part of the event."""
        told = wrong.place[1:]
        place = told if self.type == "identify" else ("properties", *told)
        return "#" + "".join(f"/{part}" for part in place)


class SegmentBatch(Wire):
    """Segment's envelope of several calls; its `sentAt` and `context` are those of each call that has none."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    batch: list[SegmentBody]
    sent_at: Annotated[Time | None, Field(alias="sentAt")] = None
    context: Members | None = None


def is_call(value: JSON) -> bool:
    """Whether an element is one of Segment's calls: a CloudEvent has a `source`, and says which version it is of."""
    if not isinstance(value, dict) or "source" in value or "specversion" in value:
        return False
    kind = value.get("type")
    return isinstance(kind, str) and kind in CALLS


def meant_as_call(value: JSON) -> bool:
    """Whether an element that is no call has the ids of one, and nothing that only a CloudEvent has."""
    if not isinstance(value, dict) or "source" in value or "specversion" in value:
        return False
    return not is_call(value) and not WHOSE.isdisjoint(value)


def hint(value: Mapping[str, JSON]) -> str:
    """Return which call was meant where its type is nearly one; nothing else."""
    word = value.get("type")
    close = get_close_matches(word.lower(), CALLS, n=1, cutoff=ALIKE) if isinstance(word, str) else []
    return f"; did you mean `{close[0]}`?" if close else ""


def is_batch(value: JSON) -> bool:
    """Whether a body is Segment's envelope."""
    return isinstance(value, dict) and "batch" in value and value.keys().isdisjoint({"type", "source", "specversion"})


def calls_of(envelope: Mapping[str, JSON]) -> JSON:
    """Return what stands in the `batch` of an envelope, each call with the envelope's clock and context."""
    batch = envelope["batch"]
    shared = _present({"sentAt": envelope.get("sentAt"), "context": envelope.get("context")})
    if not shared or not isinstance(batch, list):
        return batch
    return [{**shared, **_present(call)} if isinstance(call, dict) else call for call in batch]


def _present(members: Members) -> Members:
    """Return what is there: null is the same as absent."""
    return {name: value for name, value in members.items() if value is not None}


def _id(value: JSON) -> JSON:
    """Return an id as text; a blank one is the same as absent, whatever else is no id stays for the check."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None if isinstance(value, str) and not value.strip() else value


def zoned(members: Members) -> Members:
    """Return an object without its `timezone` where that is no zone.

    Example:
        >>> zoned({"timezone": "PST"}), zoned({"timezone": "Europe/Paris"})
        ({}, {'timezone': 'Europe/Paris'})
    """
    if PREFERENCES["timezone"].fits(members.get("timezone")):
        return members
    return {name: value for name, value in members.items() if name != "timezone"}
