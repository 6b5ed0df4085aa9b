"""Signs that are not what they look like: invisible ones, those that turn the direction, and look-alikes of letters.

What belongs to a script or to an emoji is left alone: joiners between letters of Arabic or Devanagari, the marks of
direction in a text that has letters from right to left, wide letters beside Chinese or Japanese ones.

Example:
    >>> [(sign.place, sign.words) for sign in hidden("S\u0430le")]
    [(1, 'U+0430 CYRILLIC SMALL LETTER A looks like `a`')]
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from serving.policy.letters import ENCLOSED, INVISIBLE, LOOK_ALIKES, normalised

DIRECTED = re.compile("[\u202a-\u202e\u2066-\u2069]")  # what turns the direction of whatever follows
MARKS = frozenset("\u061c\u200e\u200f")  # of direction, usual where letters go from right to left
JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")  # of emoji and of several scripts
TAGS = re.compile("[\U000e0020-\U000e007f]")  # the flags of England, Scotland and Wales end in them
STYLED = ("<font>", "<wide>", "<circle>", "<square>")
RIGHT_TO_LEFT = frozenset({"R", "AL"})
FIRST_FLAG, LAST_FLAG = "\U0001f1e6", "\U0001f1ff"
_WORD = re.compile(r"[^\W\d_]+")
_ODD = re.compile(r"[^\x20-\x7e\n]")


@dataclass(frozen=True, slots=True)
class Sign:
    """One of them: at which character of the text, and what it is, in words."""

    place: int
    words: str


def hidden(text: str) -> list[Sign]:
    """Return the signs of a text that are not what they look like, in order."""
    if not _ODD.search(text):
        return []
    found = {sign.place: sign for sign in (*_styled(text), *_alike(text), *_invisible(text))}
    return [found[place] for place in sorted(found)]


def named(sign: str) -> str:
    r"""Return a character's code point and name.

    Example:
        >>> named("\u200b"), named("\x07")
        ('U+200B ZERO WIDTH SPACE', 'U+0007 a control character')
    """
    return f"U+{ord(sign):04X} {unicodedata.name(sign, 'a control character')}"


def _invisible(text: str) -> Iterator[Sign]:
    from_right = any(sign.isalpha() and unicodedata.bidirectional(sign) in RIGHT_TO_LEFT for sign in text)
    for place, sign in enumerate(text):
        if DIRECTED.match(sign) or (sign in MARKS and not from_right):
            yield Sign(place, f"{named(sign)} turns the direction in which it is read")
        elif sign in MARKS or (sign in JOINERS and _joins(text, place)) or (TAGS.match(sign) and "\U0001f3f4" in text):
            continue
        elif INVISIBLE.match(sign) or (unicodedata.category(sign) == "Cc" and sign not in "\n\t"):
            yield Sign(place, f"{named(sign)} cannot be seen")


def _joins(text: str, place: int) -> bool:
    """Whether a joiner stands behind what may be joined: an emoji, or a letter of a script that joins."""
    before = text[place - 1 : place]
    if not before:
        return False
    letter = before.isalpha() and not before.isascii() and "LATIN" not in unicodedata.name(before, "LATIN")
    emoji = unicodedata.category(before) in {"So", "Sk", "Mn", "Mc"} or before in JOINERS or before in "#*0123456789"
    return (letter and before not in _LOOKS) or emoji


def _styled(text: str) -> Iterator[Sign]:
    """Letters of another style: 𝐒𝐚𝐥𝐞, Ｓａｌｅ, Ⓢⓐⓛⓔ; one alone may be a sign of its own (Ⓜ)."""
    wide_is_usual = any(unicodedata.east_asian_width(sign) == "W" and sign.isalpha() for sign in text)
    odd = {place for place, sign in enumerate(text) if _is_styled(sign, wide_is_usual=wide_is_usual)}
    for place in sorted(odd):
        if place + 1 in odd or place - 1 in odd:
            yield Sign(place, f"{named(text[place])} looks like `{normalised(text[place])}`")


def _is_styled(sign: str, *, wide_is_usual: bool) -> bool:
    if FIRST_FLAG <= sign <= LAST_FLAG:
        return False
    style = unicodedata.decomposition(sign).partition(" ")[0]
    styled = ord(sign) in ENCLOSED or (style in STYLED and not (style == "<wide>" and wide_is_usual))
    plain = normalised(sign) if styled else ""
    return len(plain) == 1 and plain.isascii() and plain.isalpha()


def _alike(text: str) -> Iterator[Sign]:
    """Letters of another alphabet in a word with Latin ones, or words of look-alikes in a text of Latin letters."""
    words = list(_WORD.finditer(text))
    latin = sum(sum(sign.isascii() for sign in word[0]) for word in words)
    mostly_latin = 2 * latin > sum(len(word[0]) for word in words)
    for word in words:
        letters = word[0]
        mixed = any(sign.isascii() for sign in letters)
        if letters.isascii() or not (mixed or (mostly_latin and all(sign in _LOOKS for sign in letters))):
            continue
        for place, sign in enumerate(letters, start=word.start()):
            if sign in _LOOKS:
                yield Sign(place, f"{named(sign)} looks like `{_LOOKS[sign]}`")


def _look_alikes() -> dict[str, str]:
    """Return the letters of other alphabets, small and capital, that look like Latin ones."""
    small = {chr(code): chr(plain) for code, plain in LOOK_ALIKES.items()}
    capital = {sign.upper(): plain.upper() for sign, plain in small.items() if len(sign.upper()) == 1}
    return {sign: plain for sign, plain in (capital | small).items() if "LATIN" not in unicodedata.name(sign, "LATIN")}


_LOOKS = _look_alikes()
