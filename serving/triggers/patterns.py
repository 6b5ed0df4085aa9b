"""What a pattern of `matches` may be, and what it can cost: the library compiles it anew each time it is evaluated.

RE2 has no exponential patterns, but many states at each letter of a text: as many as there are choices in the pattern,
with what is repeated a number of times written out. Source of the syntax: RE2's own.
"""

import re
from dataclasses import dataclass

from serving.triggers.fault import Fault

LONGEST = 100  # characters of a pattern
REPEATED = 10  # times that `{…}` may ask for
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(?P<least>\d+)(?:,(?P<most>\d*))?\}|.", re.DOTALL)
_CLASSES = re.compile(r"(?<!\\)(?:\\\\)*\\[pP]")
_CHOICES = frozenset("*+?|.")


@dataclass(frozen=True, slots=True)
class Pattern:
    """How much there is in a pattern: `letters` that are one each, and `choices` that leave several ways on."""

    letters: int
    choices: int


def measured(pattern: str, place: int) -> Pattern:
    """Return how much there is in a pattern. Raises Fault, at this place, where it is none that may be asked.

    Example:
        >>> measured("^A-[0-9]{5}.*$", 0)
        Pattern(letters=4, choices=7)
    """
    if len(pattern) > LONGEST:
        raise Fault(f"a pattern of {len(pattern)} characters is more than {LONGEST}; ask for less", place)
    if _CLASSES.search(pattern):
        raise Fault(r"`\p` stands for thousands of letters; write those that you mean, as in `[a-zà-ÿ]`", place)
    letters = choices = 0
    before = ""
    for token in _TOKEN.finditer(pattern):
        if token["least"] is not None:
            choices += _repeated(token, before, place)
        elif token[0] in _CHOICES or len(token[0]) > 1:
            choices += 1
        else:
            letters += 1
        before = token[0]
    return Pattern(letters, choices)


def _repeated(token: re.Match[str], before: str, place: int) -> int:
    times = int(token["most"] or token["least"])
    if times > REPEATED:
        raise Fault(f"`{token[0]}` in a pattern is more than {REPEATED} times; use `+` or `*`", place)
    if before == ")" or before[:1] in {"{", "*", "+", "?"}:
        raise Fault(f"`{token[0]}` in a pattern repeats a group, or a repetition; use `+` or `*`", place)
    return times
