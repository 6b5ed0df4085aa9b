"""Signs that are not what they look like are named by their code points; what a script or an emoji needs is left."""

import pytest

from serving.linting.signs import hidden


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("o\u200bff", [(1, "U+200B ZERO WIDTH SPACE cannot be seen")]),
        ("o\u00adff", [(1, "U+00AD SOFT HYPHEN cannot be seen")]),
        ("\ufeffoff", [(0, "U+FEFF ZERO WIDTH NO-BREAK SPACE cannot be seen")]),
        ("o\x07ff", [(1, "U+0007 a control character cannot be seen")]),
        ("s\u0430le", [(1, "U+0430 CYRILLIC SMALL LETTER A looks like `a`")]),
        ("\u0405ale", [(0, "U+0405 CYRILLIC CAPITAL LETTER DZE looks like `S`")]),
        ("sa\u217ce", []),
        ("fr\u03bfm", [(2, "U+03BF GREEK SMALL LETTER OMICRON looks like `o`")]),
        ("it is \u0430 gift", [(6, "U+0430 CYRILLIC SMALL LETTER A looks like `a`")]),
        ("a\u202eb", [(1, "U+202E RIGHT-TO-LEFT OVERRIDE turns the direction in which it is read")]),
        ("a\u200fb", [(1, "U+200F RIGHT-TO-LEFT MARK turns the direction in which it is read")]),
        (
            "\U0001d5e2\U0001d5f3f",
            [
                (0, "U+1D5E2 MATHEMATICAL SANS-SERIF BOLD CAPITAL O looks like `o`"),
                (1, "U+1D5F3 MATHEMATICAL SANS-SERIF BOLD SMALL F looks like `f`"),
            ],
        ),
        (
            "\uff2f\uff26",
            [
                (0, "U+FF2F FULLWIDTH LATIN CAPITAL LETTER O looks like `o`"),
                (1, "U+FF26 FULLWIDTH LATIN CAPITAL LETTER F looks like `f`"),
            ],
        ),
        (
            "\U0001d5e2 x \U0001d5e2\U0001d5f3 \U0001d5e2",
            [
                (4, "U+1D5E2 MATHEMATICAL SANS-SERIF BOLD CAPITAL O looks like `o`"),
                (5, "U+1D5F3 MATHEMATICAL SANS-SERIF BOLD SMALL F looks like `f`"),
            ],
        ),
        ("sa\u200dle", [(2, "U+200D ZERO WIDTH JOINER cannot be seen")]),
    ],
    ids=range(15),
)
def test_a_hidden_sign_is_named(text: str, expected: list[tuple[int, str]]) -> None:
    """Its place, its code point, its name, and what is wrong with it."""
    assert [(sign.place, sign.words) for sign in hidden(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Your parcel A-7 is late; it’s 5 °C – “really”, naïve, Zoë, Łódź, ﬁne, m², No. 1™",
        "Привет, Анна. Ваш заказ A-7 и Б-5 уже в пути",
        "Η παραγγελία σας A-7 έφτασε",
        "طلبك A-7 في الطريق\u200f وصل می\u200cشود",
        "आपका पार्सल क्\u200dष A-7",
        "荷物ＡＢＣは金曜日に届きます",
        "❤️ 👩‍👩‍👧 👍🏽 1️⃣ 🇬🇧🇫🇷 🏴󠁧󠁢󠁥󠁮󠁧󠁿 Ⓜ️ 🅿️",
        "two\nlines\tand a\u00a0space",
    ],
    ids=range(8),
)
def test_what_belongs_to_a_script_or_an_emoji_is_left(text: str) -> None:
    """Quotes, accents, other alphabets, joiners where they join, flags."""
    assert hidden(text) == []
