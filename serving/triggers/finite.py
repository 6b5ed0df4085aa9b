"""Numbers that are computed are finite, or the expression has no value.

In Common Expression Language `double("nan")`, `0.0 / 0.0` and `1e308 * 10.0` have values, and `!(nan >= 1.0)` is true.
What is computed is given a name, looked at, and is an error where it is not finite. Sums, differences and products hand
on what is not finite, so only what leaves a computation is looked at; a quotient may hide its divisor.
"""

from serving.triggers.kinds import DOUBLE, TEXT, Static
from serving.triggers.syntax_tree import (
    CHOICE,
    DIVIDED,
    EQUALS,
    FALSE,
    INDEX,
    MINUS,
    NEGATIVE,
    PLUS,
    RANGE,
    TIMES,
    Form,
    Node,
    double,
    text,
)

COMPUTED = frozenset({PLUS, MINUS, TIMES, DIVIDED, NEGATIVE})
HELD = Node(0, Form.IDENT, "@computed")
SAID = "computed: not finite"  # the library says which name an object does not have
ERROR = Node(0, Form.CALL, INDEX, (Node(0, Form.STRUCT), text(SAID)))


def hands_on(node: Node, number: int) -> bool:
    """Return whether what is not finite in this part of a node makes the whole so, or an error."""
    if node.form is Form.COMPREHENSION:
        return number == RANGE
    return node.form is Form.CALL and node.name in COMPUTED and not (node.name == DIVIDED and number)


def doubtful(node: Node, kind: Static, parts: list[Static]) -> bool:
    """Return whether a node may make a number that is not finite."""
    if node.form is not Form.CALL or DOUBLE not in kind.kinds:
        return False
    return node.name in COMPUTED or (node.name == "double" and TEXT in parts[0].kinds)


def finite(node: Node, kind: Static) -> Node:
    """Return a tree that has a node's value, and none where that is a number that is not finite."""
    same = call(EQUALS, call(MINUS, HELD, HELD), double(0.0))
    looked = call(CHOICE, same, HELD, ERROR)
    if kind.kinds != {DOUBLE}:
        number = call(EQUALS, call("type", HELD), call("type", double(0.0)))
        looked = call(CHOICE, number, looked, HELD)
    never = Node(0, Form.CONSTANT, raw=FALSE)
    parts = (Node(0, Form.LIST), node, never, HELD, looked)
    return Node(0, Form.COMPREHENSION, parts=parts, names=("@nothing", "", HELD.name))


def call(name: str, *parts: Node) -> Node:
    """Return the call of a function that nobody wrote."""
    return Node(0, Form.CALL, name, parts)
