"""The names that an expression reads: found in its tree, replaced by plain variables, filled from an event.

An expression that reads `event.data.page` is evaluated with one variable of that name. A name that cannot be filled is
left out, and what meets it does not match: null, absent, of another kind than the catalogue says, not finite, larger
than 64 bits, text that is no Unicode, more than 1,000 values.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from model.contracts import JSON, Event
from serving.events.catalogue import TYPES, Kind
from serving.events.variables import VARIABLES
from serving.timetable import Visitor
from serving.triggers.syntax_tree import INDEX, Form, Node, constant

Path: TypeAlias = tuple[str, ...]
ROOTS = frozenset({*VARIABLES, "now"})
DATA = ("event", "data")
LONGEST = 1000  # values in a list, or in all of one object
CHARACTERS = 65536  # in one text, or in all texts of one value
LEVELS = 16
WHOLE = range(-(1 << 63), 1 << 63)
_KINDS: Mapping[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.FACT: (str, int, float),
    Kind.NUMBER: (int, float),
    Kind.SECONDS: (int, float),
    Kind.COUNT: (int,),
    Kind.TRUTH: (bool,),
    Kind.TIME: (str, datetime),
    Kind.TEXTS: (list,),
    Kind.OBJECT: (dict,),
}


class Unfit(ValueError):  # noqa: N818  (says what the value is)
    """A value that no expression may see, in words that do not repeat it."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A name as an expression reads it: `tested` by `has`, `single` where a list or an object must not stand."""

    path: Path
    tested: bool = False
    single: bool = False
    key: str = ""

    @property
    def shown(self) -> str:
        """The name as its author writes it."""
        return spelled(self.path)


def variable(path: Path, *, tested: bool = False, single: bool = False) -> Variable:
    """Return the variable of a name, with the key under which the library knows it."""
    single = single and not tested
    mark = "has " if tested else "one " if single else ""
    return Variable(path, tested, single, mark + spelled(path))


def spelled(path: Path) -> str:
    """Return a name as it is written.

    Example:
        >>> spelled(("event", "data", "order-id", "x"))
        'event.data["order-id"].x'
    """
    parts = (f".{part}" if part.isidentifier() and part.isascii() else f'["{part}"]' for part in path[1:])
    return path[0] + "".join(parts)


_TIMES = [
    ("now",),
    *((root, name) for root in VARIABLES for name, known in VARIABLES[root].items() if known.kind is Kind.TIME),
]
INSTANTS = [variable(path, single=single) for path in _TIMES for single in (False, True)]


def path_of(node: Node) -> Path | None:
    """Return the name that a chain of `.x` and `["x"]` reads, None where it is none of ours (or not constant)."""
    if node.form is Form.IDENT:
        return (node.name,) if node.name in ROOTS else None
    if node.form is Form.SELECT:
        above = path_of(node.parts[0])
        return None if above is None else (*above, node.name)
    if node.form is Form.CALL and node.name == INDEX and node.parts[1].form is Form.CONSTANT:
        above, part = path_of(node.parts[0]), constant(node.parts[1])
        return (*above, part) if above is not None and isinstance(part, str) else None
    return None


def kind_of(path: Path, event_type: str) -> Kind | None:
    """Return the kind that a name has by the catalogue; None where nobody said."""
    if path[:2] == DATA:
        entry = TYPES[event_type].names.get(path[2]) if len(path) == 3 and event_type in TYPES else None
        return None if entry is None else entry.kind
    if path == ("now",):
        return Kind.TIME
    names = VARIABLES.get(path[0], {})
    return names[path[1]].kind if len(path) == 2 and path[1] in names else None


