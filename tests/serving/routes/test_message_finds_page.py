"""What was decided elsewhere for a page's session: the page hears of it with its next answer, and nobody else does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.fakes import FakeScorer
from tests.serving.routes.finding import EVENTS, MOVED, SHIPPED, TRIGGER, heard, moved, offers
from tests.serving.routes.visiting import DRAWN, SETTINGS, Page, signed
from tests.serving.served import NOON, Served, Watch, app_of, candidate, event, token


@pytest.fixture
def api(clock: Watch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    """Serve an API with a trigger that goes to the page; rates go by its clock."""

    def seconds() -> float:
        return clock.at.timestamp()

    monkeypatch.setattr("serving.app.monotonic", seconds)
    (tmp_path / "triggers.yaml").write_text(TRIGGER)
    (tmp_path / "templates.yaml").write_text((SHIPPED / "templates.yaml").read_text())
    settings = replace(SETTINGS, policy=tmp_path, shipped_triggers=False)
    with Served(app_of(clock=clock, settings=settings, scorer=FakeScorer(cutoff=0.004, shares=settings.shares))) as on:
        yield on


@pytest.fixture
def account(api: Served, clock: Watch) -> Page:
    """A customer who has been on a page of the shop for two minutes."""
    page = Page(api, session="s-1", says=signed(), subject="u-17")
    page.post(EVENTS, page.event("begun", "session.started"))
    clock.turn(minutes=2)
    return page


def test_what_the_shops_server_brought_about_is_heard_by_the_page(api: Served, account: Page, clock: Watch) -> None:
    """With nothing to report, and without why, or what the event was."""
    (decided,) = api.post(EVENTS, moved(clock)).json()["decisions"]
    (found,) = heard(account)
    said = (found["decision_id"], found["action"], found["message"]["text"], found["reasons"], found["evidence"])
    expected = (decided["decision_id"], "send", decided["message"]["text"], [], None)
    assert said == expected
    assert (found["user"], found["session"], found["expires_at"], offers(api)) == (
        {"id": "u-17"},
        {"id": "s-1"},
        decided["expires_at"],
        [],
    )


def test_an_empty_array_records_nothing(account: Page) -> None:
    """It asks, and says nothing: nobody is on the page for longer by it."""
    told = account.post(EVENTS, []).json()
    assert told == {"accepted": 0, "duplicates": 0, "rejected": [], "decisions": []}
    assert account.post(EVENTS, account.event("begun", "session.started")).json()["duplicates"] == 1


def test_it_is_heard_with_whatever_the_page_reports(api: Served, account: Page, clock: Watch) -> None:
    """Also where what it reports is refused."""
    api.post(EVENTS, moved(clock))
    wrong = [account.event("w", "shipment.delayed")]
    found = [heard(account, body) for body in ([account.event("e", at=clock.at)], wrong, [])]
    assert [len(decisions) for decisions in found] == [1, 1, 1]


def test_it_is_heard_until_it_was_shown(api: Served, account: Page, clock: Watch) -> None:
    """An answer may be lost: confirmed it is still heard, delivered it is not."""
    api.post(EVENTS, moved(clock))
    (found,) = heard(account)
    said = account.confirm(found["decision_id"]).json()["action"]
    again = heard(account)
    told = account.report(found["decision_id"], "delivered", time=clock.at.isoformat())["accepted"]
    assert (said, [one["decision_id"] for one in again], told, heard(account)) == (
        "send",
        [found["decision_id"]],
        1,
        [],
    )


def asked(api: Served, clock: Watch) -> dict[str, Any]:
    """Have the shop's server ask for a message about a parcel in the customer's session; return the answer."""
    api.post(EVENTS, event(at=clock.at))
    ends = (clock.at + timedelta(minutes=5)).isoformat()
    body = candidate(channel="widget", session={"id": "s-1"}, expires_at=ends)
    found: dict[str, Any] = api.post("/v1/decisions", body).json()
    return found


def test_what_the_shops_server_asked_for_is_heard(api: Served, account: Page, clock: Watch) -> None:
    """It is the page that can show it."""
    decided = asked(api, clock)
    assert (decided["action"], [one["decision_id"] for one in heard(account)]) == ("send", [decided["decision_id"]])


def test_what_its_own_events_brought_about_is_heard_again_until_it_was_shown(clock: Watch) -> None:
    """One message, one id: what came with an answer that was lost comes with the next."""
    scorer = FakeScorer(cutoff=0.004, shares=SETTINGS.shares)
    with Served(app_of(clock=clock, settings=SETTINGS, scorer=scorer)) as api:
        page = Page(api)
        first = page.shown()
        (again,) = heard(page)
        page.report(first["decision_id"], "delivered")
        assert (again, heard(page)) == (first, [])


@pytest.mark.parametrize("kind", ["not_delivered", "dismissed", "opted_out"])
def test_whatever_is_reported_of_it_it_is_heard_no_more(api: Served, account: Page, clock: Watch, kind: str) -> None:
    """Nobody is told twice."""
    api.post(EVENTS, moved(clock))
    (found,) = heard(account)
    account.report(found["decision_id"], kind, time=clock.at.isoformat())
    assert heard(account) == []


def test_what_was_cancelled_is_heard_no_more(api: Served, account: Page, clock: Watch) -> None:
    """The customer opted out meanwhile: whoever asks first learns it."""
    api.post(EVENTS, moved(clock))
    (found,) = heard(account)
    api.post("/v1/outcomes", {"user_id": "u-17", "kind": "opted_out", "time": clock.at.isoformat()})
    said = account.confirm(found["decision_id"]).json()["action"]
    assert (said, heard(account)) == ("cancel", [])


def test_what_expired_is_heard_no_more(api: Served, account: Page, clock: Watch) -> None:
    """To the instant."""
    ends = asked(api, clock)["expires_at"]
    clock.turn(minutes=5, microseconds=-1)
    before = [one["expires_at"] for one in heard(account)]
    clock.turn(microseconds=1)
    assert (before, heard(account)) == ([ends], [])


OTHERS: dict[str, dict[str, Any]] = {
    "another session of theirs": {"says": signed(session="s-2"), "session": "s-2"},
    "another customer in a session of this name": {"says": signed("u-18"), "subject": "u-18"},
    "a drawn one": {"says": None, "session": DRAWN, "subject": None},
}


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_else_hears_of_it(api: Served, account: Page, clock: Watch, name: str) -> None:
    """Neither another session nor another customer."""
    api.post(EVENTS, moved(clock))
    other = replace(account, **OTHERS[name])
    assert (heard(other), len(heard(account))) == ([], 1)


def test_a_hold_that_became_due_is_heard_by_the_page(api: Served, clock: Watch) -> None:
    """Held for thirty seconds of the page, due by itself then: an answer to nobody's request."""
    page = Page(api, session="s-9", says=signed("u-9", "s-9"), subject="u-9")
    page.post(EVENTS, page.event("b-9", "session.started", at=clock.at))
    (held,) = api.post(EVENTS, moved(clock, "m-9", subject="u-9", data={"session": "s-9"})).json()["decisions"]
    before = heard(page)
    clock.turn(seconds=31)
    api._wait(api.app.state.api.timekeeper.tick())
    after = [one["decision_id"] for one in heard(page)]
    assert (held["action"], before, after, offers(api)) == ("hold", [], [held["decision_id"]], [])


