"""A platform's own webhook: how it signs, what of ours its payload says, and the answer that it takes for a good one.

An adapter is a `Platform`: a name, a scheme of signing, and one pure function from what was delivered to events. What
it yields is read like the body of `POST /v1/events`, so it may be careless: an event that breaks a rule is rejected by
its index, and the others are kept. Nothing is left unsaid: what a payload says that is none of our types is an event of
a type of the platform's own (`chatwoot.contact_updated`), which is stored, proves nothing and matches no trigger.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from model.contracts import JSON
from serving.events.checking import PREFERENCES
from serving.policy.markup import bare
from serving.schemas.base import write_time

LONGEST_TEXT: Final = 4000  # characters of what a customer wrote: what it is about stands there
MILLISECONDS: Final = 10**11  # a number beyond this counts them since 1970: in seconds it would be the year 5138
APART: Final = re.compile(r" (UTC|[+-]\d\d:?\d\d)$")  # how Ruby writes an offset


class Signing(Protocol):
    """How somebody shows that a request is theirs (`serving.access.signatures`)."""

    @property
    def header(self) -> str:
        """The header that shows it, in lower case."""

    @property
    def headers(self) -> tuple[str, ...]:
        """All that it is read from, in lower case."""

    def signs(self, headers: Mapping[str, str]) -> bool:
        """Whether there is a signature at all, in its form: else the body need not be read."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[bytes], now: datetime) -> bool:
        """Whether one of the signatures is that of one of the secrets."""

    def sent_at(self, headers: Mapping[str, str]) -> datetime | None:
        """Return the time that is signed, where one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request of a platform's, signed and read as JSON.

    `id` is a digest of its body: the same each time. `sent_at` is the time that was signed with it, else `now`.
    """

    body: JSON
    id: str
    sent_at: datetime
    now: datetime

    def event(
        self, kind: str, *, source: str, key: str, subject: str | None, time: str | None = None, **data: JSON
    ) -> dict[str, JSON]:
        """Return an event as it would be posted; without a time it happened when it was sent, what is None is not said.

        `key` is its id: the same whenever it is delivered, another for another happening.
        """
        return {
            "source": source,
            "id": key,
            "type": kind,
            "time": time or write_time(self.sent_at),
            "subject": subject,
            "data": {name: value for name, value in data.items() if value is not None},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One platform.

    `name` ends the path, and begins the setting with its secrets. `about` and `signed` say in the API's document what
    is read, and how it is signed; `body` is what is posted, as JSON Schema.

    `status` is the answer that the platform takes for a good one. With `lenient` it is the answer as well to what is
    signed and cannot be read, where the platform would only send it again. With `asked_first` the path answers HEAD as
    well, which the platform asks before it keeps an address.
    """

    name: str
    about: str
    signed: str
    signing: Signing
    events: Callable[[Delivery], Iterable[JSON]]
    body: Mapping[str, JSON] = field(default_factory=lambda: {"type": "object"})
    status: int = 200
    lenient: bool = True
    asked_first: bool = False

    @property
    def setting(self) -> str:
        """The setting with the secrets that it signs with."""
        return f"{self.name}_secret"

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that count, each of which may come once: nobody could say which of two is meant."""
        return self.signing.headers


def at(value: JSON, *path: str | int) -> JSON:
    """Return what stands at a path into objects and arrays; None where there is no such place.

    Example:
        >>> at({"sender": {"ids": [14]}}, "sender", "ids", 0), at({"sender": None}, "sender", "id")
        (14, None)
    """
    for part in path:
        if isinstance(part, str) and isinstance(value, dict):
            value = value.get(part)
        elif isinstance(part, int) and isinstance(value, list) and -len(value) <= part < len(value):
            value = value[part]
        else:
            return None
    return value


def name_at(value: JSON, *path: str | int) -> str | None:
    """Return what stands at a path as an id: a text that is not blank, or a whole number; else None.

    Example:
        >>> name_at({"id": 14}, "id"), name_at({"id": " "}, "id"), name_at({"id": True}, "id")
        ('14', None, None)
    """
    found = at(value, *path)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) and found.strip() else None


def time_at(value: JSON, *path: str | int) -> str | None:
    """Return what stands at a path as a time in RFC 3339: since 1970, or a text with its offset; else None.

    Example:
        >>> time_at({"created_at": 1627063369}, "created_at"), time_at({"created_at": "soon"}, "created_at")
        ('2021-07-23T18:02:49Z', None)
        >>> time_at({"created_at": "2021-07-23 18:02:49 UTC"}, "created_at")
        '2021-07-23T18:02:49Z'
    """
    found = at(value, *path)
    if isinstance(found, str):
        try:
            time = datetime.fromisoformat(APART.sub(r"\1", found.upper()).replace("UTC", "Z"))
            return write_time(time) if time.tzinfo is not None else None
        except (ValueError, OverflowError):
            return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        return write_time(datetime.fromtimestamp(found / 1000 if found > MILLISECONDS else found, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def text_at(value: JSON, *path: str | int) -> str | None:
    """Return what stands at a path as it is read: without HTML, on one line, 4,000 characters at most; else None.

    Example:
        >>> text_at({"body": "<p>Where is <b>A</b>-7?</p><br>"}, "body"), text_at({"body": "<p> </p>"}, "body")
        ('Where is A-7?', None)
    """
    found = at(value, *path)
    return " ".join(bare(found).split())[:LONGEST_TEXT] or None if isinstance(found, str) else None


def zone_at(value: JSON, *path: str | int) -> str | None:
    """Return what stands at a path where it is a time zone that exists; else None.

    Example:
        >>> zone_at({"timezone": "Europe/Paris"}, "timezone"), zone_at({"timezone": "Mars/Olympus"}, "timezone")
        ('Europe/Paris', None)
    """
    found = at(value, *path)
    return found if isinstance(found, str) and PREFERENCES["timezone"].fits(found) else None


def digest_of(value: JSON) -> str:
    """Return an id for what has none: the same for the same value, however it is written.

    Example:
        >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
        True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]
