"""A careful first veto on wording: `promotional_wording` and `generic_wording`, judged as the customer would read it.

The text is judged in the plain form of `serving.policy.letters`, and once more with what was pulled apart put together.
A pattern is tried only where one of its words occurs, so a plain text costs one pass over its words.

Example:
    >>> judge("Your parcel A-7 now arrives on Friday. Reply to change the address.").codes
    ()
    >>> judge("Get 20% o\u200bff your next order!").codes
    ('promotional_wording',)
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from serving.policy.courting import COURTING, GENERIC, TIED, UNTIED
from serving.policy.letters import APART, normalised, pulled_together, spelt_out
from serving.policy.phrases import PROMOTIONAL_WORDS, SELLING

LETTERS = bytes(ord(chr(code).lower()) if chr(code).isalpha() and code < 128 else 32 for code in range(256))
WORD = re.compile("[a-z]+")  # every trigger is plain ASCII
Index = Mapping[str, tuple[re.Pattern[str], ...]]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the veto found: the codes, and where in the normalised text (all of it where joints hid the words)."""

    codes: tuple[str, ...]
    spans: tuple[Span, ...]


PASS = Verdict((), ())


def judge(text: str) -> Verdict:
    """Return the verdict on a finished text, in time linear in its length."""
    apart = APART.search(text) is not None or not text.isascii()
    if not apart and TRIGGERS.isdisjoint(text.encode().translate(LETTERS).decode().split()):
        return PASS
    plain = normalised(text)
    promotional, generic = spans_of(plain)
    if apart and not promotional and _sells_apart(text):
        promotional = {(0, len(plain))}
    codes = ("promotional_wording",) * bool(promotional) + ("generic_wording",) * bool(generic)
    return Verdict(codes, tuple(sorted({*promotional, *generic}))) if codes else PASS


def spans_of(plain: str) -> tuple[set[Span], set[Span]]:
    """Return where a normalised text sells, and where it says what could be said to anybody, as it stands."""
    words = TRIGGERS.intersection(WORD.findall(plain))
    generic = set(_found(plain, words, _GENERIC))
    if not _TIED.search(plain):
        generic.update(_found(plain, words, _UNTIED))
    return set(_selling(plain, words)), generic


def _sells_apart(text: str) -> bool:
    """Whether the text sells once its joints are read as spaces or left out, or spells out a word that sells."""
    if not SPELT_OUT.isdisjoint(spelt_out(text)):
        return True
    readings = ((plain, TRIGGERS.intersection(WORD.findall(plain))) for plain in pulled_together(text))
    return any(True for plain, words in readings for _ in _selling(plain, words))


def _selling(plain: str, words: frozenset[str]) -> Iterator[Span]:
    yield from _words(plain, words & PROMOTIONAL_WORDS)
    yield from _found(plain, words, _PROMOTIONAL)


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


_PROMOTIONAL, _GENERIC, _UNTIED, _TIED = _index(SELLING + COURTING), _index(GENERIC), _index(UNTIED), re.compile(TIED)
SPELT_OUT = frozenset(word for word in [*_PROMOTIONAL, *PROMOTIONAL_WORDS] if len(word) >= 4)
TRIGGERS = frozenset([*_PROMOTIONAL, *_GENERIC, *_UNTIED]) | PROMOTIONAL_WORDS
