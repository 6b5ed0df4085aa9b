"""The words for which a text was refused, quoted so that nothing else of it is: what no pattern knows becomes `…`.

Example:
    >>> sold("Get 20% off, Jane!"), sold("You left Jane Doe's lamps in your cart.")
    ('"% off"', '"left … in your cart"')
"""

import re
from collections.abc import Iterable

from serving.policy.letters import normalised
from serving.policy.phrasing import GENERIC, PROMOTIONAL, Code
from serving.policy.wording import RULES, WORD, Span, found_in

MOST_SPANS, LONGEST = 3, 40  # quotes, and characters of each
KEPT = "%$€£-' .,!?;:"
_LINES = "\n".join(" ".join([*words, pattern]) for rule in RULES.values() for words, pattern in rule.patterns())
_WORDS = frozenset(word for rule in RULES.values() for word in rule.single())
_FOUND = _WORDS.union(WORD.findall(_LINES), WORD.findall(re.sub(r"[a-z]\?", "", _LINES)))
_KNOWN = frozenset(word for word in _FOUND if len(word) > 1 or word in "ai")
_PIECE = re.compile(r"[a-z]+|\d+|[^a-z\d]")
_GAPS = re.compile(r"[ …'.,!?;:-]*…[ …'.,!?;:-]*")
LONGEST_FIGURE = 3  # digits: a longer one may be somebody's number


def sold(text: str) -> str:
    """Return the phrases that sell, quoted; empty where none stands there as it is (its letters were pulled apart)."""
    return _quotes(text, PROMOTIONAL)


def said_to_anybody(text: str) -> str:
    """Return the phrases that could be said to anybody, quoted."""
    return _quotes(text, GENERIC)


def _quotes(text: str, code: Code) -> str:
    plain = normalised(text)
    return _quoted(plain, {span for rule, span in found_in(plain) if RULES[rule].code == code})


def _quoted(plain: str, spans: Iterable[Span]) -> str:
    """Return the first few, without what lies inside another."""
    quotes: dict[str, None] = {}
    last = 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        words = _known(plain[start:end])[:LONGEST].strip() if start >= last else ""
        last = max(last, end)
        if words.strip("…"):
            quotes[f'"{words}"'] = None
    return ", ".join(list(quotes)[:MOST_SPANS])


def _known(words: str) -> str:
    pieces = (piece if _is_known(piece) else "…" for piece in _PIECE.findall(words))
    return _GAPS.sub(" … ", "".join(pieces)).strip(" ,.;:!?-'")


def _is_known(piece: str) -> bool:
    if piece[0].isdigit():
        return piece.isascii() and len(piece) <= LONGEST_FIGURE
    return piece in _KNOWN or piece in KEPT
