"""What the code says when it says no: every error that is raised, with the texts that it can have, from the source.

A text is worked out where it is written: constants, f-strings, either side of a condition, names of the module, of the
function or of another module, what a function of the module returns, the values of a table. What only a run knows
is `…`.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice, product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOLE = "…"
MOST, DEEPEST = 64, 8  # texts of one error; names behind names


@dataclass(frozen=True, slots=True)
class Raised:
    """One error: its kind, the module and function that raise it, and every text that it can have."""

    kind: str
    place: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What names stand for: those of a module, and those that a function of it assigns."""

    names: Mapping[str, Sequence[ast.expr]]
    functions: Mapping[str, ast.FunctionDef | ast.AsyncFunctionDef]
    imported: Mapping[str, tuple[str, str]]
    own: Mapping[str, Sequence[ast.expr]] = field(default_factory=dict)

    def within(self, function: ast.AST) -> "Scope":
        """Return the scope of a function's body."""
        return Scope(self.names, self.functions, self.imported, _assigned(ast.walk(function)))


def raised(folders: Sequence[str], kinds: frozenset[str], argument: Mapping[str, int]) -> Iterator[Raised]:
    """Find every call of these kinds below the folders; `argument`: which argument is the text, where not the first."""
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        if not any(kind in path.read_text() for kind in kinds):
            continue
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tree, scope = _read(module)
        for name, function, call in _calls(tree, module, tree):
            kind = getattr(call.func, "attr", None) or getattr(call.func, "id", "")
            place = argument.get(kind, 0)
            if kind in kinds and len(call.args) > place:
                yield Raised(kind, name, tuple(sorted(_texts(call.args[place], scope.within(function)))))


@cache
def _read(module: str) -> tuple[ast.Module, Scope]:
    """Parse a module and what its names stand for."""
    file = ROOT.joinpath(*module.split("."))
    tree = ast.parse((file / "__init__.py" if file.is_dir() else file.with_suffix(".py")).read_text())
    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
    imported: dict[str, tuple[str, str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions[node.name] = node
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("serving", "model")):
            imported |= {name.asname or name.name: (node.module or "", name.name) for name in node.names}
    return tree, Scope(_assigned(tree.body), functions, imported)


def _calls(node: ast.AST, name: str, function: ast.AST) -> Iterator[tuple[str, ast.AST, ast.Call]]:
    """Every call below a node, with the innermost function that makes it and what that is called."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _calls(child, f"{name.partition(':')[0]}:{child.name}", child)
            continue
        if isinstance(child, ast.Call):
            yield name, function, child
        yield from _calls(child, name, function)


def _assigned(nodes: "Iterator[ast.AST] | Sequence[ast.AST]") -> dict[str, list[ast.expr]]:
    """Which expressions each name is given, unpacked where a tuple is."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None) if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) else None
        for target in targets:
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=False))
            for name, given in pairs:
                if isinstance(name, ast.Name) and given is not None:
                    found.setdefault(name.id, []).append(given)
    return found


def _texts(node: ast.expr, scope: Scope, depth: int = 0) -> set[str]:
    """Every text that an expression can have."""
    found = {HOLE} if depth > DEEPEST else _of(node, scope, depth + 1)
    return set(islice(sorted(found), MOST)) or {HOLE}


def _of(node: ast.expr, scope: Scope, depth: int) -> set[str]:  # noqa: C901, PLR0911, PLR0912  (a case per kind)
    """One kind of expression after the other."""
    match node:
        case ast.Constant(value=str() as text):
            return {text}
        case ast.JoinedStr(values=parts):
            return _joined([_texts(part, scope, depth) for part in parts])
        case ast.FormattedValue(value=value, format_spec=None):
            return _texts(value, scope, depth)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([_texts(left, scope, depth), _texts(right, scope, depth)])
        case ast.IfExp(body=one, orelse=other):
            return _texts(one, scope, depth) | _texts(other, scope, depth)
        case ast.BoolOp(values=several) | ast.Tuple(elts=several):
            return set().union(*(_texts(value, scope, depth) for value in several))
        case ast.Name(id=name):
            return _named(name, scope, depth)
        case ast.Subscript(value=table):
            return _values(table, scope, depth)
        case ast.Call(func=ast.Name(id=name)) if name in scope.functions:
            return _returned(scope.functions[name], scope, depth)
        case ast.Call(func=ast.Name(id=name)) if name in scope.imported:
            return _elsewhere(name, scope, depth)
        case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[_, other]):
            return _values(table, scope, depth) | _texts(other, scope, depth)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as text), attr="format")):
            return {text}
        case _:
            return {HOLE}


def _joined(parts: Sequence[set[str]]) -> set[str]:
    """Every way to put one text of each part after the other."""
    return {"".join(chosen) for chosen in islice(product(*map(sorted, parts)), MOST)}


def _named(name: str, scope: Scope, depth: int) -> set[str]:
    """What a name stands for in its function, in its module or in another one."""
    given = scope.own.get(name) or scope.names.get(name)
    if given:
        return set().union(*(_texts(value, scope, depth) for value in given))
    return _elsewhere(name, scope, depth)


def _elsewhere(name: str, scope: Scope, depth: int) -> set[str]:
    """What a name of another module of ours stands for."""
    if name not in scope.imported:
        return {HOLE}
    module, original = scope.imported[name]
    _, there = _read(module)
    if original in there.functions:
        return _returned(there.functions[original], there, depth)
    return _named(original, there, depth)


def _returned(function: ast.AST, scope: Scope, depth: int) -> set[str]:
    """What a function can return."""
    inside = scope.within(function)
    values = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    return set().union(*(_texts(value, inside, depth) for value in values))


def _values(table: ast.expr, scope: Scope, depth: int) -> set[str]:
    """Every value of a table that is looked up by name."""
    listed = [table]
    if isinstance(table, ast.Name):
        listed = list(scope.own.get(table.id) or scope.names.get(table.id) or [])
    dicts = [node for value in listed for node in ast.walk(value) if isinstance(node, ast.Dict)]
    return set().union(*(_texts(value, scope, depth) for each in dicts for value in each.values)) if dicts else {HOLE}
