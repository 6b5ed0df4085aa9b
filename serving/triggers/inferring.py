"""What each part of an expression can be, worked out from the catalogue; what cannot be is refused with its place."""

from collections.abc import Mapping

from serving.events.variables import VARIABLES
from serving.triggers.fault import Fault
from serving.triggers.kinds import (
    ANYTHING,
    BYTES,
    DOUBLE,
    DURATION,
    FUNCTIONS,
    INT,
    LIST,
    NUMBERS,
    OBJECT,
    OF_DATA,
    TEXT,
    TIME,
    TRUTH,
    TYPE,
    UINT,
    UNKNOWN,
    Static,
    one,
    shown_function,
)
from serving.triggers.names import DATA, INSTANTS, Path, kind_of, path_of, spelled
from serving.triggers.syntax_tree import (
    CHOICE,
    DIVIDED,
    EQUALS,
    IN,
    INDEX,
    MINUS,
    NEGATIVE,
    NOT_EQUALS,
    PLUS,
    RANGE,
    RESULT,
    START,
    TIMES,
    Form,
    Node,
    Tree,
    constant,
    unsigned,
)

_INSTANTS = frozenset(each.path for each in INSTANTS)
_CONSTANTS: Mapping[type, str] = {bool: TRUTH, int: INT, float: DOUBLE, str: TEXT, bytes: BYTES}
EXACT = 1 << 53  # up to here each whole number is a double
_SUMS = frozenset({PLUS, MINUS, TIMES, NEGATIVE})
_BESIDE = frozenset({PLUS, MINUS, TIMES, DIVIDED})
_ALIKE = frozenset({EQUALS, NOT_EQUALS})


def infer(tree: Tree, on: str) -> Mapping[int, Static]:
    """Return what each node of an expression on this type of event can be. Raises Fault where it can have no value."""
    inferring = _Inferring(tree, on)
    inferring.of(tree.root, {})
    return inferring.found


def static_of(path: Path, on: str) -> Static:
    """Return what a name can be on this type of event."""
    if path in _INSTANTS:
        return one(TIME)
    if path == DATA or path in {(root,) for root in VARIABLES}:
        return one(OBJECT)
    kind = kind_of(path, on)
    return UNKNOWN if kind is None else OF_DATA[kind]


