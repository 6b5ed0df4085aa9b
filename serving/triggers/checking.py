"""Checking an expression when it is loaded: its bounds, its names, its kinds. Every fault has its place in the text."""

from difflib import get_close_matches

from serving.events.catalogue import TYPES
from serving.events.variables import VARIABLES
from serving.triggers.constants import check_constants
from serving.triggers.expressions import Expression, checked, compiled
from serving.triggers.fault import Fault
from serving.triggers.inferring import infer, static_of
from serving.triggers.kinds import NUMBERS, OBJECT, TEXT, TRUTH
from serving.triggers.names import DATA, ROOTS, Path, path_of, spelled
from serving.triggers.patterns import measured
from serving.triggers.syntax_tree import EQUALS, IN, NOT_EQUALS, RANGE, Form, Node, Tree, constant, null

CLOSE = 0.6
COMPARED = frozenset({EQUALS, NOT_EQUALS, IN})
LISTED = (*DATA, "affected")
DEEPEST = 3  # comparisons within comparisons: each is evaluated in two steps


def condition(source: str, on: str) -> tuple[Expression, tuple[str, ...]]:
    """Check and compile a `when` on this type of event; return it, and the names of the company's own. Raises Fault."""
    tree = checked(source)
    own = _check(tree, on)
    kinds = infer(tree, on)
    found = kinds[tree.root.id]
    if TRUTH not in found.kinds:
        raise Fault(f"`when` is {found.shown}, not a truth; compare it with something", 0)
    return compiled(source, tree.root, kinds), own


def fact(source: str, on: str, wanted: str) -> tuple[Expression, tuple[str, ...]]:
    """Check and compile a fact for a template that wants `string`, `number` or `integer`. Raises Fault."""
    tree = checked(source)
    own = _check(tree, on)
    kinds = infer(tree, on)
    found = kinds[tree.root.id]
    if not found.kinds & ({TEXT} if wanted == "string" else NUMBERS):
        advice = "`string(…)` makes a text" if wanted == "string" else "name a number"
        raise Fault(f"the template wants a {wanted}, and this is {found.shown}; {advice}", 0)
    return compiled(source, tree.root, kinds), own


def _check(tree: Tree, on: str) -> tuple[str, ...]:
    """Check bounds and names; return a note for each name of `event.data` that the catalogue does not have."""
    _check_node(tree, tree.root, inside=False)
    _check_compared(tree, tree.root, DEEPEST)
    check_constants(tree)
    notes: dict[str, None] = {}
    for node, path in _paths(tree.root):
        note = _check_name(tree, node, path, on)
        if note:
            notes[note] = None
    return tuple(notes)


def _check_node(tree: Tree, node: Node, *, inside: bool) -> None:
    """Refuse what has no bound, or no meaning here; `inside` the loop of a comprehension."""
    place = tree.places.get(node.id, 0)
    if null(node):
        raise Fault("null is the same as missing; write `has(…)`, or `!has(…)`", place)
    if node.form is Form.STRUCT and node.name:
        raise Fault(f'`{node.name}` is an object of another language; write a time as `timestamp("…")`', place)
    if node.form is Form.CALL and node.name == "matches":
        pattern = constant(node.parts[-1]) if node.parts[-1].form is Form.CONSTANT else None
        if not isinstance(pattern, str):
            raise Fault("the pattern of `matches` is not a text; write it between quotes", place)
        measured(pattern, tree.places.get(node.parts[-1].id, 0))
    if node.form is not Form.COMPREHENSION:
        for part in node.parts:
            _check_node(tree, part, inside=inside)
        return
    if inside:
        raise Fault("a loop within a loop has no bound; compare with `in`, or write two triggers", place)
    if ROOTS & set(node.names):
        raise Fault(f"`{node.names[0]}` has a meaning already; give the item another name", place)
    for number, part in enumerate(node.parts):
        _check_node(tree, part, inside=number != RANGE)


def _check_compared(tree: Tree, node: Node, left: int) -> None:
    compares = node.form is Form.CALL and node.name in COMPARED
    if compares and not left:
        raise Fault(
            "a comparison of comparisons of comparisons; join them with `&&` and `||`", tree.places.get(node.id, 0)
        )
    for part in node.parts:
        _check_compared(tree, part, left - compares)


def _paths(node: Node) -> list[tuple[Node, Path]]:
    """Return every name that is read, with the node that reads it; the longest name, not its beginnings."""
    if node.form is Form.CALL and node.name == IN and path_of(node.parts[1]) == DATA:
        wanted = constant(node.parts[0]) if node.parts[0].form is Form.CONSTANT else None
        if wanted == LISTED[-1]:
            return [(node, LISTED)]
        return _paths(node.parts[0])  # a name that is only looked for may be anyone's
    path = path_of(node)
    return [(node, path)] if path is not None else [each for part in node.parts for each in _paths(part)]


def _check_name(tree: Tree, node: Node, path: Path, on: str) -> str | None:
    """Return a note where a name is the company's own. Raises Fault where it is none, or has no such part."""
    if path[0] not in VARIABLES or path == DATA:
        return None
    if len(path) == 1:
        names = ", ".join(f"`{path[0]}.{name}`" for name in VARIABLES[path[0]])
        raise Fault(
            f"`{path[0]}` is not read as a whole; name what you ask, one of {names}", tree.places.get(node.id, 0)
        )
    if path[: len(LISTED)] == LISTED:
        raise Fault(
            "each customer in `event.data.affected` is asked about alone, so there is no list to read; "
            "ask about `customer.id`",
            tree.places.get(node.id, 0),
        )
    data = path[:2] == DATA
    known = TYPES[on].names if data else VARIABLES[path[0]]
    level = 2 if data else 1
    if path[level] in known:
        static = static_of(path[: level + 1], on)
        if len(path) > level + 1 and OBJECT not in static.kinds:
            above = spelled(path[: level + 1])
            raise Fault(
                f"`{above}` is {static.shown}: no name stands in it; write `{above}`",
                _place(tree, node, path, level + 1),
            )
        return None
    at = _place(tree, node, path, level)
    if not data:
        raise Fault(_unknown(path, on), at)
    if not _dotted(node, path, level):
        return None
    close = get_close_matches(path[level], known, n=1, cutoff=CLOSE)
    if close:
        mine = spelled(path[:2]) + f'["{path[2]}"]'
        raise Fault(f"`{on}` has no `{path[2]}`; did you mean `event.data.{close[0]}`? (one of your own: `{mine}`)", at)
    return f"`{spelled(path[:3])}` is not in the catalogue of `{on}`: taken as a name of your own, of any kind"


def _unknown(path: Path, on: str) -> str:
    root, name = path[:2]
    if root == "event" and name in TYPES[on].names:
        return f"`event` has no `{name}`; did you mean `event.data.{name}`?"
    names = [*VARIABLES[root], *(("data",) if root == "event" else ())]
    close = get_close_matches(name, names, n=1, cutoff=CLOSE)
    return f"`{root}` has no `{name}`; " + (
        f"did you mean `{root}.{close[0]}`?" if close else f"it has {', '.join(names)}"
    )


def _part(node: Node, path: Path, level: int) -> Node:
    """Return the node that reads this part of a name."""
    for _ in range(len(path) - 1 - level):
        node = node.parts[0]
    return node


def _dotted(node: Node, path: Path, level: int) -> bool:
    return _part(node, path, level).form is Form.SELECT


def _place(tree: Tree, node: Node, path: Path, level: int) -> int:
    part = _part(node, path, level)
    return tree.places.get(part.id, 0) + (part.form is Form.SELECT)
