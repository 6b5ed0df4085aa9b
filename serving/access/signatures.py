"""Whether a request was signed by who shares a secret with us: over the raw body, in constant time. Pure.

    STANDARD  Standard Webhooks 1.0.0: `id.timestamp.body`, HMAC-SHA256, base64; this is how we sign what we deliver

How a platform signs stands in its adapter, made of the same (`serving/adapters`).

Who signs nothing can show the secret itself (`Shown`): that says who posts, and nothing of what is posted. Where there
are several ways (`OneOf`), each that is there must be right: a wrong signature is not made good by a right key.

A time that is signed must be within five minutes of ours, before or after, so that what was overheard cannot be sent
again later. Where a sender signs no time, and within those minutes, a repeat is the same event again: `(source, id)` is
recorded once, and it changes nothing and decides nothing twice.

Example:
    >>> STANDARD.verify({"webhook-signature": "v1,no"}, b"{}", secrets=[b"sixteen letters!"], now=datetime.max)
    False
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=5)
LONGEST: Final = 4096  # characters of a header with signatures
DIGITS: Final = 15  # of a time in seconds
WRITTEN: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How somebody signs: the headers (in lower case), the digest, and what is signed besides the body.

    `before` names the headers whose values stand before the body, each with `behind` behind it; `time` is the one of
    them that holds seconds since 1970, or with `written` a time as in RFC 3339. `mark` stands before each signature;
    `many`: there may be several, with spaces.
    """

    header: str
    digest: str
    encoded: str = "hex"
    mark: str = ""
    many: bool = False
    before: tuple[str, ...] = ()
    behind: str = "."
    time: str | None = None
    written: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        """The header with the signature, and those that are signed."""
        return (self.header, *self.before)

    def sent_at(self, headers: Mapping[str, str]) -> datetime | None:
        """Return the time that is signed; None where there is none, or nobody can read it."""
        return None if self.time is None else _time(headers.get(self.time, ""), written=self.written)

    def verify(self, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[bytes], now: datetime) -> bool:
        """Whether one of the signatures is that of one of the secrets, and its time is now; no secret means no."""
        if self.time is not None and not _is_now(self.sent_at(headers), now):
            return False
        named = [headers.get(name) for name in self.before]
        if not all(named):
            return False
        content = b"".join(f"{value}{self.behind}".encode() for value in named) + body
        given = [*self._given(headers.get(self.header, ""))]
        good = False
        for secret in secrets:
            expected = hmac.new(secret, content, self.digest).digest()
            for signature in given:  # every pair is compared: how long that takes says nothing
                good |= hmac.compare_digest(expected, signature)
        return good

    def signs(self, headers: Mapping[str, str]) -> bool:
        """Whether there is a signature at all, in its form: else the body need not be read."""
        return any(True for _ in self._given(headers.get(self.header, "")))

    def _given(self, text: str) -> Iterable[bytes]:
        """Yield the signatures of a header as bytes; what is none is left out."""
        if len(text) > LONGEST:
            return
        for part in text.split(" ") if self.many else [text]:
            if part.startswith(self.mark):
                found = _decoded(part.removeprefix(self.mark), self.encoded)
                if found is not None and len(found) == hashlib.new(self.digest).digest_size:
                    yield found


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Somebody shows the secret itself, in a header: for platforms that can add one, and sign nothing."""

    header: str

    @property
    def headers(self) -> tuple[str, ...]:
        """The header alone."""
        return (self.header,)

    def sent_at(self, headers: Mapping[str, str]) -> None:
        """Return None: no time is signed."""

    def signs(self, headers: Mapping[str, str]) -> bool:
        """Whether anything is shown that could be a secret: else the body need not be read."""
        return 0 < len(headers.get(self.header, "")) <= LONGEST

    def verify(self, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[bytes], now: datetime) -> bool:  # noqa: ARG002  (of neither anything is said)
        """Whether what is shown is one of the secrets; every one is compared."""
        shown, good = headers.get(self.header, "").encode("latin-1", "replace"), False
        for secret in secrets if self.signs(headers) else ():
            good |= hmac.compare_digest(secret, shown)
        return good


@dataclass(frozen=True, slots=True)
class OneOf:
    """Several ways of one sender's, of which one must be there; each that is there must be right."""

    ways: tuple[Scheme | Shown, ...]

    @property
    def header(self) -> str:
        """The header of the first way."""
        return self.ways[0].header

    @property
    def headers(self) -> tuple[str, ...]:
        """Those of each way."""
        return tuple(name for way in self.ways for name in way.headers)

    def sent_at(self, headers: Mapping[str, str]) -> datetime | None:
        """Return the time that is signed in one of those that are there."""
        return next(filter(None, (way.sent_at(headers) for way in self._there(headers))), None)

    def signs(self, headers: Mapping[str, str]) -> bool:
        """Whether there is one, and each that is there has its form."""
        there = self._there(headers)
        return bool(there) and all(way.signs(headers) for way in there)

    def verify(self, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[bytes], now: datetime) -> bool:
        """Whether there is one, and each that is there is right."""
        there = self._there(headers)
        return bool(there) and all(way.verify(headers, body, secrets=secrets, now=now) for way in there)

    def _there(self, headers: Mapping[str, str]) -> list[Scheme | Shown]:
        return [way for way in self.ways if way.header in headers]


STANDARD: Final = Scheme(
    header="webhook-signature",
    digest="sha256",
    encoded="base64",
    mark="v1,",
    many=True,
    before=("webhook-id", "webhook-timestamp"),
    time="webhook-timestamp",
)


def _time(text: str, *, written: bool) -> datetime | None:
    """Return a time of seconds since 1970, or as in RFC 3339; None where it is none."""
    try:
        if written:
            return datetime.fromisoformat(text).astimezone(UTC) if WRITTEN.fullmatch(text) else None
        whole = text.isascii() and text.isdecimal() and len(text) <= DIGITS
        return datetime.fromtimestamp(int(text), UTC) if whole else None
    except (ValueError, OverflowError, OSError):
        return None


def _is_now(time: datetime | None, now: datetime) -> bool:
    """Whether a time is within the window around now."""
    return time is not None and abs(now.astimezone(UTC) - time) <= WINDOW


def _decoded(text: str, encoded: str) -> bytes | None:
    """Return the bytes of a text that is written as it would be here, sign by sign; hex in either case."""
    try:
        if encoded == "hex":
            found = bytes.fromhex(text)
            return found if text.lower() == found.hex() else None
        found = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return found if text == base64.b64encode(found).decode() else None
