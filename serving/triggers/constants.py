"""Constants that never have a value, a pattern or a time that is none: found when an expression is loaded."""

from collections.abc import Mapping

from serving.triggers.expressions import has_value
from serving.triggers.fault import Fault
from serving.triggers.kinds import FUNCTIONS, shown_function
from serving.triggers.syntax_tree import Form, Node, Tree, text, zero

_PARTS_OF_TIME = frozenset(name for name in FUNCTIONS if name.startswith("get"))
_ADVICE: Mapping[str, str] = {
    "matches": "this is no pattern; mend it, as in `^A-[0-9]+$`",
    "timestamp": "this is no time; write one as `2026-11-21T12:00:00Z`",
    "duration": "this is no duration; write `1h30m`, or `90s`",
    **dict.fromkeys(_PARTS_OF_TIME, "this is no time zone; write one as `Europe/Paris`, or `+02:00`"),
}


def check_constants(tree: Tree) -> None:
    """Refuse each call that has no value for any event, because of a constant that it is given. Raises Fault."""
    _check(tree, tree.root)


def _check(tree: Tree, node: Node) -> None:
    for part in node.parts:
        _check(tree, part)
    asked = _asked(node)
    if asked is not None and not has_value(asked):
        advice = _ADVICE.get(node.name, f"`{shown_function(node.name)}` has no value for this; write another")
        raise Fault(advice, tree.places.get(node.parts[-1].id, 0))


def _asked(node: Node) -> Node | None:
    """Return the call of constants that tells whether a call can have a value; None where nothing can be told."""
    if node.form is not Form.CALL or not node.name.isalnum() or not node.parts:
        return None
    if node.parts[-1].form is not Form.CONSTANT:
        return None
    if node.name == "matches":
        return Node(0, Form.CALL, node.name, (text(""), node.parts[1]), flag=True)
    if node.name in _PARTS_OF_TIME and len(node.parts) > 1:
        since = Node(0, Form.CALL, "timestamp", (zero(),))
        return Node(0, Form.CALL, node.name, (since, node.parts[1]), flag=True)
    return node if len(node.parts) == 1 else None
