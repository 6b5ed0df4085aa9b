"""Whose a session is that comes with a widget's key: a name that somebody else uses as well opens nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from serving.access.keys import Bounds, key_record
from serving.fakes import FakeScorer
from tests.serving.routes.visiting import DRAWN, SETTINGS, VISITOR, Page, signed
from tests.serving.served import NOON, ORIGIN, Served, Watch, app_of, memory_ledger, token

EVENTS = "/v1/events"
SHARED = "0f8fad5b-d9cb-469f-a165-70867728950e"  # a session's name that a page could have drawn, and a shop may sign
OTHER_ORIGIN = "https://other.example"


@pytest.fixture
def api(clock: Watch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Serve an API with the keys of three widgets: two of one page, one of another."""

    def seconds() -> float:
        return clock.at.timestamp()

    monkeypatch.setattr("serving.app.monotonic", seconds)
    ledger = memory_ledger()
    with ledger.transaction() as transaction:
        for name, origin in (("second", ORIGIN), ("foreign", OTHER_ORIGIN)):
            bounds = Bounds(origin=origin)
            made = key_record(token(name), key_id=name, name=name, scopes=["widget"], at=NOON, bounds=bounds)
            transaction.add_key(made)
    scorer = FakeScorer(cutoff=0.004, shares=SETTINGS.shares)
    with Served(app_of(ledger, clock=clock, settings=SETTINGS, scorer=scorer)) as served:
        yield served


@pytest.fixture
def victim(api: Served) -> Page:
    """A page of a customer whom the shop signed for, in a session with a name as a page draws them."""
    return Page(api, session=SHARED, says=signed("u-17", SHARED), subject="u-17")


OTHERS: dict[str, dict[str, Any]] = {
    "unsigned": {},
    "unsigned, of nobody": {"subject": None},
    "another key": {"key": "second"},
    "another page": {"key": "foreign", "origin": OTHER_ORIGIN},
    "another customer": {"says": signed("u-18", SHARED), "subject": "u-18"},
    "another customer, of another page": {
        "says": signed("u-18", SHARED, aud=OTHER_ORIGIN),
        "subject": "u-18",
        "key": "foreign",
        "origin": OTHER_ORIGIN,
    },
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_signed_session_is_not_taken_over_by_its_name(api: Served, victim: Page, name: str) -> None:
    """Whoever learns the `sid` hears, confirms and reports nothing of it: it is as if there were no such decision."""
    heard = victim.shown()["decision_id"]
    other = Page(api, session=SHARED, **OTHERS[name])
    kinds = ("delivered", "thanked", "dismissed", "opted_out")
    told = [other.report(heard, kind)["rejected"][0]["problem"]["status"] for kind in kinds]
    dismissed = other.post(EVENTS, other.event("d", "message.dismissed", data={"decision_id": heard})).json()
    record = api.get(f"/v1/decisions/{heard}").json()
    assert (other.confirm(heard).status_code, told, dismissed["accepted"]) == (404, [404] * 4, 0)
    assert (record["confirmations"], record["outcomes"], victim.confirm(heard).json()["action"]) == ([], [], "send")


@pytest.mark.parametrize("name", [name for name in OTHERS if "customer" not in name])
def test_a_signed_session_is_not_ended_or_disturbed_by_its_name(api: Served, victim: Page, name: str) -> None:
    """What somebody else says of a session of this name is another session: this one goes on as before."""
    other = Page(api, session=SHARED, **OTHERS[name])
    heard = victim.shown()["decision_id"]
    kinds = ("session.ended", "page.viewed", "message.dismissed")
    said = [other.post(EVENTS, other.event(f"x-{kind}", kind)).json()["accepted"] for kind in kinds]
    assert (said, victim.confirm(heard).json()["action"]) == ([1, 1, 1], "send")


def test_whoever_signed_ends_their_own_session(victim: Page) -> None:
    """The same word of its own page does end it."""
    heard = victim.shown()["decision_id"]
    victim.post(EVENTS, victim.event("x", "session.ended"))
    assert victim.confirm(heard).json()["action"] == "cancel"


@pytest.mark.parametrize("change", [{"key": "second"}, {"key": "foreign", "origin": OTHER_ORIGIN}], ids=["key", "page"])
def test_drawn_sessions_of_two_keys_are_two(api: Served, change: dict[str, Any]) -> None:
    """Also where the name, and even the visitor's id, is the same."""
    page = Page(api)
    heard = page.shown()["decision_id"]
    other = Page(api, **change)
    assert (other.confirm(heard).status_code, other.report(heard)["accepted"]) == (404, 0)
    assert page.confirm(heard).json()["action"] == "send"


def test_what_was_drawn_before_is_not_what_is_signed_later(api: Served, victim: Page) -> None:
    """A session that somebody filled before the shop signed one of its name brings nothing into that."""
    before = Page(api, session=SHARED)
    shown = before.shown("before")["decision_id"]
    first = victim.shown()
    assert (first["action"], victim.confirm(shown).status_code) == ("send", 404)


def test_the_answer_of_one_is_not_replayed_to_another(api: Served, victim: Page) -> None:
    """An Idempotency-Key of a signed session, with its very body, says nothing to whoever only knows its name."""
    body = [one | {"subject": None} for one in victim.dwelled()]
    header = {"Idempotency-Key": "1"}
    first = victim.post(EVENTS, body, **header)
    second = Page(api, session=SHARED).post(EVENTS, body, **header)
    assert (first.status_code, "idempotency-replayed" in second.headers) == (202, False)


def test_the_pace_of_one_is_not_that_of_another(api: Served, victim: Page) -> None:
    """Whoever asks too much under its name leaves the signed session alone."""
    other = Page(api, session=SHARED)
    told = {other.post(EVENTS, other.event(f"e-{number}")).status_code for number in range(20)}
    assert (told, victim.post(EVENTS, victim.event("v")).status_code) == ({202, 429}, 202)


def test_who_was_known_later_is_no_longer_spoken_for_unsigned(api: Served) -> None:
    """From when a visitor's id is a customer's: no event, no confirmation, no outcome without a signature."""
    page = Page(api)
    heard = page.shown()["decision_id"]
    bound = {"specversion": "1.0", "source": "urn:shop", "id": "i-1", "type": "customer.identified", "subject": "u-17"}
    api.post(EVENTS, bound | {"time": NOON.isoformat(), "data": {"anonymous_id": VISITOR}})
    (rejected,) = page.post(EVENTS, page.event("later")).json()["rejected"]
    told = rejected["problem"]["status"], rejected["problem"]["errors"][0]["pointer"]
    assert (told, page.confirm(heard).status_code, page.report(heard)["accepted"]) == ((403, "#/subject"), 404, 0)


def test_the_companys_servers_name_a_signed_session_as_they_signed_it(api: Served, victim: Page) -> None:
    """And one that a page drew by its key and its name; the page itself hears it as it drew it."""
    page = Page(api)
    asked = {}
    for here in (victim, page):
        heard = here.shown(f"in {here.session}")
        record = api.get(f"/v1/decisions/{heard['decision_id']}").json()
        asked[heard["session"]["id"]] = record["candidate"]["session_id"]
    assert asked == {SHARED: SHARED, DRAWN: f"drawn:key-widget:{DRAWN}"}
