"""What a company may have left in a template: places of other systems, markup, words for urgency alone, capitals.

Each function takes a text with digits in place of its own `{fact}` places, and yields spans with what is to be said.
Patterns repeat within bounds only, so that time is linear in the text.
"""

import re
from collections.abc import Iterator

from serving.policy.markup import TAG
from serving.policy.templates import SIGNS

Noted = tuple[int, int, str]  # the span, and what is to be said of it; `{said}` stands for its words

_NAME = r"[A-Za-z_][\w .:-]{0,40}"
PLACES = re.compile(
    r"""\{\{[^{}\n]{0,60}\}\}|\{%[^{}\n]{0,60}%\}|\$?\#?@?\{[^{}\n]{0,60}\}|[{}]     # {{1}}, ${name}, #{name}, a brace
    |\[\[?(?=[^\[\]\n]{0,40}[^\W\d_])[^\[\]\n]{1,40}\]\]?(?!\()            # [Name], but no [link](…)
    |<<?/?[A-Za-z_][^<>\n]{0,60}>>?                                                  # <name>; markup is left to markup
    |«\s?[A-Za-z]+_\w{0,40}\s?»|«\s?(?i:(first|last|full)?\s?name|date|brand)\s?»    # mail merge
    |%%?[A-Za-z_]\w{0,40}%%?(?<=%)|(?<![\w%])%(\d\$)?[sdi@](?!\w)|%\(\w{1,40}\)[sd]? # %NAME%, %s, %(name)s
    |(?<![\w$])\$[A-Za-z_]\w{2,40}\$?                                                # $first_name
    |\*\|\w{1,40}\|\*|\#\#?[A-Za-z]\w{0,40}\#\#?(?<=\#)|@@?[A-Za-z]\w{0,40}@@?(?<=@) # *|FNAME|*, ##NAME##, @@name@@
    |_{3,}\w{0,40}_{0,3}|(?<!_)__[A-Za-z]\w{0,40}__                                  # a line to be filled in
    |(?<![\w*])[Xx]{3,}(?![\w*])(?!([ -]?[Xx*]{2,8}){0,4}[ -]?\d)|(?<!\w)[Xx]{2}[./:-][Xx]{2}(?!\w)  # XXXX, unmasked
    |\b(TB[DCA]|TO[D]O|FIX[M]E)\b|(?i:\blorem\ ipsum\b|\bdolor\ sit\ amet\b)
    |(?i:\(\s?(your|insert|first|last|full|customer|client|company|brand)\ ?(name|date|brand)?\s?\)|\(name\))
    |(?i:\binsert\ [\w ]{1,30}\ here\b|\byour\ text\ here\b)
    |\b(null|undefined|NaN)\b|(?i:\bexample\.(com|org|net)\b)|"""
    + SIGNS,
    re.VERBOSE,
)
MARKUP = re.compile(
    rf"""{TAG.pattern}|<!--|&(\#\d{{1,7}}|\#[xX][\da-fA-F]{{1,6}}|[A-Za-z]{{2,8}});     # HTML
    |\*\*\w[^*\n]{{0,200}}(?<=\S)\*\*|\]\(\S{{1,200}}\)|(?m:^\#{{1,6}}\s)                       # Markdown
    |\[/?img(=[^\]\n]{{0,80}})?\]""",
    re.VERBOSE | re.IGNORECASE,
)
URGENT = re.compile(
    r"""\burgent(ly)?\b(?!\s(care|treatment|repairs?|appointments?|help))
    |(?:(?m:^)|(?<=[.!?:(|\[–—-])|(?<=[.!?:(|\[–—-]\s))(your\s)?(action|attention|response)\s(is\s)?(required|needed)\b
    |\b(immediate|prompt)\s(action|attention|response)\b|(?m:^)(very\s)?(important|attention)\s?[:!]
    |\btime[- ]sensitive\b|\b(act|respond)\s(now|immediately)\b|\bdo(n['’]t|\snot)\s(delay|wait|ignore)\b|!{2,}""",
    re.VERBOSE | re.IGNORECASE,
)
LEAST_LETTERS = 12  # of which more than half are capital: fewer may be a name


def unfilled(text: str) -> Iterator[Noted]:
    """Yield every notation for something that was to be filled in, and is none of `{fact}`."""
    for match in PLACES.finditer(text):
        if not MARKUP.fullmatch(match[0]):
            yield *match.span(), "`{said}` is still to be filled in, and nothing here fills it"


def markup(text: str) -> Iterator[Noted]:
    """Yield what a browser would hide, and a customer reads as signs."""
    for match in MARKUP.finditer(text):
        yield *match.span(), "`{said}` is markup, and the customer would read it as it stands"


def urgency(text: str) -> Iterator[Noted]:
    """Yield words that say nothing but that it is urgent."""
    for match in URGENT.finditer(text):
        yield *match.span(), "`{said}` says that it is urgent, and not why"


def shouting(text: str) -> Iterator[Noted]:
    """Yield the whole text where more than half of its letters are capital."""
    cased = [sign for sign in text if sign.isupper() or sign.islower()]
    capital = sum(sign.isupper() for sign in cased)
    if len(cased) >= LEAST_LETTERS and 2 * capital > len(cased):
        yield 0, len(text.rstrip()), f"{capital} of its {len(cased)} letters are capital"
