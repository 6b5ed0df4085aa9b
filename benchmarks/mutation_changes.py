"""What a mutant can make of one node of a syntax tree (`benchmarks/mutation.py` says which nodes)."""

import ast
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
_WORDS = """
YES:NO NO:YES UNKNOWN:NO APPROVED:CHANGED CHANGED:APPROVED NOT_APPROVED:APPROVED NEVER:NO_END NO_END:NEVER NAN:NEVER
ORDINARY:ESSENTIAL ESSENTIAL:CRITICAL CRITICAL:ESSENTIAL REFUSE:WAIVED WAIVED:REFUSE NOT_ASKED:PASS PASS:REFUSE
HOLD:DENY DENY:HOLD MARKETING_WORD:UNKNOWN_WORD UNKNOWN_WORD:MARKETING_WORD min:max max:min any:all all:any
maximum:minimum minimum:maximum fmin:fmax fmax:fmin zeros:ones ones:zeros equal:differs differs:equal
WIDGET:ANY ANY:WIDGET
"""
WORDS = dict(pair.split(":") for pair in _WORDS.split())
VALUES = {"YES": 0, "NO": 1, "UNKNOWN": 0, "APPROVED": 2, "CHANGED": 1}  # where a module does not know the other word
BRANCHES = (ast.If, ast.While)


@dataclass(frozen=True)
class Slot:
    """Where a node stands: field (and index) of its parent, inside which function."""

    parent: ast.AST
    field: str
    index: int | None
    function: str

    @property
    def node(self) -> Any:
        """What stands there."""
        found = getattr(self.parent, self.field)
        return found if self.index is None else found[self.index]

    def put(self, node: Any) -> None:
        """Put something else there."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def changes(slot: Slot, known: Container[str]) -> Iterator[tuple[Any, str]]:
    """Yield what can be put in a place, and how to say it; `known` are the names that the module may use."""
    node = slot.node
    if isinstance(node, ast.stmt):
        yield from of_statement(node)
        return
    for changed in (*of_operator(node), *of_word(node, slot, known), *of_call(node)):
        yield ast.copy_location(changed, node), f"{ast.unparse(node)} -> {ast.unparse(changed)}"
    for changed, dropped in of_collection(node, slot):
        yield ast.copy_location(changed, node), f"without {ast.unparse(dropped)}"


def of_statement(node: ast.stmt) -> Iterator[tuple[ast.stmt, str]]:
    """Drop a statement that changes something that exists; take or skip a branch."""
    told = ast.unparse(node).splitlines()[0]
    changes_something = isinstance(node, ast.AugAssign | ast.Continue) or (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    )
    if changes_something or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield ast.copy_location(ast.Pass(), node), f"{told} -> dropped"
    if isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
        changed = ast.AugAssign(node.target, OPERATORS[type(node.op)](), node.value)
        yield ast.copy_location(changed, node), f"{told} -> {ast.unparse(changed)}"
    if isinstance(node, BRANCHES) and not (isinstance(node, ast.While) and isinstance(node.test, ast.Constant)):
        for truth in (True, False):
            branch = type(node)(ast.Constant(truth), node.body, node.orelse)
            yield ast.copy_location(branch, node), f"{told} -> {'always' if truth else 'never'}"


def of_operator(node: Any) -> Iterator[ast.expr]:
    """Compare, combine or negate otherwise, or not at all."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in COMPARISONS[type(operator)]:
                ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
                yield ast.Compare(node.left, ops, node.comparators)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        if isinstance(node.op, ast.BitOr | ast.BitAnd):
            yield from (node.left, node.right)
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for place in range(len(node.values)):
            rest = [*node.values[:place], *node.values[place + 1 :]]
            yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    if isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)


def of_word(node: Any, slot: Slot, known: Container[str]) -> Iterator[ast.expr]:
    """Another number, another truth, another word of the columns."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield from (ast.Constant(node.value + step) for step in (1, -1))
    reads = isinstance(getattr(node, "ctx", None), ast.Load)
    if isinstance(node, ast.Name) and reads and WORDS.get(node.id) in known:
        yield ast.Name(WORDS[node.id], ast.Load())
    elif isinstance(node, ast.Name) and reads and node.id in VALUES:
        yield ast.Constant(VALUES[node.id])
    if isinstance(node, ast.Attribute) and node.attr in WORDS and reads and not isinstance(slot.parent, ast.Attribute):
        yield ast.Attribute(node.value, WORDS[node.attr], ast.Load())


def of_collection(node: Any, slot: Slot) -> Iterator[tuple[ast.expr, ast.AST]]:
    """Drop an element, a row or a condition."""
    reads = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    if isinstance(node, ast.Tuple | ast.List | ast.Set) and reads and not isinstance(slot.parent, ast.Subscript):
        for place, each in enumerate(node.elts):
            rest = [*node.elts[:place], *node.elts[place + 1 :]]
            yield as_set(rest) if isinstance(node, ast.Set) else type(node)(rest, ast.Load()), each
    if isinstance(node, ast.Dict):
        for place, row in enumerate(zip(node.keys, node.values, strict=True)):
            keys, values = list(node.keys), list(node.values)
            del keys[place], values[place]
            yield ast.Dict(keys, values), ast.Dict([row[0]], [row[1]])
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp) and node.generators[0].ifs:
        first = node.generators[0]
        bare = ast.comprehension(first.target, first.iter, [], first.is_async)
        yield type(node)(node.elt, [bare, *node.generators[1:]]), first.ifs[0]


def as_set(elements: list[ast.expr]) -> ast.expr:
    """Return a set of these; an empty one is a call."""
    return ast.Set(elements) if elements else ast.Call(ast.Name("set", ast.Load()), [], [])


def of_call(node: Any) -> Iterator[ast.expr]:
    """Drop a keyword; swap what `np.where` chooses from."""
    if not isinstance(node, ast.Call):
        return
    for place in range(len(node.keywords)):
        yield ast.Call(node.func, node.args, [*node.keywords[:place], *node.keywords[place + 1 :]])
    if isinstance(node.func, ast.Attribute) and node.func.attr == "where":
        condition, first, second = node.args
        yield ast.Call(node.func, [condition, second, first], node.keywords)
