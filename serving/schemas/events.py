"""CloudEvents 1.0 as they arrive: required attributes, sizes, extension attributes that are accepted and not kept.

`time` is required here although CloudEvents leaves it open: without it nobody could say how old the evidence is.
Data that is not a JSON object (text, XML, base64) is kept under one key, `value` or `base64`; no rule reads it. Bytes
that are JSON, and are not said to be anything else, are read as JSON: some senders' libraries write all data so.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from model.contracts import JSON, Event
from serving.schemas.base import Id, Time, Uri, Wire
from serving.strict_json import NotJson, parse

EXTENSION = re.compile(r"[a-z0-9]{1,64}")
EventType = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"\S")]


class EventBody(Wire):
    """One CloudEvent in its JSON format; `(source, id)` is its identity, `subject` the customer."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    source: Uri
    id: Id
    type: EventType
    time: Time
    subject: Id | None = None
    datacontenttype: Uri | None = None
    dataschema: Uri | None = None
    data: JSON = None
    data_base64: Annotated[str, Field(max_length=1_000_000)] | None = None

    @model_validator(mode="after")
    def _cloudevents(self) -> Self:
        for name, value in (self.model_extra or {}).items():
            if not EXTENSION.fullmatch(name):
                raise PydanticCustomError("event", "unknown attribute; name an extension with a-z and 0-9 only")
            if not isinstance(value, str | int | bool | None) and not (isinstance(value, float) and value.is_integer()):
                raise PydanticCustomError("event", "an extension attribute must be a string, an integer or a boolean")
        if self.data_base64 is not None:
            _base64(self.data_base64, alone=self.data is None)
        return self

    def event_with(self, content: JSON) -> Event:
        """Return it in our own words, with its content as `content()` gave it."""
        return Event(
            source=self.source,
            id=self.id,
            type=self.type,
            time=self.time,
            subject=self.subject,
            data={} if content is None else content if isinstance(content, dict) else {"value": content},
        )

    def content(self) -> JSON:
        """Return the data, whichever way it came: a JSON value, or `{"base64": …}` for bytes that are none."""
        if self.data_base64 is None:
            return self.data
        kind = "" if self.datacontenttype is None else self.datacontenttype.partition(";")[0].strip().lower()
        if kind and not kind.endswith(("/json", "+json")):
            return {"base64": self.data_base64}
        try:
            return parse(base64.b64decode(self.data_base64))
        except NotJson:
            return {"base64": self.data_base64}


def _base64(text: str, *, alone: bool) -> None:
    if not alone:
        raise PydanticCustomError("event", "has both `data` and `data_base64`; keep one")
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise PydanticCustomError("event", "`data_base64` is not base64; encode it so") from None


def from_headers(headers: Mapping[str, str], data: JSON) -> dict[str, JSON]:
    """Return the structured form of a binary-mode event: `ce-*` headers (percent-decoded) with the body as data."""
    attributes: dict[str, JSON] = {
        name.removeprefix("ce-"): value for name, value in headers.items() if name.startswith("ce-")
    }
    return attributes | {"data": data}
