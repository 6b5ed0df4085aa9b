"""What to say where the library does not compile an expression: its complaint in our words, and what to write."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from serving.triggers.fault import Fault
from serving.triggers.kinds import FUNCTIONS, MACROS, shown_function
from serving.triggers.names import ROOTS

CLOSE = 0.6
_COMPLAINT = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD = re.compile(r"found no matching overload for '([^']*)' applied to '([^']*)'")
_NEAR = re.compile(r"(?:input|at:) '(.*?)'(?: expecting|$)")
_CALLABLE = sorted({*(name for name in FUNCTIONS if name.isalnum()), *MACROS, "dyn"})
_WRITTEN_AS = {"and": "&&", "or": "||", "=": "==", "AND": "&&", "OR": "||", "'": '"…" around texts'}

_SORTS = frozenset({"int", "uint", "double"})
_KINDS = {
    **dict.fromkeys(_SORTS, "a number"),
    "bool": "a truth",
    "string": "a text",
    "google.protobuf.Timestamp": "a time",
    "google.protobuf.Duration": "a duration",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One problem that the library found in an expression; `offset` in characters."""

    problem: str
    offset: int


def fault_of(message: str, source: str) -> Fault:
    """Return the fault that the library's message tells of.

    Example:
        >>> str(fault_of("ERROR: <input>:1:2: undeclared reference to 'startswith' (in container '')", "x"))
        '`startswith` is not known; did you mean `startsWith`?'
    """
    found = complaints(message, source)
    if not found:
        return Fault("it cannot be read: nested too deeply, or not Unicode; make it simpler", 0)
    advised = [(_advised(each.problem, source[each.offset :]), each.offset) for each in found]
    helpful = [each for each in advised if "did you mean" in each[0]]
    return Fault(*(helpful or advised)[0])


def complaints(message: str, source: str) -> Sequence[Complaint]:
    """Read the library's lines and columns (from 1) as offsets."""
    found = []
    for line, column, problem in _COMPLAINT.findall(message):
        above = source.split("\n")[: max(int(line) - 1, 0)]
        offset = sum(len(each) + 1 for each in above) + max(int(column) - 1, 0)
        found.append(Complaint(problem.removesuffix(" [INVALID_ARGUMENT]"), offset))
    return found


def _advised(problem: str, rest: str) -> str:
    undeclared, overload = _UNDECLARED.search(problem), _OVERLOAD.search(problem)
    if undeclared:
        return _unknown(undeclared.group(1), called=rest.startswith("("))
    if overload:
        return _mismatch(shown_function(overload.group(1)), overload.group(2))
    if "recursion" in problem:
        return "nested too deeply; split it into two triggers"
    if "has()" in problem:
        return '`has` asks for a name with a dot, `has(event.data.x)`; for another write `"x" in event.data`'
    if "Syntax error" in problem:
        return _syntax(problem)
    return f"{problem}; mend it"


def _mismatch(name: str, kinds: str) -> str:
    """Say that constants do not go together; `kinds` is the library's list of types."""
    words = re.findall(r"[\w.]+", kinds)
    if len(words) == 2 and _SORTS.issuperset(words):
        return f"`{name}` mixes sorts of numbers; write `1.0`, or `double(…)`"
    shown = [_KINDS.get(word, word) for word in words]
    return f"`{name}` does not take {' and '.join(shown)}; compare and compute values of one kind"


def _unknown(name: str, *, called: bool) -> str:
    root, _, rest = name.partition(".")
    close = get_close_matches(root, sorted(ROOTS) if rest else [*_CALLABLE, *sorted(ROOTS)], n=1, cutoff=CLOSE)
    if close:
        return f"`{name}` is not known; did you mean `{'.'.join((close[0], rest)) if rest else close[0]}`?"
    if called:
        return f"`{name}` is no function; there are {', '.join(f'`{each}`' for each in _CALLABLE)}"
    return f"`{name}` is not known; names begin with {', '.join(f'`{root}`' for root in sorted(ROOTS))}"


def _syntax(problem: str) -> str:
    near = _NEAR.search(problem)
    word = near.group(1).strip() if near else ""
    if word == "<EOF>":
        return "the expression ends too early; write what is missing"
    if word in _WRITTEN_AS:
        return f"`{word}` is not of the language; did you mean `{_WRITTEN_AS[word]}`?"
    if word.startswith("."):
        return f'`{word}` is a word of the language; write `["{word[1:]}"]`'
    return f"unexpected `{word}`; mend it" if word else f"{problem.split(' expecting ', maxsplit=1)[0]}; mend it"
