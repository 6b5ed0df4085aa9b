"""Whatever goes wrong, the page goes on: nothing is thrown, nothing is rejected, nothing is shown."""

import json
from collections.abc import Callable, Sequence
from itertools import count, cycle

import pytest
from playwright.sync_api import Page, Request, Route

from tests.browser.frame import Visit, line, settled, shown, signed

Answer = Callable[[Route], None]
BLOCKED = """Object.defineProperty(window, "%s", { get() { throw new DOMException("no", "SecurityError"); } });"""
FULL = """Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };"""
MISSING = {
    "local storage": BLOCKED % "localStorage",
    "session storage": BLOCKED % "sessionStorage",
    "room in storage": FULL,
    "what draws ids": "crypto.randomUUID = undefined;",
    "what ends requests": "AbortSignal.timeout = undefined;",
    "fetch": "window.fetch = undefined;",
    "what keeps tabs apart": 'Object.defineProperty(navigator, "locks", { value: undefined });',
    "a shadow": "Element.prototype.attachShadow = undefined;",
    "sheets": "window.CSSStyleSheet = undefined;",
}
DECISION = {"action": "send", "purpose": "delivery_update"}
GOOD = {
    "action": "send",
    "message": {"text": "a message", "expects_reply": False},
    "expires_at": "2026-11-20T13:00:00Z",
}


def usable(visit: Visit, page: Page) -> None:
    """Check that the page works, that nothing is shown, and that nobody is told of a fault."""
    assert (shown(page), visit.errors, page.evaluate("window.rejections")) == ([], [], [])
    assert page.evaluate("document.querySelectorAll('html > div').length") == 0
    page.get_by_role("link", name="Home").click()
    assert page.url == visit.site.url + "/"


@pytest.mark.parametrize("name", MISSING)
def test_a_browser_that_lacks_something_shows_nothing(visit: Visit, name: str) -> None:
    """Blocked by its owner, too old, or served without encryption."""
    visit.context.add_init_script(MISSING[name])
    page = visit.open("/pricing")
    visit.stay(page, 65, step=13)
    usable(visit, page)


@pytest.mark.parametrize("name", ["local storage", "session storage", "room in storage"])
def test_who_remembers_nothing_says_nothing(visit: Visit, name: str) -> None:
    """What was closed would come again on the next page: so nothing is asked."""
    visit.context.add_init_script(MISSING[name])
    visit.stay(visit.open("/pricing"), 45)
    assert visit.said == []


@pytest.mark.parametrize("name", ["local storage", "session storage"])
def test_a_customer_is_told_without_storage(visit: Visit, name: str) -> None:
    """The company remembers what its customer was told and closed."""
    visit.context.add_init_script(MISSING[name])
    visit.site.tag = line(visit.api.url, session=signed(visit, "u-17"))
    page = visit.open("/pricing")
    visit.stay(page, 45)
    page.get_by_role("button", name="Close").click()
    settled(page)
    visit.go(page, "/pricing")
    visit.stay(page, 65)
    assert (shown(page), visit.outcomes(), visit.wrong(page)) == ([], ["delivered"], [])


def answers(status: int, body: str = "{}", kind: str = "application/json") -> Answer:
    """Return what answers so, and lets the page read it."""
    head = {"Access-Control-Allow-Origin": "*", "Content-Type": kind}
    return lambda route: route.fulfill(status=status, body=body, headers=head)


FAULTS: dict[str, list[Answer]] = {
    "no answer": [
        lambda route: route.abort("connectionrefused"),
        lambda route: route.abort("connectionreset"),
        lambda route: route.abort("internetdisconnected"),
        lambda route: route.fulfill(status=200, body="{}"),  # not for this page to read
    ],
    "a refusal": [answers(status) for status in (400, 401, 403, 404, 413, 422, 429, 500, 502, 503)],
    "no JSON": [answers(200, "<h1>Hello</h1>", "text/html"), answers(200, ""), answers(202, '{"decisions": [{"deci')],
    "other JSON": [answers(202, said) for said in ("null", "[]", "0", '"text"', "true")],
    "other decisions": [
        answers(202, f'{{"decisions": {said}}}')
        for said in ("null", "7", "{}", "[null]", "[7]", '[{"action": "send"}]')
    ],
}