def test_a_session_of_another_system_is_offered(api: Served, clock: Watch) -> None:
    """Its own widget shows it: what no page of ours reported in goes as every offer does."""
    begun = {"specversion": "1.0", "source": "urn:chatwoot:account:1", "id": "w", "type": "session.started"}
    api.post(EVENTS, begun | {"time": NOON.isoformat(), "subject": "u-17", "data": {"session": "chatwoot:1"}})
    (held,) = api.post(EVENTS, moved(clock, data={"session": "chatwoot:1"})).json()["decisions"]
    clock.turn(seconds=31)
    api._wait(api.app.state.api.timekeeper.tick())
    assert [one["decision_id"] for one in offers(api)] == [held["decision_id"]]


def test_an_erased_customers_message_is_gone(api: Served, account: Page, clock: Watch) -> None:
    """Nothing waits for them, whoever comes into the session next."""
    api.post(EVENTS, moved(clock))
    api.call("DELETE", "/v1/users/u-17")
    assert heard(account) == []


def test_who_polls_asks_at_a_rate(account: Page) -> None:
    """An empty array counts as one."""
    told = [account.post(EVENTS, []).status_code for _ in range(12)]
    assert told == [202] * 10 + [429] * 2


def test_a_key_of_the_companys_hears_of_nothing_by_an_empty_array(api: Served, clock: Watch) -> None:
    """As before: it is no page."""
    api.post(EVENTS, moved(clock))
    assert api.post(EVENTS, [], key=token("events")).json()["decisions"] == []


def test_a_widget_message_without_a_page_misses_its_session(api: Served, clock: Watch) -> None:
    """A trigger that does not ask for a page: refused, as a widget's message without a session always is."""
    body = event(type="appointment.changed", at=clock.at, data=MOVED)
    (decided,) = api.post(EVENTS, body).json()["decisions"]
    assert (decided["action"], [one["code"] for one in decided["reasons"]]) == ("deny", ["session_missing"])


def test_a_widget_message_takes_the_open_page(api: Served, account: Page, clock: Watch) -> None:
    """Whatever its trigger asks."""
    clock.turn(minutes=20)
    api.post(EVENTS, event(type="appointment.changed", at=clock.at, data=MOVED))
    assert [one["session"] for one in heard(account)] == [{"id": "s-1"}]


def test_asking_is_not_kept_under_a_key(api: Served, account: Page, clock: Watch) -> None:
    """An empty array says what waits now, and records nothing: not its answer either."""
    asked = {"Idempotency-Key": "the-same"}
    before = account.post(EVENTS, [], **asked).json()["decisions"]
    api.post(EVENTS, moved(clock))
    assert (before, len(account.post(EVENTS, [], **asked).json()["decisions"])) == ([], 1)
