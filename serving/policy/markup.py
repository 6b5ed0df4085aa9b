r"""What a program turns into signs before anybody reads them: HTML, BBCode, link escapes and text turned around.

The tags of words (`<b>`, `[i]`) fall away and those of lines (`<br>`, `<p>`) are a space, an entity (`&#37;`) is its
sign, `%20` in a word its own, and what stands behind a right-to-left override is read backwards. Only names that HTML
has are tags: `<name>` is a place to fill in. Time is linear in the text.

Example:
    >>> bare("<b>20&#37;</b>&nbsp;o<wbr>ff \u202ewon\u202c")
    '20%\xa0off now'
"""

import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

MAYBE = re.compile("[<&\u202e\\[]|%[2-7]")  # what none of it does without
_WORDS = (
    "a|abbr|acronym|b|big|center|code|del|em|font|i|ins|kbd|label|mark|q|s|small|span|strike|strong|sub|sup|tt|u|wbr"
)
_LINES = "article|blockquote|body|br|button|div|footer|h[1-6]|head|header|hr|html|img|li|main|ol|p|pre|section|table"
TAG = re.compile(
    rf"(?P<none><!--[^<>]{{0,200}}-->|</?({_WORDS})(\s[^<>]{{0,400}})?/?>|\[/?([bius]|url|color|size|font)(=[^\[\]]{{0,99}})?\])"
    rf"|</?({_LINES}|t([rdh]|body|head)|ul|style|script)(\s[^<>]{{0,400}})?/?>",
    re.IGNORECASE,
)
LINKED = re.compile(r"\b(href|src|action)\b|://|www\.", re.IGNORECASE)
ENTITY = re.compile(r"&(#\d{1,7};?|#x[0-9a-f]{1,6};?|[a-z]{2,31}\d{0,2};|(nbsp|shy)(?![a-z]))", re.IGNORECASE)
TURNED = re.compile("\u202e[^\u202c]*(?:\u202c[^\\w\u2066-\u2069]*\u202e[^\u202c]*)*\u202c?")
WORD = re.compile(r"\S+")
ESCAPED = re.compile(r"[a-z]%[2-7][0-9a-f]|%[2-7][0-9a-f][a-z]", re.IGNORECASE)
ESCAPE = re.compile(r"%[2-7][0-9a-f]", re.IGNORECASE)
Step = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def bare(line: str) -> str:
    """Return a line as it is shown."""
    if MAYBE.search(line):
        for pattern, shown in STEPS:
            line = pattern.sub(shown, line)
    return line


def bare_places(line: str) -> Iterator[tuple[str, int]]:
    """Yield each sign of the line as it is shown, with the place in the line that it was made of."""
    places = list(range(len(line)))
    for pattern, shown in STEPS if MAYBE.search(line) else ():
        new: list[int] = []
        last, length = 0, 0
        for match in pattern.finditer(line):
            said = shown(match)
            kept = places[match.start() : match.end()]
            new += places[last : match.start()]
            new += kept[: len(said)] + kept[-1:] * (len(said) - len(kept))
            last, length = match.end(), length + len(said)
        places = new + places[last:]
        line = pattern.sub(shown, line)
    return zip(line, places, strict=True)


def _untagged(match: re.Match[str]) -> str:
    """Return nothing, or a space where the tag parts words; what it links to is read as well."""
    if LINKED.search(match[0]):
        return f" {match[0][1:-1]} "
    return "" if match["none"] is not None else " "


def _backwards(match: re.Match[str]) -> str:
    return match[0][::-1].replace("\u202e", "").replace("\u202c", "")


def _sign(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _unescaped(match: re.Match[str]) -> str:
    return ESCAPE.sub(_unquoted, match[0]) if ESCAPED.search(match[0]) else match[0]


def _unquoted(match: re.Match[str]) -> str:
    return unquote(match[0])


STEPS: tuple[Step, ...] = ((TAG, _untagged), (ENTITY, _sign), (WORD, _unescaped), (TURNED, _backwards))
