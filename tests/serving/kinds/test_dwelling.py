"""Somebody hesitates on a page: help is offered there, once, to who is there, and to nobody else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.kinds.shop import Shop, said, shop

POLICY = """
templates:
  - id: compare_plans
    purpose: in_session_help
    text: "If a difference between the plans on this page is unclear, ask here and a person will answer."
    next_step: "ask here and a person will answer."
  - id: page_help
    purpose: in_session_help
    text: "You are looking at {page}. If something on this page is unclear, ask here and a person will answer."
    facts: { page: string }
    next_step: "ask here and a person will answer."
triggers:
  - id: pricing_help
    on: page.dwelled
    when: event.data.page == "pricing" && event.data.seconds > 30 && !session.conversation_started
    purpose: in_session_help
    template: compare_plans
    channel: widget
  - id: manual_help
    on: page.dwelled
    when: event.data.page.startsWith("manual/") && session.page_seconds >= 60.0
    purpose: in_session_help
    template: page_help
    facts: { page: event.data.page }
    channel: widget
"""


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a shop that helps on its pricing page and in its manuals."""
    with shop(tmp_path, POLICY) as opened:
        yield opened


def test_who_hesitates_is_offered_help(it: Shop) -> None:
    """Forty seconds before the prices, in their own session: the widget may speak, for five minutes."""
    it.visits()
    (one,) = it.stays(40)

    assert (one["action"], one["message"]["text"][:15], one["session"], one["expires_at"], one["matched"]) == (
        "send",
        "If a difference",
        {"id": "s-1"},
        "2026-11-20T12:05:40Z",
        "pricing_help",
    )


@pytest.mark.parametrize("seconds", [0, 5, 29, 30])
def test_who_has_just_come_is_left_in_peace(it: Shop, seconds: float) -> None:
    """The company's own condition says more than thirty."""
    it.visits()

    assert it.stays(seconds) == []


def test_another_page_is_another_matter(it: Shop) -> None:
    """Nobody wrote a rule for it."""
    it.visits("contact")

    assert it.stays(40, "contact") == []


@pytest.mark.parametrize("lacking", ["seconds", "page", "session"])
@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
def test_what_is_not_told_does_not_match(it: Shop, lacking: str, *, null: bool) -> None:
    """A null or missing second, page or session is no long stay."""
    it.visits()
    it.clock.turn(seconds=40)
    data: dict[str, Any] = {"session": "s-1", "page": "pricing", "seconds": 40}
    told: dict[str, Any] = (
        data | {lacking: None} if null else {name: part for name, part in data.items() if name != lacking}
    )

    assert it.happens("page.dwelled", **told) == []


def test_what_was_not_told_is_counted(it: Shop) -> None:
    """Whoever wrote the rule can see why it never matches."""
    it.visits()
    it.happens("page.dwelled", session="s-1", page="pricing")
    (pricing, _) = it.api.get("/v1/triggers").json()["triggers"]

    assert (pricing["id"], pricing["matched"], pricing["failed"], "event.data.seconds" in pricing["problem"]) == (
        "pricing_help",
        0,
        1,
        True,
    )


def test_who_writes_already_is_not_interrupted(it: Shop) -> None:
    """They asked by themselves in this session: the condition does not hold."""
    it.visits()
    it.happens("message.received", session="s-1", text="What does plus cost?")

    assert it.stays(40) == []


def test_the_time_on_the_page_counts_not_in_the_session(it: Shop) -> None:
    """Ten minutes in the shop, twenty seconds in this manual; then a minute in it."""
    it.visits("home")
    it.clock.turn(minutes=10)
    it.happens("page.viewed", session="s-1", page="manual/boiler")
    early = it.stays(20, "manual/boiler")
    late = it.stays(40, "manual/boiler")

    assert (early, said(*late), late[0]["message"]["text"][:37]) == (
        [],
        [("send", [])],
        "You are looking at manual/boiler. If ",
    )


def test_the_same_event_twice_is_one(it: Shop) -> None:
    """A widget that sends again after a broken connection offers no second message."""
    it.visits()
    it.clock.turn(seconds=40)
    event = it.event("page.dwelled", "u-1", session="s-1", page="pricing", seconds=40)
    first, again = it.answer(event), it.answer(event)

    assert (said(*first["decisions"]), again["duplicates"], again["decisions"]) == ([("send", [])], 1, [])


def test_who_has_left_the_page_is_not_spoken_to_about_it(it: Shop) -> None:
    """The event came late: they are reading something else by now."""
    it.visits()
    it.clock.turn(seconds=40)
    it.happens("page.viewed", session="s-1", page="contact", ago=5)
    late = it.happens("page.dwelled", session="s-1", page="pricing", seconds=35, ago=6)

    assert late == [("deny", ["fact_superseded", "too_soon"])]


def test_an_old_stay_is_nothing_to_speak_of(it: Shop) -> None:
    """The widget was offline for six minutes; its event comes now."""
    it.visits()
    it.clock.turn(minutes=7)
    it.happens("exit.intended", session="s-1", page="pricing")

    assert it.happens("page.dwelled", session="s-1", page="pricing", seconds=50, ago=360) == [
        ("deny", ["evidence_stale"])
    ]


def test_a_complaint_that_is_open_comes_first(it: Shop) -> None:
    """A person is at it; help with prices waits for it."""
    it.visits()
    complaint = {"user_id": "u-1", "kind": "complained", "time": it.clock.at.isoformat()}
    it.api.post("/v1/outcomes", complaint)

    assert said(*it.stays(40)) == [("hold", ["cooling_off", "complaint_open"])]


def test_nobody_at_all_is_nobody_to_speak_to(it: Shop) -> None:
    """An event without a subject may be anybody's."""
    it.visits(user=None)

    assert it.stays(40, user=None) == []


def test_an_anonymous_visitor_is_a_visitor(it: Shop) -> None:
    """Nobody has to sign in to be helped: the widget's own id will do, without consent or a time zone."""
    it.visits(user="anon-7")

    assert said(*it.stays(40, user="anon-7")) == [("send", [])]


def test_it_is_not_said_again_in_the_same_visit(it: Shop) -> None:
    """What was to be sent counts at once: the next heartbeat finds a message in this session."""
    it.visits()
    it.stays(40)
    (again,) = it.stays(45)

    assert (said(again), again["reasons"][0]["detail"], again["reasons"][0]["would_change"]) == (
        [("hold", ["frequency_cap"])],
        "1 message in this session, at most 1",
        "another visit of the customer",
    )


def test_the_next_visit_may_be_helped_again(it: Shop) -> None:
    """Nobody closed the message, and tomorrow is another day."""
    it.visits()
    it.stays(40)
    it.clock.turn(days=1)
    it.visits(session="s-2")

    assert said(*it.stays(40, session="s-2")) == [("send", [])]
