"""A conversation ended without an answer: it is taken up again once, where they talked, unless it goes on by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.kinds.shop import Shop, said, shop

POLICY = """
templates:
  - id: take_up
    purpose: unresolved_followup
    text: "Your conversation {conversation} about {topic} ended without an answer. Reply and we will take it up again."
    facts: { conversation: string, topic: string }
    next_step: "Reply and we will take it up again."
triggers:
  - id: take_up
    on: conversation.left_unresolved
    when: event.data.topic != "spam" && customer.conversations <= 5
    purpose: unresolved_followup
    template: take_up
    facts: { conversation: event.data.conversation, topic: event.data.topic }
    channel: chat
"""
LEFT: dict[str, Any] = {"conversation": "K-1", "topic": "the invoice of May"}


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a company with a customer whose conversation began twenty minutes ago."""
    with shop(tmp_path, POLICY) as opened:
        opened.knows("u-1")
        opened.happens("conversation.opened", conversation="K-1")
        opened.happens("message.received", conversation="K-1", text="The invoice of May is wrong.")
        opened.clock.turn(minutes=20)
        yield opened


def test_what_was_left_is_taken_up(it: Shop) -> None:
    """It says which conversation, about what, and what to do."""
    (one,) = it.tells(it.event("conversation.left_unresolved", "u-1", **LEFT))

    assert (one["action"], one["message"]) == (
        "send",
        {
            "text": "Your conversation K-1 about the invoice of May ended without an answer. "
            "Reply and we will take it up again.",
            "expects_reply": True,
        },
    )


def test_what_was_closed_is_closed(it: Shop) -> None:
    """They had their answer; spam has none."""
    assert (
        it.happens("conversation.closed", **LEFT),
        it.happens("conversation.left_unresolved", **LEFT | {"topic": "spam"}),
    ) == ([], [])


@pytest.mark.parametrize("name", ["conversation", "topic"])
@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
def test_a_conversation_about_nothing_is_not_taken_up(it: Shop, name: str, *, null: bool) -> None:
    """The text needs both."""
    data: dict[str, Any] = {key: part for key, part in LEFT.items() if key != name} | ({name: None} if null else {})

    assert it.happens("conversation.left_unresolved", **data) == []


def test_who_talks_to_us_again_is_not_written_to(it: Shop) -> None:
    """They opened another conversation meanwhile: held, and when it ends the matter is an old one."""
    it.happens("conversation.opened", conversation="K-2")
    (held,) = it.tells(it.event("conversation.left_unresolved", "u-1", **LEFT))
    it.clock.turn(minutes=10)
    it.happens("message.received", conversation="K-1", text="I mean K-1")
    it.happens("conversation.closed", conversation="K-2")
    it.ticks()

    assert (said(held), it.offered(), it.became(held)) == (
        [("hold", ["conversation_open"])],
        [],
        ("cancel", ["customer_already_knows"]),
    )


def test_a_conversation_that_goes_on_supersedes_its_end(it: Shop) -> None:
    """Left in the evening, opened again at night by themselves: in the morning there is nothing to take up."""
    it.clock.turn(hours=10)
    (held,) = it.tells(it.event("conversation.left_unresolved", "u-1", **LEFT))
    it.clock.turn(hours=1)
    it.happens("conversation.opened", conversation="K-1")
    it.happens("conversation.closed", conversation="K-1")
    it.ticks(hours=9)

    assert (said(held), it.offered(), it.became(held)) == (
        [("hold", ["quiet_hours"])],
        [],
        ("cancel", ["fact_superseded"]),
    )


def test_it_is_taken_up_once(it: Shop) -> None:
    """The same event, and the same end under another id."""
    event = it.event("conversation.left_unresolved", "u-1", **LEFT)
    first, again = it.tells(event), it.tells(event)
    it.clock.turn(hours=2)

    assert (said(*first), again, it.happens("conversation.left_unresolved", **LEFT)) == (
        [("send", [])],
        [],
        [("deny", ["already_told"])],
    )


def test_who_complained_is_left_to_a_person(it: Shop) -> None:
    """Held, and a day later the matter is too old to be taken up by a machine."""
    it.api.post("/v1/outcomes", {"user_id": "u-1", "kind": "complained", "time": it.clock.at.isoformat()})
    (held,) = it.tells(it.event("conversation.left_unresolved", "u-1", **LEFT))
    it.ticks(hours=25)

    assert (said(held), it.offered(), it.became(held)[0]) == (
        [("hold", ["cooling_off", "complaint_open"])],
        [],
        "cancel",
    )
