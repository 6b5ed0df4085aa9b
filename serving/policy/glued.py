"""Words written without spaces between them, parted again: `#FlashSale`, `shopnowandsave`, letters one by one.

The fewest words that make up the whole are taken, of those that show English (`serving.policy.english_words`) and those
of the rules; where there are none, it stays as it is. Time is linear: a word has at most `LONGEST` letters.

Example:
    >>> parted("flashsaleends"), parted("appointment"), parted("xqzzyflash")
    ('flash sale ends', 'appointment', 'xqzzyflash')
"""

import re
from functools import cache

from serving.policy.courting import COURTING, GENERIC, UNTIED
from serving.policy.english_words import ENGLISH, SHARED
from serving.policy.phrases import SELLING
from serving.policy.pitches import PITCHES

WORD = re.compile("[a-z]+")
LONGEST = 18  # letters of one word
MOST = 400  # letters that are parted; nobody reads more without a space
ENDINGS = ("s", "ed", "ing", "ly", "d")
_SHORT = "a i am an as at be by do go he if in is it me my no of off on or our so to up us we"
SHORT = frozenset(_SHORT.split())


def parted(run: str) -> str:
    """Return small Latin letters as words; what is one word, or cannot be parted, as it is."""
    if len(run) > MOST or run in vocabulary():
        return run
    best: list[tuple[int, str] | None] = [(0, ""), *[None] * len(run)]
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - LONGEST), end):
            before, word = best[start], run[start:end]
            known = best[end]
            if before is not None and (known is None or before[0] + 1 < known[0]) and _is_word(word):
                best[end] = (before[0] + 1, f"{before[1]} {word}")
    whole = best[-1]
    return run if whole is None else whole[1][1:]


@cache
def vocabulary() -> frozenset[str]:
    """Return the words that are looked for: of two letters only the commonest."""
    rules = (*SELLING, *PITCHES, *COURTING, *GENERIC, *UNTIED)
    listed = " ".join([*ENGLISH, *SHARED, *(f"{rule.lines} {rule.words}" for rule in rules)])
    return SHORT.union(word for word in WORD.findall(listed.replace("\\b", " ")) if len(word) > len("of"))


def _is_word(word: str) -> bool:
    words = vocabulary()
    return word in words or any(
        word.endswith(ending) and len(word) > len(ending) + 2 and word[: -len(ending)] in words for ending in ENDINGS
    )
