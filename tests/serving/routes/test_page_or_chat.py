"""News for somebody who may be on a page: it goes there, or to the chat, and never to both."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serving.fakes import FakeScorer
from tests.serving.routes.finding import EVENTS, MOVED, SHIPPED, TRIGGER, heard, moved, offers
from tests.serving.routes.visiting import DRAWN, SETTINGS, Page, signed
from tests.serving.served import NOON, Served, Watch, app_of, event


@pytest.fixture
def shop(clock: Watch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Serve an API with the shipped triggers and a customer who may be written to in the chat."""

    def seconds() -> float:
        return clock.at.timestamp()

    monkeypatch.setattr("serving.app.monotonic", seconds)
    scorer = FakeScorer(cutoff=0.004, shares=SETTINGS.shares)
    with Served(app_of(clock=clock, settings=SETTINGS, scorer=scorer)) as on:
        on.call("PUT", "/v1/users/u-17/preferences", json={"timezone": "Europe/Paris", "consent": {"chat": True}})
        yield on


def late(shop: Served, clock: Watch) -> list[tuple[str, str, Any]]:
    """Have the carrier say that a parcel is late, in no session; return what was decided, and where."""
    decisions = shop.post(EVENTS, event(at=clock.at)).json()["decisions"]
    return [(one["channel"], one["action"], one["session"]) for one in decisions]


def test_news_of_a_parcel_finds_the_page(shop: Served, clock: Watch) -> None:
    """The customer looks at it: there, and not in the chat as well."""
    page = Page(shop, session="s-1", says=signed(), subject="u-17")
    page.post(EVENTS, page.event("begun", "session.started"))
    clock.turn(seconds=45)
    decided = late(shop, clock)
    said = [one["message"]["text"] for one in heard(page)]
    assert (decided, said) == (
        [("widget", "send", {"id": "s-1"}), ("chat", "deny", None)],
        ["Your parcel A-1 now arrives on Friday. Reply to change the address."],
    )


NOBODY: dict[str, list[tuple[str, str | None]]] = {
    "nobody is on a page": [],
    "a visitor whom nobody knows is": [(DRAWN, None)],
    "another customer is": [("s-2", "u-18")],
    "they are on two": [("s-1", "u-17"), ("s-2", "u-17")],
}


@pytest.mark.parametrize("name", NOBODY)
def test_without_a_page_of_theirs_it_goes_to_the_chat(shop: Served, clock: Watch, name: str) -> None:
    """As before: one decision."""
    for session, user in NOBODY[name]:
        says = None if user is None else signed(user, session)
        page = Page(shop, session=session, says=says, subject=user)
        page.post(EVENTS, page.event(f"begun-{session}", "session.started"))
    clock.turn(seconds=45)
    assert late(shop, clock) == [("chat", "send", None)]


def test_who_has_just_come_is_told_in_the_chat(shop: Served, clock: Watch) -> None:
    """Half a minute is theirs: the page's message is held, the other goes; then it was told."""
    page = Page(shop, session="s-1", says=signed(), subject="u-17")
    page.post(EVENTS, page.event("begun", "session.started"))
    clock.turn(seconds=10)
    decided = late(shop, clock)
    clock.turn(seconds=25)
    shop._wait(shop.app.state.api.timekeeper.tick())
    assert (decided, heard(page)) == ([("widget", "hold", {"id": "s-1"}), ("chat", "send", None)], [])


@pytest.fixture
def told(shop: Served, clock: Watch) -> Page:
    """A customer on a page to which news of a parcel has just gone."""
    page = Page(shop, session="s-1", says=signed(), subject="u-17")
    page.post(EVENTS, page.event("begun", "session.started"))
    clock.turn(seconds=45)
    assert late(shop, clock)[0][:2] == ("widget", "send")
    return page


def ticked(shop: Served, clock: Watch, seconds: float = 120) -> list[tuple[str, str]]:
    """Let time pass and have done what is due; return what is offered by then: where, and what."""
    clock.turn(seconds=seconds)
    shop._wait(shop.app.state.api.timekeeper.tick())
    return [(one["decision"]["channel"], one["decision"]["message"]["text"]) for one in offers(shop)]


WORDS = "Your parcel A-1 now arrives on Friday. Reply to change the address."


def test_what_no_page_took_goes_to_the_chat(shop: Served, told: Page, clock: Watch) -> None:
    """Within two minutes: the page was left. Who comes back to it hears nothing, and is shown nothing."""
    before = ticked(shop, clock, seconds=119.9)
    (found,) = heard(told)
    after = ticked(shop, clock, seconds=0.1)
    record = shop.get(f"/v1/decisions/{found['decision_id']}").json()
    said = told.confirm(found["decision_id"]).json()["action"]
    outcomes = [one["kind"] for one in record["outcomes"]]
    assert (before, after, heard(told), outcomes, said) == ([], [("chat", WORDS)], [], ["not_delivered"], "cancel")


