"""Facts that no evidence holds: what is plain enough to be said all the same."""

from typing import Any

import pytest

from model.contracts import Message
from serving.policy.plain import plain, unproved
from tests.occasions import about, candidate, codes, context, decided, event, on_page

ADVERTISEMENT = "50 Prozent Rabatt auf alles, nur heute, shop.example/x"
PLAIN = """
Friday
14:00-16:00
2 p.m.
1 May
nobody was home
A-7
R.2-17
9.30
12/05/2026
Dr. Müller
Пятница
金曜日
gate 12
too late
cup
São Paulo
in the porch
""".strip().splitlines()
NOT_PLAIN = """
shop.example
shop.example/x
WWW.shop
https://x
go to x.io
4711.de
shop。example
ｓｈｏｐ．ｄｅ
s\u200bhop.de
mail@shop
10%
10 ％
10 ٪
50 Prozent
50 percent
ten per cent
20 pct
$5
5 €
€5
￥500
₹ 99
12 EUR
12EUR
EUR12
USD 5
five euros
20 dollars
10 TRY
99 kr
a pound less
one two three four
abcdefghijklmnopqrstuvwxy
a\u200bbcdefghijklmnopqrstuvwxyz
""".strip().splitlines()


@pytest.mark.parametrize("value", [*PLAIN, 7, -7.5, 0])
def test_numbers_and_a_few_plain_words_are_plain(value: Any) -> None:
    """Days, times, places, names and ids, in any script."""
    assert plain(value) is True


@pytest.mark.parametrize(
    "value", [*NOT_PLAIN, ADVERTISEMENT, None, True, [], ["Friday"], {"a": 1}, float("nan"), float("inf"), "", " "]
)
def test_what_can_carry_an_offer_is_not_plain(value: Any) -> None:
    """Links, percentages, money, sentences, and what is neither text nor number."""
    assert plain(value) is False


def test_only_facts_that_the_evidence_does_not_name_have_to_be_plain() -> None:
    """A fact of the same name is compared elsewhere; the others are named in the order of the message."""
    stated = {"reason": ADVERTISEMENT, "parcel": "a very long name for a parcel", "eta": "Friday", "note": "5 %"}
    assert unproved(stated, {"parcel": "A-7"}) == ("reason", "note")


def test_the_detail_names_the_fact_and_not_its_value() -> None:
    """Whoever asked sees which fact it was; the prose is not repeated."""
    one, known = about(event("shipment.failed", data={"parcel": "A-7"}))
    facts = {"parcel": "A-7", "reason": ADVERTISEMENT}
    answer = decided(candidate(evidence=one.evidence, message=Message(template="parcel_failed", facts=facts)), known)
    found = [(reason.code, reason.detail) for reason in answer.decision.reasons]
    assert found[1] == ("facts_missing", "`reason` is not a name in its evidence and no plain value")
    assert (found[0][0], "shop.example" in found[0][1]) == ("promotional_wording", False)


@pytest.mark.parametrize(
    ("text", "data", "expected"),
    [
        ("Is pricing unclear?", {"page": "pricing"}, ()),
        ("You waited 40 seconds.", {"page": "pricing", "seconds": 40}, ("facts_missing",)),
        ("Is pricing unclear?", {"seconds": 40}, ("facts_missing",)),
        ("Is something unclear?", {"page": "pricing"}, ("facts_missing",)),
    ],
)
def test_a_free_text_on_a_page_names_the_page(text: str, data: dict[str, Any], expected: tuple[str, ...]) -> None:
    """A live session does not make a text fit; of a page event, only the page ties a text to it."""
    one, known = on_page()
    assert known.evidence is not None
    seen = event("page.dwelled", time=known.evidence.time, data=data | {"session": "s-1"})
    one = candidate(**{name: getattr(one, name) for name in ("purpose", "channel", "evidence", "session_id")})
    said = candidate(
        purpose=one.purpose,
        channel=one.channel,
        evidence=one.evidence,
        session_id=one.session_id,
        message=Message(text=text, next_step="Ask here."),
    )
    assert codes(decided(said, context(evidence=seen, session=known.session))) == expected