class _Inferring:
    """One expression; `local` are the names of the comprehension around a node."""

    def __init__(self, tree: Tree, on: str) -> None:
        self.tree, self.on = tree, on
        self.found: dict[int, Static] = {}

    def of(self, node: Node, local: Mapping[str, Static]) -> Static:
        """Return what a node can be, and note it."""
        self.found[node.id] = self._of(node, local)
        return self.found[node.id]

    def _of(self, node: Node, local: Mapping[str, Static]) -> Static:
        path = path_of(node)
        if path is not None:
            return one(TRUTH) if node.form is Form.SELECT and node.flag else static_of(path, self.on)
        if node.form is Form.COMPREHENSION:
            return self._comprehension(node, local)
        parts = [self.of(part, local) for part in node.parts]
        if node.form is Form.CALL and node.name in _BESIDE:
            parts = self._beside(node, parts)
        if node.form is Form.CALL and node.name == PLUS and local:
            self._check_growth(node, parts)
        if node.form is Form.CALL:
            return self._call(node, parts)
        return _leaf(node, parts, local)

    def _comprehension(self, node: Node, local: Mapping[str, Static]) -> Static:
        over, start = self.of(node.parts[RANGE], local), self.of(node.parts[START], local)
        if not over.kinds & {LIST, OBJECT}:
            raise self._fault(node, f"this is {over.shown}; only a list is gone through")
        item = Static(over.items if OBJECT not in over.kinds else ANYTHING)
        inner = {**local, node.names[0]: item, node.names[1]: UNKNOWN, node.names[2]: start}
        for part in node.parts[START + 1 :]:
            self.of(part, inner)
        return self.of(node.parts[RESULT], inner)

    def _call(self, node: Node, parts: list[Static]) -> Static:
        if node.name == CHOICE:
            if TRUTH not in parts[0].kinds:
                raise self._fault(node, f"`?` asks for a truth before it, and this is {parts[0].shown}; compare it")
            return Static(parts[1].kinds | parts[2].kinds, parts[1].items | parts[2].items)
        if node.name in _ALIKE:
            return self._compared(node, parts[0], parts[1].kinds)
        if node.name == IN:
            if not parts[1].kinds & {LIST, OBJECT}:
                raise self._fault(
                    node, f"`in` asks for a list after it, and this is {parts[1].shown}; name a list, or use `contains`"
                )
            return self._compared(node, parts[0], ANYTHING if OBJECT in parts[1].kinds else parts[1].items)
        if node.name == INDEX:
            return Static(parts[0].items) if parts[0].kinds == {LIST} else UNKNOWN
        return self._function(node, parts)

    def _beside(self, node: Node, parts: list[Static]) -> list[Static]:
        """Take whole numbers that are written out for doubles where they stand beside one."""
        if not any(part.kinds == {DOUBLE} for part in parts):
            return parts
        for part in node.parts:
            if _written_out(part):
                self._take_for_doubles(part)
        return [self.found[part.id] for part in node.parts]

    def _take_for_doubles(self, node: Node) -> None:
        self.found[node.id] = one(DOUBLE)
        for part in node.parts:
            self._take_for_doubles(part)

    def _check_growth(self, node: Node, parts: list[Static]) -> None:
        """Refuse what makes texts or lists longer in a loop; the library's own running total begins with `@`."""
        own = node.parts[0].form is Form.IDENT and node.parts[0].name.startswith("@")
        if not own and self._function(node, parts).kinds & {TEXT, LIST, BYTES}:
            raise self._fault(node, "`+` in a loop adds numbers only; write `double(…)` around what is a number")

    def _compared(self, node: Node, left: Static, right: frozenset[str]) -> Static:
        numbers = left.kinds & NUMBERS and right & NUMBERS
        if not numbers and not left.kinds & right:
            raise self._mismatch(node, [left, Static(right)])
        return one(TRUTH)

    def _function(self, node: Node, parts: list[Static]) -> Static:
        overloads = FUNCTIONS.get(node.name)
        if overloads is None:
            return UNKNOWN
        fitting = [
            result
            for wanted, result in overloads
            if len(wanted) == len(parts) and all(part.kinds & kinds for part, kinds in zip(parts, wanted, strict=True))
        ]
        if not fitting:
            raise self._mismatch(node, parts)
        return Static(frozenset().union(*fitting))

    def _mismatch(self, node: Node, parts: list[Static]) -> Fault:
        name = shown_function(node.name)
        problem = f"`{name}` does not take {' and '.join(part.shown for part in parts)}"
        either = frozenset().union(*(part.kinds for part in parts))
        if either <= NUMBERS and len(parts) > 1:
            return self._fault(node, f"`{name}` mixes sorts of numbers; write `1.0`, or `double(…)`")
        if TEXT in either and either & {TIME, DURATION}:
            return self._fault(node, f"{problem}; write `timestamp(…)` or `duration(…)` around the text")
        if TEXT in either and either & NUMBERS and TRUTH not in either:
            return self._fault(node, f"{problem}; a text has quotes, a number has none")
        return self._fault(node, f"{problem}; compare and compute values of one kind")

    def _fault(self, node: Node, problem: str) -> Fault:
        """Return the fault at a node; what a name is called is said, what an event would hold is not known here."""
        names = sorted({spelled(path) for part in node.parts if (path := path_of(part)) is not None})
        about = f" (in what is asked of {', '.join(f'`{name}`' for name in names)})" if names else ""
        return Fault(problem + about, self.tree.places.get(node.id, 0))


def _written_out(node: Node) -> bool:
    """Return whether this is a whole number that a double holds, or a sum, a difference or a product of such."""
    if node.form is Form.CONSTANT:
        value = constant(node)
        return isinstance(value, int) and not isinstance(value, bool) and not unsigned(node) and abs(value) <= EXACT
    return node.form is Form.CALL and node.name in _SUMS and all(_written_out(part) for part in node.parts)


def _leaf(node: Node, parts: list[Static], local: Mapping[str, Static]) -> Static:
    """Return what a node can be that is no name of ours, no call and no loop."""
    if node.form is Form.CONSTANT:
        return one(UINT) if unsigned(node) else one(_CONSTANTS[type(constant(node))])
    if node.form is Form.IDENT:
        return local.get(node.name, one(TYPE))
    if node.form is Form.LIST:
        return Static(frozenset({LIST}), frozenset().union(*(part.kinds for part in parts)) or ANYTHING)
    if node.form is Form.STRUCT:
        return one(OBJECT)
    return one(TRUTH) if node.flag else UNKNOWN
