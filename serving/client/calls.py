"""One call of the client's, however often it is tried: what is asked again, when, and what it comes to in the end.

Asked again, under the same Idempotency-Key: what failed on its way, and 408, 409, 425, 429, 5xx, and what cannot be
read. Not asked again: a redirection, and what the caller must mend (any other 4xx), which is raised as `Refused`. Time
and chance are arguments, and so is the network: `ask` makes one try.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar
from urllib.parse import quote

from model.contracts import JSON
from model.errors import InvalidInput
from serving.client.answers import NoAnswer, Why, refusal_of
from serving.offers.waits import growing, retry_after
from serving.strict_json import parse

T = TypeVar("T")
BUSY: Final = (408, 409, 425, 429, 503)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked; `key` is its Idempotency-Key, `status` the one that is answered to what went well."""

    method: str
    path: str
    status: int = 200
    key: str
    body: bytes | None = None
    params: Mapping[str, int | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a key that no header can carry."""
        if not (self.key.isascii() and self.key.isprintable() and 0 < len(self.key.strip(" ")) == len(self.key) <= 255):
            raise InvalidInput(
                "an `idempotency_key` must be 1 to 255 printable ASCII characters, with no space at an end"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer as it came, whole."""

    status: int
    body: bytes
    retry_after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A try without an answer; `final`: the same again would not help."""

    why: Why
    status: int | None = None
    wait: timedelta = timedelta()
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds for one try and for all of them, and the clocks that they are measured by."""

    timeout: float
    patience: float
    clock: Callable[[], datetime]
    passing: Callable[[], float]
    pause: Callable[[float], None]

    def __post_init__(self) -> None:
        """Refuse what would never ask."""
        if not (self.timeout > 0 and self.patience > 0):
            raise InvalidInput("`timeout` and `patience` must be seconds, more than none")


def answered(
    call: Call, ask: Callable[[Call, float], Said | Failed], read: Callable[[JSON], T], given: Patience
) -> T | NoAnswer:
    """Try until there is an answer that can be read, or patience ends; no pause begins that it would not outlast.

    Raises:
        Refused: the caller must mend something.
    """
    end = given.passing() + given.patience
    told, tries = Failed(why="timeout"), 0
    while (left := end - given.passing()) > 0:
        said = ask(call, min(given.timeout, left))
        found = said if isinstance(said, Failed) else _told(said, call, read, given.clock())
        if not isinstance(found, Failed):
            return found
        told, tries = found, tries + 1
        wait = max(growing(call.key, tries=tries), told.wait.total_seconds())
        if told.final or given.passing() + wait >= end:
            break
        given.pause(wait)
    return NoAnswer(why=told.why, status=told.status)


def _told(said: Said, call: Call, read: Callable[[JSON], T], now: datetime) -> T | Failed:
    """Return what an answer says, or why that is none."""
    status = said.status
    if status in BUSY or status >= 500:
        wait = retry_after(said.retry_after, now) or timedelta()
        return Failed(why="busy" if status in BUSY else "failed", status=status, wait=wait)
    if 300 <= status < 400:
        return Failed(why="redirect", status=status, final=True)
    try:
        value = parse(said.body)
        if status == call.status:
            return read(value)
    except InvalidInput:
        value = None
    if 400 <= status < 500:
        raise refusal_of(status, value)
    return Failed(why="unreadable", status=status)


def usable(key: str) -> str:
    """Return a key that can stand in a header; what is none is not shown."""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInput("this is no API key: `outreach keys create` prints one, of letters, digits, `-` and `_`")
    return key


def written(value: JSON) -> bytes:
    """Write a body."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"this cannot be written as JSON ({type(error).__name__}); write times as text") from None


def part(identity: str) -> str:
    """Return an id as one part of a path, whatever is in it: a dot alone would be a step."""
    return quote(identity, safe="").replace(".", "%2E")
