"""From pydantic's errors to faults that repeat nothing: our own words, the schema's field names, positions."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from serving.errors import Fault, Invalid
from serving.schemas.approvals import ApprovalBody
from serving.schemas.events import EventBody
from serving.schemas.requests import (
    DecisionBody,
    EvidenceBody,
    MessageBody,
    OutcomeBody,
    PreferencesBody,
    SessionBody,
    UserBody,
)
from serving.schemas.reviews import ReviewBody
from serving.schemas.segment import SegmentBody

NESTED: dict[str, type[BaseModel]] = {
    "user": UserBody,
    "evidence": EvidenceBody,
    "message": MessageBody,
    "session": SessionBody,
    "review": ReviewBody,
}
ROOTS: tuple[type[BaseModel], ...] = (DecisionBody, OutcomeBody, PreferencesBody, ApprovalBody, EventBody, SegmentBody)
OUR_NAMES = frozenset(
    part.alias or name for model in (*ROOTS, *NESTED.values()) for name, part in model.model_fields.items()
)
OUR_TYPES = frozenset({"time", "evidence", "message", "outcome", "event", "approval", "review", "reason", "segment"})
SAFE_TYPES = frozenset(
    {"string_too_short", "string_too_long", "literal_error", "int_parsing", "greater_than_equal", "less_than_equal"}
)
WORDS = {
    "missing": "is required",
    "string_type": "must be a string",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_pattern_mismatch": "does not have the form that is wanted here",
    "too_long": "has too many members",
}
PLACES = {"query": "query parameter", "path": "part of the path"}
KEY_MARK = "[key]"  # pydantic's last part of a location that is about a member's name


def invalid(error: ValidationError, root: type[BaseModel]) -> Invalid:
    """Return the problem that says what is wrong with a body of type `root`."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return Invalid("the body does not fit the schema; see `errors`", errors=[_fault(item, root) for item in found])


def invalid_parameters(errors: Iterable[Mapping[str, Any]], known: Iterable[str], path: Iterable[str] = ()) -> Invalid:
    """Return the problem for query parameters, of which `known` are those that the path takes, and parts of the path.

    `path` names the parts of the path that stand for something, such as `decision_id`.
    """
    names = list(known)
    own = frozenset({*names, *path})
    places = set()
    faults = []
    for item in errors:
        places.add(PLACES.get(item["loc"][0], "parameter"))
        unknown = item["type"] == "extra_forbidden"
        said = f"unknown parameter; {_known(str(item['loc'][-1]), names)}" if unknown else _words(item)
        faults.append(Fault(pointer(item["loc"][1:], own=own), said))
    return Invalid(f"a {' and a '.join(sorted(places))} cannot be used; see `errors`", errors=faults)


def pointer(location: Iterable[str | int], *, own: frozenset[str] = OUR_NAMES) -> str:
    """Return a JSON pointer in which a name that is not ours is `*`.

    Example:
        >>> pointer(["user", "attributes", "their name"])
        '#/user/attributes/*'
    """
    parts = [part for part in location if part != KEY_MARK]
    return "#" + "".join(f"/{part}" if isinstance(part, int) or part in own else "/*" for part in parts)


def _fault(item: Mapping[str, Any], root: type[BaseModel]) -> Fault:
    location = item["loc"]
    if item["type"] == "extra_forbidden":
        parent = NESTED.get(str(location[-2]), root) if len(location) > 1 else root
        return Fault(pointer(location[:-1]) + "/*", _unknown(str(location[-1]), parent))
    return Fault(pointer(location), _words(item))


def _unknown(name: str, parent: type[BaseModel]) -> str:
    return f"unknown field; {_known(name, list(parent.model_fields))}"


def _known(name: str, known: Sequence[str]) -> str:
    """Name all that is known, and what `name`, which is not repeated, was probably meant to be."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return f"known are {', '.join(known)}{hint}"


def _words(item: Mapping[str, Any]) -> str:
    kind = item["type"]
    if kind in OUR_TYPES or kind in SAFE_TYPES:
        said: str = item["msg"]
        return said.replace("Input should be", "must be").replace("String should have", "must have")
    return WORDS.get(kind, "is not valid")
