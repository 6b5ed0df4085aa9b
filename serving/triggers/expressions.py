"""The library of Common Expression Language, and all that is asked of it: compile, evaluate. No other file imports it.

`cel-expr-python` is Google's C++ implementation. Whatever it raises, and whatever it returns as an error (a value whose
text is true, were it read as a truth), is no match here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cel_expr_python import cel

from model.contracts import JSON
from serving.events.variables import VARIABLES
from serving.triggers.advising import fault_of
from serving.triggers.fault import Fault
from serving.triggers.names import INSTANTS, Scene, Variable, path_of, variable
from serving.triggers.rewriting import rewritten
from serving.triggers.syntax_tree import AND, EQUALS, Form, Node, Tree, constant, parse

LONGEST = 2000  # characters of an expression
_UNNAMED = re.compile(r'No value with name "(.*)" found in Activation', re.DOTALL)
_WORDS: Mapping[str, str] = {  # what the library says, in words that repeat no customer data
    "No matching overload": "a value is of another kind than the expression needs",
    "Key not found": "a name inside a value is missing",
    "not found in map": "a name inside a value is missing",
    "ndex out of": "a list is shorter than the expression needs",
    "ivi": "it divides by zero",
    "overflow": "a number is too large",
}


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was compiled: as written, the names that it reads, and what the library evaluates."""

    source: str
    variables: tuple[Variable, ...]
    program: "cel.Expression"
    gate: tuple[Variable, str] | None = None  # the expression is false where this name is another text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one expression: a value, or a problem in words that repeat no customer data."""

    value: JSON = None
    problem: str | None = None


MATCH, NO_MATCH = Outcome(True), Outcome(value=False)


def checked(source: str) -> Tree:
    """Return the checked syntax tree of an expression. Raises Fault."""
    if len(source) > LONGEST:
        raise Fault(f"{len(source)} characters is more than {LONGEST}; split it into two triggers", 0)
    try:
        return parse(_environment().compile(source).serialize())
    except (RuntimeError, TypeError) as error:
        raise fault_of(str(error), source) from None


def compiled(source: str, tree: Tree) -> Expression:
    """Return what is evaluated for an expression that was checked."""
    strict = rewritten(tree)
    program = _runtime().deserialize(strict.serialised)
    return Expression(source, strict.variables, program, _gate(tree.root))


def _gate(node: Node) -> tuple[Variable, str] | None:
    """Return the name and the text that the expression compares first, where it is false if they differ."""
    while node.form is Form.CALL and node.name == AND:
        node = node.parts[0]
    if node.form is not Form.CALL or node.name != EQUALS:
        return None
    for name, text in (node.parts, node.parts[::-1]):
        path = path_of(name)
        if path is not None and text.form is Form.CONSTANT:
            value = constant(text)
            return (variable(path), value) if isinstance(value, str) else None
    return None


class Stage:
    """One event's values, shared by all expressions that are evaluated on it."""

    def __init__(self, scene: Scene, variables: list[Variable]) -> None:
        for each in variables:
            scene.look(each)
        self.scene = scene
        self._activation = _runtime().Activation(data=scene.values) if variables else _runtime().Activation()

    def outcome(self, expression: Expression) -> Outcome:
        """Evaluate one expression whose variables are all among those of this stage."""
        try:
            result = expression.program.eval(self._activation)
            value = result.value()
            if value is True or value is False:
                return MATCH if value else NO_MATCH
            if result.type() == cel.Type.ERROR:
                return Outcome(problem=self._problem(str(value)))
        except Exception as error:  # noqa: BLE001  (whatever the library raises is no match: unknown means no)
            return Outcome(problem=self._problem(str(error)))
        return Outcome(value)

    def _problem(self, message: str) -> str:
        unnamed = _UNNAMED.search(message)
        if unnamed:
            return self.scene.problems.get(unnamed.group(1), "a name has no value")
        return next((words for known, words in _WORDS.items() if known in message), "it cannot be evaluated")


@cache
def _environment() -> "cel.Env":
    names = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
    return cel.NewEnv(variables={**dict.fromkeys(VARIABLES, names), "now": cel.Type.TIMESTAMP})


@cache
def _runtime() -> "cel.Env":
    """Return the environment of evaluation; an instant must be declared, else the library does not take it.

    It knows what is declared once it has compiled something (measured with version 0.1.3; a test says so).
    """
    made = cel.NewEnv(variables={each.key: cel.Type.TIMESTAMP for each in INSTANTS})
    made.compile("true")
    return made
