"""A sentence that sells is refused however it is written, and one that serves is not refused for how it is written."""

from dataclasses import replace

import pytest

from model.contracts import Message
from model.errors import InvalidInput
from serving.policy.letters import normalised, placed
from serving.policy.linear import SILENT
from serving.policy.selling_facts import sells
from serving.policy.templates import own_words, parse, render
from serving.policy.wording import Wording
from tests.occasions import candidate, codes, context, decided, event
from tests.serving.policy.disguises import APART, EVERY, GROUPS

judge = Wording(SILENT).judge  # the rules alone: what the model adds is tested with the model
MARKETING = """
Get 20% off your next order.
Save 30% on all lamps today.
The flash sale ends tonight.
Shop now before it is gone.
Buy one, get one free.
Use code SUMMER at checkout.
Here is a voucher for you.
Enjoy free shipping this week.
Your exclusive discount is waiting.
Upgrade now to the premium plan.
You left something in your cart.
Complete your purchase today.
Refer a friend and earn a bonus.
Please rate us in the app store.
How did we do? Take our survey.
Happy birthday from all of us.
We miss you, come back soon.
Join our newsletter today.
Introducing our new collection.
Recommended for you: the blue lamp.
Black Friday starts now.
Limited time offer.
Only 3 left, hurry.
You have won a prize.
Redeem your reward points now.
Earn double points this week.
Get cashback on every booking.
Special offer just for you.
Claim your free gift today.
Don't miss out on our deals.
Subscribe now and save.
Half price on everything.
Customers also bought these lamps.
You are pre-approved for a loan.
Follow us on Instagram.
Download our app for exclusive deals.
Last chance to save on shoes.
Turn on notifications so you never miss a deal.
Start your free trial today.
Save 10% and order today.
""".strip().splitlines()
SERVICE = """
Your parcel A-7 now arrives on Friday.
Reply to change the address.
We could not deliver your parcel because nobody was at home.
Your appointment on 3 May has moved to 10:15.
Your account was signed in to from a new device in Oslo.
Your payment of $12.00 did not go through.
Please update your card by 3 May.
Your refund of $12.00 is on its way.
Your passport expires on 1 May, as you asked us to remind you.
Your request R-2 is complete.
Card payments did not work between 9:00 and 9:40.
You were not charged twice.
Your table is booked for 19:00.
The courier comes between 2 and 4 pm.
Your code is 482913.
Your password was changed at 10:04.
If this was not you, reply and we will lock the account.
Your order 4711 has left the warehouse.
The water supply is off until 6 pm today.
Your train at 8:14 is cancelled; the next one leaves at 8:44.
Your doctor is ill on Monday; choose another day.
The item that you ordered is ready at the counter.
Your insurance ends on 3 May; pay by then to stay covered.
Your ticket 88 was passed to a technician.
Your internet is down because a cable was damaged.
We expect it to work again by noon.
Your lab results are ready.
Bring your identity card to the appointment.
Your flight BA117 now leaves from gate B12.
The lift in your building is out of order.
Your rent for May has not arrived.
Your delivery address was changed to 4 Mill Lane.
Your repair is finished and can be collected.
The course on Friday starts at 9.
Your visa application has been received.
Your subscription will not renew after 1 May.
Your meter will be read on Tuesday.
The recall concerns your heater; please stop using it.
Your parcel is at the pick-up point until Saturday.
Your driver is two minutes away.
""".strip().splitlines()
SPELT = [name for name in APART if name.startswith("letters by")]
SOME = 3  # sentences of forty that one disguise of a word may hide from the rules
HALF = 20  # sentences of forty: written letter by letter, service is refused where a rule looks for one of its words


def test_the_plain_sentences_are_what_they_are_taken_for() -> None:
    """Every one that sells is refused, none that serves."""
    actual = [[text for text in texts if judge(text).codes] for texts in (MARKETING, SERVICE)]
    assert (actual, len(MARKETING), len(SERVICE)) == ([MARKETING, []], 40, 40)


@pytest.mark.parametrize("name", [name for group in ("invisible", "letters", "markup") for name in GROUPS[group]])
def test_what_reads_the_same_is_judged_the_same(name: str) -> None:
    """Invisible signs, letters that look alike, markup: no marketing passes and no service is refused."""
    texts = [text for text in MARKETING if not judge(EVERY[name](text)).codes]
    assert (texts, [text for text in SERVICE if judge(EVERY[name](text)).codes]) == ([], [])


@pytest.mark.parametrize("name", list(APART))
def test_what_is_pulled_apart_hardly_ever_passes(name: str) -> None:
    """Letters one by one, signs in words, figures for letters, words run together."""
    passed = [text for text in MARKETING if not judge(EVERY[name](text)).codes]
    refused = [text for text in SERVICE if judge(EVERY[name](text)).codes]
    assert (len(passed) <= SOME, len(refused) <= (HALF if name in SPELT else 1)) == (True, True), passed


