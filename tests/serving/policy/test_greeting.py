"""Texts that take their reader for a newcomer, and those that only use the same words."""

import pytest

from model.contracts import Message
from serving.policy.greeting import greets_newcomer
from tests.occasions import candidate, codes, context, decided

GREETS = """
First time here?
First time here? Parcel A-7 now arrives on Friday.
Is this your first visit? Ask us anything about pricing.
New here? The pricing page explains the plans.
New around here?
Are you new to our shop? Ask here about pricing.
You're new here, so ask us if pricing is unclear.
Welcome, new customer! Ask here about pricing.
Welcome aboard!
Welcome on board!
Welcome to the family! Parcel A-7 now arrives on Friday.
Welcome to our shop. Ask here about pricing.
Welcome to our online store!
Welcome to our site, Jo.
Welcome to our app.
Thanks for joining! Ask here about pricing.
Thank you for joining us. Parcel A-7 now arrives on Friday.
Thank you so much for joining our community.
Thank you for your first order. Parcel A-7 now arrives on Friday.
Thanks for placing your very first order!
We're so glad you found us.
Happy that you have found us!
Nice to meet you. Ask here about pricing.
As a first-time visitor you may find pricing hard to read.
Haven't shopped with us before? Ask here.
FIRST TIME HERE?
First\u00a0time\u200b here?
\u24bb\u24d8\u24e1\u24e2\u24e3 time here?
""".strip().splitlines()
PLAIN = """
Your parcel A-7 now arrives on Friday. Reply to change the address.
Your first visit to Dr Lee is on Friday at 9:30. Reply if this does not suit you.
This is the first time that we could not deliver parcel A-7. Reply to choose another day.
Your account was signed in to from a new device.
Your new card ends in 4411. Reply if you did not order it.
You will meet our engineer at the gate.
We have not received your parcel yet. Reply to change the address.
Your new address was saved. It is used from the next parcel on.
Reply before Friday.
Welcome back. Parcel A-7 now arrives on Friday.
You are welcome to our shop on Main Street until 18:00 to collect parcel A-7.
You're welcome. Parcel A-7 now arrives on Friday.
Thanks for joining the call. The notes are on their way.
Thank you for joining us on the call about parcel A-7.
Thank you for your order. Parcel A-7 now arrives on Friday.
Your first order this year arrives on Friday.
We found your parcel A-7 at the depot.
""".strip().splitlines()


@pytest.mark.parametrize("text", GREETS)
def test_a_text_for_a_newcomer_is_recognised(text: str) -> None:
    """In any case, spacing and dress."""
    assert greets_newcomer(text)


@pytest.mark.parametrize("text", PLAIN)
def test_a_first_or_a_new_thing_is_no_greeting(text: str) -> None:
    """An appointment may be somebody's first, a device new."""
    assert not greets_newcomer(text)


@pytest.mark.parametrize(("returning", "expected"), [(True, ("contradicts_history",)), (False, ())])
def test_a_returning_customer_is_not_asked_whether_it_is_the_first_time(
    returning: bool,  # noqa: FBT001  (a case of the table)
    expected: tuple[str, ...],
) -> None:
    """Whatever the purpose: the text itself contradicts what is on record."""
    text = Message(text="First time here? Your parcel A-7 now arrives on Friday.", next_step="Reply to change it.")
    assert codes(decided(candidate(message=text), context(returning=returning, approval="approved"))) == expected


def test_not_knowing_whether_they_return_refuses_the_greeting() -> None:
    """Unknown means no, and only where the text makes it matter."""
    text = Message(text="First time here? Your parcel A-7 now arrives on Friday.", next_step="Reply to change it.")
    known = context(unknown=frozenset({"returning"}))
    assert [codes(decided(one, known)) for one in (candidate(message=text), candidate())] == [("filter_failed",), ()]
