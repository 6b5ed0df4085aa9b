"""What a part of an expression can be, and which functions take what: enough to refuse nonsense when it is loaded.

A kind that is not known is any of them, so what is refused could never have had a value. Source: the standard
definitions of the Common Expression Language's specification.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from serving.events.catalogue import Kind

INT, UINT, DOUBLE, TEXT, TRUTH = "whole number", "unsigned number", "number", "text", "truth"
TIME, DURATION, LIST, OBJECT, BYTES, TYPE = "time", "duration", "list", "object", "bytes", "type"
ANYTHING = frozenset({INT, UINT, DOUBLE, TEXT, TRUTH, TIME, DURATION, LIST, OBJECT, BYTES, TYPE})
NUMBERS = frozenset({INT, UINT, DOUBLE})


@dataclass(frozen=True, slots=True)
class Static:
    """What a value can be: its kinds, and those of the values in it where it is a list."""

    kinds: frozenset[str] = ANYTHING
    items: frozenset[str] = ANYTHING

    @property
    def shown(self) -> str:
        """The kinds in words; a number of whatever sort is a number.

        Example:
            >>> Static(frozenset({TEXT, INT, DOUBLE})).shown
            'a number or a text'
        """
        words = sorted({"number" if kind in NUMBERS else kind for kind in self.kinds})
        return " or ".join("bytes" if word == BYTES else f"{'an' if word == OBJECT else 'a'} {word}" for word in words)


UNKNOWN = Static()


def one(*kinds: str) -> Static:
    """Return the static kind of a value that is one of these."""
    return Static(frozenset(kinds))


OF_DATA: Mapping[Kind, Static] = {
    Kind.TEXT: one(TEXT),
    Kind.FACT: one(TEXT, INT, DOUBLE),
    Kind.NUMBER: one(DOUBLE),
    Kind.SECONDS: one(DOUBLE),
    Kind.COUNT: one(INT),
    Kind.TRUTH: one(TRUTH),
    Kind.TIME: one(TEXT),
    Kind.TEXTS: Static(frozenset({LIST}), frozenset({TEXT})),
    Kind.OBJECT: one(OBJECT),
}
Overload: TypeAlias = tuple[tuple[frozenset[str], ...], frozenset[str]]


def _takes(result: str, *rows: str) -> list[Overload]:
    """Return overloads with one result; a row is kinds between commas, alternatives between bars."""
    return [(tuple(frozenset(part.strip().split("|")) for part in row.split(",")), frozenset({result})) for row in rows]


_SAME = [f"{kind},{kind}" for kind in (TEXT, TRUTH, TIME, DURATION, BYTES)]
_NUMBER = f"{INT}|{UINT}|{DOUBLE}"
_ORDER = _takes(TRUTH, f"{_NUMBER},{_NUMBER}", *_SAME)
_ARITHMETIC = [*_takes(INT, f"{INT},{INT}"), *_takes(UINT, f"{UINT},{UINT}"), *_takes(DOUBLE, f"{DOUBLE},{DOUBLE}")]
_PART = _takes(INT, TIME, f"{TIME},{TEXT}")
_CLOCK = [*_PART, *_takes(INT, DURATION)]
_TEXTS = _takes(TRUTH, f"{TEXT},{TEXT}")
FUNCTIONS: Mapping[str, list[Overload]] = {
    **dict.fromkeys(("_<_", "_<=_", "_>_", "_>=_"), _ORDER),
    **dict.fromkeys(("_*_", "_/_"), _ARITHMETIC),
    "_%_": _ARITHMETIC[:2],
    "-_": [*_takes(INT, INT), *_takes(DOUBLE, DOUBLE)],
    "_+_": [
        *_ARITHMETIC,
        *_takes(TEXT, f"{TEXT},{TEXT}"),
        *_takes(BYTES, f"{BYTES},{BYTES}"),
        *_takes(LIST, f"{LIST},{LIST}"),
        *_takes(TIME, f"{TIME},{DURATION}", f"{DURATION},{TIME}"),
        *_takes(DURATION, f"{DURATION},{DURATION}"),
    ],
    "_-_": [
        *_ARITHMETIC,
        *_takes(DURATION, f"{TIME},{TIME}", f"{DURATION},{DURATION}"),
        *_takes(TIME, f"{TIME},{DURATION}"),
    ],
    **dict.fromkeys(("_&&_", "_||_"), _takes(TRUTH, f"{TRUTH},{TRUTH}")),
    "!_": _takes(TRUTH, TRUTH),
    **dict.fromkeys(("contains", "startsWith", "endsWith", "matches"), _TEXTS),
    "size": _takes(INT, f"{TEXT}|{BYTES}|{LIST}|{OBJECT}"),
    "int": _takes(INT, f"{_NUMBER}|{TEXT}|{TIME}"),
    "uint": _takes(UINT, f"{_NUMBER}|{TEXT}"),
    "double": _takes(DOUBLE, f"{_NUMBER}|{TEXT}"),
    "string": _takes(TEXT, f"{_NUMBER}|{TEXT}|{TRUTH}|{BYTES}|{TIME}|{DURATION}"),
    "bool": _takes(TRUTH, f"{TRUTH}|{TEXT}"),
    "bytes": _takes(BYTES, f"{BYTES}|{TEXT}"),
    "timestamp": _takes(TIME, f"{TEXT}|{INT}|{TIME}"),
    "duration": _takes(DURATION, f"{TEXT}|{INT}|{DURATION}"),
    "type": _takes(TYPE, "|".join(sorted(ANYTHING))),
    **dict.fromkeys(("getHours", "getMinutes", "getSeconds", "getMilliseconds"), _CLOCK),
    **dict.fromkeys(("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"), _PART),
}
MACROS = ("has", "all", "exists", "exists_one", "map", "filter")
OPERATORS: Mapping[str, str] = {
    "_&&_": "&&",
    "_||_": "||",
    "!_": "!",
    "-_": "-",
    "_?_:_": "?:",
    "@in": "in",
    "_[_]": "[ ]",
}


def shown_function(name: str) -> str:
    """Return a function or an operator as it is written.

    Example:
        >>> shown_function("_>=_"), shown_function("startsWith")
        ('>=', 'startsWith')
    """
    return OPERATORS.get(name, name.strip("_") if name.startswith("_") else name)