@pytest.mark.parametrize("how", ["asked", "shown", "both"])
def test_what_a_page_took_goes_nowhere_else(shop: Served, told: Page, clock: Watch, how: str) -> None:
    """Whoever asked whether it may be shown has shown it, for all that anybody knows."""
    (found,) = heard(told)
    if how in ("asked", "both"):
        assert told.confirm(found["decision_id"]).json()["action"] == "send"
    if how in ("shown", "both"):
        told.report(found["decision_id"], "delivered", time=clock.at.isoformat())
    assert ticked(shop, clock) == []
    records = shop.get("/v1/decisions?user=u-17").json()["decisions"]
    asked = [(one["candidate"], one["action"]) for one in records]
    decided = [(about["channel"], action) for about, action in asked if about["purpose"] == "delivery_update"]
    assert decided == [("widget", "send"), ("chat", "deny")]


def test_what_could_go_nowhere_else_waits_for_the_page(shop: Served, clock: Watch) -> None:
    """Without consent to the chat the page's message stays: they may come back to it."""
    shop.call("PUT", "/v1/users/u-17/preferences", json={"consent": {"chat": False}})
    page = Page(shop, session="s-1", says=signed(), subject="u-17")
    page.post(EVENTS, page.event("begun", "session.started"))
    clock.turn(seconds=45)
    decided = late(shop, clock)
    assert (decided[0][:2], ticked(shop, clock), len(heard(page))) == (("widget", "send"), [], 1)


def test_an_erased_customer_has_no_turn(shop: Served, told: Page, clock: Watch) -> None:
    """Nothing is left to decide."""
    shop.call("DELETE", "/v1/users/u-17")
    assert (ticked(shop, clock), heard(told)) == ([], [])


def test_what_is_adapted_from_a_platform_finds_the_page_as_well(clock: Watch) -> None:
    """Nobody there hears what was decided: it is no offer either, but where no page took it."""
    scorer = FakeScorer(cutoff=0.004, shares=SETTINGS.shares)
    settings = replace(SETTINGS, segment_secret="secret-of-segment")
    with Served(app_of(clock=clock, settings=settings, scorer=scorer)) as shop:
        shop.call("PUT", "/v1/users/u-17/preferences", json={"timezone": "Europe/Paris", "consent": {"chat": True}})
        page = Page(shop, session="s-1", says=signed(), subject="u-17")
        page.post(EVENTS, page.event("begun", "session.started"))
        clock.turn(seconds=45)
        call = {"type": "track", "messageId": "m-1", "userId": "u-17", "event": "Shipment Delayed"}
        parcel = {"parcel": "A-1", "new_eta": "Friday", "delay_hours": 14}
        raw = json.dumps(call | {"timestamp": clock.at.isoformat(), "properties": parcel}).encode()
        signature = hmac.new(b"secret-of-segment", raw, hashlib.sha1).hexdigest()
        headers = {"Content-Type": "application/json", "X-Signature": signature}
        shop.call("POST", "/v1/adapters/segment", key=None, content=raw, headers=headers)
        before = (offers(shop), [one["message"]["text"] for one in heard(page)])
        assert (before, ticked(shop, clock)) == (([], [WORDS]), [("chat", WORDS)])


@pytest.fixture
def both(clock: Watch, tmp_path: Path) -> Iterator[Served]:
    """Serve an API whose triggers send the same to the page, whatever it is, and to the chat."""
    chat = TRIGGER.partition("triggers:")[2].replace("widget", "chat").replace("moved_on_page", "moved")
    (tmp_path / "triggers.yaml").write_text(TRIGGER + chat)
    (tmp_path / "templates.yaml").write_text((SHIPPED / "templates.yaml").read_text())
    scorer = FakeScorer(cutoff=0.004, shares=SETTINGS.shares)
    settings = replace(SETTINGS, policy=tmp_path, shipped_triggers=False)
    with Served(app_of(clock=clock, settings=settings, scorer=scorer)) as on:
        on.call("PUT", "/v1/users/u-17/preferences", json={"timezone": "Europe/Paris", "consent": {"chat": True}})
        yield on


def channels(answer: Any) -> list[tuple[str, str]]:
    """Return what was decided, and where."""
    return [(one["channel"], one["action"]) for one in answer.json()["decisions"]]


def test_a_page_that_did_not_ask_is_not_asked_again(both: Served, clock: Watch) -> None:
    """It reports, and asks for nothing: another message to it would be as lost as the first."""
    page = Page(both, session="s-1", says=signed(), subject="u-17")
    page.post(EVENTS, page.event("begun", "session.started"))
    clock.turn(seconds=45)
    decided = channels(both.post(EVENTS, event(type="appointment.changed", at=clock.at, data=MOVED)))
    page.post(EVENTS, page.event("still", at=clock.at))
    after = [channel for channel, _ in ticked(both, clock)]
    assert (decided, after) == ([("widget", "send"), ("chat", "deny")], ["chat"])


def test_what_went_to_another_systems_widget_goes_nowhere_else(both: Served, clock: Watch) -> None:
    """Whoever was answered shows it there, and need not ask before."""
    begun = {"specversion": "1.0", "source": "urn:chatwoot:account:1", "id": "w", "type": "session.started"}
    both.post(EVENTS, begun | {"time": NOON.isoformat(), "subject": "u-17", "data": {"session": "chatwoot:1"}})
    clock.turn(seconds=45)
    decided = channels(both.post(EVENTS, moved(clock, data={"session": "chatwoot:1"})))
    assert (decided, ticked(both, clock)) == ([("widget", "send"), ("chat", "deny")], [])
    assert len(both.get("/v1/decisions?user=u-17").json()["decisions"]) == len(decided)
