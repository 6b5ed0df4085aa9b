"""Letters as a customer sees them: one plain form for what looks the same, and what was pulled apart put together.

NFKD without combining marks, enclosed letters and flags as letters, letters of other alphabets that look Latin as the
Latin ones (after Unicode UTS #39, confusables; the common ones). Text in those alphabets is only ever read here for
English phrases, so what becomes of it does not matter. Time is linear in the text.
"""

import re
import unicodedata

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"'})
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

JOINT = r"[-._*~/|+\u00b7\u2010-\u2015\u2022\u2027\u2043\u2212\u2219\u22c5\u30fb]"
LETTER = r"[^\W\d_]"
JOINED = re.compile(rf"{JOINT}(?<={LETTER}.){JOINT}{{0,2}}(?={LETTER})")  # what comes first is found fastest
SPELT = re.compile(rf"(?<![^\W_]){LETTER}(?:(?:\s|{JOINT}){LETTER}){{2,}}(?![^\W_])")
JOINED_RUN = re.compile(rf"(?<!{LETTER}){LETTER}+(?:{JOINT}{{1,3}}{LETTER}+)+")
APART = re.compile(rf"{JOINED.pattern}|\s{LETTER}\s{LETTER}(?![^\W_])")  # what neither of the two does without


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
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKD", INVISIBLE.sub("", text).translate(ENCLOSED))
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
    for place, letter in enumerate(text):
        for each in folded(letter).replace("_", " "):
            space = each.isspace()
            if space and (not plain or plain[-1] == " "):
                continue
            plain.append(" " if space else each)
            places.append(place)
    end = len(plain) - (plain[-1:] == [" "])
    return "".join(plain[:end]), places[:end]


def spelt_out(text: str) -> frozenset[str]:
    """Return the words of a folded text whose letters stand one by one: `S A L E`, `s.a.l.e`, `s-a-l-e`."""
    return frozenset(word for match in SPELT.finditer(text) for word in _together(match).split())


def pulled_together(text: str) -> tuple[str, str]:
    """Return two other readings of a folded text with joints: a space for each, and letters and parts put together."""
    whole = JOINED.sub("", SPELT.sub(_together, text))
    return " ".join(JOINED.sub(" ", text).split()), spaced(whole)


def _together(match: re.Match[str]) -> str:
    """Return the letters as a word; where an article may stand before them, also without it."""
    word = "".join(filter(str.isalpha, match[0]))
    return f"{word} {word[1:]}" if match[0][0] in "ai" and match[0][1].isspace() else word
