r"""Texts that differ in their figures alone are judged alike: one verdict for all parcels of a template.

What judges a text tells `7` from a letter, hardly ever from `8`: its patterns say `\d`. So the text with every figure
made a 5 has the same verdict, at the same places. It is judged as it is where one of the few figures stands that
patterns name (`2 for 1`, `0/0 off`), where letters may stand behind figures (`s4le`, `&#37;`), and outside ASCII.

Example:
    >>> from serving.policy.linear import SILENT
    >>> wording = Wording(SILENT)
    >>> [judged(f"Your parcel A-{n} is late.", wording, english=True).codes for n in (17, 18)], len(wording.kept)
    ([(), ()], 1)
"""

import re
from functools import lru_cache

from serving.policy.greeting import greets_newcomer
from serving.policy.language import judgeable
from serving.policy.letters import FIGURES, folded, pulled_apart, pulled_together, spread
from serving.policy.markup import MAYBE
from serving.policy.wording import RULES, Verdict, Wording, words_of

LONGEST_KEPT = 2000  # characters of a text of which anything is kept
FIVES = bytes(ord("5") if chr(sign) in "0123456789" else sign for sign in range(256))
NAMED = re.compile(  # as a text may say what `FORMS` look for
    r"[023bB](?:(?<=0)(?:/0|[\s_]+(?i:pro|int|cos))|(?<=[23])(?:[\s_]+|-)?(?i:for)|(?<=[bB])4[\s_])"
)
FORMS = (  # how the patterns of the rules name a figure; no other way is known to `NAMED`
    *("0/0", "((2|two)[- ]for[- ](1|one)|(3|three)[- ]for[- ](2|two))", "(0|zero|no|nil|low) (processing fee|interest"),
    *("((2[- ]?|two[- ])for([- ]?1|[- ]one)|(3[- ]?|three[- ])for([- ]?2|[- ]two))", "(b4|before) payday"),
)
WRITTEN = re.compile(r"\{\d*,?\d*\}|\\(?:x..|u....|U.{8})")  # how often, and signs by number, in a pattern


def names_figures(pattern: str) -> bool:
    r"""Whether a pattern names a figure; `\d` and `x{0,9}` name none."""
    return re.search(r"[0-9]", WRITTEN.sub("", pattern)) is not None


def alike(text: str) -> str:
    """Return the text with every figure made a 5, where that may be read in its place; else the text."""
    if not text.isascii() or len(text) > LONGEST_KEPT or NAMED.search(text) is not None:
        return text
    same = text.encode("ascii").translate(FIVES).decode("ascii")
    return same if _is_plain(same) else text


def judged(text: str, wording: Wording, *, english: bool | None = None) -> Verdict:
    """Return the verdict on a text: what `wording.judge` returns, found sooner."""
    return wording.judge(alike(text), english=english)


@lru_cache(maxsize=4096)
def _is_plain(same: str) -> bool:
    """Whether figures are nothing but figures in every text like this one."""
    if MAYBE.search(same) is not None:
        return False
    letters = " ".join(map(folded, same.splitlines()))
    if not pulled_apart(letters):
        return True
    again = words_of(f"{spread(letters)} {pulled_together(letters)}")
    return FIGURES.search(letters) is None and _NAMING.isdisjoint(again)


@lru_cache(maxsize=4096)
def greets(same: str) -> bool:
    """Return `greets_newcomer` of a text, which names no figure."""
    return greets_newcomer(same)


@lru_cache(maxsize=4096)
def reads(same: str) -> bool:
    """Return `judgeable` of a text, which names no figure."""
    return judgeable(same)


_PATTERNS = [each for rule in RULES.values() for each in (*rule.patterns(), *rule.hinting())]
_NAMING = frozenset(word for words, pattern in _PATTERNS if names_figures(pattern) for word in words)
