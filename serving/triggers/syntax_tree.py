"""An expression's checked syntax tree, as the library serialises it: read, rewritten, written back.

The library hands over `google.protobuf.Any` with a `cel.expr.CheckedExpr` in it. Field numbers: `cel/expr/syntax.proto`
and `checked.proto` of the Common Expression Language's specification.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import count

from serving.triggers.fault import Fault
from serving.triggers.wire import BYTES, EIGHT, VARINT, Field, chunk, chunks, read, signed, whole, write

ENVELOPE = b"type.googleapis.com/cel.expr.CheckedExpr"
DEEPEST = 64  # levels; the library's own limit is 32, logical operators are balanced
TRUE, FALSE = write([(2, VARINT, 1)]), write([(2, VARINT, 0)])  # cel.expr.Constant
AND, OR, CHOICE = "_&&_", "_||_", "_?_:_"
INDEX, IN = "_[_]", "@in"
PLUS, MINUS, TIMES, DIVIDED, NEGATIVE = "_+_", "_-_", "_*_", "_/_", "-_"
EQUALS, NOT_EQUALS, LESS, MORE, AT_MOST, AT_LEAST = "_==_", "_!=_", "_<_", "_>_", "_<=_", "_>=_"


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
_FORMS = frozenset(Form)
_NAME = {Form.IDENT: 1, Form.SELECT: 2, Form.CALL: 2, Form.STRUCT: 1}  # field numbers of the name,
_PARTS = {Form.SELECT: (1,), Form.CALL: (1, 3), Form.LIST: (1,), Form.COMPREHENSION: (2, 4, 5, 6, 7)}  # of the parts,
_NAMES = (1, 8, 3)  # of the names of a comprehension,
_TESTS, _ENTRY, _KEY, _VALUE = 3, 2, 3, 4  # of `test_only`, of an object's entries, and within one


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
    """A checked expression: its root, and where each node stands (offset in characters)."""

    root: Node
    places: Mapping[int, int]


def parse(serialised: bytes) -> Tree:
    """Read what the library wrote. Raises ValueError where it is no checked expression, Fault where it is too deep."""
    checked = read(chunk(read(serialised), 2))
    source = read(chunk(checked, 5))
    places = {signed(whole(entry, 1)): whole(entry, 2) for entry in map(read, chunks(source, 4))}
    return Tree(_node(chunk(checked, 4), DEEPEST), places)


def serialise(root: Node) -> bytes:
    """Write a tree as the library reads it, its nodes numbered anew, without types: they were checked already."""
    return write([(1, BYTES, ENVELOPE), (2, BYTES, write([(4, BYTES, _written(_numbered(root, count(1))))]))])


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


def text(value: str) -> Node:
    """Return the constant of a text."""
    return Node(0, Form.CONSTANT, raw=write([(6, BYTES, value.encode())]))


def double(value: float) -> Node:
    """Return the constant of a number."""
    return Node(0, Form.CONSTANT, raw=write([(5, EIGHT, struct.pack("<d", value))]))


def zero() -> Node:
    """Return the constant 0."""
    return Node(0, Form.CONSTANT, raw=write([(3, VARINT, 0)]))


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
    form = next((Form(number) for number, kind, _ in fields if kind == BYTES and number in _FORMS), None)
    if form is None:
        raise ValueError("a node of the syntax tree is of no known form")
    number, body = signed(whole(fields, 2)), chunk(fields, form)
    if form is Form.CONSTANT:
        return Node(number, form, raw=body)
    inner = read(body)
    below = [part for each in _PARTS.get(form, ()) for part in chunks(inner, each)]
    if form is Form.STRUCT:
        entries = [read(entry) for entry in chunks(inner, _ENTRY)]
        below = [chunk(entry, each) for entry in entries if chunk(entry, _KEY) for each in (_KEY, _VALUE)]
    return Node(
        number,
        form,
        chunk(inner, _NAME[form]).decode() if form in _NAME else "",
        tuple(_node(part, levels - 1) for part in below),
        bool(chunks(inner, 1)) if form is Form.CALL else form is Form.SELECT and bool(whole(inner, _TESTS)),
        names=tuple(chunk(inner, each).decode() for each in _NAMES) if form is Form.COMPREHENSION else (),
    )


def _numbered(node: Node, numbers: Iterator[int]) -> Node:
    return replace(node, id=next(numbers), parts=tuple(_numbered(part, numbers) for part in node.parts))


def _written(node: Node) -> bytes:
    return write([(2, VARINT, node.id), (node.form, BYTES, _body(node))])


def _body(node: Node) -> bytes:
    if node.form is Form.CONSTANT:
        return node.raw
    parts = [_written(part) for part in node.parts]
    if node.form is Form.STRUCT:
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return write([(_ENTRY, BYTES, write([(_KEY, BYTES, key), (_VALUE, BYTES, value)])) for key, value in pairs])
    numbers: tuple[int, ...] = _PARTS.get(node.form, ())
    if node.form in {Form.CALL, Form.LIST}:
        target = (1,) if node.flag else ()
        numbers = (*target, *(numbers[-1:] * (len(parts) - len(target))))
    fields: list[Field] = [(number, BYTES, part) for number, part in zip(numbers, parts, strict=True)]
    if node.form in _NAME:
        fields.append((_NAME[node.form], BYTES, node.name.encode()))
    if node.form is Form.SELECT:
        fields.append((_TESTS, VARINT, int(node.flag)))
    if node.form is Form.COMPREHENSION:
        fields += [(number, BYTES, name.encode()) for number, name in zip(_NAMES, node.names, strict=True) if name]
    return write(sorted(fields, key=lambda field: field[0]))
