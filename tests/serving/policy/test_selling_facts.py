"""Facts that sell by themselves, whoever vouches for them, and the everyday ones that must not be taken for it."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from model.contracts import Message
from serving.policy import selling_facts
from serving.policy.fact_names import words_of
from serving.policy.limits import Limits
from serving.policy.policy import make_policy
from serving.policy.selling_facts import FACT_RULES, SAYS, SUSPECTS, said, sells, sold_by
from serving.policy.templates import Template
from serving.policy_files.templates import shipped_wording
from tests.occasions import about, candidate, codes, decided, event
from tests.spoiling import Draw

SELLS = """
reason: 50 % more | fact_percentage
reason: 50 Prozent | fact_percentage
status: 50 % auf alles | fact_percentage
item: 20 % more lamp | fact_percentage
note: www.shop.example | fact_link
note: shop.example/x | fact_link
note: https://x.example | fact_link
note: s\u200bhop.de | fact_link
note: x.com/sale | fact_link
reason: mail to us@shop.example | fact_link
to_do: to order call 0800 123 4567 | fact_link
note: Bestellen unter 0800 1234567 | fact_link
note: SAVE20 | fact_code
note: your code is Save20 | fact_code
reason: use SUMMER-25 today | fact_code
reason: Code HELLO eingeben | fact_code
reason: code ETE2026 | fact_code
place: 25OFFERS | fact_code
reason: только 500 руб | fact_price
note: 12 EUR | fact_price
note: €5 | fact_price
what: 5 € | fact_price
reason: 现在只要 99 元 | fact_price
place: five shops, 20 dollars | fact_price
reason: Nobody was there. Buy more now. | fact_prose
parcel: A-7 is late! Come and see us | fact_prose
promo_code: SUMMER-25 | fact_code
offer_url: https://x.example | fact_link
reason: Rabatt | foreign_offer
reason: un bon d'achat | foreign_offer
amount: 20 descuentos | foreign_offer
code: скидка | foreign_offer
place: 全场五折 | foreign_offer
reason: ส่วนลด | foreign_offer
when: завтра, а лампа теперь только 500 рублей | fact_price
when: piątek, lampa tylko 5 złotych | fact_price
when: pátek, lampa jen 99 korun | fact_price
reason: csak 500 Ft | fact_price
reason: sadece 5 TL | fact_price
reason: 5 reais só hoje | fact_price
when: Freitag, Lampe jetzt 9,90 statt 19,90 | fact_price
when: Freitag 9.90 instead of 19.90 | fact_price
reason: 9,90 вместо 19,90 | fact_price
reason: минус 50 процентов | fact_percentage
reason: Cuma, lamba yüzde 50 ucuz | fact_percentage
reason: 50퍼센트 | fact_percentage
reason: 50パーセント | fact_percentage
reason: ½ Preis | fact_percentage
reason: use LAMPE10 | fact_code
when: Freitag NEU2026 eingeben | fact_code
reason: HELLO at checkout | fact_code
when: Friday +49 800 1234567 anrufen und Lampe holen | fact_link
reason: call us on 0800 1234567 | fact_link
note: shop dot com | fact_link
note: www shop com | fact_link
note: shop . de | fact_link
link: shop.example jetzt neue Lampen kaufen | fact_prose
""".strip().splitlines()
SERVES = """
parcel: A-7
parcel: 1Z999AA10123456784
order: ORD-4711
order: SAVE20
booking_reference: SUMMER-25
code: 4711
otp: 482913
flight: BA117
reason: order ORD-4711 was split
reason: flight BA117 was late
reason: GATE12 is closed
reason: error code TIMEOUT
what: your order 4711 0815 4242
tracking_url: https://x.example/1
pickUpLink: x.example/1
page: https://shop.example/pricing
email: k***@example.org
driver: J.Smith
place: St.Mary's Hospital
place: 12 Pound Lane
document: passport.pdf
what: passport.pdf
progress: 80 %
status: 80 % done
status: 80 % erledigt
battery_level: 12%
exchange_rate: 1.5 %
item: shirt, 100 % cotton
item: milk, 3.5 %
amount: 310 EUR
refunded: £48.00
total_due: 12 EUR
weight: 12.50 kg
window: between 2 and 4 pm
starts_at: 9.30 a.m. Monday
starts_at: Fri. 21 Nov.
reason: nobody was there
reason: la livraison a échoué
reason: niemand war zu Hause
reason: 家里没有人
to_do: call the driver on 0171 2345678
device: Firefox on Windows
changed_to: 4 Mill Lane, Leeds
cause: a cable was damaged
driver: anrufen unter 0171 2345678
size: 6 ft by 3 ft
when: Friday, 9.30 instead of 10.30
when: Freitag 9 statt 10 Uhr
place: the yard in use at gate 4
tracking_url: https://x.example/1 (PDF)
item: What If? Serious Scientific Answers
""".strip().splitlines()


def told(line: str) -> tuple[str, str]:
    """Return name and value of a line."""
    name, _, value = line.partition(": ")
    return name, value


@pytest.mark.parametrize("line", SELLS)
def test_a_value_that_sells_is_found_by_its_rule(line: str) -> None:
    """Whatever the language, by the name of its fact."""
    fact, _, rule = line.partition(" | ")
    assert sells(*told(fact)) == rule


@pytest.mark.parametrize("line", SERVES)
def test_everyday_values_sell_nothing(line: str) -> None:
    """Ids, files, names, times, streets, and what the fact is named for."""
    assert sells(*told(line)) is None


def test_what_is_waved_through_would_have_been_found_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    """The short way and the long way agree, on every word that any rule knows, beside numbers and in sentences."""
    known = sorted(SUSPECTS | {"percent", "euro", "dollar", "code", "Friday", "gate", "order", "call", "buy"})
    forms = ("{}", "12 {}", "{} 12", "{}12", "12{}", "{}-25", "the {} it", "{} HELLO", "{} HELLO 12", "{}: 0800 123")
    values = [form.format(word) for word in known for form in forms]
    values += [form.format(word.upper()) for word in known for form in forms]
    short = [sells("note", value) for value in values]
    monkeypatch.setattr(selling_facts, "harmless", lambda _: False)
    assert short == [sells("note", value) for value in values]
    assert len(set(short)) > 4


SIGNS = "abcoftxCOFTABZ0123456789 :,'/+-"
PARTS = ["c/o", "C/O", "o/o", "1/2", "20", "0800 123 4567", "Ft", "x", "call", "order", "2026-11-23", "14:00", "off"]


@pytest.mark.parametrize("seed", range(4))
def test_what_has_no_two_letters_in_a_row_is_judged_as_the_long_way_judges_it(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Identifiers, dates, times and numbers, whole or in pieces: waved through, and the long way finds nothing."""
    draw = Draw(seed)
    values = []
    for _ in range(600):
        pieces = [
            draw.pick([draw.pick(SIGNS), draw.pick(SIGNS), draw.pick(PARTS)]) for _ in range(draw.pick([1, 3, 9, 14]))
        ]
        values.append("".join(pieces))
    short = [(sells("note", value), sold_by({"note": value}, None, english=True)) for value in values]
    monkeypatch.setattr(selling_facts, "harmless", lambda _: False)
    monkeypatch.setattr(selling_facts, "BARE", re.compile("(?!)"))
    assert short == [(sells("note", value), sold_by({"note": value}, None, english=True)) for value in values]
    assert len({sold for sold, _ in short}) > 1


