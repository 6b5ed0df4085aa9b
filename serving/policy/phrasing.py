"""A rule on wording as data: what it is called, which phrases it finds, who says so, and what to write instead.

One `words: pattern` per line: a pattern is tried only where one of its words occurs, and repetition is always bounded,
so time is linear in the text. Where `<name>` stands in a pattern, a shorter pattern of `PARTS` is put in.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Code = Literal["promotional_wording", "generic_wording"]
PROMOTIONAL: Code = "promotional_wording"
GENERIC: Code = "generic_wording"

_PERCENT = r"(%|per ?cent|pct)"
PARTS: Mapping[str, str] = {
    "percent": _PERCENT,
    "sum": rf"([$€£] ?\d[\d.,]{{0,9}}|\d[\d.,]{{0,9}} ?([$€£]|{_PERCENT}|(euros?|eur|dollars?|usd|pounds?|gbp)\b))",
    "span": r"(minute|hour|day|night|week|month|year|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    "deals": r"((prices?|codes?|deals?|offers?|coupons?|vouchers?|sales?|rates?|of|on|up|for|at|to)\b)",
    "place": r"(plot|land|property|house|home|building|roof|site|garden)",
    "thing": r"(cakes?|party|dinner|lunch|table|flowers|bouquet|cards?|balloons)",
}
_PART = re.compile(f"<({'|'.join(PARTS)})>")


@dataclass(frozen=True, slots=True)
class Rule:
    """Phrases of one kind; `words` are those that suffice alone, `lines` the patterns, `source` who says so."""

    id: str
    source: str
    suggestion: str
    lines: str
    words: str = ""
    code: Code = PROMOTIONAL

    def single(self) -> frozenset[str]:
        """Return the words that suffice alone."""
        return frozenset(self.words.split())

    def patterns(self) -> Iterable[tuple[list[str], str]]:
        """Yield the words that call for a pattern, and the pattern."""
        for line in self.lines.strip().splitlines():
            words, _, pattern = line.partition(": ")
            yield words.split(), _PART.sub(lambda found: PARTS[found[1]], pattern)


Tried = tuple[str, re.Pattern[str]]  # the rule's id, and one of its patterns
Index = Mapping[str, tuple[Tried, ...]]


def index_of(rules: Iterable[Rule]) -> Index:
    """Return for each word the patterns that it calls for; raises `re.error` where one cannot be read."""
    index: dict[str, tuple[Tried, ...]] = {}
    for rule in rules:
        for words, pattern in rule.patterns():
            tried = (rule.id, re.compile(pattern))
            for word in words:
                index[word] = (*index.get(word, ()), tried)
    return index