def in_turn(visit: Visit, given: Sequence[Answer]) -> None:
    """Have each request answered in another way."""
    turns = cycle(given)

    def answer(route: Route) -> None:
        next(turns)(route)

    visit.context.route("**/v1/**", answer)


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_answer_shows_nothing(visit: Visit, name: str) -> None:
    """Whatever it is, and however often; it is asked again, but seldom."""
    in_turn(visit, FAULTS[name])
    page = visit.open("/pricing")
    visit.stay(page, 600, step=20)
    asked = len(visit.said)
    usable(visit, page)
    assert 10 <= asked <= 42


def test_an_answer_that_does_not_come_holds_nothing_up(visit: Visit) -> None:
    """It is waited for, for half a minute, and nothing else is asked meanwhile."""
    visit.context.route("**/v1/**", lambda _: None)
    page = visit.context.new_page()
    page.goto(visit.site.url + "/pricing")
    visit.context.clock.run_for(29_000)
    asked = len(visit.said)
    visit.context.clock.run_for(100_000)
    usable(visit, page)
    assert asked == 1


def test_what_could_not_be_said_is_said_later(visit: Visit) -> None:
    """When the API is there again: as of when it happened, and each once."""
    visit.context.route("**/v1/**", answers(503))
    page = visit.open("/pricing")
    visit.stay(page, 35)
    visit.context.unroute("**/v1/**")
    visit.said.clear()
    visit.stay(page, 50)
    times = {one["type"]: one["time"][11:19] for one in visit.events()}
    assert times["page.viewed"] == "12:00:00"
    assert (visit.kinds().count("page.dwelled"), times["page.dwelled"][:7]) == (2, "12:01:0")


def confirmed(visit: Visit, *confirms: object, **heard: object) -> Page:
    """Look at a page whose API has a message for it with every answer, and then this to say of it, in turn."""
    turns = cycle(confirms)
    numbers = count()

    def answer(route: Route, request: Request) -> None:
        decision = DECISION | {"decision_id": f"d-{next(numbers)}"} | heard
        said = next(turns) if "/confirm" in request.url else {"decisions": [decision]}
        answers(200, json.dumps(said))(route)

    visit.context.route("**/v1/**", answer)
    page = visit.open("/")
    for _ in confirms:
        visit.stay(page, 41, step=20)
    return page


def test_what_is_confirmed_is_shown(visit: Visit) -> None:
    """The counterpart of what follows."""
    page = confirmed(visit, GOOD)
    assert (shown(page), visit.outcomes()) == (["a message"], ["delivered"])


NOT_SHOWN: list[object] = [
    GOOD | {"action": "hold"},
    GOOD | {"action": "cancel", "message": None},
    GOOD | {"expires_at": "2026-11-20T12:00:00Z"},
    GOOD | {"expires_at": None},
    GOOD | {"expires_at": "soon"},
    GOOD | {"message": None},
    GOOD | {"message": {"text": None}},
    GOOD | {"message": {"text": {"a": 1}}},
    GOOD | {"action": "maybe"},
    {},
    None,
]


def test_what_is_not_confirmed_is_not_shown(visit: Visit) -> None:
    """Only a send that holds, with words in it, is."""
    page = confirmed(visit, *NOT_SHOWN)
    asked = sum("/confirm" in path for path, _ in visit.said)
    assert (visit.outcomes(), asked >= len(NOT_SHOWN)) == ([], True)
    usable(visit, page)


@pytest.mark.parametrize("action", ["hold", None])
def test_what_is_no_send_is_not_asked_about(visit: Visit, action: str | None) -> None:
    """Nor shown."""
    confirmed(visit, GOOD, action=action)
    assert [path for path, _ in visit.said if "/confirm" in path] == []


def test_a_session_that_is_none_shows_nothing(visit: Visit) -> None:
    """A shop that signs wrongly harms itself alone."""
    page = visit.context.new_page()
    for bad in ("a", "a.b", "a.b.c", "e30.e30.e30", "a.bnVsbA.c", "...."):
        visit.site.tag = line(visit.api.url, session=bad)
        visit.go(page, "/account")
        visit.stay(page, 25)
        usable(visit, page)
