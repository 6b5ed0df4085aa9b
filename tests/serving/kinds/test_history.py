"""What is known of earlier visits and conversations: it may decide who is helped, and it is never made up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.kinds.shop import Said, Shop, said, shop

POLICY = """
templates:
  - id: third_look
    purpose: in_session_help
    text: "If a difference between the plans on this page is unclear, ask here and a person will answer."
    next_step: "ask here and a person will answer."
  - id: talked_before
    purpose: in_session_help
    text: "If your earlier question about {page} is still open, ask here and a person will look it up."
    facts: { page: string }
    next_step: "ask here and a person will look it up."
triggers:
  - id: third_look
    on: page.dwelled
    when: event.data.page == "pricing" && event.data.seconds >= 30 && customer.page_views >= 3
    purpose: in_session_help
    template: third_look
    channel: widget
  - id: talked_before
    on: page.dwelled
    when: >-
      event.data.page == "returns" && event.data.seconds >= 30
      && customer.conversations >= 1 && !customer.conversation_open && customer.visits >= 2
    purpose: in_session_help
    template: talked_before
    facts: { page: event.data.page }
    channel: widget
"""


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a shop that remembers."""
    with shop(tmp_path, POLICY) as opened:
        yield opened


def looks(it: Shop, page: str = "pricing", *, days: int = 2, user: str = "u-1") -> list[Said]:
    """Let a visit of forty seconds to a page happen, so many days later."""
    it.clock.turn(days=days)
    session = f"s-{it.clock.at:%m%d}"
    it.visits(page, session=session, user=user)
    return said(*it.stays(40, page, session=session, user=user))


def talks(it: Shop, user: str = "u-1", **named: str) -> None:
    """Let a conversation happen, ten minutes long."""
    it.happens("conversation.opened", user, **named)
    it.clock.turn(minutes=10)
    it.happens("conversation.closed", user, **named)


def test_the_third_look_at_a_page_is_a_question(it: Shop) -> None:
    """Once and twice say nothing; the third time within a month does."""
    assert [looks(it) for _ in range(3)] == [[], [], [("send", [])]]


def test_looks_of_months_ago_are_forgotten(it: Shop) -> None:
    """Thirty days are a visit history; what lies before is none."""
    assert [looks(it, days=days) for days in (1, 1, 31, 1)] == [[], [], [], []]


def test_looks_of_somebody_else_are_theirs(it: Shop) -> None:
    """Two of one customer and one of another are not three."""
    assert [looks(it, user=user) for user in ("u-1", "u-1", "u-2")] == [[], [], []]


def test_looks_of_the_anonymous_visitor_are_the_customers(it: Shop) -> None:
    """They looked twice without signing in, and sign in on the third visit."""
    before = [looks(it, user="anon-7") for _ in range(2)]
    it.happens("customer.identified", "u-1", anonymous_id="anon-7")

    assert (before, looks(it)) == ([[], []], [("send", [])])


def test_reloading_a_page_is_looking_and_a_heartbeat_is_not(it: Shop) -> None:
    """Heartbeats tell of one look, however many there are."""
    it.visits("pricing")
    beats = [said(*it.stays(40)) for _ in range(3)]
    it.happens("page.viewed", session="s-1", page="pricing")
    it.happens("page.viewed", session="s-1", page="pricing")

    assert (beats, said(*it.stays(40))) == ([[], [], []], [("send", [])])


def test_the_same_look_told_three_times_is_one(it: Shop) -> None:
    """A duplicate counts nothing."""
    it.visits("home")
    view = it.event("page.viewed", "u-1", session="s-1", page="pricing")
    for _ in range(3):
        it.tells(view)

    assert it.stays(40) == []


@pytest.mark.parametrize("data", [{"session": "s-1", "seconds": 40}, {"session": "s-1", "seconds": 40, "page": None}])
def test_how_often_which_page_was_opened_is_not_guessed(it: Shop, data: dict[str, Any]) -> None:
    """Without a page there is no number to compare."""
    for _ in range(3):
        it.visits()
    it.clock.turn(seconds=40)

    assert it.happens("page.dwelled", **data) == []


def test_who_talked_about_it_before_is_asked_whether_it_is_open(it: Shop) -> None:
    """A conversation a week ago, and a second visit."""
    it.visits("home", session="s-0")
    talks(it, conversation="K-1")

    assert looks(it, "returns", days=7) == [("send", [])]


def test_who_never_talked_to_us_has_no_earlier_question(it: Shop) -> None:
    """A second visit alone is none."""
    assert [looks(it, "returns", days=days) for days in (1, 7)] == [[], []]


def test_a_conversation_of_last_spring_is_none(it: Shop) -> None:
    """Ninety days are remembered."""
    talks(it, conversation="K-1")
    it.clock.turn(days=90)

    assert [looks(it, "returns") for _ in range(2)] == [[], []]


def test_a_conversation_that_is_open_is_where_it_is_said(it: Shop) -> None:
    """The condition does not hold, and the policy would hold it."""
    it.visits("home", session="s-0")
    it.happens("conversation.opened", conversation="K-1")

    assert looks(it, "returns", days=1) == []


def test_a_conversation_without_a_customer_is_nobodys(it: Shop) -> None:
    """It was told without a subject: it is not counted for whoever comes next."""
    it.visits("home", session="s-0")
    it.tells(it.event("conversation.opened", None), it.event("conversation.closed", None))

    assert looks(it, "returns", days=1) == []


def test_history_asks_once_a_month_where_it_was_unwelcome(it: Shop) -> None:
    """They closed it; the fourth look, and the fifth within thirty days, are not spoken to."""
    for _ in range(2):
        looks(it)
    it.clock.turn(days=2)
    it.visits(session="s-3")
    (shown,) = it.stays(40, session="s-3")
    it.reports(shown, "dismissed")

    assert [looks(it) for _ in range(2)] == [[("deny", ["dismissed"])]] * 2