@pytest.mark.parametrize("value", [7, -7.5, 0, True, None, [], {"a": 1}, "", "4711"])
def test_what_is_no_text_sells_nothing(value: Any) -> None:
    """A number is a number."""
    assert sells("note", value) is None


@pytest.mark.parametrize("family", ["account", "request", "reminder", "shipment"])
def test_a_sum_may_stand_anywhere_where_the_event_is_about_their_money(family: str) -> None:
    """A status may name what was refunded; a parcel's delay names no price."""
    assert sells("status", "£48.00 went back", about=family) == ("fact_price" if family == "shipment" else None)


def test_a_name_that_sells_permits_nothing_even_there() -> None:
    """Neither a sum nor an address."""
    values = ("£48.00", "k***@example.org")
    assert [sells("offer", value, about="account") for value in values] == ["fact_price", "fact_link"]


def test_an_address_may_stand_where_the_event_is_about_their_details() -> None:
    """Changed to which, and by whom; a link is a link there, too."""
    values = ("k***@example.org", "see www.shop.example")
    assert [sells("changed_to", value, about="account") for value in values] == [None, "fact_link"]


def test_more_than_a_fact_may_have_is_prose() -> None:
    """Nobody could read it anyway: the text is not complete."""
    assert [sells("reason", "x" * size) for size in (160, 161)] == [None, "fact_prose"]


