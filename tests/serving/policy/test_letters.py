"""Words in disguise: other alphabets, marks, circles, flags, and letters pulled apart."""

import time
import unicodedata

import pytest

from serving.policy.letters import folded, normalised, pulled_together, spread
from tests.worded import judge, judge_anew

DISCOUNTS = [
    "díscöünt",
    "d\u0336i\u0336s\u0336c\u0336o\u0336u\u0336n\u0336t\u0336",  # struck through
    "ḋịṡċọụṇṭ",
    "ⓓⓘⓢⓒⓞⓤⓝⓣ",
    "🄳🄸🅂🄲🄾🅄🄽🅃",
    "🅳🅸🆂🅲🅾🆄🅽🆃",
    "🅓🅘🅢🅒🅞🅤🅝🅣",
    "⒟⒤⒮⒞⒪⒰⒩⒯",
    "🇩🇮🇸🇨🇴🇺🇳🇹",
    "ᴅɪsᴄᴏᴜɴᴛ",
    "diѕсоunt",  # Cyrillic
    "DІSСОUNТ",
    "disc\u03bfunt",  # Greek omicron
    "DISC\u039fU\u039dT",
    "dıscount",  # without its dot
    "d i s c o u n t",
    "D I S C O U N T",
    "d.i.s.c.o.u.n.t",
    "D-I-S-C-O-U-N-T",
    "d·i·s·c·o·u·n·t",
    "dis-count",
    "dis.count",
    "dis·count",
    "dis\u2011count",
    "dis\u2022count",
    "dis_count",
    "dis*count",
    "d/i/s/c/o/u/n/t",
    "d\u200b i\u200b s c o u n t",
]


@pytest.mark.parametrize("word", DISCOUNTS)
def test_a_word_is_read_as_it_looks(word: str) -> None:
    """Whatever the code points are, the customer reads `discount`."""
    assert judge(f"Parcel A-7: a {word} is kept for you.").codes == ("promotional_wording",)


@pytest.mark.parametrize(
    "text",
    [
        "Big S A L E for A-7",
        "S A L E",
        "S A L E  N O W",
        "S\nA\nL\nE",
        "F.R.E.E",
        "Here is a vou-cher",
        "Black-Friday is here",
        "cash·back for A-7",
        "half-price lamps",
        "shop-now",
        "Buy-now",
        "last-chance to order",
        "flаsh sаle",
        "🇸🇦🇱🇪 ends today",
    ],
)
def test_phrases_are_put_together_again(text: str) -> None:
    """Letters one by one, and words joined or cut by hyphens and dots."""
    assert judge(text).codes == ("promotional_wording",)


@pytest.mark.parametrize(
    "text",
    [
        "Parcel A-7 is at the pick-up point in Saint-Denis. Reply if you can-not come.",
        "Your courier comes at 2 p.m., i.e. after lunch.",
        "Your code is A B C D. Your seat is in row F.",
        "Your sign-up for the course on Friday is confirmed.",
        "Your check-in at the counter begins at 9:00.",
        "Ваша посылка A-7 приедет в пятницу.",
        "Το δέμα σας A-7 φτάνει την Παρασκευή.",
        "お荷物 A-7 は金曜日に届きます。",
        "Ihr Paket A-7 kommt am Freitag; die Straße ist gesperrt.",
        "Votre colis arrive vendredi à 9 h. Répondez si cela ne convient pas.",
        "तपाईंको पार्सल A-7 शुक्रबार आउँछ।",
        "Reply STOP to un-subscribe.",
        "Your one-off payment was received. The back-up is complete.",
    ],
)
def test_ordinary_hyphens_dots_and_scripts_pass(text: str) -> None:
    """Service in any language, with its abbreviations and compounds."""
    assert judge(text).findings == ()


def test_the_normal_form_is_plain() -> None:
    """One form for marks, look-alikes, enclosed letters, case, quotes and spaces."""
    assert normalised("  Ça  ⓥа\u0301\u200b \u201cＮ\u201d_x ") == 'ca va "n" x'


def test_the_normal_form_is_its_own() -> None:
    """Normalising twice changes nothing, for any of the first sixty-five thousand characters."""
    odd = [
        character
        for code in range(0x20, 0xD800)
        if normalised(once := normalised(character := f"a{chr(code)}b")) != once
    ]
    assert [unicodedata.name(each[1], each) for each in odd] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain words here", ["plain words here", ""]),
        ("vou-cher", ["vou cher", "voucher"]),
        ("s a l e", ["s a l e", "sale"]),
        ("s a l e  n o w", ["s a l e n o w", "sale now"]),
        ("a b", ["a b", ""]),
        ("a-7 and 7-9", ["a-7 and 7-9", ""]),
        ("is it a b or c", ["is it a b or c", ""]),
    ],
)
def test_two_more_readings_of_what_is_pulled_apart(text: str, expected: list[str]) -> None:
    """With a space for each joint, and with none; no second one where nothing is joined."""
    assert [spread(text), pulled_together(text)] == expected


@pytest.mark.parametrize(
    "piece", ["a ", "a.", "a-", "ab-", "s a l e ", "a\u0301", "а", "a  ", "-", ". ", "x_", "dis-count "]
)
def test_time_is_linear_in_what_is_pulled_apart(piece: str) -> None:
    """Ten times the text takes at most some thirty times as long."""

    def seconds(text: str) -> float:
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            judge_anew(text)
            best = min(best, time.perf_counter() - start)
        return best

    short, long = piece * 400, piece * 4000
    judge_anew(short)
    assert seconds(long) < 30 * seconds(short) + 0.05


@pytest.mark.parametrize(
    "text", ["c-a-n-c-e-l-l-a-t-i-o-n", "Your l-i-m-i-t is $10,000.", "c*o*l*l*e*c*t it on Friday"]
)
def test_a_spelt_out_word_that_sells_nothing_passes(text: str) -> None:
    """Parts of cut words are no words of their own."""
    assert judge(text).codes == ()


def test_letters_fold_alone_as_they_do_in_a_row() -> None:
    """No neighbour changes what a character becomes."""
    letters = [chr(code) for code in range(0x80, 0xD800) if code != 0x202E]  # which turns what follows
    assert folded("".join(letters)) == "".join(map(folded, letters))
