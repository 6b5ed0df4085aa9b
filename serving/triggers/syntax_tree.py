"""An expression's checked syntax tree, as the library serialises it: read, rewritten, written back.

The library hands over `google.protobuf.Any` with a `cel.expr.CheckedExpr` in it. Field numbers: `cel/expr/syntax.proto`
and `checked.proto` of the Common Expression Language's specification.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

from serving.triggers.fault import Fault
from serving.triggers.wire import BYTES, VARINT, Field, chunk, chunks, read, signed, whole, write

DEEPEST = 64  # levels; the library's own limit is 32, logical operators are balanced
TRUE, FALSE = write([(2, VARINT, 1)]), write([(2, VARINT, 0)])  # cel.expr.Constant
AND, OR, CHOICE, NOT = "_&&_", "_||_", "_?_:_", "!_"
INDEX, EQUALS = "_[_]", "_==_"


class Form(IntEnum):
    """What a node is, by its field number in `cel.expr.Expr`."""

    CONSTANT = 3
    IDENT = 4
    SELECT = 5
    CALL = 6
    LIST = 7
    STRUCT = 8
    COMPREHENSION = 9


RANGE, START, CONDITION, STEP, RESULT = range(5)  # the parts of a comprehension
_LOOP = (2, 4, 5, 6, 7)  # their field numbers
_ITEM, _SECOND, _TOTAL = 1, 8, 3  # and those of its names


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `name`: of an identifier, a field or a function; `parts`: operands, arguments, entries, loop parts.

    `flag`: a call whose first part is its target, a select that only tests (`has`). `raw`: a constant as on the wire.
    `names`: of a comprehension, the names of item, second item and total.
    """

    id: int
    form: Form
    name: str = ""
    parts: tuple["Node", ...] = ()
    flag: bool = False
    raw: bytes = b""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A checked expression: its root, where each node stands (offset in characters), and what the library resolved."""

    root: Node
    places: Mapping[int, int]
    envelope: bytes
    references: Mapping[int, bytes]


def parse(serialised: bytes) -> Tree:
    """Read what the library wrote. Raises ValueError where it is no checked expression, Fault where it is too deep."""
    outer = read(serialised)
    checked = read(chunk(outer, 2))
    source = read(chunk(checked, 5))
    places = {signed(whole(entry, 1)): whole(entry, 2) for entry in map(read, chunks(source, 4))}
    references = {signed(whole(read(entry), 1)): entry for entry in chunks(checked, 2)}
    return Tree(_node(chunk(checked, 4), DEEPEST), places, chunk(outer, 1), references)


def serialise(root: Node, tree: Tree, changed: frozenset[int]) -> bytes:
    """Write a rewritten tree as the library reads it, without what it resolved for the nodes that have changed."""
    kept: list[Field] = [(2, BYTES, entry) for number, entry in tree.references.items() if number not in changed]
    return write([(1, BYTES, tree.envelope), (2, BYTES, write([*kept, (4, BYTES, _written(root))]))])


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, from left to right."""
    yield node
    for part in node.parts:
        yield from walk(part)


def rebuilt(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """Return the tree with every node replaced for which `change` has another; below those nothing is looked at."""
    other = change(node)
    return replace(node, parts=tuple(rebuilt(part, change) for part in node.parts)) if other is None else other


def constant(node: Node) -> bool | int | float | str | bytes | None:
    """Return the value of a constant. Raises ValueError on another node."""
    if node.form is not Form.CONSTANT:
        raise ValueError("not a constant")
    number, _, value = read(node.raw)[0]
    if isinstance(value, int):
        return {1: None, 2: bool(value), 3: signed(value)}.get(number, value)
    if number == 4 + 1:
        return float(struct.unpack("<d", value)[0])
    return value.decode("utf-8") if number == 6 else value


def null(node: Node) -> bool:
    """Return whether this is the constant `null`."""
    return node.form is Form.CONSTANT and read(node.raw)[0][0] == 1


def unsigned(node: Node) -> bool:
    """Return whether this is a constant such as `1u`."""
    return node.form is Form.CONSTANT and read(node.raw)[0][0] == 4


def _node(message: bytes, levels: int) -> Node:
    if not levels:
        raise Fault("nested too deeply; split it into two triggers", 0)
    fields = read(message)
    form = next((Form(number) for number, kind, _ in fields if kind == BYTES and number in set(Form)), None)
    if form is None:
        raise ValueError("a node of the syntax tree is of no known form")
    number, body = signed(whole(fields, 2)), chunk(fields, form)
    inner = [] if form is Form.CONSTANT else read(body)

    def below(*numbers: int) -> tuple[Node, ...]:
        return tuple(_node(part, levels - 1) for each in numbers for part in chunks(inner, each))

    if form is Form.CONSTANT:
        return Node(number, form, raw=body)
    if form is Form.IDENT:
        return Node(number, form, chunk(inner, 1).decode())
    if form is Form.SELECT:
        return Node(number, form, chunk(inner, 2).decode(), below(1), bool(whole(inner, 3)))
    if form is Form.CALL:
        return Node(number, form, chunk(inner, 2).decode(), below(1, 3), bool(chunks(inner, 1)))
    if form is Form.LIST:
        return Node(number, form, parts=below(1))
    if form is Form.STRUCT:
        entries = map(read, chunks(inner, 2))
        pairs = tuple(_node(chunk(entry, each), levels - 1) for entry in entries for each in (3, 4) if chunk(entry, 3))
        return Node(number, form, chunk(inner, 1).decode(), pairs)
    names = tuple(chunk(inner, each).decode() for each in (_ITEM, _SECOND, _TOTAL))
    return Node(number, form, parts=below(*_LOOP), names=names)


def _written(node: Node) -> bytes:
    return write([(2, VARINT, node.id), (node.form, BYTES, _body(node))])


def _body(node: Node) -> bytes:
    if node.form is Form.CONSTANT:
        return node.raw
    parts = [_written(part) for part in node.parts]
    name: Field = (2, BYTES, node.name.encode())
    if node.form is Form.IDENT:
        return write([(1, BYTES, node.name.encode())])
    if node.form is Form.SELECT:
        return write([(1, BYTES, parts[0]), name, (3, VARINT, int(node.flag))])
    if node.form is Form.CALL:
        target: list[Field] = [(1, BYTES, parts.pop(0))] if node.flag else []
        return write([*target, name, *((3, BYTES, part) for part in parts)])
    if node.form is Form.LIST:
        return write([(1, BYTES, part) for part in parts])
    if node.form is Form.STRUCT:
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return write([(2, BYTES, write([(3, BYTES, key), (4, BYTES, value)])) for key, value in pairs])
    item, second, total = (value.encode() for value in node.names)
    loop: list[Field] = [(number, BYTES, part) for number, part in zip(_LOOP, parts, strict=True)]
    named: list[Field] = [(_ITEM, BYTES, item), (_TOTAL, BYTES, total), *([(_SECOND, BYTES, second)] if second else [])]
    return write(sorted([*named, *loop]))
