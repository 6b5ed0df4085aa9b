"""Questions and imperatives: what a customer can take as a next step, and what asks for a reply."""

import pytest

from serving.linting.asking import asks, asks_for_reply, sentences
from serving.policy_files.templates import shipped_templates


@pytest.mark.parametrize(
    "step",
    [
        "Reply to change the address.",
        "If this was not you, reply and we will lock it.",
        "Does this time suit you?",
        "ask here and a person will answer.",
        "Please call us before noon.",
        "To keep your slot, confirm by Friday.",
        "You can move it in your account.",
        "No reply needed – just bring your passport.",
        "Questions: write to us.",
        "Either come by or send somebody.",
        "Kindly e-mail the form.",
    ],
)
def test_what_a_customer_can_do_is_a_next_step(step: str) -> None:
    """A question, or a verb where a clause begins."""
    assert asks(step) is True


@pytest.mark.parametrize(
    "step", ["We will call you.", "Thank you!", "Your team.", "No action is required.", "It is on its way.", ""]
)
def test_what_leaves_nothing_to_do_is_none(step: str) -> None:
    """What we do, and what is nice, is nothing that the customer can take."""
    assert asks(step) is False


def test_every_shipped_next_step_is_one() -> None:
    """Each of them, as it stands."""
    assert [each.id for each in shipped_templates() if each.next_step and not asks(each.next_step)] == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Reply if that does not suit you.", True),
        ("It waits until 5 p.m. Reply if that does not suit you.", True),
        ("Does it work again?", True),
        ("Let us know.", True),
        ("To tell us, write here.", True),
        ("Reply STOP to opt out.", False),
        ("Please do not reply to this message.", False),
        ("Your request has moved on.", False),
        ("You will hear from us again by Friday.", False),
        ("Bring your passport.", False),
        ("Reply STOP to opt out, and tell us why?", False),
    ],
)
def test_what_asks_for_a_reply_is_told_from_a_footer(sentence: str, expected: bool) -> None:  # noqa: FBT001  (a case)
    """How to opt out, and that nobody reads answers, asks nothing."""
    assert asks_for_reply(sentence) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is late. Reply!", ["It is late.", "Reply!"]),
        ("At 5.30 p.m. it came", ["At 5.30 p.m. it came"]),
        ("One\ntwo?  Three", ["One", "two?", "Three"]),
        ("… 12 … !!!", []),
        (
            "It waits at St. Mary's, approx. 20 min away.\nReply!",
            ["It waits at St. Mary's, approx. 20 min away.", "Reply!"],
        ),
        ("", []),
    ],
)
def test_a_text_is_read_in_sentences(text: str, expected: list[str]) -> None:
    """Each with its end; what has no letter is none."""
    assert [text[start:end] for start, end in sentences(text)] == expected
