"""The pointer goes for the window's edge: who has been there for a while may be asked, who just came may not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.kinds.shop import Shop, said, shop

POLICY = """
templates:
  - id: delivery_question
    purpose: in_session_help
    text: "If it is unclear when we deliver to where you live, ask here and a person will look it up."
    next_step: "ask here and a person will look it up."
triggers:
  - id: leaving_delivery
    on: exit.intended
    when: event.data.page == "delivery" && session.pages_viewed >= 2 && !session.dismissed
    purpose: in_session_help
    template: delivery_question
    channel: widget
"""
HERE: dict[str, Any] = {"session": "s-1", "page": "delivery"}


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a shop in which somebody has looked at one thing, and now at the delivery terms."""
    with shop(tmp_path, POLICY) as opened:
        opened.visits("lamps")
        opened.clock.turn(minutes=2)
        opened.happens("page.viewed", **HERE)
        yield opened


def test_who_leaves_after_a_while_is_asked(it: Shop) -> None:
    """Forty seconds before the delivery terms."""
    it.clock.turn(seconds=40)

    assert said(*it.leaves("delivery")) == [("send", [])]


def test_who_leaves_at_once_is_asked_once_they_stay(it: Shop) -> None:
    """After twelve seconds it is too soon; they stay after all, and at thirty it is offered."""
    it.clock.turn(seconds=12)
    (held,) = it.leaves("delivery")
    early = (it.ticks(seconds=17), it.offered())
    it.ticks(seconds=1)

    assert (said(held), held["not_before"], early, [one["decision_id"] for one in it.offered()]) == (
        [("hold", ["too_soon"])],
        "2026-11-20T12:02:30Z",
        (0, []),
        [held["decision_id"]],
    )


def test_who_has_left_meanwhile_is_asked_nothing(it: Shop) -> None:
    """Held at twelve seconds; at twenty they closed the window."""
    it.clock.turn(seconds=12)
    (held,) = it.leaves("delivery")
    it.clock.turn(seconds=8)
    it.happens("session.ended", session="s-1")
    it.ticks(seconds=10)

    assert (it.offered(), it.became(held)) == ([], ("cancel", ["session_missing"]))


def test_who_went_on_meanwhile_is_asked_nothing(it: Shop) -> None:
    """Held at twelve seconds; at twenty they opened the checkout."""
    it.clock.turn(seconds=12)
    (held,) = it.leaves("delivery")
    it.clock.turn(seconds=8)
    it.happens("page.viewed", session="s-1", page="checkout")
    it.ticks(seconds=30)

    assert (it.offered(), it.became(held)) == ([], ("cancel", ["fact_superseded"]))


def test_who_writes_meanwhile_has_their_answer(it: Shop) -> None:
    """Held at twelve seconds; at twenty they asked by themselves."""
    it.clock.turn(seconds=12)
    (held,) = it.leaves("delivery")
    it.clock.turn(seconds=8)
    it.happens("message.received", session="s-1", text="When will it come?")
    it.ticks(seconds=10)

    assert (it.offered(), it.became(held)) == ([], ("cancel", ["customer_already_knows"]))


def test_a_second_try_to_leave_replaces_the_first(it: Shop) -> None:
    """Two exits within the first half minute are one question, about the newer."""
    it.clock.turn(seconds=12)
    (first,) = it.leaves("delivery")
    it.clock.turn(seconds=5)
    (second,) = it.leaves("delivery")
    it.ticks(seconds=13)

    assert (it.became(first), [one["decision_id"] for one in it.offered()]) == (
        ("cancel", ["fact_superseded"]),
        [second["decision_id"]],
    )


def test_who_saw_one_page_only_is_not_asked(tmp_path: Path) -> None:
    """A second page is what the company waits for."""
    with shop(tmp_path, POLICY) as it:
        it.visits("delivery")
        it.clock.turn(minutes=2)
        asked = it.leaves("delivery")

    assert asked == []


@pytest.mark.parametrize("data", [{"session": "s-1"}, {"session": "s-1", "page": None}, {"page": "delivery"}])
def test_an_exit_from_nowhere_is_none(it: Shop, data: dict[str, Any]) -> None:
    """Without a page, or without a session, nothing matches."""
    it.clock.turn(seconds=40)

    assert it.happens("exit.intended", **data) == []


def test_the_same_exit_twice_is_one(it: Shop) -> None:
    """The same event, sent twice."""
    it.clock.turn(seconds=40)
    event = it.event("exit.intended", "u-1", **HERE)

    assert (said(*it.tells(event)), it.tells(event)) == ([("send", [])], [])


def test_who_closed_such_a_question_is_not_asked(it: Shop) -> None:
    """The condition reads it in this session; the policy remembers it in the next."""
    it.clock.turn(seconds=40)
    (shown,) = it.leaves("delivery")
    it.reports(shown, "dismissed")
    again = it.leaves("delivery")
    it.clock.turn(days=2)
    it.visits("lamps", session="s-2")
    it.happens("page.viewed", session="s-2", page="delivery")
    it.clock.turn(seconds=40)

    assert (again, said(*it.leaves("delivery", session="s-2"))) == ([], [("deny", ["dismissed"])])


def test_an_open_conversation_is_where_things_are_said(it: Shop) -> None:
    """A conversation from yesterday is open still: the pop-up waits for its end, and then there is no session."""
    it.happens("conversation.opened", conversation="K-1")
    it.clock.turn(seconds=40)
    (held,) = it.leaves("delivery")
    it.ticks(minutes=6)

    assert (said(held), it.offered(), it.became(held)[0]) == ([("hold", ["conversation_open"])], [], "cancel")
