"""The library of Common Expression Language, and all that is asked of it: compile, evaluate. No other file imports it.

`cel-expr-python` is Google's C++ implementation. Whatever it raises, and whatever it returns as an error (a value whose
text is true, were it read as a truth), is no match here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import isfinite

from cel_expr_python import cel

from model.contracts import JSON
from serving.events.variables import VARIABLES
from serving.triggers.advising import fault_of
from serving.triggers.fault import Fault
from serving.triggers.finite import SAID
from serving.triggers.kinds import Static
from serving.triggers.names import INSTANTS, Variable
from serving.triggers.rewriting import Strict, sieve, strict
from serving.triggers.scene import Scene
from serving.triggers.syntax_tree import Node, Tree, parse, serialise
from serving.triggers.weighing import weigh

LONGEST = 2000  # characters of an expression
_UNNAMED = re.compile(r'No value with name "(.*)" found in Activation', re.DOTALL)
_WORDS: Mapping[str, str] = {  # what the library says, in words that repeat no customer data
    SAID: "a number that it computes is not finite",
    "No matching overload": "a value is of another kind than the expression needs",
    "not found in map": "a name inside a value is missing",
    "ndex out of": "a list is shorter than the expression needs",
    "y zero": "it divides by zero",
    "verflow": "a number is too large",
    "budget": "a list is too long to go through",
}


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was compiled: as written, as it is evaluated, and the library's form of that.

    `steps`: what it can cost at most (`serving.triggers.weighing`).
    """

    source: str
    strict: Strict
    program: "cel.Expression"
    steps: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one expression: a value, or a problem in words that repeat no customer data."""

    value: JSON = None
    problem: str | None = None


MATCH, NO_MATCH = Outcome(value=True), Outcome(value=False)


def checked(source: str) -> Tree:
    """Return the checked syntax tree of an expression. Raises Fault."""
    if len(source) > LONGEST:
        raise Fault(f"{len(source)} characters is more than {LONGEST}; split it into two triggers", 0)
    try:
        return parse(_environment().compile(source).serialize())
    except (RuntimeError, TypeError) as error:
        raise fault_of(str(error), source) from None


def compiled(source: str, root: Node, kinds: Mapping[int, Static]) -> Expression:
    """Return what is evaluated for an expression that was checked; `kinds` is what each of its nodes can be.

    Raises Fault where it can cost too much.
    """
    evaluated = strict(root, kinds)
    steps = weigh(evaluated.root)
    try:
        _runtime().deserialize(serialise(sieve([evaluated.root])))  # a few levels more; what is refused is so here
        return Expression(source, evaluated, _runtime().deserialize(serialise(evaluated.root)), steps)
    except RuntimeError:
        raise Fault("nested too deeply; split it into two triggers", 0) from None


def has_value(root: Node) -> bool:
    """Return whether a tree of constants has a value: no error, and no number that is not finite."""
    try:
        found = _runtime().deserialize(serialise(root)).eval(_runtime().Activation(data={}))
        return found.type() != cel.Type.ERROR and (found.type() != cel.Type.DOUBLE or isfinite(found.value()))
    except Exception:  # noqa: BLE001  (whatever the library raises is no value)
        return False


class Sieve:
    """Many expressions, evaluated as one: it tells which of them are not simply false."""

    def __init__(self, expressions: Sequence[Expression]) -> None:
        self.variables = tuple({each: None for expression in expressions for each in expression.strict.variables})
        self.program = _runtime().deserialize(serialise(sieve([each.strict.root for each in expressions])))


class Stage:
    """One event's values, shared by all expressions that are evaluated on it; `variables` are all that these have."""

    def __init__(self, scene: Scene, variables: Iterable[Variable]) -> None:
        for each in variables:
            scene.look(each)
        self._problems = scene.problems
        self._activation = _runtime().Activation(data=scene.values)

    def left(self, filter_: Sieve) -> list[bool] | None:
        """Return for each expression whether it is not simply false; None where the library gives no answer."""
        try:
            found = filter_.program.eval(self._activation).plain_value()
        except Exception:  # noqa: BLE001  (each expression is then evaluated by itself, which says why)
            return None
        return [each is not False for each in found] if isinstance(found, list) else None

    def outcome(self, expression: Expression) -> Outcome:
        """Evaluate one expression."""
        for each in expression.strict.needed:
            if each.key in self._problems:
                return Outcome(problem=self._problems[each.key])
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
            return self._problems.get(unnamed.group(1), "a name has no value")
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
