"""A text as the features of a linear model: its words and pairs of neighbouring words, sentence by sentence.

Numbers, amounts, links and placeholders become one token each: what a message is about stays, whom it is about goes.
Learning (`model.wording`) and judging (`serving.policy.linear`) read texts by these functions; `lines` are always the
lines of a text in the plain form of `serving.policy.letters`.

Example:
    >>> sentences(["a-7 is here. ok"])
    [['^', 'a', '#', 'is', 'here', '.', '^ a', 'a #', '# is', 'is here', 'here .', '. $'], ['^', 'ok', '^ ok', 'ok $']]
"""

import re
from collections.abc import Iterator, Sequence

_WORD = (
    r"[a-z]+(?:'[a-z]+)?|\d[\d.,:/]*(?: ?%)?|[.!?]+(?=\s|$)"
    r"|[$\u20a0-\u20bf\xa3\xa5] ?\d[\d.,]*|[{\[<%$!?]|[^\x00-\x7f]"
)
_TOKEN, _LINKED = re.compile(_WORD), re.compile(rf"(?:https?://|www\.)\S*[^\s.!?,]|{_WORD}")
ENDS = frozenset(".!?")
SHORTEST = 4  # tokens of a sentence of its own, its end included


def sentences(lines: Sequence[str]) -> list[list[str]]:
    """Return the features of each sentence of a text."""
    found = []
    for line in lines:
        tokens = [word if word.isalpha() else _token(word) for word in _pattern(line).findall(line)]
        start = 0
        for end in _ends(tokens):
            found.append(_features(tokens[start:end]))
            start = end
    return found


def places(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return where each of these sentences stands in the lines joined by single spaces."""
    found, before = [], 0
    for line in lines:
        matches = list(_pattern(line).finditer(line))
        start = 0
        for end in _ends([match[0][0] for match in matches]):
            found.append((before + matches[start].start(), before + matches[end - 1].end()))
            start = end
        before += len(line) + 1
    return found


def _pattern(line: str) -> re.Pattern[str]:
    """Return what finds the tokens of a line; a link is looked for only where one may stand."""
    return _LINKED if "://" in line or "www." in line else _TOKEN


def _ends(tokens: Sequence[str]) -> Iterator[int]:
    """Yield the number of the token after each sentence's last one; `tokens` are whole or their first letters."""
    start = 0
    for number in [number for number, token in enumerate(tokens, start=1) if token in ENDS]:
        if number - start >= SHORTEST:
            yield number
            start = number
    if start < len(tokens):
        yield len(tokens)


def _features(tokens: Sequence[str]) -> list[str]:
    return ["^", *tokens, *map(" ".join, zip(["^", *tokens], [*tokens, "$"], strict=True))]


def _token(word: str) -> str:
    first = word[0]
    if first in ENDS or len(word) == 1:
        return "#" if first.isdigit() else first
    if first.isdigit():
        return "#%" if word[-1] == "%" else "#"
    if "'" in word and "/" not in word:
        return word.replace("'", "")
    return "url" if first.isalpha() else "$#"
