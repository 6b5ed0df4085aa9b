"""What a company may have left in a template: every notation of places, markup, urgency, capitals."""

from collections.abc import Callable, Iterator

import pytest

from serving.linting.leftovers import Noted, markup, shouting, unfilled, urgency


def found(look: Callable[[str], Iterator[Noted]], text: str) -> list[str]:
    """The words that were found."""
    return [text[start:end] for start, end, _ in look(text)]


PLACES = """{{1}} #{Name} {Bad} [Name] [[brand]] <name> <<Name>> %NAME% %%first%% %s %1$s %(name)s $first_name *|FNAME|*
##NAME## #name# @@name@@ __NAME__ ___ «First_Name» XXXX xxx XX/XX TBD TBC TBA (name) null undefined NaN"""


@pytest.mark.parametrize(
    "place",
    [
        *PLACES.split(),
        *("{{ name }}", "${First Name}", "<Customer Name>", "(customer name)", "{% if x %}", "lorem ipsum"),
        *("TO" + "DO", "FIX" + "ME", "insert date here", "www.example.com", "{", "}", "«name»", "%@"),
    ],
)
def test_every_notation_of_a_place_is_found(place: str) -> None:
    """As it stands, between other words, at most once or twice."""
    said = found(unfilled, f"Dear customer, {place}: it is late")
    assert (bool(said), all(each in place for each in said)) == (True, True)


@pytest.mark.parametrize(
    "text",
    [
        "100% of $50, 20 % and 30% of it; US$ 30, A$5, 5%",
        "card XXXX 1234, XXXX-XXXX-9911, ****4471, account XX4471, Xmas, XXL, size XL, XX",
        "write to a@b.com or c@d.org; order #12 and #34, gate #B",
        "[your page](https://a.b), 3 < 4 > 2, <b>bold</b>, I <3 it, a_b, x__y",
        "« Bonjour », «Привет», to-do list, (customers only), name, insert your card, nullable, [00000], [ ], (0000)",
    ],
    ids=range(5),
)
def test_what_is_no_place_is_left(text: str) -> None:
    """Sums, masked numbers, addresses, quotes; markup has its own rule."""
    assert found(unfilled, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <b>b</b> <br/> &nbsp; &#39;", ["<b>", "</b>", "<br/>", "&nbsp;", "&#39;"]),
        ('<a href="https://x.y">x</a>', ['<a href="https://x.y">', "</a>"]),
        ("**now** [x](https://a.b)", ["**now**", "](https://a.b)"]),
        ("# Title\n[b]x[/b] <!-- x", ["# ", "[b]", "[/b]", "<!--"]),
        ("<li>a</li><TBODY>b [u]c[/u] <q>d</q>", ["<li>", "</li>", "<TBODY>", "[u]", "[/u]", "<q>", "</q>"]),
        ("R&D; 3 < 4, a & b, #1, **** 4471, from **117 to **118, <name>", []),
    ],
    ids=range(6),
)
def test_markup_is_found(text: str, expected: list[str]) -> None:
    """HTML, its entities, Markdown, the marks of forums."""
    assert found(markup, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("URGENT: call us", ["URGENT"]),
        ("ACTION REQUIRED – your account", ["ACTION REQUIRED"]),
        ("Hello. Your action is needed", ["Your action is needed"]),
        ("[Action needed] x", ["Action needed"]),
        ("It needs your immediate attention!!", ["immediate attention", "!!"]),
        ("Important: x", ["Important:"]),
        ("Act now, don't delay", ["Act now", "don't delay"]),
        ("No action is required. No further action needed.", []),
        ("Your urgent repair is booked for 9. Pay attention to the step. This is an important part.", []),
        ("If further action is needed, we will call.", []),
    ],
    ids=range(10),
)
def test_words_for_urgency_alone_are_found(text: str, expected: list[str]) -> None:
    """Not where they say what is urgent, or that nothing is."""
    assert found(urgency, text) == expected


@pytest.mark.parametrize(
    ("text", "shouts"),
    [
        ("YOUR PARCEL IS LATE", True),
        ("YOUR PARCEL is late, and on its way", False),
        ("OTP 482913", False),
        ("BA117 LHR-JFK", False),
        ("ВАША ПОСЫЛКА ПРИШЛА", True),
        ("荷物は金曜日に届きます OK", False),
        ("", False),
    ],
)
def test_more_than_half_capital_letters_shout(text: str, shouts: bool) -> None:  # noqa: FBT001  (a case)
    """A code or an airport alone does not."""
    assert bool(list(shouting(text))) is shouts
