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

_TOKEN = re.compile(
    r"(?:https?://|www\.)\S*[^\s.!?,]|[a-z]+(?:'[a-z]+)?"
    r"|[$\u20a0-\u20bf\xa3\xa5] ?\d[\d.,]*|\d[\d.,:/]*(?: ?%)?"
    r"|[.!?]+(?=\s|$)|[{\[<%$!?]|[^\x00-\x7f]"
)
ENDS = frozenset(".!?")
SHORTEST = 4  # tokens of a sentence of its own, its end included


def sentences(lines: Sequence[str]) -> list[list[str]]:
    """Return the features of each sentence of a text."""
    found = []
    for line in lines:
        words = _TOKEN.findall(line)
        start = 0
        for end in _ends(words):
            found.append(_features(words[start:end]))
            start = end
    return found


def places(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return where each of these sentences stands in the lines joined by single spaces."""
    found, before = [], 0
    for line in lines:
        matches = list(_TOKEN.finditer(line))
        start = 0
        for end in _ends([match[0] for match in matches]):
            found.append((before + matches[start].start(), before + matches[end - 1].end()))
            start = end
        before += len(line) + 1
    return found


def _ends(words: Sequence[str]) -> Iterator[int]:
    """Yield the number of the token after each sentence's last one."""
    start = 0
    for number, word in enumerate(words, start=1):
        if word[0] in ENDS and number - start >= SHORTEST:
            yield number
            start = number
    if start < len(words):
        yield len(words)


def _features(words: Sequence[str]) -> list[str]:
    tokens = [word if word.isalpha() and word.isascii() else _token(word) for word in words]
    pairs = [f"{first} {second}" for first, second in zip(["^", *tokens], [*tokens, "$"], strict=True)]
    return ["^", *tokens, *pairs]


def _token(word: str) -> str:
    first = word[0]
    if first in ENDS or len(word) == 1:
        return "#" if first.isdigit() else first
    if first.isdigit():
        return "#%" if word[-1] == "%" else "#"
    if "'" in word and "/" not in word:
        return word.replace("'", "")
    return "url" if first.isalpha() else "$#"