class Scene:
    """What an expression may see of one event; every name is looked up once, and only where it is read."""

    def __init__(self, event: Event, visitor: Visitor, now: datetime) -> None:
        self.event, self.visitor, self.now = event, visitor, now
        self.values: dict[str, JSON] = {}
        self.problems: dict[str, str] = {}

    def look(self, wanted: Variable) -> None:
        """Fill one name, or note why it cannot be."""
        if wanted.key in self.values or wanted.key in self.problems:
            return
        try:
            self.values[wanted.key] = self._tested(wanted) if wanted.tested else self._value(wanted)
        except Unfit as unfit:
            self.problems[wanted.key] = str(unfit)

    def _value(self, wanted: Variable) -> JSON:
        found = self._fitted(wanted)
        if found is None:
            raise Unfit(f"`{wanted.shown}` is missing or null")
        if wanted.single and (isinstance(found, list | dict) or (isinstance(found, str) and len(found) > LONGEST)):
            raise Unfit(f"`{wanted.shown}` is not a single value, or a long text: a loop reads neither")
        return found

    def _tested(self, wanted: Variable) -> bool:
        above = self._found(wanted.path[:-1])
        if not isinstance(above, Mapping) and wanted.path[:-1] != ("event",):
            raise Unfit(f"`{spelled(wanted.path[:-1])}` is missing, or holds no names")
        return self._fitted(wanted) is not None

    def _fitted(self, wanted: Variable) -> JSON:
        """Return the value as the library may see it, None where it is missing. Raises Unfit."""
        found = self._found(wanted.path)
        if found is None:
            return None
        kind = kind_of(wanted.path, self.event.type)
        try:
            return plain(found, Budget()) if kind is None else of_kind(found, kind, data=wanted.path[:2] == DATA)
        except Unfit as unfit:
            raise Unfit(f"`{wanted.shown}` {unfit}") from None

    def _found(self, path: Path) -> JSON:
        if path[0] == "now":
            return self.now
        value: JSON = self.visitor.session if path[0] == "session" else self.visitor.customer
        rest = path[1:]
        if path[0] == "event":
            value, rest = getattr(self.event, path[1]), path[2:]
        for part in rest:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


class Budget:
    """How much of a value may still be looked at."""

    def __init__(self) -> None:
        self.values, self.characters = LONGEST, CHARACTERS

    def spend(self, *, characters: int = 0) -> None:
        """Count one value. Raises Unfit where there are too many."""
        self.values -= 1
        self.characters -= characters
        if self.values < -1 or self.characters < 0:  # the list itself is one more
            raise Unfit(f"is more than {LONGEST} values or {CHARACTERS} characters")


def plain(value: JSON, budget: Budget, levels: int = LEVELS) -> JSON:
    """Return a value without its nulls; None for a null and for a list that holds one. Raises Unfit."""
    budget.spend(characters=len(value) if isinstance(value, str) else 0)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, float):
        return _finite(value)
    if not levels or not isinstance(value, list | tuple | Mapping):
        raise Unfit("is nested too deeply, or no JSON")
    if isinstance(value, Mapping):
        cleaned = {_text(str(name)): plain(part, budget, levels - 1) for name, part in value.items()}
        return {name: part for name, part in cleaned.items() if part is not None}
    parts = [plain(part, budget, levels - 1) for part in value]
    return None if None in parts else parts


def of_kind(value: JSON, kind: Kind, *, data: bool) -> JSON:
    """Return a value of the catalogue as the library may see it: numbers as doubles, counts whole.

    A time in an event's data stays the text that it is; elsewhere it is an instant. Raises Unfit.
    """
    wrong = isinstance(value, bool) != (kind is Kind.TRUTH) or not isinstance(value, _KINDS[kind])
    if isinstance(value, Mapping | tuple) and kind in {Kind.OBJECT, Kind.TEXTS}:
        wrong = isinstance(value, Mapping) != (kind is Kind.OBJECT)
    if wrong:
        raise Unfit(f"is not of its kind ({kind})")
    if kind in {Kind.NUMBER, Kind.SECONDS}:
        number = _finite(value)
        if kind is Kind.SECONDS and number < 0:
            raise Unfit("is less than 0")
        return number
    if kind is Kind.TIME and not data:
        return _instant(value)
    cleaned = plain(value, Budget())
    if kind is Kind.TEXTS and cleaned is not None and not all(isinstance(part, str) for part in cleaned):
        raise Unfit("is not a list of texts")
    return cleaned


def _instant(value: str | datetime) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise Unfit("is not a time") from None
    if time.tzinfo is None:
        raise Unfit("is a time without an offset")
    return time


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unfit("is no Unicode text") from None
    return value


def _whole(value: int) -> int:
    if value not in WHOLE:
        raise Unfit("is larger than 64 bits")
    return value


def _finite(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise Unfit("is too large a number") from None
    if not math.isfinite(number):
        raise Unfit("is not a finite number")
    return number
