"""Where something stands in a policy file: lines and columns from 1, as editors count; an end is just behind it."""

import re
from dataclasses import dataclass
from functools import lru_cache

import yaml

from model.errors import InvalidInput

_UNITS = {
    '"': re.compile(r"\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)|."),
    "'": re.compile("''|."),
}  # what stands for one character, by the quotes around


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place in a file; without a column it is all of the line, without an end one character of it."""

    file: str
    line: int
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


class Flaw(InvalidInput):
    """What is wrong at one place of a policy file; `problem` is the message without the place."""

    def __init__(self, spot: Spot, problem: str, *, shown: str | None = None) -> None:
        super().__init__(f"{f'{spot.file}:{spot.line}' if shown is None else shown}: {problem}")
        self.spot = spot
        self.problem = problem


def spot_of(file: str, node: yaml.Node) -> Spot:
    """Return where a node stands; an end only where that is on the same line."""
    start, end = node.start_mark, node.end_mark
    if end.line != start.line or end.column <= start.column:
        return Spot(file, start.line + 1, start.column + 1)
    return Spot(file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def position(text: str, node: yaml.Node, offset: int) -> tuple[int, int | None]:
    """Return the line and column (from 1) of a character of a text's value; no column where YAML has folded it."""
    start, end = node.start_mark, node.end_mark
    raw, value = text[start.index : end.index], getattr(node, "value", "")
    quoted = int(raw[1:-1] == value and raw[:1] in {"'", '"'})
    if "\n" not in raw and (quoted or raw == value):
        return start.line + 1, start.column + quoted + offset + 1
    if getattr(node, "style", None) == "|":
        above = value[:offset].split("\n")
        line = start.line + 1 + len(above)
        indent = len(raw.split("\n")[len(above)].removesuffix("\r")) - len(value.split("\n")[len(above) - 1])
        return line, indent + len(above[-1]) + 1
    return start.line + 1, None


def spot_within(file: str, text: str, node: yaml.Node, start: int, end: int) -> Spot:
    """Return where the characters `start` to `end` of a text's value stand; of what YAML has folded, its words."""
    written = _written(text, node)
    if written is not None and end > start:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        return Spot(file, line, column + written[start], line, column + written[end])
    line, column = position(text, node, start)
    if column is None:
        return _words(file, text, node, node.value[start:end])
    last, end_column = position(text, node, max(start, end - 1))
    return Spot(file, line, column, last, (end_column or column) + 1)


@lru_cache(maxsize=8)  # all findings in one text ask for the same
def _written(text: str, node: yaml.Node) -> tuple[int, ...] | None:
    """Return for each character of a quoted value on one line, and its end, the characters before it; else None."""
    raw = text[node.start_mark.index : node.end_mark.index]
    unit = _UNITS.get(raw[:1])
    if unit is None or "\n" in raw:
        return None
    starts = [match.start() for match in unit.finditer(raw, 1, len(raw) - 1)]
    return (*starts, len(raw) - 1) if len(starts) == len(node.value) else None


def _words(file: str, text: str, node: yaml.Node, words: str) -> Spot:
    """Find words in a value that is not written as it reads; all of its first line where they are not just once."""
    raw = text[node.start_mark.index : node.end_mark.index]
    found = list(re.finditer(r"\s+".join(map(re.escape, words.split())), raw)) if words.strip() else []
    if len(found) != 1:
        return Spot(file, node.start_mark.line + 1)
    start, end = (_line_and_column(node, raw[:place]) for place in found[0].span())
    return Spot(file, *start, *end)


def _line_and_column(node: yaml.Node, before: str) -> tuple[int, int]:
    """Return where the character stands that has `before` between the node's beginning and itself."""
    start, lines = node.start_mark, before.count("\n")
    column = len(before) - before.rfind("\n") if lines else start.column + len(before) + 1
    return int(start.line) + 1 + lines, column
