"""Which texts the veto on wording can judge: English in all its forms, and nothing else."""

import json
from pathlib import Path

import pytest

from serving.policy.english_words import ENGLISH, SHARED
from serving.policy.foreign_words import EVERYDAY, IN_NAMES
from serving.policy.language import judgeable
from serving.policy_files.templates import shipped_templates
from tests.serving.policy.other_languages import SAID, SENTENCES

DATA = Path(__file__).resolve().parents[3] / "data" / "wording"
MOST_MISTAKEN = 0.005  # of English texts
ENGLISH_TEXTS = """
Parcel A-7: Friday 9-11
OTP 482913
Code 4711
Flight BA117 delayed
Gate B12
Ticket Müller
YOUR PARCEL A-7 IS LATE
Hi Priya, your OTP is 482913.
Dear Customer, kindly note that your a/c no. XX4711 has been debited with INR 500.
Your rego is due 3 May, mate.
Pls collect your parcel at the void deck tmr, thx lah
Your table at El Nido de las Flores is booked for 8 pm.
Ms Van der Berg, your appointment at Königstraße 12 moved to 10:15.
We could not deliver to São Paulo: the airport of Guarulhos is closed.
{{1}}, your parcel {{2}} is at [Brand].
Hi {name}, parcel {parcel} arrives on <date>. Track it: https://example.com/de/sendung?x=1
Your jollof is on its way with Kwame.
Don’t worry – the courier’s van is “nearly there”.
Your résumé was received; the café opens at 9.
𝐘𝐨𝐮𝐫 parcel is here 📦
The motor draws 12 Ω and 5 µA.
Wed 9-11
Is pricing unclear?
Thanks! Reply STOP to end.
""".strip().splitlines()
NAMED = """
Dr Anna Maria Okonkwo Bello will see you at Saint Mary Hospital on Friday.
Hi Frau Schmidt and Herr Meyer, your table for two is ready at seven.
Your parcel goes to Königstraße 12, Berlin Mitte.
YOUR ORDER IS READY AT THE COUNTER. ASK FOR PRIYA.
We fly to 🇮🇸 Reykjavik and 🇲🇹 Malta from March.
Press Ctrl B to make your text bold, then A or B.
Write to care@shop.example or look at https://shop.example/neue/lampen for your order.
""".strip().splitlines()
IN_CAPITALS = """
Schau Wieder Rein Und Hol Dir Die Neue Lampe
SCHAU WIEDER REIN UND HOL DIR DIE NEUE LAMPE
Kup Nowa Lampe W Naszym Sklepie
Compra Ahora Tu Nueva Lampara En Nuestra Tienda
NEUE LAMPEN DA
Bitte Jetzt
🅝🅔🅤🅔 🅛🅐🅜🅟🅔🅝
🇳🇪🇺🇪 🇱🇦🇲🇵🇪🇳
N e u e L a m p e n
N-e-u-e L-a-m-p-e-n
schau@ wieder@ rein@ neue@ lampen@
//schau://mal://wieder://rein://neue
⠝⠑⠥⠑ ⠇⠁⠍⠏⠑⠝
""".strip().splitlines()
NOT_WORDS = ["", "   ", "!!!", "🎉🎉", "…", "482913", "A-7", "{{1}}", "{name} {text}", "www.example.com", "a b c d"]
DISGUISED = ["S\u0430le today for you", "Your parcel arrives \u4e94 \u6298", "Y o u r  p a r c e l", "Acme Müller GmbH"]


@pytest.mark.parametrize("text", ENGLISH_TEXTS)
def test_english_in_any_form_can_be_judged(text: str) -> None:
    """However short; with names, places, codes and places to fill; Indian, Nigerian, Singaporean, Australian."""
    assert judgeable(text) is True


@pytest.mark.parametrize(
    ("language", "text"), SENTENCES, ids=[f"{language}-{place}" for place, (language, _) in enumerate(SENTENCES)]
)
def test_no_text_in_another_language_can_be_judged(language: str, text: str) -> None:
    """Latin letters or others, as people type them, or half and half; one word or a whole message."""
    assert (language, judgeable(text)) == (language, False)


@pytest.mark.parametrize("text", NAMED)
def test_names_and_links_among_english_words_are_nothing_else(text: str) -> None:
    """Of people, places and languages; capitals in a whole message; a flag, a key, an address."""
    assert judgeable(text) is True


@pytest.mark.parametrize("text", IN_CAPITALS)
@pytest.mark.parametrize("before", ["You are on the pricing page. ", "Your parcel A-7 now arrives on Friday! " * 9])
def test_another_language_does_not_hide_in_capitals_or_signs(before: str, text: str) -> None:
    """A row of capitals is no row of names; letters as pictures and what only looks like a link are read by nobody."""
    assert judgeable(before + text) is False


@pytest.mark.parametrize("text", [*NOT_WORDS, *DISGUISED])
def test_what_holds_no_english_words_cannot_be_judged(text: str) -> None:
    """Signs, numbers and names alone, letters pulled apart, and letters of another alphabet among Latin ones."""
    assert judgeable(text) is False


def test_there_are_enough_languages_with_enough_sentences() -> None:
    """At least twenty languages, at least six sentences of each."""
    assert (len(SAID) >= 20, min(len(said.strip().splitlines()) for said in SAID.values())) == (True, 6)


def test_the_project_s_own_english_can_be_judged() -> None:
    """At most one text in two hundred of data/wording is taken for another language's."""
    texts = [
        json.loads(line)["text"]
        for path in sorted(DATA.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    mistaken = [text for text in texts if not judgeable(text)]
    assert len(mistaken) <= MOST_MISTAKEN * len(texts), mistaken[:5]


@pytest.mark.parametrize("template", shipped_templates(), ids=lambda template: template.id)
def test_every_shipped_template_can_be_judged(template: object) -> None:
    """Its own words, without what is filled in."""
    assert judgeable(str(getattr(template, "text", ""))) is True


@pytest.mark.parametrize("foreign", ["Compra ahora mismo todo.", "Nur heute alles billig.", "Kharido aaj hi bhai."])
@pytest.mark.parametrize("before", [1, 20])
def test_a_sentence_of_another_language_is_found_behind_many_english_ones(foreign: str, before: int) -> None:
    """English before it does not outweigh it."""
    assert judgeable(f"{'Your parcel arrives on Friday. ' * before}{foreign}") is False


@pytest.mark.parametrize("text", ["{" * 100_000, "ab" * 50_000, "a'" * 50_000, "@" * 100_000, "\u5168" * 100_000])
def test_a_hundred_thousand_characters_are_read_once(text: str) -> None:
    """Whatever they are; the suite would stand still otherwise."""
    assert judgeable(text) is False


def test_the_lists_do_not_contradict_each_other() -> None:
    """A word is English or shared, never both; the lists hold plain small letters."""
    assert not ENGLISH & SHARED
    odd = [word for word in ENGLISH | SHARED | EVERYDAY | IN_NAMES if not (word.isascii() and word == word.lower())]
    assert odd == []
