"""Whether the veto on wording can judge a text: it reads English, and no text in another language by its sense.

Words are counted, sentence by sentence; codes, numbers, links, `{places}` and capital letters of names count nothing:

- one letter of another alphabet beside another letter, letters as pictures, letters pulled apart: not judgeable;
- a word is English (`serving.policy.english_words`, and the regular forms of these), shared between languages, another
  language's (`serving.policy.foreign_words`) or unknown;
- judgeable where English words are at least as many as unknown ones plus twice another language's, no sentence is made
  of others alone, and never do several of them stand in a row; many capitals in a row are no names;
- without any English word: shared words only ("OTP 482913").

Example:
    >>> judgeable("Parcel A-7: Friday 9-11"), judgeable("Muchas gracias"), judgeable("Aapka parcel kal aayega")
    (True, False, False)
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from operator import sub

from serving.policy.english_words import ENGLISH, SHARED
from serving.policy.foreign_words import EVERYDAY, IN_NAMES
from serving.policy.letters import INVISIBLE, MARKS, QUOTES

BRACED = re.compile(r"\{[^{}]{0,64}\}")
LINK = re.compile(r"\S+")
LINKED = re.compile(r"[^\W_]@[^\W_][\w-]*\.\w|://[^\W_][\w-]*[.:/]\w|://localhost|www\.\w")
TOKEN = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*|[.!?\n;]")
END = "."
BESIDE = re.compile(r"[^\W\d_a-zA-Z](?=[^\W\d_])|(?<=[^\W\d_])[^\W\d_a-zA-Z]")
ALONE = re.compile(r"[^\W\d_a-zA-Z\u0370-\u03ff]")  # a single Greek letter is a sign: Ω, β, µ
PICTURED = re.compile(  # letters in circles and squares, of flags in a row (one is a flag), braille
    r"[\u2801-\u28ff]|(?:[\U0001f150-\U0001f189].*?){2}|(?:[\U0001f1e6-\U0001f1ff]\W{0,2}){3}", re.DOTALL
)
PULLED = re.compile(r"(?<![\w'])[A-Za-z](?:[^A-Za-z0-9\n]{1,3}[A-Za-z](?![A-Za-z0-9'])){3}")
LATIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "μ": "u"}
)
LATIN |= {
    ord(chr(letter).upper()): into.capitalize() for letter, into in LATIN.items() if letter not in map(ord, "ßıμ")
}
IS_ENGLISH, IS_SHARED, IS_FOREIGN, IS_IN_NAMES, IS_END, UNKNOWN = range(6)
KINDS = {
    **dict.fromkeys(IN_NAMES, IS_IN_NAMES),
    **dict.fromkeys(EVERYDAY, IS_FOREIGN),
    **dict.fromkeys(SHARED, IS_SHARED),
    **dict.fromkeys(ENGLISH, IS_ENGLISH),
    **dict.fromkeys(".!?\n;", IS_END),
}
SHOUTED = 3  # words of a sentence in capitals, none of which is a name then
MOST_NAMES = 4  # in a sentence that has no more than half as many English words
LONGEST_ROW, MIXED_ROW = 5, 3  # words in a row that are not English; with another language's among them
ENDINGS = {  # ending: what may stand in its place
    "s": ("", "'"),
    "es": ("",),
    "ies": ("y",),
    "ied": ("y",),
    "ier": ("y",),
    "ily": ("y",),
    "ed": ("", "e"),
    "ing": ("", "e"),
    "ings": ("", "e"),
    "er": ("", "e"),
    "ers": ("", "e"),
    "est": ("", "e"),
    "ly": ("", "le"),
    "y": ("", "e"),
    "ment": ("",),
    "ments": ("",),
    "ion": ("", "e"),
    "ions": ("", "e"),
    "ation": ("", "e", "ate"),
    "ations": ("", "e", "ate"),
    "able": ("", "e"),
    "less": ("",),
    "ness": ("",),
    "ful": ("",),
    "fully": ("",),
    "'s": ("",),
    "'d": ("",),
    "'ll": ("",),
    "'ve": ("",),
    "'re": ("",),
}
BEGINNINGS = ("un", "re", "pre", "over", "mis", "out", "non")
SHORTEST = 3  # letters of a word that has forms


@cache
def words_digest() -> str:
    """Return the SHA-256 over the words by which a language is told."""
    listed = "\n".join(f"{word} {KINDS[word]}" for word in sorted(KINDS))
    return hashlib.sha256(listed.encode()).hexdigest()


def judgeable(text: str) -> bool:
    """Return whether the veto can judge a text, in time linear in its length."""
    text = _plain(text)
    if not text.isascii() and (BESIDE.search(text) or ALONE.search(text) or PICTURED.search(text)):
        return False
    return PULLED.search(text) is None and _reads_english(_unshouted([*TOKEN.findall(text), END]))


def _plain(text: str) -> str:
    """Return the text in Latin letters without marks, without links and places."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", INVISIBLE.sub("", text).translate(QUOTES))
        text = "".join([each for each in text if each.isascii() or unicodedata.category(each) not in MARKS])
        text = text.translate(LATIN)
    if "{" in text:
        text = BRACED.sub(" ", text)
    if "@" in text or "://" in text or "www." in text:
        text = LINK.sub(_unlinked, text)
    return text


