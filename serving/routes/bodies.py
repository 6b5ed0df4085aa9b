"""Reading a request: media type, strict JSON, wire type, header; every failure is a problem that repeats nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers

from model.contracts import JSON
from serving.errors import Fault, Invalid, Problem, WrongMediaType
from serving.routes.api import api_of
from serving.routes.edge import is_text
from serving.schemas.faults import invalid
from serving.strict_json import NotJson, parse, parse_leniently

JSON_TYPE = "application/json"
AHEAD = timedelta(minutes=5)
ONCE = (
    "authorization",
    "content-type",
    "content-encoding",
    "origin",
    "outreach-session",
)  # and those of platforms; `Idempotency-Key` and `ce-` headers have words of their own
UTF8 = ("charset=utf-8", 'charset="utf-8"', "charset=utf8")
M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


def media_type(headers: Headers) -> str:
    """Return the body's media type in lower case, without parameters; refuse encodings and other character sets."""
    header: str = headers.get("content-type", "")
    if header == JSON_TYPE and "content-encoding" not in headers:
        return header  # as nearly all of them are
    kind, *parameters = (part.strip().lower() for part in header.split(";"))
    charsets = [part for part in parameters if part.startswith("charset=") and part not in UTF8]
    if charsets or headers.get("content-encoding", "identity").lower() != "identity":
        raise WrongMediaType("send UTF-8 that is not compressed")
    return kind


async def read_json(request: Request) -> JSON:
    """Read the body as one JSON value."""
    needs_json(request.headers)
    return parse_body(await request.body())


def needs_no_body(headers: Headers, body: bytes) -> None:
    """Refuse what is sent where nothing is read, but for `{}`; it must have come to its end before anything is done."""
    if not body:
        return
    needs_json(headers)
    if parse_body(body) != {}:
        raise Invalid("this needs no body; send none, or `{}`")


def needs_json(headers: Headers) -> None:
    """Refuse a body that does not say it is JSON."""
    if media_type(headers) != JSON_TYPE:
        raise WrongMediaType(f"send `Content-Type: {JSON_TYPE}`")


def parse_body(body: bytes) -> JSON:
    """Decode strictly, or refuse with a problem."""
    try:
        return parse(body)
    except NotJson as error:
        raise Invalid(str(error)) from None


def parse_signed(body: bytes) -> JSON:
    """Decode what a platform signed: one odd value costs no more than itself, as nobody there would mend it."""
    try:
        return parse_leniently(body)
    except NotJson as error:
        raise Invalid(str(error)) from None


def read_as(root: type[M], value: JSON) -> M:
    """Check a decoded value against a wire type."""
    try:
        return root.model_validate(value)
    except ValidationError as error:
        raise invalid(error, root) from None


def each(values: list[JSON], read: Callable[[JSON], T]) -> tuple[dict[int, T], dict[int, Problem]]:
    """Read each element on its own: what could be read and what could not, by index."""
    good: dict[int, T] = {}
    bad: dict[int, Problem] = {}
    for index, value in enumerate(values):
        try:
            good[index] = read(value)
        except Problem as problem:
            bad[index] = problem
    return good, bad


def rejected(bad: dict[int, Problem]) -> list[dict[str, Any]]:
    """Return the `rejected` list of an answer, in the order of the input."""
    return [{"index": index, "problem": bad[index].document()} for index in sorted(bad)]


def not_ahead(time: datetime, now: datetime, pointer: str) -> None:
    """Refuse what happened more than 5 minutes from now."""
    if time > now + AHEAD:
        raise Invalid(
            "`time` is more than 5 minutes ahead; set the clock of who sends it",
            errors=[Fault(pointer, "is more than 5 minutes ahead")],
        )


async def single_parameters(request: Request) -> None:
    """Refuse a query parameter or a header that is given twice: nobody can say which one counts."""
    _plain(request)
    names = [name for name, _ in request.query_params.multi_items()]
    if len(names) != len(set(names)):
        raise Invalid("a query parameter is given twice; keep one")


async def no_parameters(request: Request) -> None:
    """Refuse any query parameter on a path that takes none."""
    _plain(request)
    if request.query_params:
        raise Invalid("this path takes no query parameters; leave them out")


def _plain(request: Request) -> None:
    """Refuse what two readers could read differently: one of our headers twice, or a query that is no UTF-8."""
    headers, once = request.headers, (*ONCE, *api_of(request).once)
    if any(len(headers.getlist(name)) > 1 for name in once):
        raise Invalid(f"one of `{'`, `'.join(once)}` is given twice; keep one")
    if not is_text(request.scope["query_string"]):
        raise Invalid("the query is not percent-encoded UTF-8; encode it so")
