"""The veto on wording: what marketing says is caught, what service says passes, disguises do not help."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.policy.letters import normalised, placed
from tests.needs import shared
from tests.worded import judge, judge_anew

SERVICE = """
Your parcel A-7 now arrives on Friday. Reply to change the address.
Your appointment on 3 May at 9:30 has moved to 10:15. Reply if this does not suit you.
We could not deliver your parcel: nobody was at home. Choose another day below.
Your account was signed in to from a new device in Oslo. If this was not you, reply and we will lock it.
Your payment of $12.00 did not go through because your credit card has expired. Please update it.
Your refund of $12.00 has been credited to your card.
Card payments did not work between 9:00 and 9:40. You were not charged twice.
You asked us to remind you that your passport expires on 1 May.
Your request R-2 is complete.
The item that you ordered is back in stock and kept for you at the counter.
Our conversation about your invoice ended without an answer. Reply and we will take it up again.
Can I help you compare the two plans on this page?
We will deal with your complaint by Monday.
The system upgrade is finished; your files are where they were.
You need to upgrade to a new identification card by 1 May.
The courier will come on Friday. Please do not miss your delivery.
Your order is on its way. The code to open the locker is 4711.
Someone tried to use your card. To protect your account, change your PIN.
Your subscription was renewed on 1 May, as you asked.
Please check in for your flight before 9:00; you asked for a reminder.
Your table is free from 19:00 on, as you requested.
We have received your item. Your refund will be on your next bill is due on 1 May.
""".strip().splitlines()
PROMOTIONAL = """
Get 20% off your next order.
Use code SUMMER at checkout.
Here is a voucher to say sorry.
We have added a $10 credit to your account as a gesture of goodwill.
Your reward points expire on Friday.
You have 500 points to spend.
Upgrade now to the premium plan.
Time to upgrade your plan.
Shop now: the flash sale ends today!
Limited time offer.
You left something in your cart.
We noticed you abandoned a cart.
Complete your purchase before it is gone.
Refer a friend and both of you win.
Please rate us in the app store.
How was your experience?
Share your feedback with us.
Take our short survey.
Happy birthday from all of us!
Merry Christmas!
Would you like to hear more from us? Opt in now.
Turn on notifications so you never miss anything.
Join our newsletter.
Introducing our new collection.
We miss you! Come back and save.
As a valued customer you have been pre-approved.
Recommended for you: the blue lamp.
Free shipping on all orders this week.
You have won a prize.
Only 3 left, hurry!
Renew today and get one month free.
Black Friday starts now.
Gift cards are here.
An exclusive preview, only for you.
""".strip().splitlines()
GENERIC = """
Hi! Can I help you?
Can we help?
Just checking in!
I just wanted to touch base.
Did you know that we have an app?
Hope you are doing well.
How are you today?
Any questions?
Hello there!
Is everything okay?
We are here if you need anything.
Let us know if you need anything.
Hello, how can I help?
""".strip().splitlines()


@pytest.mark.parametrize("text", SERVICE)
def test_what_service_says_passes(text: str) -> None:
    """A veto that stops service would silence what customers need."""
    assert judge(text).codes == ()


@pytest.mark.parametrize("text", PROMOTIONAL)
def test_what_marketing_says_is_caught(text: str) -> None:
    """Selling, rewarding, celebrating, asking for ratings and fishing for consent."""
    assert judge(text).codes[:1] == ("promotional_wording",)


@pytest.mark.parametrize("text", GENERIC)
def test_what_could_be_said_to_anybody_is_caught(text: str) -> None:
    """No fact of this customer, no reason to write today."""
    assert judge(text).codes == ("generic_wording",)


def test_an_offer_of_help_that_answers_a_request_is_not_generic() -> None:
    """`How can I help?` is an answer where the customer asked first."""
    texts = ["You requested support in the chat. How can I help?", "Good morning. How can I help?"]
    assert [judge(text).codes for text in texts] == [(), ("generic_wording",)]


DISGUISES = [
    "dis\u200bcount",
    "DISCOUNT",
    "Discount",
    "\uff44\uff49\uff53\uff43\uff4f\uff55\uff4e\uff54",  # full width
    "dis\u00adcount",
    "d\u2060iscount",
    "\u202ddiscount\u202c",
    "disc\ufe0fount",
    "\U0001d41d\U0001d422\U0001d42c\U0001d41c\U0001d428\U0001d42e\U0001d427\U0001d42d",  # mathematical bold
    "summer_discount",
    "discount!",
    "{{discount}}",
]


@pytest.mark.parametrize("word", DISGUISES)
def test_a_disguised_word_is_read_as_the_customer_reads_it(word: str) -> None:
    """Full width, bold, invisible, joined or bracketed: it is the same word."""
    assert judge(f"Here is a {word} for parcel A-7.").codes == ("promotional_wording",)


def test_spaces_and_quotes_do_not_matter() -> None:
    """Line breaks, no-break spaces and typographic apostrophes are read as plain ones."""
    assert judge("don\u2019t\u00a0\n miss  out on this").codes == ("promotional_wording",)


def test_the_spans_point_into_the_text_as_it_was_given() -> None:
    """A reader can be shown which words it was."""
    text = "Parcel  A-7: 20%  Of\u200bf, \uff33hop now"
    found = [text[start:end] for start, end in judge(text).spans]
    assert found == ["%  Of\u200bf", "\uff33hop now"]


@pytest.mark.parametrize("text", ["Stra\u00dfe 5: 50% off", "\u00df\u00df \ufb01x: 50% off", "\u1e9e 50%  off"])
def test_letters_that_become_two_move_no_span(text: str) -> None:
    """Sharp s and ligatures are one letter of the text and two of its plain form."""
    assert [text[start:end].split() for start, end in judge(text).spans] == [["%", "off"]]


@given(st.text(alphabet="aB%1 _\n\u00df\ufb01\u200b\u0301\uff33\U0001f1e9", max_size=40))
def test_each_sign_of_the_plain_form_has_its_place(text: str) -> None:
    """The plain form with its places is the plain form."""
    plain, where = placed(text)
    assert (plain, len(where), where == sorted(where)) == (normalised(text), len(plain), True)


def test_a_text_may_be_both() -> None:
    """Codes come in the catalogue's order."""
    assert judge("Just checking in: 20% off!").codes == ("promotional_wording", "generic_wording")


def labelled() -> list[dict[str, str]]:
    """Return the examples with the class that an official source gives them."""
    lines = shared("examples/labelled_messages.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_labelled_examples_are_judged_as_their_sources_do() -> None:
    """All service examples pass; at least nine of ten marketing examples are caught."""
    service = [one["text"] for one in labelled() if one["label"] == "service" and judge(one["text"]).codes]
    marketing = [one["text"] for one in labelled() if one["label"] == "marketing"]
    caught = sum(bool(judge(text).codes) for text in marketing)
    assert (service, caught >= 0.9 * len(marketing)) == ([], True)


@pytest.mark.parametrize(
    "piece",
    [
        "off ",
        "cart " * 3 + "left ",
        "get free ",
        "earn ",
        "happy ",
        "points ",
        "%",
        "{{",
        "save ",
        "your friend ",
        "\u200b",
    ],
)
def test_time_is_linear_in_the_text(piece: str) -> None:
    """Ten times the text takes at most some thirty times as long, whatever is repeated."""

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
