"""A parcel is late, moved, on its way, there, or not: the newest news, once, by a way that the customer agreed to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.kinds.shop import Shop, said, shop

POLICY = """
templates:
  - id: parcel_late
    purpose: delivery_update
    text: "Your parcel {parcel} now arrives on {new_eta}. Reply to change the address."
    facts: { parcel: string, new_eta: string }
    next_step: "Reply to change the address."
  - id: parcel_near
    purpose: delivery_update
    text: "Your parcel {parcel} should be with you {window}. Reply if nobody will be there."
    facts: { parcel: string, window: string }
    next_step: "Reply if nobody will be there."
  - id: parcel_there
    purpose: delivery_update
    text: "Your parcel {parcel} was left {place}. Reply if you cannot find it."
    facts: { parcel: string, place: string }
    next_step: "Reply if you cannot find it."
  - id: parcel_back
    purpose: delivery_update
    text: "We could not deliver your parcel {parcel}: {reason}. Reply to choose another day."
    facts: { parcel: string, reason: string }
    next_step: "Reply to choose another day."
triggers:
  - id: late
    on: shipment.delayed
    when: event.data.delay_hours >= 12
    purpose: delivery_update
    template: parcel_late
    facts: { parcel: event.data.parcel, new_eta: event.data.new_eta }
    channel: sms
  - id: moved
    on: shipment.rescheduled
    purpose: delivery_update
    template: parcel_late
    facts: { parcel: event.data.parcel, new_eta: event.data.new_eta }
    channel: sms
  - id: near
    on: shipment.out_for_delivery
    purpose: delivery_update
    template: parcel_near
    facts: { parcel: event.data.parcel, window: event.data.window }
    channel: push
  - id: there
    on: shipment.delivered
    when: event.data.place != "at your door"
    purpose: delivery_update
    template: parcel_there
    facts: { parcel: event.data.parcel, place: event.data.place }
    channel: push
  - id: back
    on: shipment.failed
    purpose: delivery_update
    template: parcel_back
    facts: { parcel: event.data.parcel, reason: event.data.reason }
    channel: sms
"""
LATE: dict[str, Any] = {"parcel": "A-7", "new_eta": "Friday", "delay_hours": 26}


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a shop with one customer, in Paris at one in the afternoon, who said yes to everything."""
    with shop(tmp_path, POLICY) as opened:
        opened.knows("u-1")
        yield opened


GOOD = [
    ("shipment.delayed", LATE, "Your parcel A-7 now arrives on Friday. Reply to change the address."),
    (
        "shipment.rescheduled",
        {"parcel": "A-7", "new_eta": "Monday"},
        "Your parcel A-7 now arrives on Monday. Reply to change the address.",
    ),
    (
        "shipment.out_for_delivery",
        {"parcel": "A-7", "window": "between 2 and 4 pm"},
        "Your parcel A-7 should be with you between 2 and 4 pm. Reply if nobody will be there.",
    ),
    (
        "shipment.delivered",
        {"parcel": "A-7", "place": "with your neighbour"},
        "Your parcel A-7 was left with your neighbour. Reply if you cannot find it.",
    ),
    (
        "shipment.failed",
        {"parcel": "A-7", "reason": "nobody was there"},
        "We could not deliver your parcel A-7: nobody was there. Reply to choose another day.",
    ),
]


@pytest.mark.parametrize(("kind", "data", "text"), GOOD, ids=[kind for kind, *_ in GOOD])
def test_each_news_of_a_parcel_is_told(it: Shop, kind: str, data: dict[str, Any], text: str) -> None:
    """With what the event says, word for word."""
    (one,) = it.tells(it.event(kind, "u-1", **data))

    assert (one["action"], one["message"]["text"]) == ("send", text)


NEAR = [
    ("shipment.delayed", LATE | {"delay_hours": 11.9}),
    ("shipment.delivered", {"parcel": "A-7", "place": "at your door"}),
    ("shipment.returned", {"parcel": "A-7", "reason": "nobody was there"}),
]


@pytest.mark.parametrize(("kind", "data"), NEAR, ids=["a short delay", "where it belongs", "a type of their own"])
def test_what_is_no_news_is_not_told(it: Shop, kind: str, data: dict[str, Any]) -> None:
    """A short delay, a parcel at the door, a type that nobody knows."""
    assert it.happens(kind, **data) == []


