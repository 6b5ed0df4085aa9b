"""Somebody is here for the first time: they are shown the way, once; and nobody is who was here before."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.kinds.shop import Shop, said, shop

POLICY = """
templates:
  - id: first_visit
    purpose: onboarding
    text: "This is your first visit. If you cannot find something, ask here and a person will show you where it is."
    next_step: "ask here and a person will show you where it is."
triggers:
  - id: first_visit
    on: session.started
    when: '!session.returning && event.data.page in ["home", "help"]'
    purpose: onboarding
    template: first_visit
    channel: widget
"""
BLIND = POLICY.replace("!session.returning && ", "")  # a company that does not ask whether they were here before


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a shop that nobody has been to."""
    with shop(tmp_path, POLICY) as opened:
        yield opened


def test_somebody_new_is_shown_the_way_after_a_while(it: Shop) -> None:
    """Nothing at page load; after thirty seconds it is offered, for the five minutes of a widget."""
    ((action, codes),) = it.visits("home")
    early = (it.ticks(seconds=29), it.offered())
    it.ticks(seconds=1)
    (offer,) = it.offered()

    assert (action, codes, early, offer["message"]["text"][:24], offer["session"], offer["expires_at"]) == (
        "hold",
        ["too_soon"],
        (0, []),
        "This is your first visit",
        {"id": "s-1"},
        "2026-11-20T12:05:00Z",
    )


def test_who_comes_in_by_another_door_knows_where_to_go(it: Shop) -> None:
    """A link to a product is what they wanted: the condition names two pages."""
    assert it.visits("lamps") == []


@pytest.mark.parametrize("data", [{"page": "home"}, {"session": "s-1"}, {"session": "s-1", "page": None}])
def test_a_visit_to_nowhere_is_none(it: Shop, data: dict[str, Any]) -> None:
    """Without a session, or a page, nobody is welcomed."""
    assert it.happens("session.started", **data) == []


def test_who_has_left_by_then_is_not_welcomed(it: Shop) -> None:
    """Ten seconds, and gone."""
    it.visits("home")
    it.clock.turn(seconds=10)
    it.happens("session.ended", session="s-1")
    it.ticks(seconds=30)

    assert it.offered() == []


def test_who_asks_by_then_is_not_welcomed(it: Shop) -> None:
    """They wrote at once: they have found the way."""
    it.visits("home")
    it.clock.turn(seconds=10)
    it.happens("message.received", session="s-1", text="Do you have lamps?")
    it.ticks(seconds=30)

    assert it.offered() == []


def test_they_are_welcomed_once(it: Shop) -> None:
    """The same start twice; a second tab of the same session; and the next visit is not the first."""
    start = it.event("session.started", "u-1", session="s-1", page="home")
    first, again = it.tells(start), it.tells(start)
    it.clock.turn(seconds=5)
    tab = it.happens("session.started", session="s-1", page="home")
    it.ticks(minutes=2)
    offers = len(it.offered())
    it.clock.turn(days=1)
    next_visit = it.visits("home", session="s-2")
    it.ticks(minutes=2)

    assert (said(*first), again, tab, offers, next_visit, it.offered()) == (
        [("hold", ["too_soon"])],
        [],
        [("hold", ["too_soon"])],
        1,
        [],
        [],
    )


def visited(it: Shop) -> None:
    """Let them have been here last week."""
    it.visits("lamps", session="s-0")


def talked(it: Shop) -> None:
    """Let them have written to us, by another way than the shop."""
    it.happens("message.received", text="Where is my lamp?")


def called(it: Shop) -> None:
    """Let them have called: an outcome says so."""
    it.api.post("/v1/outcomes", {"user_id": "u-1", "kind": "contacted_us", "time": it.clock.at.isoformat()})


def was_anonymous(it: Shop) -> None:
    """Let them have been here without a name, and be known today."""
    it.visits("lamps", session="s-0", user="anon-7")
    it.clock.turn(days=6)
    it.happens("customer.identified", anonymous_id="anon-7")


def was_on_the_phone(it: Shop) -> None:
    """Let the anonymous visitor of today be a customer who wrote to us under another id last week."""
    it.happens("conversation.opened", "u-9", conversation="K-1")
    it.happens("conversation.closed", "u-9", conversation="K-1")
    it.happens("customer.identified", "u-9", anonymous_id="u-1")


BEFORE = [visited, talked, called, was_anonymous, was_on_the_phone]


@pytest.mark.parametrize("before", BEFORE, ids=[each.__name__ for each in BEFORE])
@pytest.mark.parametrize("policy", [POLICY, BLIND], ids=["asked", "not asked"])
def test_first_time_here_is_not_said_to_a_returning_customer(
    tmp_path: Path, policy: str, before: Callable[[Shop], None]
) -> None:
    """By visit, by conversation, by a call, under an anonymous id, under another name: whatever the trigger asks."""
    with shop(tmp_path, policy) as it:
        before(it)
        it.clock.turn(days=7)
        found = it.visits("home")
        it.ticks(minutes=1)
        expected = [] if policy is POLICY else [("deny", ["contradicts_history", "too_soon"])]

        assert (found, it.offered()) == (expected, [])


ORDERED = (
    BLIND.replace(
        "triggers:",
        """  - id: parcel_late
    purpose: delivery_update
    text: "Your parcel {parcel} now arrives on {new_eta}. Reply to change the address."
    facts: { parcel: string, new_eta: string }
    next_step: "Reply to change the address."
triggers:""",
    )
    + """  - id: parcel_late
    on: shipment.delayed
    purpose: delivery_update
    template: parcel_late
    facts: { parcel: event.data.parcel, new_eta: event.data.new_eta }
    channel: sms
"""
)


def test_whom_we_have_written_to_is_no_stranger(tmp_path: Path) -> None:
    """They ordered by telephone and had a message from us; a welcome for strangers is wrong."""
    with shop(tmp_path, ORDERED) as it:
        it.knows("u-1")
        told = it.happens("shipment.delayed", parcel="A-7", new_eta="Friday")
        it.clock.turn(days=3)

        assert (told, it.visits("home")) == ([("send", [])], [("deny", ["contradicts_history", "too_soon"])])


def test_who_turns_out_to_be_a_customer_meanwhile_is_not_welcomed(tmp_path: Path) -> None:
    """They sign in after ten seconds: the message that was held knows them at thirty."""
    with shop(tmp_path, POLICY) as it:
        it.visits("lamps", session="s-0", user="u-1")
        it.clock.turn(days=7)
        ((action, codes),) = it.visits("home", user="anon-7")
        it.clock.turn(seconds=10)
        it.happens("customer.identified", anonymous_id="anon-7")
        it.ticks(seconds=30)

        assert (action, codes, it.offered()) == ("hold", ["too_soon"], [])
