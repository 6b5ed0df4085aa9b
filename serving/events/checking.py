"""Whether an event says what its type may say: the kinds of the catalogue, as checks and as JSON Schema.

One table makes both, so that a sender's own validator and ours agree. Null is the same as absent. Names that are not in
the catalogue are the sender's own and are not looked at; neither are types that are not in it. Only two things are
beyond JSON Schema: whether a day exists (30 February), and whether a time zone does.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from model.contracts import JSON, Channel
from serving.events.catalogue import IDENTIFIED, LONGEST_ID, TYPES, Kind
from serving.policy.reading import dated
from serving.policy.zones import zone

LONGEST_ZONE = 64
CHANNELS = tuple(str(channel) for channel in Channel)
DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
OFFSET = r"[+-]([01][0-9]|2[0-3]):[0-5][0-9]"
_TIME = re.compile(f"(?!0000|0001|9999){DAY}T{CLOCK}(Z|{OFFSET})")  # within what any local clock can show
_SAYS_ID = f"must be a text of 1 to {LONGEST_ID} characters that is not blank"
_ID: Mapping[str, JSON] = {"type": "string", "minLength": 1, "maxLength": LONGEST_ID, "pattern": r"\S"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must be: the check, the words of a refusal, and the same as JSON Schema. None of them meets null.

    `members` are rules for what stands in an object, by name.
    """

    fits: Callable[[JSON], bool]
    says: str
    schema: Mapping[str, JSON]
    members: Mapping[str, "Rule"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that an event may not say: where (`data`, a name, an index), and what to do."""

    place: tuple[str | int, ...]
    says: str


def _number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _id(value: JSON) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_ID and bool(value.strip())


def _ids(value: JSON) -> bool:
    """Whether a list holds ids alone; written for a hundred thousand of them."""
    if not isinstance(value, list | tuple):
        return False
    return (
        set(map(type, value)) <= {str} and max(map(len, value), default=0) <= LONGEST_ID and all(map(str.strip, value))
    )


def _time(value: JSON) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None and dated(value) == dated(value)


def _zone(value: JSON) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ZONE and zone(value) is not None


def _consent(value: JSON) -> bool:
    if not isinstance(value, Mapping):
        return False
    return all(name in CHANNELS and isinstance(given, bool | None) for name, given in value.items())


RULES: Mapping[Kind, Rule] = MappingProxyType(
    {
        Kind.TEXT: Rule(lambda value: isinstance(value, str), "must be a text", {"type": "string"}),
        Kind.FACT: Rule(
            lambda value: isinstance(value, str) or _number(value),
            "must be a text or a number, as the customer would read it",
            {"type": ["string", "number"]},
        ),
        Kind.NUMBER: Rule(_number, "must be a number", {"type": "number"}),
        Kind.SECONDS: Rule(
            lambda value: _number(value) and value >= 0,
            "must be a number of seconds, 0 or more",
            {"type": "number", "minimum": 0},
        ),
        Kind.COUNT: Rule(
            lambda value: _number(value) and value >= 0 and float(value).is_integer(),
            "must be a whole number, 0 or more",
            {"type": "integer", "minimum": 0},
        ),
        Kind.TRUTH: Rule(lambda value: isinstance(value, bool), "must be true or false", {"type": "boolean"}),
        Kind.TIME: Rule(
            _time,
            "must be a time as in RFC 3339 with an offset, for example 2026-11-20T18:00:00Z",
            {"type": "string", "format": "date-time", "pattern": f"^{_TIME.pattern}$"},
        ),
        Kind.TEXTS: Rule(_ids, "must be a list of texts", {"type": "array", "items": _ID}),
        Kind.OBJECT: Rule(lambda value: isinstance(value, Mapping), "must be an object", {"type": "object"}),
    }
)
PREFERENCES: Mapping[str, Rule] = MappingProxyType(  # said of an identification, or among its traits
    {
        "timezone": Rule(
            _zone,
            "is not a zone of the IANA database, such as Europe/Paris",
            {"type": "string", "minLength": 1, "maxLength": LONGEST_ZONE},
        ),
        "consent": Rule(
            _consent,
            f"must map channels ({', '.join(CHANNELS)}) to true or false",
            {
                "type": "object",
                "properties": {channel: {"type": ["boolean", "null"]} for channel in CHANNELS},
                "additionalProperties": False,
            },
        ),
    }
)
NARROWER: Mapping[str, Rule] = MappingProxyType(
    {
        "session": Rule(_id, _SAYS_ID, _ID),
        "anonymous_id": Rule(_id, _SAYS_ID, _ID),
        **PREFERENCES,
        "traits": replace(
            RULES[Kind.OBJECT],
            schema={
                "type": "object",
                "properties": {
                    name: {"anyOf": [dict(rule.schema), {"type": "null"}]} for name, rule in PREFERENCES.items()
                },
            },
            members=PREFERENCES,
        ),
    }
)
OF_TYPE: Mapping[str, Mapping[str, Rule]] = MappingProxyType(
    {
        event_type: {name: NARROWER.get(name, RULES[said.kind]) for name, said in told.names.items()}
        for event_type, told in TYPES.items()
    }
)


def wrongs(event_type: str, subject: str | None, data: JSON) -> list[Wrong]:
    """Return all that is wrong with an event's data, in the order in which it came; an unknown type may say anything.

    Example:
        >>> [(wrong.place, wrong.says) for wrong in wrongs("page.dwelled", "u-1", {"page": "pricing", "seconds": -4})]
        [(('data', 'seconds'), 'must be a number of seconds, 0 or more')]
    """
    rules = OF_TYPE.get(event_type)
    if rules is None:
        return []
    found: list[Wrong] = []
    if subject is None and event_type == IDENTIFIED:
        found.append(Wrong(("subject",), "is required: the customer who was identified"))
    if not isinstance(data, Mapping):
        return found if data is None else [*found, Wrong(("data",), "must be an object")]
    return found + _wrong_members(("data",), data, rules)


def _wrong_members(place: tuple[str, ...], members: Mapping[str, JSON], rules: Mapping[str, Rule]) -> list[Wrong]:
    """Return all that is wrong with the members of an object, each by its rule."""
    found = []
    for name, value in members.items():
        rule = rules.get(name)
        if rule is None or value is None:
            continue
        if not rule.fits(value):
            found.append(_wrong((*place, name), value, rule))
        elif rule.members:
            found += _wrong_members((*place, name), value, rule.members)
    return found


def _wrong(place: tuple[str, ...], value: JSON, rule: Rule) -> Wrong:
    """Say where a value is wrong: of a list, which of its elements."""
    if rule is RULES[Kind.TEXTS] and isinstance(value, list | tuple):
        index = next(index for index, one in enumerate(value) if not _id(one))
        return Wrong((*place, index), _SAYS_ID)
    return Wrong(place, rule.says)
