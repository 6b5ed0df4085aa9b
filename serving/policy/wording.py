"""A careful first veto on wording: `promotional_wording` and `generic_wording`, judged as the customer would read it.

The text is judged after NFKC, without invisible characters, underscores read as spaces. A pattern is tried only where
one of its words occurs, so a plain text costs one pass over its words.

Example:
    >>> judge("Your parcel A-7 now arrives on Friday. Reply to change the address.").codes
    ()
    >>> judge("Get 20% o\u200bff your next order!").codes
    ('promotional_wording',)
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from serving.policy.phrases import GENERIC, PROMOTIONAL, PROMOTIONAL_WORDS, TIED, UNTIED

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"'})
LETTERS = bytes(ord(chr(code).lower()) if chr(code).isalpha() and code < 128 else 32 for code in range(256))
WORD = re.compile("[a-z]+")  # every trigger is plain ASCII
Index = Mapping[str, tuple[re.Pattern[str], ...]]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the veto found: the codes, and where in the normalised text, in its order."""

    codes: tuple[str, ...]
    spans: tuple[Span, ...]


PASS = Verdict((), ())


def normalised(text: str) -> str:
    """Return the text as it is judged: NFKC, nothing invisible, plain quotes, single spaces, case folded."""
    if not text.isascii():
        text = INVISIBLE.sub("", unicodedata.normalize("NFKC", INVISIBLE.sub("", text))).translate(QUOTES)
    return " ".join(text.replace("_", " ").casefold().split())


def judge(text: str) -> Verdict:
    """Return the verdict on a finished text, in time linear in its length."""
    if text.isascii() and TRIGGERS.isdisjoint(text.encode().translate(LETTERS).decode().split()):
        return PASS
    plain = normalised(text)
    words = TRIGGERS.intersection(WORD.findall(plain))
    if not words:
        return PASS
    promotional = sorted({*_words(plain, words & PROMOTIONAL_WORDS), *_found(plain, words, _PROMOTIONAL)})
    generic = sorted(set(_found(plain, words, _GENERIC)))
    if not _TIED.search(plain):
        generic = sorted({*generic, *_found(plain, words, _UNTIED)})
    codes = ("promotional_wording",) * bool(promotional) + ("generic_wording",) * bool(generic)
    return Verdict(codes, tuple(sorted({*promotional, *generic}))) if codes else PASS


def _words(plain: str, words: frozenset[str]) -> Iterator[Span]:
    return (match.span() for match in WORD.finditer(plain) if match[0] in words) if words else iter(())


def _found(plain: str, words: frozenset[str], index: Index) -> Iterator[Span]:
    for word in words:
        for pattern in index.get(word, ()):
            if match := pattern.search(plain):
                yield match.span()


def _index(lines: str) -> Index:
    index: dict[str, tuple[re.Pattern[str], ...]] = {}
    for line in lines.strip().splitlines():
        words, _, pattern = line.partition(": ")
        for word in words.split():
            index[word] = (*index.get(word, ()), re.compile(pattern))
    return index


_PROMOTIONAL, _GENERIC, _UNTIED, _TIED = _index(PROMOTIONAL), _index(GENERIC), _index(UNTIED), re.compile(TIED)
TRIGGERS = frozenset([*_PROMOTIONAL, *_GENERIC, *_UNTIED]) | PROMOTIONAL_WORDS
