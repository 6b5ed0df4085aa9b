"""Ways to write a sentence so that only a person reads it: each maps a plain sentence to a disguised one."""

import re
from collections.abc import Callable, Mapping

Disguise = Callable[[str], str]
SMALL = "abcdefghijklmnopqrstuvwxyz"


def within(sign: str) -> Disguise:
    """Return the disguise that puts a sign into the middle of every word of three letters or more."""
    return lambda text: " ".join(
        word if len(word) < 3 else word[: len(word) // 2] + sign + word[len(word) // 2 :] for word in text.split()
    )


def swapped(old: str, new: str) -> Disguise:
    """Return the disguise that writes these letters as those."""
    return lambda text: text.translate(str.maketrans(old, new))


def shifted(capital: int, small: int) -> Disguise:
    """Return the disguise that writes A to Z and a to z as the letters from these code points on."""
    new = [chr(first + place) for first in (capital, small) for place in range(26)]
    return swapped(SMALL.upper() + SMALL, "".join(new))


def spelt(sign: str, gap: str) -> Disguise:
    """Return the disguise that writes letter by letter."""
    return lambda text: gap.join(sign.join(word) for word in text.split())


def around(before: str, after: str) -> Disguise:
    """Return the disguise that puts signs around every word."""
    return lambda text: " ".join(f"{before}{word}{after}" for word in text.split())


def between(sign: str) -> Disguise:
    """Return the disguise that puts this instead of every space."""
    return lambda text: text.replace(" ", sign)


def turned(text: str) -> str:
    """Write it backwards behind a right-to-left override."""
    return f"\u202e{text[::-1]}\u202c"


def humps(text: str) -> str:
    """Write it as one hashtag."""
    return "#" + "".join(word[:1].upper() + word[1:] for word in re.sub(r"[^\w\s%]", "", text).split())


INVISIBLE: Mapping[str, Disguise] = {
    "zero-width space": within("\u200b"),
    "a zero-width space after every letter": "\u200b".join,
    "soft hyphen": within("\u00ad"),
    "word joiner": within("\u2060"),
    "byte order mark": within("\ufeff"),
    "tag character": within("\U000e0061"),
    "variation selector": within("\ufe0f"),
    "right-to-left mark": "\u200f".join,
    "combining marks": lambda text: "".join(f"{each}\u0301\u0334" if each.isalpha() else each for each in text),
}
LETTERS: Mapping[str, Disguise] = {
    "Cyrillic": swapped("aceopxyiABCEHKMOPTX", "асеорхуіАВСЕНКМОРТХ"),
    "Greek": swapped("aivouABEHIKMNOTXYZ", "αινουΑΒΕΗΙΚΜΝΟΤΧΥΖ"),
    "full width": shifted(0xFF21, 0xFF41),
    "mathematical bold": shifted(0x1D400, 0x1D41A),
    "mathematical monospace": shifted(0x1D670, 0x1D68A),
    "circled": shifted(0x24B6, 0x24D0),
    "squared": shifted(0x1F130, 0x1F130),
    "flags": shifted(0x1F1E6, 0x1F1E6),
    "small capitals": lambda text: swapped("abcdefghijklmnoprstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ")(text.lower()),
    "capitals": str.upper,
    "figures of another script": swapped("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "mathematical figures": swapped("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"),
    "another per cent sign": swapped("%", "٪"),
    "a small per cent sign": swapped("%", "﹪"),
    "pc": lambda text: text.replace("%", "pc"),
}
MARKUP: Mapping[str, Disguise] = {
    "entities": lambda text: "".join(each if each.isalnum() or each == " " else f"&#{ord(each)};" for each in text),
    "entities all": lambda text: "".join(f"&#x{ord(each):x};" for each in text),
    "nbsp": between("&nbsp;"),
    "percnt": lambda text: text.replace("%", "&percnt;"),
    "soft hyphen by name": within("&shy;"),
    "bold words": around("<b>", "</b>"),
    "tags in words": within("<i></i>"),
    "styled words": around('<span style="color: red">', "</span>"),
    "comments in words": within("<!-- x -->"),
    "line breaks": between("<br>"),
    "BBCode": around("[b]", "[/b]"),
    "bold in Markdown": around("**", "**"),
    "code in Markdown": around("`", "`"),
    "link escapes": lambda text: text.replace("%", "%25").replace(" ", "%20"),
    "turned around": turned,
}
APART: Mapping[str, Disguise] = {
    "letters by spaces": spelt(" ", "  "),
    "letters by no-break spaces": spelt("\u00a0", "\u00a0\u00a0"),
    "letters by thin spaces": spelt("\u2009", "  "),
    "letters by lines": spelt("\n", "\n\n"),
    "letters by dots": spelt(".", " "),
    "letters by underscores": spelt("_", " "),
    "letters by fire": spelt("🔥", " "),
    "hyphens in words": within("-"),
    "stars in words": within("*"),
    "commas in words": within(","),
    "emoji in words": within("✨"),
    "hyphens at line ends": within("-\n"),
    "lines": between("\n"),
    "tabs": between("\t\t"),
    "dots for spaces": between("."),
    "emoji for spaces": between("🎉"),
    "emoji between words": between(" 🎉 "),
    "hashtags": around("#", ""),
    "one hashtag": humps,
    "no spaces": lambda text: text.replace(" ", "").lower(),
    "3": swapped("e", "3"),
    "1": swapped("i", "1"),
    "0": swapped("o", "0"),
    "@": swapped("a", "@"),
    "$": swapped("s", "$"),
    "drawn out": lambda text: re.sub(r"([aeiou])(?=\w)", r"\1\1\1\1", text),
}
GROUPS = {"invisible": INVISIBLE, "letters": LETTERS, "markup": MARKUP, "apart": APART}
EVERY = {name: disguise for group in GROUPS.values() for name, disguise in group.items()}
