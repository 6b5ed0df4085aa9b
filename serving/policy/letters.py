"""Letters as a customer sees them: one plain form for what looks the same, and what was pulled apart put together.

NFKD without combining marks, enclosed letters and flags as letters, letters of other alphabets that look Latin as the
Latin ones (after Unicode UTS #39, confusables; the common ones). Text in those alphabets is only ever read here for
English phrases, so what becomes of it does not matter. Time is linear in the text.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial

from serving.policy.glued import WORD, parted, vocabulary
from serving.policy.markup import bare, bare_places

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
OTHERS = re.compile(r"[^\x00-\x7f]+")
QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"'}
    | dict.fromkeys("\u066a\u2030\u2052", "%")
)
MARKS = frozenset({"Mn", "Me"})
ALPHABET = "abcdefghijklmnopqrstuvwxyz"
FIRST_ENCLOSED = (0x249C, 0x1F110, 0x1F130, 0x1F150, 0x1F170, 0x1F1E6)  # ⒜ 🄐 🄰 🅐 🅰 and the letters of flags
ENCLOSED = {first + place: letter for first in FIRST_ENCLOSED for place, letter in enumerate(ALPHABET)}
CAPITALS = str.maketrans("ΗΝΥΜΖΡϹ", "hnymzpc")  # whose small letters look different
LOOK_ALIKES = (
    str.maketrans("асԁеһіјӏорԛгѕтуѵԝхкмнвпь", "acdehijlopqrstyvwxkmhbnb")  # Cyrillic
    | str.maketrans("αβειοκνρτυχωη", "abeiokvptuxwn")  # Greek
    | str.maketrans("օսոհ", "ounh")  # Armenian
    | str.maketrans("ᎠᎡᎢᎪᎫᎬᎳᎷᎻᏀᏃᏙᏚᏞᏟᏢᏦ", "drtajewmhgzvslcpk")  # Cherokee
    | str.maketrans("ıɩłđøħŧƒɡɑŋɛɪʀꜱꜰɢɴʏʙʜʟᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢ", "iildohtfganeirsfgnybhlacdejkmoptuvwz")
)

LONGEST_SPELT = 4  # letters that are taken for one word
SIGNS = (
    r"!-/:-@\[-`{-~\u00a1-\u00bf\u00d7\u00f7\u2010-\u2027\u2030-\u205e\u2190-\u2bff\u3001-\u303f\u30fb"
    r"\U0001f000-\U0001faff"
)
JOINT = f"[{SIGNS}]"
LETTER = r"[^\W\d_]"
PART = r"(?:[^\W_]|[%$€£])"  # of a word or an amount that is spelt out
SHORTENED = rf"(?<!'(?=(?:s|t|d|m|re|ve|ll)(?!{LETTER})))"  # don't, you're: no joint
JOINED = re.compile(rf"{JOINT}(?<={LETTER}.){SHORTENED}{JOINT}{{0,2}}(?:(?<=-)\s)?(?={LETTER})")
SPELT = re.compile(
    rf"(?<![^\W_])(?<!{LETTER}{JOINT})(?=\W{{0,3}}\w){PART}"
    rf"(?:(?:{JOINT}{{1,3}}{PART}){{2,}}|(?:\s{JOINT}{{1,3}}\s{PART}){{2,}}|(?:\s{PART}){{2,}})(?![^\W_])"
)
ODD = r"*_~`#|^=\\\u00a1\u00a4-\u00bf\u00d7\u2016-\u2025\u2190-\u2bff\u3001-\u303f\u30fb\U0001f000-\U0001faff"
AROUND = re.compile(rf"[{ODD}]+(?!\d)|[\"'()\[\]](?![a-z]\b)|\.\.\.")  # words, not numbers: #1
JOINED_RUN = re.compile(
    rf"(?<!{LETTER}){LETTER}+(?:(?:{JOINT}{{1,3}}{LETTER}+)+|(?=\s?[{ODD}])|\.\.\.)|[{ODD}]\s?{LETTER}+"
    rf"|[\"'(]{LETTER}+[\"')]|\[{LETTER}+\](?=\s\[)|(?<=\]\s)\[{LETTER}+\]"
)
STRETCHED = re.compile(r"([a-z])\1{2,}")  # saaale, freeee
GLUED = re.compile(rf"(?<=#)[a-z]{{6,99}}|(?<!{LETTER})[a-z]{{18,400}}(?!{LETTER})")
DIGITS = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i"}
MADE_UP = str.maketrans(DIGITS | {"\u20ac": "e", "\u00a3": "l", "\u00a2": "c", "|": "l"})
MADE_UP_TOO = MADE_UP | str.maketrans("1!", "ll")
FIGURES = re.compile(r"[\d@$!|\u20ac\u00a3\u00a2](?:(?=[a-z])|(?<=[a-z].)(?:(?<!!)|!*[\d@$|\u20ac\u00a3\u00a2]))")
FIGURED = re.compile(r"[a-z0-9@$!|\u20ac\u00a3\u00a2]{3,40}")  # fr33, d1scount, s@le
MEASURED = re.compile(r"\d+(am|pm|st|nd|rd|th|hr?s?|mins?|days?|k?g|k?m|[gm]b|x)")  # 3pm, 1st: no words
DRAWN_OUT = ("aaa", "eee", "iii", "ooo", "uuu")  # one of these or of the next two is in all that is pulled apart
APART = re.compile(rf"\s(?:{LETTER}\s{LETTER}(?![^\W_])|[a-z]{{18}})")
SIGNED = re.compile(
    rf"[\d{SIGNS}](?:(?<={LETTER}{JOINT}){SHORTENED}{JOINT}{{0,2}}(?:(?<=-)\s)?(?={LETTER})"
    rf"|(?<=[{ODD}])(?:\s?{LETTER}|(?<=\w\s.)(?!\d)|(?<=\w.)(?!\d))"
    rf"|(?<=[a-z]{{18}}.)|(?<=\.\.\.)\s?[a-z]|(?<=[\"')\]]\s[\"'(\[])"
    rf"|(?<=[\d@$\u20ac\u00a3\u00a2])(?:[a-z]{{3}}|(?<=[a-z].)[a-z]|(?<=[a-z]{{2}}.)\d?(?!\w)))"
)


def normalised(text: str) -> str:
    """Return the text as it is judged: letters folded, nothing invisible, plain quotes, single spaces, no case.

    Example:
        >>> normalised("20%  O\u200bff: \u0441\u043bassic_L\u00e1mps")
        '20% off: c\u043bassic lamps'
    """
    return spaced(folded(text))


def spaced(text: str) -> str:
    """Return a folded text with single spaces."""
    return " ".join(text.replace("_", " ").split())


def folded(text: str) -> str:
    """Return a text with its letters folded, nothing invisible and plain quotes; white space is as it was."""
    text = bare(text)
    if text.isascii():
        return text.casefold()
    return OTHERS.sub(_folded, text).casefold()


def _folded(others: re.Match[str]) -> str:
    return "".join(map(_letter, others[0]))


@lru_cache(maxsize=8192)
def _letter(letter: str) -> str:
    """Return what one character that is not ASCII folds to: no neighbour changes it."""
    text = unicodedata.normalize("NFKD", INVISIBLE.sub("", letter).translate(ENCLOSED))
    text = "".join([each for each in text if each.isascii() or unicodedata.category(each) not in MARKS])
    return INVISIBLE.sub("", text).translate(CAPITALS).casefold().translate(LOOK_ALIKES).translate(QUOTES)


def placed(text: str) -> tuple[str, list[int]]:
    """Return the normalised text, and for each of its characters the place in the text that it was made of.

    Example:
        >>> placed("O\u200bff  now")
        ('off now', [0, 2, 3, 4, 6, 7, 8])
    """
    plain: list[str] = []
    places: list[int] = []
    start = 0
    for line in text.splitlines(keepends=True):
        said = line.splitlines()[0]
        for letter, place in [*bare_places(said), *[(" ", len(said))] * (len(said) < len(line))]:
            for each in folded(letter).replace("_", " "):
                space = each.isspace()
                if space and (not plain or plain[-1] == " "):
                    continue
                plain.append(" " if space else each)
                places.append(start + place)
        start += len(line)
    end = len(plain) - (plain[-1:] == [" "])
    return "".join(plain[:end]), places[:end]


def pulled_apart(text: str) -> bool:
    """Whether anything in a folded text may have been pulled apart, drawn out or written with signs."""
    return any(each in text for each in DRAWN_OUT) or bool(APART.search(text) or SIGNED.search(text))


def spelt_out(text: str) -> frozenset[str]:
    """Return the words of a folded text whose letters stand one by one: `S A L E`, `s.a.l.e`, `s-a-l-e`."""
    return frozenset(word for match in SPELT.finditer(text) for word in _together(match).split())


def spread(text: str) -> str:
    """Return a folded text with a space for each joint."""
    return spaced(JOINED.sub(" ", AROUND.sub(" ", text)))


def pulled_together(text: str) -> str:
    """Return a folded text with letters and parts put together; empty where its words are as they were.

    Figures in words are letters, and words without spaces between them are parted.
    """
    if not any(pattern.search(text) for pattern in (JOINED, FIGURES, STRETCHED, GLUED, SPELT)):
        return ""
    whole = SPELT.sub(_together, text)
    whole = WORD.sub(_shrunk, whole) if STRETCHED.search(whole) else whole
    readings = [AROUND.sub(" ", GLUED.sub(_parted, JOINED.sub("", each))) for each in _lettered(whole)]
    return spaced(" . ".join(readings))


def _together(match: re.Match[str]) -> str:
    """Return the letters as a word, parted if it is several; where an article may stand before them, also without."""
    word = "".join([each for each in match[0] if each.isalnum() or each in "%$€£"])
    if not any(map(str.isdigit, word)):
        word = "".join(filter(str.isalpha, word))
    also = f" {word[1:]}" if match[0][0] in "ai" and match[0][1].isspace() else ""
    return (parted(word) if len(word) > LONGEST_SPELT else word) + also


def _shrunk(match: re.Match[str]) -> str:
    """Return a word of which no letter is drawn out."""
    twice = STRETCHED.sub(r"\1\1", match[0])
    return twice if twice in vocabulary() else STRETCHED.sub(r"\1", match[0])


def _parted(match: re.Match[str]) -> str:
    return parted(match[0])


def _lettered(text: str) -> Iterator[str]:
    """Yield a text as it is, and with letters for the figures in its words; where `1` may be two, once with each."""
    yield text
    first = FIGURED.sub(partial(_word, MADE_UP), text) if FIGURES.search(text) else text
    if first != text:
        yield first
        second = FIGURED.sub(partial(_word, MADE_UP_TOO), text)
        if second != first:
            yield second


def _word(signs: Mapping[int, str | int], match: re.Match[str]) -> str:
    figured, said = match[0], match[0].rstrip("!")
    if said.isalpha() or MEASURED.fullmatch(said):
        return figured
    letters = sum(map(str.isalpha, said))
    word = said.translate(signs)
    return word if 4 * letters >= len(said) > letters and word.isalpha() else figured