@pytest.mark.parametrize("name", ["parcel", "new_eta", "delay_hours"])
@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
def test_a_gap_in_the_news_is_not_filled(it: Shop, name: str, *, null: bool) -> None:
    """Nobody is told that their parcel arrives on None."""
    data: dict[str, Any] = {key: part for key, part in LATE.items() if key != name} | ({name: None} if null else {})

    assert it.happens("shipment.delayed", **data) == []


def test_the_same_news_under_another_id_is_told_once(it: Shop) -> None:
    """Two systems of the shop report the same delay; an hour later the cap would let it pass, but it was told."""
    first = it.happens("shipment.delayed", **LATE)
    it.clock.turn(hours=2)

    assert (first, it.happens("shipment.delayed", **LATE)) == ([("send", [])], [("deny", ["already_told"])])


def test_a_newer_date_is_news(it: Shop) -> None:
    """The first was told at one; at three it is Monday."""
    it.happens("shipment.delayed", **LATE)
    it.clock.turn(hours=2)

    assert it.happens("shipment.delayed", **LATE | {"new_eta": "Monday"}) == [("send", [])]


def test_the_newer_news_is_told_in_the_morning(it: Shop) -> None:
    """Late at eleven in the evening: it waits. Moved once more at midnight: only that is said, at eight."""
    it.clock.turn(hours=10)
    (friday,) = it.tells(it.event("shipment.delayed", "u-1", **LATE))
    it.clock.turn(hours=1)
    (monday,) = it.tells(it.event("shipment.delayed", "u-1", **LATE | {"new_eta": "Monday"}))
    it.ticks(hours=8)

    assert (said(friday, monday), monday["not_before"], it.became(friday), it.texts()) == (
        [("hold", ["quiet_hours"])] * 2,
        "2026-11-21T07:00:00Z",
        ("cancel", ["fact_superseded"]),
        [("u-1", "Your parcel A-7 now arrives on Monday. Reply to change the address.")],
    )


def test_who_asked_in_the_night_has_their_answer(it: Shop) -> None:
    """The news waits for the morning; they wrote about this parcel before: somebody answers them."""
    it.clock.turn(hours=10)
    (held,) = it.tells(it.event("shipment.delayed", "u-1", **LATE))
    it.clock.turn(minutes=5)
    it.happens("message.received", text="Where is A-7?")
    it.ticks(hours=9)

    assert (it.offered(), it.became(held)) == ([], ("cancel", ["customer_already_knows"]))


def test_a_late_report_of_an_older_news_is_no_news(it: Shop) -> None:
    """It was delivered; the delay that happened before arrives after."""
    it.happens("shipment.delivered", parcel="A-7", place="at your door", ago=60)

    assert it.happens("shipment.delayed", ago=7200, **LATE) == [("deny", ["fact_superseded"])]


def test_who_said_no_is_not_told(it: Shop) -> None:
    """No consent to this channel, and unknown is no; what is essential goes all the same."""
    it.knows("u-2", consent=False)
    back: dict[str, Any] = {"parcel": "B-1", "reason": "nobody was there"}
    asked = [it.happens("shipment.delayed", user, **LATE) for user in ("u-2", "u-3")]

    assert (asked, it.happens("shipment.failed", "u-2", **back), it.happens("shipment.failed", "u-3", **back)) == (
        [[("deny", ["consent_missing"])], [("deny", ["consent_missing", "timezone_unknown"])]],
        [("send", [])],
        [("deny", ["timezone_unknown"])],
    )


def test_of_two_news_in_one_request_the_essential_one_is_told(it: Shop) -> None:
    """Two parcels of one customer: one message, and the other is on record."""
    decisions = it.tells(
        it.event("shipment.delayed", "u-1", **LATE),
        it.event("shipment.failed", "u-1", parcel="B-1", reason="nobody was there"),
    )

    assert [(one["matched"], *said(one)[0]) for one in decisions] == [
        ("late", "deny", ["outranked"]),
        ("back", "send", []),
    ]


def test_a_whole_day_of_one_parcel_is_two_messages(it: Shop) -> None:
    """Late, on its way, there: what is told is told with an hour between, and not more than twice a day."""
    for hour, (kind, data, _) in enumerate(GOOD[:4]):
        it.happens(kind, **data)
        it.clock.turn(minutes=61 if hour < 2 else 1)
    records = it.api.get("/v1/decisions?user=u-1").json()["decisions"]

    assert [record["action"] for record in records] == ["send", "send", "hold", "hold"]