def _unlinked(word: re.Match[str]) -> str:
    return "" if LINKED.search(word[0]) else word[0]


def _unshouted(tokens: list[str]) -> list[str]:
    """Return the words with small letters where a sentence of several is all in capitals."""
    start = 0
    for end, token in enumerate(tokens):
        if KINDS.get(token) == IS_END:
            words = [word for word in tokens[start:end] if len(word) > 1]
            if len(words) >= SHOUTED and "".join(words).replace("'", "").isupper():
                tokens[start:end] = map(str.lower, tokens[start:end])
            start = end + 1
    return tokens


def _reads_english(tokens: list[str]) -> bool:
    """Count the words, sentence by sentence."""
    english = shared = foreign = unknown = names = capital = row = mixed = initial = 0
    before = (0, 0, 0, 0, 0)  # English, another language's, unknown words, names, and those of another language
    starts = True
    for place, token in enumerate(tokens):
        word = token.lower()
        kind = KINDS.get(word, UNKNOWN)
        if kind == IS_ENGLISH or (kind == UNKNOWN and _formed(word)):
            english, row, mixed = english + 1, 0, 0
        elif kind == IS_END:
            now = (english, foreign, unknown, names, capital)
            if _in_others(map(sub, now, before), initial):
                return False
            before, initial, starts = now, 0, True
            continue
        elif kind == IS_SHARED or len(word) == 1:
            shared += len(word) >= SHORTEST
        elif token[0].isupper() and not (starts and kind == IS_FOREIGN):
            names, capital, initial = names + 1, capital + (kind == IS_FOREIGN), initial + starts
            row += 1
        elif kind == IS_FOREIGN:
            foreign, row, mixed = foreign + 1, row + 1, 1
        elif kind == IS_IN_NAMES and tokens[place + 1][0].isupper():
            names += 1
        else:
            unknown, row = unknown + 1, row + 1
        starts = False
        if row >= LONGEST_ROW or (mixed and row >= MIXED_ROW):
            return False
    return _enough(english, shared, foreign + (capital if capital > english else 0), unknown, names)


def _in_others(counts: Iterable[int], initial: int) -> bool:
    """Whether a sentence is made of words that are not English, or of their capitals.

    Its first word, if it may be a name, counts beside another language's.
    """
    english, foreign, unknown, names, capital = counts
    if not english and foreign + unknown + (initial if foreign else 0) > 1:
        return True
    abroad = foreign + capital if capital else 0
    return (abroad > 1 and english < 2 * abroad) or (names > MOST_NAMES and 2 * english < names)


def _enough(english: int, shared: int, foreign: int, unknown: int, names: int) -> bool:
    if not english:
        return shared > 0 and not foreign and not unknown and names <= shared
    return english >= unknown + 2 * foreign


@lru_cache(maxsize=8192)
def _formed(word: str) -> bool:
    """Whether a word is a regular form of an English one."""
    for size in range(1, min(6, len(word) - SHORTEST) + 1):
        ending = word[-size:]
        if ending in ENDINGS and _stems(word[:-size], ending):
            return True
    return any(word.startswith(each) and _is_english(word[len(each) :]) for each in BEGINNINGS)


def _stems(stem: str, ending: str) -> bool:
    doubled = len(stem) > SHORTEST and stem[-1] == stem[-2] and ending in {"ed", "ing", "er", "ers", "est", "ings"}
    return any(_is_word(stem + each) for each in ENDINGS[ending]) or (doubled and _is_word(stem[:-1]))


def _is_word(word: str) -> bool:
    return len(word) >= SHORTEST and (word in ENGLISH or (len(word) > SHORTEST and word in SHARED))


def _is_english(word: str) -> bool:
    return len(word) > SHORTEST and (word in ENGLISH or _formed(word))
