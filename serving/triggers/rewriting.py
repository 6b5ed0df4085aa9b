"""The tree that is evaluated: strict from left to right, and with plain variables where names stood.

Common Expression Language lets `broken || true` be true. Here a missing name must not match, so `a || b` becomes
`a ? true : (b ? true : false)`, and `a && b` becomes `a ? (b ? true : false) : false`. It also lets `12 != "12"` be
true. Here values of different kinds are an error: the library orders values of one kind only, so `a != b` becomes
`a < b ? true : a > b` where one of them is known to have an order. Where nothing is known, types are compared first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from serving.triggers.finite import call, doubtful, finite, hands_on
from serving.triggers.kinds import BYTES, DOUBLE, DURATION, LIST, NUMBERS, OBJECT, TEXT, TIME, TRUTH, TYPE, Static
from serving.triggers.names import DATA, Variable, path_of, variable
from serving.triggers.syntax_tree import (
    AND,
    AT_LEAST,
    AT_MOST,
    CHOICE,
    EQUALS,
    FALSE,
    IN,
    LESS,
    MORE,
    NOT_EQUALS,
    OR,
    RANGE,
    TRUE,
    Form,
    Node,
    constant,
    double,
)

NOT_FALSE = "@not_strictly_false"  # the library's own: false for false, true for true and for an error
BRANCHES = frozenset({AND, OR, CHOICE})  # of which only the first part is evaluated whatever it says
ORDERED = (NUMBERS, *(frozenset({kind}) for kind in (TEXT, TRUTH, TIME, DURATION, BYTES)))
UNORDERED = frozenset({LIST, OBJECT, TYPE})
YES, NO = Node(0, Form.CONSTANT, raw=TRUE), Node(0, Form.CONSTANT, raw=FALSE)


@dataclass(frozen=True, slots=True)
class Strict:
    """What is evaluated, the variables that it has, and those without which it cannot have a value."""

    root: Node
    variables: tuple[Variable, ...]
    needed: tuple[Variable, ...]


def strict(root: Node, kinds: Mapping[int, Static]) -> Strict:
    """Return the strict form of a tree that was checked; `kinds` is what each node can be."""
    return Strict(
        _strict(root, kinds, inside=False), *(tuple(dict.fromkeys(each)) for each in (_all(root), _needed(root)))
    )


def sieve(roots: Sequence[Node]) -> Node:
    """Return a tree that tells of many strict ones at once which are not simply false; an error is not."""
    return Node(0, Form.LIST, parts=tuple(call(NOT_FALSE, _choice(root, YES, NO)) for root in roots))


def _strict(node: Node, kinds: Mapping[int, Static], *, inside: bool, looked: bool = False) -> Node:
    """Return the strict form of a node; `looked`: whatever is not finite in it is found by what stands around it."""
    read = _read(node, inside=inside)
    if read is not None:
        return Node(0, Form.IDENT, read.key)
    if node.form is Form.CONSTANT:
        return _constant(node, kinds[node.id])
    parts = tuple(
        _strict(part, kinds, inside=within, looked=hands_on(node, number))
        for number, (part, within) in enumerate(_below(node, inside=inside))
    )
    below = [kinds[part.id] for part in node.parts]
    if node.form is Form.CALL and node.name in _REWRITTEN:
        return _REWRITTEN[node.name](parts, below)
    made = replace(node, parts=parts)
    return finite(made, kinds[node.id]) if not looked and doubtful(node, kinds[node.id], below) else made


def _constant(node: Node, kind: Static) -> Node:
    """Return a constant: a whole number as a double where that was found to be meant."""
    value = constant(node)
    return double(value) if isinstance(value, int) and kind.kinds == {DOUBLE} else node


def _or(parts: tuple[Node, ...], _: Sequence[Static]) -> Node:
    return _choice(parts[0], YES, _choice(parts[1], YES, NO))


def _and(parts: tuple[Node, ...], _: Sequence[Static]) -> Node:
    return _choice(parts[0], _choice(parts[1], YES, NO), NO)


def _equal(parts: tuple[Node, ...], kinds: Sequence[Static]) -> Node:
    """Return `==` that is an error for values of different kinds; numbers are of one kind."""
    if _ordered(kinds):
        return _choice(call(AT_MOST, *parts), call(AT_LEAST, *parts), NO)
    return _typed(call(EQUALS, *parts), parts, kinds)


def _unequal(parts: tuple[Node, ...], kinds: Sequence[Static]) -> Node:
    """Return `!=`, as above."""
    if _ordered(kinds):
        return _choice(call(LESS, *parts), YES, call(MORE, *parts))
    return _typed(call(NOT_EQUALS, *parts), parts, kinds)


def _among(parts: tuple[Node, ...], kinds: Sequence[Static]) -> Node:
    """Return `in` that is an error where the list that is written out holds only values of another kind."""
    plain = call(IN, *parts)
    if parts[1].form is not Form.LIST or not parts[1].parts or not _ordered([Static(kinds[1].items)]):
        return plain
    return _choice(_choice(call(AT_MOST, parts[0], parts[1].parts[0]), YES, YES), plain, NO)


def _ordered(kinds: Sequence[Static]) -> bool:
    """Return whether one of them has an order whatever it is: the library orders values of one kind only."""
    return any(each.kinds <= ordered for each in kinds for ordered in ORDERED)


def _typed(plain: Node, parts: tuple[Node, ...], kinds: Sequence[Static]) -> Node:
    """Return a comparison that asks first whether both are of one type, or have an order; unless that is known."""
    if any(each.kinds <= UNORDERED for each in kinds):
        return plain
    types = [call("type", part) for part in parts]
    return _choice(call(EQUALS, *types), plain, _choice(call(LESS, *parts), plain, plain))


def _choice(asked: Node, yes: Node, no: Node) -> Node:
    return call(CHOICE, asked, yes, no)


_REWRITTEN: Mapping[str, Callable[[tuple[Node, ...], Sequence[Static]], Node]] = {
    OR: _or,
    AND: _and,
    EQUALS: _equal,
    NOT_EQUALS: _unequal,
    IN: _among,
}


def _all(node: Node, *, inside: bool = False) -> Iterator[Variable]:
    read = _read(node, inside=inside)
    if read is not None:
        yield read
        return
    for part, within in _below(node, inside=inside):
        yield from _all(part, inside=within)


def _needed(node: Node) -> Iterator[Variable]:
    """Yield the variables that are met whatever the others say: not behind a branch, not in a loop."""
    read = _read(node, inside=False)
    if read is not None:
        yield read
        return
    first = node.form is Form.COMPREHENSION or (node.form is Form.CALL and node.name in BRANCHES)
    for part in node.parts[:1] if first else node.parts:
        yield from _needed(part)


def _below(node: Node, *, inside: bool) -> Iterator[tuple[Node, bool]]:
    """Yield the parts of a node, each with whether it stands inside a loop: there names are single values."""
    loop = node.form is Form.COMPREHENSION
    for number, part in enumerate(node.parts):
        yield part, inside or (loop and number != RANGE)


def _read(node: Node, *, inside: bool) -> Variable | None:
    """Return the variable that stands for a name, for `has(name)`, or for `"name" in event.data`."""
    if node.form is Form.CALL and node.name == IN and path_of(node.parts[1]) == DATA:
        name = constant(node.parts[0]) if node.parts[0].form is Form.CONSTANT else None
        return variable((*DATA, name), tested=True) if isinstance(name, str) else None
    path = path_of(node)
    return None if path is None else variable(path, tested=node.form is Form.SELECT and node.flag, single=inside)