@pytest.mark.parametrize("name", [name for name in EVERY if name != "no spaces"])
def test_behind_a_service_sentence_it_is_found_as_well(name: str) -> None:
    """One sentence of marketing makes all of it marketing, and the span points into the text."""
    text = f"Your parcel A-7 now arrives on Friday.\n{EVERY[name]('Here is a voucher: get 20% off your next order.')}"
    verdict = judge(text)
    assert verdict.codes == ("promotional_wording",)
    assert all(0 <= start < end <= len(text) for start, end in verdict.spans)


@pytest.mark.parametrize("name", list(EVERY))
def test_every_sign_of_the_plain_form_has_its_place(name: str) -> None:
    """In order, within the text, and the plain form is the one that is judged."""
    for sentence in [*MARKETING[:10], *SERVICE[:10]]:
        text = EVERY[name](f"Hello.\n{sentence}")
        plain, places = placed(text)
        assert plain == " ".join(filter(None, map(normalised, text.splitlines())))
        assert len(places) == len(plain)
        assert places == sorted(places)


@pytest.mark.parametrize(
    "text",
    [
        "Your \u202eulcxe\u202csive offer is here: \u202elaes hs\u202calf, shop \u202ewon\u202c.",
        "&#71;et 20 &percnt; off",
        "20<b>%</b> o<wbr>ff",
        "Fr33 sh1pping on @ll orders, sh0p now.",
        "Fr33 g1ft inside for you.",
        "Big $@le: shop n0w!",
        "Claim your p.r.i.z.e today.",
        "#FlashSale",
        "shopnow",
        "Here is a dis count for you.",
        "Here is a vou\ncher for you.",
        "Save 20 o/o off",
        "Get 20 pc off now.",
        "A <!-- nice --> 20% o<!-- x -->ff for you.",
        "Freeeee giiiift for you, get it now!!! Shop nowwww!",
        "https://x.example/shop%20now",
    ],
)
def test_further_disguises_are_seen_through(text: str) -> None:
    """Words turned around, half in entities, in figures, run together or cut."""
    assert judge(text).codes == ("promotional_wording",)


@pytest.mark.parametrize(
    "text",
    [
        "Your parcel <b>A-7</b> arrives on <i>Friday</i>.",
        "Dear <name>, your order <number> is ready.",
        "Dear [name], your order [order_id] was sent.",
        "Tom &amp; Jerry&#39;s parcel is here.",
        "Your code is 7a3b. Terminal 3b, seat 4a, row b2.",
        "We can't find your address; you're asked to call by 3pm on the 1st.",
        "\u2705 Your order 4711 is packed \U0001f4e6 and on its way.",
        "Pick- up and drop-off are at door B.",
        "The battery is at 20%25 minutes remain.",
        "Your flight BA117 leaves at 9:30, gate B12, seat 14C.",
        "The responsibilities of telecommunications providers changed.",
        "Ref: AB12-C0DE. Bring it to the desk.",
    ],
)
def test_service_with_odd_signs_passes(text: str) -> None:
    """Markup, places, codes, short forms, emoji and long words."""
    assert judge(text).findings == ()


FACTS = ["20% off", "shop now", "free gift", "flash sale", "half price", "Rabatt", "$10 credit to spend"]
KNOWN_TO_PASS = {"drawn out", "no spaces", "$"}  # of these a person, not the veto, sees the rest


@pytest.mark.parametrize("name", [name for name in EVERY if name not in KNOWN_TO_PASS])
@pytest.mark.parametrize("held", [True, False])
def test_a_disguised_fact_is_never_said(name: str, *, held: bool) -> None:
    """Whether its evidence holds it or nobody vouches for it."""
    sent = []
    for plain in FACTS[:6]:
        value = EVERY[name](plain)
        facts = {"parcel": "A-7", "new_eta": value}
        found = event(data=facts if held else {"parcel": "A-7"})
        answer = decided(candidate(message=Message(template="parcel_delayed", facts=facts)), context(evidence=found))
        sent += [plain] * answer.decision.trigger
    assert sent == []


@pytest.mark.parametrize(
    ("parcel", "new_eta"),
    [
        ("A-7 at 20%", "off your next order"),
        ("A-7 shop", "now"),
        ("20%", "off"),
        ("A-7", "Friday. Shop now. Save 20%."),
        ("A-7", "Friday.\nShop online"),
        ("A-7", "{parcel}"),
        ("{new_eta}", "Friday"),
        ("A-7", "{{new_eta}}"),
        ("A-7", "new_eta"),
        ("parcel", "Friday"),
        ("A-7", "<b>Friday</b>"),
        ("A-7", '<a href="https://x.example">Friday</a>'),
        ("A-7", "Friday\u202eyadnuS"),
        ("A-7", "Friday\ud800"),
        ("A-7", "x" * 100_000),
    ],
)
def test_facts_do_not_go_past_their_places(parcel: str, new_eta: str) -> None:
    """Promotion split over facts, sentences, lines, places, names of places, markup, too much: none is sent."""
    facts = {"parcel": parcel, "new_eta": new_eta}
    message = Message(template="parcel_delayed", facts=facts)
    answer = decided(candidate(message=message), context(evidence=event(data=facts)))
    assert (answer.decision.trigger, bool({"promotional_wording", "facts_missing"} & set(codes(answer)))) == (
        False,
        True,
    )


