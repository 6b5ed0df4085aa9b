"""How many sentences a short text has; full stops of abbreviations, initials, times and numbers end none."""

import re

ENDS = re.compile(r"[.!?\u061f\u2026]+(?=\s+\S)|[\u3002\uff01\uff1f\u0964\u06d4]")
LAST_WORD = re.compile(r"[^\W_]+$")
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
    parts, start = [], 0
    for end in ENDS.finditer(text):
        if not _is_short(text[start : end.start()], end[0], text[end.end() :].lstrip()):
            parts.append(text[start : end.end()])
            start = end.end()
    return sum(_is_sentence(part, least) for part in (*parts, text[start:]))


def _is_short(before: str, end: str, after: str) -> bool:
    """Whether the full stop belongs to the word before it, or the sentence goes on."""
    if end != ".":
        return False
    last = LAST_WORD.search(before)
    if last is None or after[:1].islower():
        return True
    brief = len(last[0]) == 1 or (len(last[0]) == SHORTEST and last[0][0].isupper())
    return brief or last[0].isdigit() or last[0].casefold() in ABBREVIATED


def _is_sentence(part: str, least: int) -> bool:
    words = WORDS.findall(part)
    return len(words) >= least or len(UNPARTED.findall(part)) >= LETTERS_OF_A_SENTENCE
