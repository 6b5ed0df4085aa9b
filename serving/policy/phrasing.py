"""A rule on wording as data: what it is called, which phrases it finds, who says so, and what to write instead.

One `words: pattern` per line: a pattern is tried only where one of its words occurs, and repetition is always bounded,
so time is linear in the text. Where `<name>` stands in a pattern, a shorter pattern of `PARTS` is put in.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Code = Literal["promotional_wording", "generic_wording"]
PROMOTIONAL: Code = "promotional_wording"
GENERIC: Code = "generic_wording"

_PERCENT = r"(%|per ?cent|pct|pc\b|p\.c\.|[co]/o|0/0)"
PARTS: Mapping[str, str] = {
    "percent": _PERCENT,
    "sum": rf"([$€£] ?\d[\d.,]{{0,9}}|\d[\d.,]{{0,9}} ?([$€£]|{_PERCENT}|(euros?|eur|dollars?|usd|pounds?|gbp)\b))",
    "span": r"(minute|hour|day|night|week|month|year|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    "deals": r"((prices?|codes?|deals?|offers?|coupons?|vouchers?|sales?|rates?|of|on|up|for|at|to)\b)",
    "place": r"(plot|land|property|house|home|building|roof|site|garden)",
    "unspecific": r"^(?!.*[\d#{\[]).*",  # no number and no place in the whole text
    "thing": r"(cakes?|party|dinner|lunch|table|flowers|bouquet|cards?|balloons)",
}
_PART = re.compile(f"<({'|'.join(PARTS)})>")


@dataclass(frozen=True, slots=True)
class Rule:
    """Phrases of one kind; `source` is who says so.

    `words` suffice alone and so do the patterns of `lines`; `hints` are patterns that service may use as well: the
    model weighs them with all the rest.
    """

    id: str
    source: str
    suggestion: str
    lines: str = ""
    words: str = ""
    hints: str = ""
    code: Code = PROMOTIONAL

    def single(self) -> frozenset[str]:
        """Return the words that suffice alone."""
        return frozenset(self.words.split())

    def patterns(self) -> Iterable[tuple[list[str], str]]:
        """Yield the words that call for a pattern, and the pattern."""
        return _patterns(self.lines)

    def hinting(self) -> Iterable[tuple[list[str], str]]:
        """Yield the same of its hints."""
        return _patterns(self.hints)


def _patterns(lines: str) -> Iterable[tuple[list[str], str]]:
    for line in lines.strip().splitlines():
        words, _, pattern = line.partition(": ")
        yield words.split(), _PART.sub(lambda found: PARTS[found[1]], pattern)


Find = Callable[[str], re.Match[str] | None]
Tried = tuple[str, tuple[Find, ...]]  # the rule's id, and what finds the alternatives of one of its patterns
Index = Mapping[str, tuple[Tried, ...]]


def index_of(found: Iterable[tuple[str, Iterable[tuple[list[str], str]]]]) -> Index:
    """Return for each word the patterns that it calls for; raises `re.error` where one cannot be read."""
    index: dict[str, tuple[Tried, ...]] = {}
    for rule, patterns in found:
        for words, pattern in patterns:
            tried = (rule, tuple(map(_finder, alternatives(pattern))))
            for word in words:
                index[word] = (*index.get(word, ()), tried)
    return index


def alternatives(pattern: str) -> list[str]:
    """Return what a pattern chooses from; the first of those that match leftmost is what the pattern matches.

    Example:
        >>> alternatives("a (b|c)|[|]|d")
        ['a (b|c)', '[|]', 'd']
    """
    found, depth, start = [], 0, 0
    for sign in _SIGN.finditer(pattern):
        depth += (sign[0] == "(") - (sign[0] == ")")
        if sign[0] == "|" and not depth:
            found.append(pattern[start : sign.start()])
            start = sign.end()
    return [*found, pattern[start:]]


def _finder(pattern: str) -> Find:
    r"""Return what searches a pattern, for `\bsave` as `save(?<=\bsave)`: what begins with letters is found faster."""
    compiled = re.compile(_LED.sub(r"\1(?<=\\b\1)", pattern))
    return compiled.match if pattern.startswith("^") else compiled.search


_SIGN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]")
_LED = re.compile(r"^\\b([a-z' ]+)(?![?*+{])")