@pytest.mark.parametrize(
    "facts",
    [
        {"parcel": "A-7", "new_eta": "Friday"},
        {"parcel": "B", "new_eta": "2 May"},
        {"parcel": "my_parcel", "new_eta": "Friday <3"},
    ],
)
def test_ordinary_facts_are_said(facts: dict[str, str]) -> None:
    """What fills its place and nothing more."""
    message = Message(template="parcel_delayed", facts=facts)
    assert decided(candidate(message=message), context(evidence=event(data=facts))).decision.trigger is True


def test_promotion_split_over_four_facts_and_the_template_is_found() -> None:
    """The finished text is judged, whoever said which part."""
    words = "Your parcel: {a} {b} {c} {d} order. We thank you for it. Reply to change it."
    kinds = dict.fromkeys("abcd", "string")
    template = parse(
        {"id": "t", "purpose": "delivery_update", "text": words, "facts": kinds, "next_step": "Reply to change it."},
        "t",
    )
    facts = {"a": "get", "b": "20%", "c": "off", "d": "your next"}
    message = render(candidate(message=Message(template="t", facts=facts)), template)
    assert message is not None
    assert [judge(value).codes for value in facts.values()] == [()] * 4
    assert judge(message.text).codes == ("promotional_wording",)


STEP = "Reply to change it."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{{a}} {{b}}. {STEP}", 0),
        (f"{{a}}: {{b}}! {STEP}", 0),
        (f"Hi {{a}} {{b}}. {STEP}", 1),
        ("{a}{b}", 0),
        (f"7 - {{a}} x {{b}}. {STEP}", 0),
    ],
)
def test_a_template_that_is_nothing_but_places_is_not_read(text: str, expected: int) -> None:
    """Whoever fills it would decide what it says."""
    entry = {
        "id": "t",
        "purpose": "delivery_update",
        "text": text,
        "facts": {"a": "string", "b": "string"},
        "next_step": STEP,
    }
    with pytest.raises(InvalidInput, match="fewer words of its own than places"):
        parse(entry, "t.yaml, template 1")
    assert own_words(text, STEP) == expected


def test_a_template_with_a_word_for_each_place_is_read() -> None:
    """Lint asks for more."""
    entry = {
        "id": "t",
        "purpose": "delivery_update",
        "text": f"Parcel {{a}} on {{b}}. {STEP}",
        "facts": {"a": "string", "b": "string"},
        "next_step": STEP,
    }
    assert parse(entry, "t").id == "t"


@pytest.mark.parametrize("name", ["letters by lines", "upside down"])
def test_a_free_text_that_nobody_can_read_waits_for_a_person(name: str) -> None:
    """What the veto lets pass unread is held on every channel, also in their own session."""
    upside = "\u02d9\u028dou do\u0265s puɐ \u01ddɥ\u0287 \u01ddɟ\u0279 \u0287\u01dd\u0183 ɐ-7"
    text = upside if name == "upside down" else EVERY[name]("Wibble zorp quuxly for A-7.")
    message = Message(text=text, next_step=None)
    answer = decided(candidate(message=replace(message, next_step="Reply.")), context(approval=None))
    assert (answer.decision.trigger, "awaiting_approval" in codes(answer)) == (False, True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<b>Friday</b>", "fact_prose"),
        ("[b]Friday[/b]", "fact_prose"),
        ('<a href="https://x.example">here</a>', "fact_link"),
        ("[url=https://x.example]here[/url]", "fact_link"),
        ("&#50;0&#37;", "fact_percentage"),
        ("20 o/o", "fact_percentage"),
        ("a < b", None),
        ("<unknown>", None),
        ("c/o Smith", None),
    ],
)
def test_a_value_is_no_markup(value: str, expected: str | None) -> None:
    """A tag goes past its place; what it links to, and what an entity shows, is judged."""
    assert sells("reason", value) == expected


@pytest.mark.parametrize(
    "piece",
    ["<b>", "&#", "&lt", "\u202e", "a%20", "#a", "1e", "a*", "<!--", "[b", '"a" ', "aé", "a", "a\u0301", "..", "[url="],
)
def test_100_kilobytes_of_it_are_judged(piece: str) -> None:
    """Whatever is repeated: a time that grew with the square would be minutes."""
    text = (piece * 100_000)[:100_000]
    assert judge(text).codes in {(), ("promotional_wording",)}
