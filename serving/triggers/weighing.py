"""What an expression can cost at most: its steps on the longest texts and lists that it may read.

A step is a tenth of a microsecond, measured on the machine of decision 19 with the slowest values that we could make.
What is weighed is the tree that is evaluated, so what rewriting doubles counts twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.triggers.fault import Fault
from serving.triggers.patterns import measured
from serving.triggers.syntax_tree import CHOICE, CONDITION, PLUS, RANGE, RESULT, START, STEP, Form, Node, constant
from serving.triggers.values import CHARACTERS, LONGEST, TEXT

MOST = 50_000  # steps of one expression: 5 ms
MOST_OF_TYPE = 200_000  # steps of all expressions on one type of event: 20 ms
_COMPILED = 80  # steps to begin with a pattern, and for each of its parts:
_LETTER, _CHOICE = 10, 40
_THREAD = 0.4  # steps for each letter of the text and each choice of the pattern
_LINEAR = 0.03  # steps for each letter that a function looks at, and more for some:
_SLOW: Mapping[str, float] = {"contains": 0.2, "duration": 0.15}


@dataclass(frozen=True, slots=True)
class Weight:
    """What one node can cost: `steps` for all its turns, `length` of its texts in letters, `items` if it is a list."""

    steps: float
    length: float
    items: int = LONGEST


def weigh(root: Node) -> int:
    """Return the most steps that a strict tree can take. Raises Fault where they are more than `MOST`."""
    steps = round(_weigh(root, 1, {}).steps)
    if steps > MOST:
        raise Fault(
            f"it can take {steps} steps on the longest values, more than {MOST}; ask less in its loops and patterns", 0
        )
    return steps


def _weigh(node: Node, times: int, local: Mapping[str, float]) -> Weight:
    """Return what a node can cost that is evaluated so many times; `local` are the lengths of a loop's names."""
    if node.form is Form.COMPREHENSION:
        return _loop(node, times, local)
    if node.form is Form.CONSTANT:
        return Weight(times, len(node.raw))
    if node.form is Form.IDENT:
        return Weight(times, local.get(node.name, TEXT))
    parts = [_weigh(part, times, local) for part in node.parts]
    steps, length = sum(part.steps for part in parts) + times, sum(part.length for part in parts)
    if node.form is not Form.CALL:
        return Weight(steps, length, len(parts) if node.form is Form.LIST else LONGEST)
    if node.name == CHOICE:
        return _chosen(parts, times)
    items = sum(part.items for part in parts) if node.name == PLUS else LONGEST
    matched = _matched(node, times, parts[0].length) if node.name == "matches" else 0.0
    return Weight(steps + matched + times * length * _SLOW.get(node.name, _LINEAR), length, items)


def _chosen(parts: Sequence[Weight], times: int) -> Weight:
    asked, *ways = parts
    steps, length, items = (
        max(each) for each in zip(*((way.steps, way.length, way.items) for way in ways), strict=True)
    )
    return Weight(asked.steps + steps + times, length, int(items))


def _matched(node: Node, times: int, length: float) -> float:
    pattern = constant(node.parts[1])
    found = measured(pattern if isinstance(pattern, str) else "", 0)
    begin = _COMPILED + found.letters * _LETTER + found.choices * _CHOICE
    return times * (begin + _THREAD * length * found.choices)


def _loop(node: Node, times: int, local: Mapping[str, float]) -> Weight:
    over = _weigh(node.parts[RANGE], times, local)
    length = CHARACTERS if node.parts[RANGE].form in {Form.IDENT, Form.SELECT} else over.length
    start = _weigh(node.parts[START], times, local)
    inner = {**local, **dict.fromkeys(node.names[:2], length / max(over.items, 1)), node.names[2]: 0.0}
    asked, step = (_weigh(node.parts[each], times * over.items, inner) for each in (CONDITION, STEP))
    made = start.length + over.items * step.length
    last = _weigh(node.parts[RESULT], times, {**local, node.names[2]: made})
    appended = times * over.items**2 if node.parts[START].form is Form.LIST else 0  # `map`, `filter`: a copy each time
    steps = sum(each.steps for each in (over, start, asked, step, last))
    return Weight(steps + appended, made, max(over.items, start.items))
