"""What a customer asked for moves on, is done, or is there: they learn it unasked, and need not answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.kinds.shop import Shop, said, shop

POLICY = """
templates:
  - id: moved_on
    purpose: progress_update
    text: "Your request {request} has moved on: {status}."
    facts: { request: string, status: string }
  - id: done
    purpose: progress_update
    text: "Your request {request} is done: {status}."
    facts: { request: string, status: string }
  - id: it_is_here
    purpose: progress_update
    text: "The item that you ordered, {item}, is here. It is kept for you at {place}."
    facts: { item: string, place: string }
triggers:
  - id: moved_on
    on: request.progressed
    when: event.data.status in ["approved", "with the bank", "with the engineer"]
    purpose: progress_update
    template: moved_on
    facts: { request: event.data.request, status: event.data.status }
    channel: push
  - id: done
    on: request.completed
    purpose: progress_update
    template: done
    facts: { request: event.data.request, status: event.data.status }
    channel: push
  - id: it_is_here
    on: item.available
    when: has(event.data.order) || has(event.data.request)
    purpose: progress_update
    template: it_is_here
    facts: { item: event.data.item, place: event.data.place }
    channel: push
"""
APPROVED: dict[str, Any] = {"request": "R-2", "status": "approved"}
DONE: dict[str, Any] = {"request": "R-2", "status": "the money is with you"}
LAMP: dict[str, Any] = {"item": "lamp L-4", "place": "the shop in Mill Lane", "order": "O-9"}


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a shop with one customer, in Paris at one in the afternoon."""
    with shop(tmp_path, POLICY) as opened:
        opened.knows("u-1")
        yield opened


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("request.progressed", APPROVED, "Your request R-2 has moved on: approved."),
        ("request.completed", DONE, "Your request R-2 is done: the money is with you."),
    ],
    ids=["progress", "completion"],
)
def test_progress_and_completion_are_told(it: Shop, kind: str, data: dict[str, Any], text: str) -> None:
    """Silently: nobody expects an answer."""
    (one,) = it.tells(it.event(kind, "u-1", **data))

    assert (one["action"], one["message"]) == ("send", {"text": text, "expects_reply": False})


def test_an_item_that_they_ordered_is_told(it: Shop) -> None:
    """Their order is on record."""
    it.happens("request.progressed", request="O-9", status="ordered", item="lamp L-4", order="O-9")
    it.clock.turn(days=3)
    (one,) = it.tells(it.event("item.available", "u-1", **LAMP))

    assert (one["action"], one["message"]) == (
        "send",
        {
            "text": "The item that you ordered, lamp L-4, is here. It is kept for you at the shop in Mill Lane.",
            "expects_reply": False,
        },
    )


def test_an_item_that_nobody_asked_for_is_advertising(it: Shop) -> None:
    """Without their earlier order or request it proves nothing; the sender's word for one is not enough."""
    (one,) = it.tells(it.event("item.available", "u-1", **LAMP))

    assert (said(one), one["reasons"][0]["detail"]) == (
        [("deny", ["evidence_missing"])],
        "`item.available` proves nothing without their own earlier request or order, and none is on record",
    )


def test_what_does_not_meet_the_condition_is_not_told(it: Shop) -> None:
    """A step that says nothing to a customer; an item of no order."""
    no_order: dict[str, Any] = {name: part for name, part in LAMP.items() if name != "order"}

    assert (
        it.happens("request.progressed", **APPROVED | {"status": "queued in batch 7"}),
        it.happens("item.available", **no_order),
    ) == ([], [])


@pytest.mark.parametrize(
    ("kind", "data", "name"),
    [
        ("request.progressed", APPROVED, "status"),
        ("request.progressed", APPROVED, "request"),
        ("request.completed", DONE, "status"),
        ("item.available", LAMP, "item"),
        ("item.available", LAMP, "place"),
    ],
)
@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
def test_a_gap_is_not_filled(it: Shop, kind: str, data: dict[str, Any], name: str, *, null: bool) -> None:
    """A fact that the text needs is null or missing."""
    told: dict[str, Any] = {key: part for key, part in data.items() if key != name} | ({name: None} if null else {})

    assert it.happens(kind, **told) == []


def test_each_step_is_told_once(it: Shop) -> None:
    """The same event, the same step under another id, and the next step."""
    event = it.event("request.progressed", "u-1", **APPROVED)
    first, again = it.tells(event), it.tells(event)
    it.clock.turn(hours=2)
    same = it.happens("request.progressed", **APPROVED)
    step = it.happens("request.progressed", **APPROVED | {"status": "with the bank"})

    assert (said(*first), again, same, step) == ([("send", [])], [], [("deny", ["already_told"])], [("send", [])])


def test_what_is_done_by_the_morning_is_told_as_done(it: Shop) -> None:
    """Approved at eleven in the evening, done at seven: one message, at eight."""
    it.clock.turn(hours=10)
    (approved,) = it.tells(it.event("request.progressed", "u-1", **APPROVED))
    it.clock.turn(hours=8)
    (done,) = it.tells(it.event("request.completed", "u-1", **DONE))
    it.ticks(hours=1)

    assert (said(approved, done), it.became(approved), [one["decision_id"] for one in it.offered()]) == (
        [("hold", ["quiet_hours"])] * 2,
        ("cancel", ["fact_superseded"]),
        [done["decision_id"]],
    )


def test_while_they_talk_to_us_it_is_said_there(it: Shop) -> None:
    """A conversation is open; when it ends it is told at once, if nobody has said it by then."""
    it.happens("conversation.opened", conversation="K-1")
    (held,) = it.tells(it.event("request.progressed", "u-1", **APPROVED))
    it.clock.turn(minutes=3)
    it.happens("conversation.closed", conversation="K-1")
    it.ticks()

    assert (said(held), held["not_before"], [one["decision_id"] for one in it.offered()]) == (
        [("hold", ["conversation_open"])],
        None,
        [held["decision_id"]],
    )


def test_who_said_no_is_not_told(it: Shop) -> None:
    """Consent is needed, and unknown is no."""
    it.knows("u-2", consent=False)

    assert [it.happens("request.progressed", user, **APPROVED) for user in ("u-2", "u-3")] == [
        [("deny", ["consent_missing"])],
        [("deny", ["consent_missing", "timezone_unknown"])],
    ]
