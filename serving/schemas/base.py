"""What all wire types share: strictness, sizes, and times as RFC 3339 with offset."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from model.contracts import JSON
from serving.policy.reasons import REASONS

RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
OFFSET = re.compile(r"([Zz]|[+-][0-9]{2}:[0-9]{2})$")
MEMBERS = 500


class Wire(BaseModel):
    """A strict wire type: no coercion, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Answered(BaseModel):
    """A type of answers: every field is always there, null where there is nothing to say."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


def rfc3339(value: Any) -> datetime:
    """Read a time with offset, in UTC, to the microsecond; a naive one is refused.

    Example:
        >>> rfc3339("2026-11-20T21:00:00+01:00").isoformat()
        '2026-11-20T20:00:00+00:00'
    """
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        raise PydanticCustomError("time", "must be a time as in RFC 3339, for example 2026-11-20T18:00:00Z")
    if not OFFSET.search(value):
        raise PydanticCustomError("time", "has no offset; add `Z` or for example `+01:00`")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("time", "is not a time that exists; correct it") from None


def write_time(time: datetime | None) -> str | None:
    """Write a time in UTC as RFC 3339 with `Z`; None stays None.

    Example:
        >>> write_time(datetime(2026, 11, 20, 18, tzinfo=UTC))
        '2026-11-20T18:00:00Z'
    """
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def known_code(value: str) -> str:
    """Return a reason code of the catalogue; anything else is refused.

    Example:
        >>> known_code("purpose_is_marketing")
        'purpose_is_marketing'
    """
    if value not in REASONS:
        raise PydanticCustomError("reason", "must be a reason code; `outreach policy reasons` lists them")
    return value


Time = Annotated[datetime, BeforeValidator(rfc3339), WithJsonSchema({"type": "string", "format": "date-time"})]
Id = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"\S")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"\S")]
Uri = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=r"\S")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"\S")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Facts = Annotated[dict[Name, JSON], Field(max_length=MEMBERS)]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Code = Annotated[str, AfterValidator(known_code), WithJsonSchema({"type": "string", "enum": list(REASONS)})]
