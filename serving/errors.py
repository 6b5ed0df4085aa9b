"""What the API says no with: every refusal is a problem document (RFC 9457), and none repeats what was sent.

    OutreachError                 (model.errors)
    └── Problem                   carries status, type, title, detail: all our own words
        ├── Unauthenticated  401      ├── NotFound     404      ├── TooLarge       413
        ├── Forbidden        403      ├── Conflict     409      ├── WrongMediaType 415
        ├── Invalid          422      ├── Changed      409      ├── TooMany        429
                                                                └── Away           503

The last two come with Retry-After: nothing half-done, nothing sent. A connection is closed after its own:
BadRequest 400, TooSlow 408, UrlTooLong 414, HeadTooLarge 431.

A detail is written here or by our own checks and names fields of the schema, positions and limits; a value, an unknown
field's name or a header never gets in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from model.contracts import JSON
from model.errors import OutreachError

PROBLEM_JSON = "application/problem+json"
SHOWN_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: a JSON pointer (`#/user/id`; `*` stands for a name of the sender's) and what to do."""

    pointer: str
    detail: str


class Problem(OutreachError):  # noqa: N818  (reads as what it is; the tree above is the vocabulary)
    """A refusal as HTTP says it. `detail` must not contain anything the sender wrote."""

    status: ClassVar[int] = 422
    slug: ClassVar[str] = "invalid"
    title: ClassVar[str] = "the request cannot be used"

    def __init__(self, detail: str, *, errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)[:SHOWN_ERRORS]
        self.headers = dict(headers or {})

    def document(self) -> dict[str, JSON]:
        """Return the problem document: type, title, status, detail and, where known, what is wrong where."""
        document: dict[str, JSON] = {
            "type": f"urn:outreach:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in self.errors]
        return document


class Invalid(Problem):
    """The body, a parameter or a header breaks a rule."""


class Unauthenticated(Problem):
    """No key, or none that is valid now."""

    status = 401
    slug = "unauthenticated"
    title = "proof of who asks is needed"


class Forbidden(Problem):
    """The key is valid and its scopes do not reach this."""

    status = 403
    slug = "forbidden"
    title = "this key may not do that"


NO_DECISION: Final = "there is no decision with this id"  # a client knows by it that the decision, and no path, is gone


class NotFound(Problem):
    """There is no such thing on record."""

    status = 404
    slug = "not-found"
    title = "not found"


class MethodNotAllowed(Problem):
    """The path exists, not with this method."""

    status = 405
    slug = "method-not-allowed"
    title = "this path does not take that method"


class Conflict(Problem):
    """The same request is being worked on at this moment."""

    status = 409
    slug = "still-running"
    title = "the first request is still running"


class Changed(Problem):
    """What somebody decided about is not any more what they were shown."""

    status = 409
    slug = "changed"
    title = "this was changed meanwhile"


class TooLarge(Problem):
    """The body is larger than the limit."""

    status = 413
    slug = "too-large"
    title = "the body is too large"


class BadRequest(Problem):
    """What came is not HTTP, or not as it is read here."""

    status = 400
    slug = "bad-request"
    title = "the request cannot be read"


class TooSlow(Problem):
    """The request did not become complete in time."""

    status = 408
    slug = "too-slow"
    title = "the request took too long to come"


class UrlTooLong(Problem):
    """The path with its query is longer than the limit."""

    status = 414
    slug = "url-too-long"
    title = "the address is too long"


class HeadTooLarge(Problem):
    """The headers are larger, or more, than the limit."""

    status = 431
    slug = "head-too-large"
    title = "the headers are too large"


class WrongMediaType(Problem):
    """The body is not in a format that this path reads."""

    status = 415
    slug = "wrong-media-type"
    title = "the body has a format that is not read here"


class TooMany(Problem):
    """This key asks more than it may; nothing was read or done."""

    status = 429
    slug = "too-many-requests"
    title = "too many requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class Away(Problem):
    """Something that we need cannot be reached; nothing was half-done, nothing sent."""

    status = 503
    slug = "unavailable"
    title = "not available now"

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
