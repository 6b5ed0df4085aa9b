"""The tree that is evaluated: strict from left to right, and with plain variables where names stood.

Common Expression Language lets `broken || true` be true. Here a missing name must not match, so `a || b` becomes
`a ? true : (b ? true : false)`, and `a && b` becomes `a ? (b ? true : false) : false`.
"""

from dataclasses import dataclass, replace

from serving.triggers.names import DATA, Variable, path_of, variable
from serving.triggers.syntax_tree import AND, CHOICE, FALSE, OR, TRUE, Form, Node, Tree, constant, serialise, walk

IN = "@in"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What is evaluated: the tree as the library reads it, and the variables that it has."""

    serialised: bytes
    variables: tuple[Variable, ...]


def rewritten(tree: Tree) -> Rewritten:
    """Return the strict form of an expression that was checked."""
    changing = _Changing(max(node.id for node in walk(tree.root)))
    root = changing.of(tree.root, inside=False)
    return Rewritten(serialise(root, tree, frozenset(changing.changed)), tuple(changing.variables))


class _Changing:
    """One rewriting: the nodes that were changed, the variables met (each once, in their order), the next free id."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.changed: set[int] = set()
        self.variables: dict[Variable, None] = {}

    def of(self, node: Node, *, inside: bool) -> Node:
        """Return the node as it is evaluated; `inside` a comprehension's loop names are single values."""
        read = _read(node, inside=inside)
        if read is not None:
            self.variables[read] = None
            self.changed.update(each.id for each in walk(node))
            return Node(node.id, Form.IDENT, read.key)
        if node.form is Form.COMPREHENSION:
            first, *rest = node.parts
            parts = (self.of(first, inside=inside), *(self.of(part, inside=True) for part in rest))
        else:
            parts = tuple(self.of(part, inside=inside) for part in node.parts)
        if node.form is Form.CALL and node.name in {AND, OR}:
            self.changed.add(node.id)
            left, right = parts[0], self._choice(parts[1], self._constant(TRUE), self._constant(FALSE))
            either = (left, self._constant(TRUE), right) if node.name == OR else (left, right, self._constant(FALSE))
            return Node(node.id, Form.CALL, CHOICE, either)
        return replace(node, parts=parts)

    def _choice(self, *parts: Node) -> Node:
        self.last += 1
        return Node(self.last, Form.CALL, CHOICE, parts)

    def _constant(self, raw: bytes) -> Node:
        self.last += 1
        return Node(self.last, Form.CONSTANT, raw=raw)


def _read(node: Node, *, inside: bool) -> Variable | None:
    """Return the variable that stands for a name, for `has(name)`, or for `"name" in event.data`."""
    if node.form is Form.CALL and node.name == IN and path_of(node.parts[1]) == DATA:
        name = constant(node.parts[0]) if node.parts[0].form is Form.CONSTANT else None
        return variable((*DATA, name), tested=True) if isinstance(name, str) else None
    path = path_of(node)
    return None if path is None else variable(path, tested=node.form is Form.SELECT and node.flag, single=inside)