def test_a_name_is_read_word_by_word() -> None:
    """In any spelling; one that sells permits nothing."""
    assert words_of("newTracking_url-2") == {"new", "tracking", "url"}
    assert words_of("discount_code") == frozenset()


def test_all_facts_that_sell_are_named_with_their_rules() -> None:
    """In the order of the message."""
    facts = {"parcel": "A-7", "reason": "50 %", "note": "Rabatt"}
    assert sold_by(facts, event()) == {"reason": "fact_percentage", "note": "foreign_offer"}


def test_every_rule_says_what_it_found_and_what_to_write_instead() -> None:
    """With a source."""
    assert {*FACT_RULES} == {*SAYS}
    assert all(rule.source and rule.suggestion for rule in FACT_RULES.values())


def test_what_decides_can_be_written_down() -> None:
    """For the policy's version."""
    assert json.loads(json.dumps(said())) == said()


UNREAD = (
    "Freitag und die neuen Lampen sind da schau wieder rein",
    "金曜日、新しいランプが入荷しました、ぜひご来店ください",
)
READ = (
    "Freitag, 9 bis 12 Uhr",
    "金曜日の午前",
    "between nine and twelve, but the bell at the gate is broken",
    "x" * 40,
)


@pytest.mark.parametrize("value", UNREAD)
@pytest.mark.parametrize("english", [True, False])
def test_a_second_message_in_another_language_is_prose_among_english_words(value: str, *, english: bool) -> None:
    """More than six words or twenty letters; among words of that language a person has read what is around it."""
    assert sold_by({"when": value}, event(), english=english) == ({"when": "fact_prose"} if english else {})


@pytest.mark.parametrize("value", READ)
def test_a_few_words_of_any_language_and_many_in_english_fill_a_place(value: str) -> None:
    """Days, times and reasons."""
    assert sold_by({"when": value}, event(), english=True) == {}


NOTE = Template(
    id="noted",
    purpose="delivery_update",
    text="Parcel {parcel} comes later: {note} {more}.",
    facts={"parcel": "string", "note": "string", "more": "string"},
    next_step="Reply to change it.",
)


def answered(**facts: str) -> list[tuple[str, str]]:
    """Return reasons and details of a message whose evidence holds all of its facts, word by word."""
    one, known = about(event(data=facts), message=Message(template="noted", facts=facts))
    rules = make_policy(Limits(), [NOTE], shipped_wording())
    answer = decided(one, replace(known, approval="approved"), rules=rules)
    return [(reason.code, reason.detail) for reason in answer.decision.reasons]


def test_an_evidence_that_sells_does_not_make_it_service() -> None:
    """The detail names the fact and what it holds, and repeats nothing of it."""
    found = answered(parcel="A-7", note="it is 50 % more", more="at www.shop.example")
    percentage, link = SAYS["fact_percentage"], SAYS["fact_link"]
    assert found == [("promotional_wording", f"`note` {percentage}; `more` {link}")]


def test_a_value_that_nobody_reads_is_refused_in_an_english_template() -> None:
    """The decision says which fact holds too much."""
    found = answered(parcel="A-7", note=UNREAD[0], more="soon")
    assert found == [("promotional_wording", f"`note` {SAYS['fact_prose']}")]


def test_two_facts_that_sell_only_together_are_found_in_the_text() -> None:
    """Neither is an offer; the finished text is one."""
    halves = {"note": "take one of our special", "more": "offers"}
    assert [sells(name, value) for name, value in halves.items()] == [None, None]
    found = answered(parcel="A-7", **halves)
    assert [code for code, _ in found] == ["promotional_wording"]


def test_a_fact_beside_a_free_text_is_judged_as_well() -> None:
    """Nobody sees it there; whoever put it there meant it."""
    one, known = about(event(data={"parcel": "A-7", "note": "Rabatt"}))
    text = Message(text="Parcel A-7 is late.", next_step="Reply.", facts={"note": "Rabatt"})
    answer = decided(candidate(evidence=one.evidence, message=text), replace(known, approval="approved"))
    assert codes(answer) == ("promotional_wording",)
