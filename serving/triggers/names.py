"""The names that an expression reads: found in its tree, replaced by plain variables.

An expression that reads `event.data.page` is evaluated with one variable of that name (`serving.triggers.scene` fills
it), so an event's body costs nothing where it is not read.
"""

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from serving.events.catalogue import TYPES, Kind
from serving.events.variables import VARIABLES
from serving.triggers.syntax_tree import INDEX, Form, Node, constant

Path: TypeAlias = tuple[str, ...]
ROOTS = frozenset({*VARIABLES, "now"})
DATA = ("event", "data")


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


@cache
def kind_of(path: Path, event_type: str) -> Kind | None:
    """Return the kind that a name has by the catalogue; None where nobody said."""
    if path[:2] == DATA:
        entry = TYPES[event_type].names.get(path[2]) if len(path) == 3 and event_type in TYPES else None
        return None if entry is None else entry.kind
    if path == ("now",):
        return Kind.TIME
    names = VARIABLES.get(path[0], {})
    return names[path[1]].kind if len(path) == 2 and path[1] in names else None
