"""Where the sentences of a text end, and how many a short one has; abbreviations and initials end none."""

import re
from collections.abc import Iterator

ENDS = re.compile(r"(?<![.!?\u061f\u2026])[.!?\u061f\u2026]+(?=\s+\S)|[\u3002\uff01\uff1f\u0964\u06d4]")
LAST_WORD = re.compile(r"[^\W_]+$")
NEXT = re.compile(r"\s*(\S)")
LONGEST_WORD = 32  # characters of the word before a full stop that are looked at
WORDS = re.compile(r"[^\W_]+")
_SHORT = """
approx appt apt ave bldg blvd corp dept dist div ext fig fri gov hon hosp incl info int jan feb mar apr jun jul
aug sep sept oct nov dec lic ltd max min misc mon mrs msgr nos orig para pkg prof pvt qty rev sat sec sgt sqft
ste str sun tel thu thur thurs tue tues univ vol vols wed bzw evtl ggf inkl zzgl max usw etc abs tlf avda aven
pza gral sra dra sres esq inc bros dott sig nro num
"""
ABBREVIATED = frozenset(_SHORT.split())
SHORTEST = 2  # letters, the first a capital, of a word that a full stop shortens without being listed: St., No.
LETTERS_OF_A_SENTENCE = 4  # where words are not parted: Chinese, Japanese, Thai
UNPARTED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def sentences(text: str, *, least: int = 2) -> int:
    """Return how many sentences of at least so many words a text has.

    Example:
        >>> sentences("St. Mary's Hospital, 9 a.m."), sentences("Nobody was there. Call us now.")
        (1, 2)
    """
    return sum(_is_sentence(text[start:end], least) for start, end in spans(text, terse=True))


def spans(text: str, *, terse: bool = False) -> Iterator[tuple[int, int]]:
    """Yield where each sentence begins and ends, with the white space around it; in time linear in the text.

    In a `terse` value a full stop behind a number or a bracket ends none: "2. floor", "(new). gate 12".

    Example:
        >>> list(spans("Gate 12. Call us.")), list(spans("Gate 12. Call us.", terse=True))
        ([(0, 8), (8, 17)], [(0, 17)])
    """
    start = 0
    for end in ENDS.finditer(text):
        before = text[max(start, end.start() - LONGEST_WORD) : end.start()]
        after = NEXT.match(text, end.end())
        if end[0] != "." or not _goes_on(before, "" if after is None else after[1], terse=terse):
            yield start, end.end()
            start = end.end()
    yield start, len(text)


def _goes_on(before: str, after: str, *, terse: bool) -> bool:
    """Whether the full stop belongs to the word before it, or the sentence goes on."""
    if after.islower():
        return True
    last = LAST_WORD.search(before)
    if last is None:
        return terse or not before.strip()
    if last[0].isdigit():
        return terse or not before[: last.start()].strip()
    brief = len(last[0]) == 1 or (len(last[0]) == SHORTEST and last[0][0].isupper())
    return brief or last[0].casefold() in ABBREVIATED


def _is_sentence(part: str, least: int) -> bool:
    words = WORDS.findall(part)
    return len(words) >= least or len(UNPARTED.findall(part)) >= LETTERS_OF_A_SENTENCE
