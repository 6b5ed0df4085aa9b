"""Mutants of a module: one small change each, made in its syntax tree (`ast`), compiled and ready to be put in place.

The well-known tools (mutmut, cosmic-ray) mutate functions, and skip what is decorated or stands at the top of a module:
all our filters are decorated, and the tables of purposes and waivers are data. So every node is looked at here.

Changed are: comparisons (`<` to `<=`, `>`; `==` to `!=`), `&`, `|`, `and`, `or` and either side of them alone, sums and
products, negations, numbers by one, truths, the words of columns (`YES` to `NO`, `ESSENTIAL` to `CRITICAL`), `min`,
`max`, `any`, `all`, the branches of a condition, the choice of `np.where`. Dropped are rows of tables, elements of
tuples, keywords (`reads`, `concerns`, `unknown_as`, `until`), conditions of comprehensions, and statements that change
something. Left alone: annotations, docstrings, texts of errors, names of types.
"""

import ast
import builtins
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

from benchmarks.mutation_changes import Slot, changes

ROOT = Path(__file__).parents[1]
TYPES = {"Callable", "Mapping", "tuple", "dict", "NDArray", "Sequence", "frozenset"}  # of a name for a type


@dataclass(frozen=True)
class Mutant:
    """One change: the module's dotted name, where it is made (function, line), what it makes of what.

    `tree` is the module as it is; `slot` and `node` say what stands where in the mutant (None: nothing is changed).
    """

    module: str
    function: str
    line: int
    change: str
    tree: ast.Module = field(repr=False)
    slot: Slot | None = field(default=None, repr=False)
    node: ast.AST | None = field(default=None, repr=False)

    @property
    def name(self) -> tuple[str, str, str]:
        """What stays the same when lines move."""
        return self.module, self.function, self.change

    @property
    def path(self) -> Path:
        """The module's file."""
        return path_of(self.module)

    def code(self) -> CodeType:
        """Compile the module with the change in its place."""
        original = None if self.slot is None else self.slot.node
        if self.slot is not None:
            self.slot.put(self.node)
        code = compile(ast.fix_missing_locations(self.tree), str(self.path), "exec")
        if self.slot is not None:
            self.slot.put(original)
        return code

    def __str__(self) -> str:
        """Return file, line and change."""
        return f"{self.module.replace('.', '/')}.py:{self.line} `{self.function}`: {self.change}"


def path_of(module: str) -> Path:
    """Return the file of a module by its dotted name."""
    return ROOT / f"{module.replace('.', '/')}.py"


def innocent(module: str) -> Mutant:
    """Return a module as it is, in the shape of a mutant: whoever kills it kills anything."""
    return Mutant(module, "module", 1, "as it is", ast.parse(path_of(module).read_text("utf-8")))


def mutants(module: str) -> list[Mutant]:
    """Return every mutant of a module, in the order of its source."""
    tree = ast.parse(path_of(module).read_text("utf-8"))
    known = {*dir(builtins), *names_of(tree)}
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for slot in list(slots(tree, "module")):
        for changed, told in changes(slot, known):
            seen[slot.function, told] += 1
            again = seen[slot.function, told]
            change = told if again == 1 else f"{told} (#{again})"
            found.append(Mutant(module, slot.function, slot.node.lineno, change, tree, slot, changed))
    return found


def names_of(tree: ast.AST) -> Iterator[str]:
    """Yield every name that the module uses or imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        if isinstance(node, ast.alias):
            yield node.asname or node.name


def slots(node: ast.AST, function: str) -> Iterator[Slot]:
    """Yield every place in which an expression or a statement stands that may be changed."""
    if is_definition(node):
        function = node.name  # type: ignore[attr-defined]  # a definition has one
    for place, value in ast.iter_fields(node):
        if place in {"annotation", "returns", "bases"} or isinstance(node, ast.Raise | ast.JoinedStr | ast.ImportFrom):
            continue
        for index, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if (
                not isinstance(each, ast.AST)
                or is_docstring(each)
                or names_a_type(each)
                or is_plain_decorator(node, each)
            ):
                continue
            if isinstance(each, ast.expr | ast.stmt):
                yield Slot(node, place, index, function)
            yield from slots(each, function)


def is_definition(node: ast.AST) -> bool:
    """Whether it is a function or a class."""
    return isinstance(node, ast.FunctionDef | ast.ClassDef)


def is_docstring(node: ast.AST) -> bool:
    """Whether it is a text that nobody uses."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def names_a_type(node: ast.AST) -> bool:
    """Whether it gives a type a name, such as `Quiet = tuple[int, int]`, or makes a keyword of one in `cast`."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Subscript):
        return False
    return isinstance(node.value.value, ast.Name) and node.value.value.id in TYPES


def is_plain_decorator(node: ast.AST, each: ast.AST) -> bool:
    """Whether it decorates with anything but `refuses`: how a value is stored, or an answer is remembered."""
    if not is_definition(node) or each not in node.decorator_list:  # type: ignore[attr-defined]  # a definition has them
        return False
    return not (isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "refuses")
