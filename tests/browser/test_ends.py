"""A message belongs to one visit of one customer: it goes with it, and what was closed stays closed."""

import json

import pytest
from playwright.sync_api import Page, Route

from tests.browser.frame import Visit, line, settled, shown, signed
from tests.browser.test_scenarios import FIRST, PLANS

DELAYED = {"parcel": "A-7", "new_eta": "Friday", "delay_hours": 26}
TAG = "document.querySelector('script[data-key]')"
OUT = f"delete {TAG}.dataset.session"
HOST = "document.querySelector('html > div')"
DURING = """(act) => {
    const asked = window.fetch;
    window.fetch = async (...given) => {
        const answer = await asked(...given);
        if (String(given[0]).includes("/confirm")) eval(act);
        return answer;
    };
}"""
HIDDEN = 'Object.defineProperty(document, "hidden", { value: true, configurable: true })'


def helped(visit: Visit) -> Page:
    """Look at prices until help is offered."""
    page = visit.open("/pricing")
    visit.stay(page, 45)
    assert shown(page) == [PLANS]
    return page


def late(visit: Visit, during: str | None = None) -> Page:
    """Be a customer whose parcel is late, on a page that does this while the message is confirmed."""
    visit.site.headers.clear()
    visit.site.tag = line(visit.api.url, session=signed(visit, "u-17"))
    page = visit.open("/tracking")
    visit.stay(page, 40)
    if during:
        page.evaluate(DURING, during)
    visit.tell("shipment.delayed", "u-17", **DELAYED)
    visit.stay(page, 30)
    return page


@pytest.mark.parametrize("other", [None, "u-18", "null"], ids=["nobody", "another customer", "nonsense"])
def test_it_goes_with_its_customer(visit: Visit, other: str | None) -> None:
    """Whoever sits there next does not read it."""
    page = late(visit)
    before = len(shown(page))
    token = signed(visit, other, "s-2") if other and other != "null" else other
    page.evaluate(f"(token) => {{ if (token) {TAG}.dataset.session = token; else {OUT}; }}", token)
    visit.stay(page, 2, step=1)
    assert (before, shown(page), visit.errors) == (1, [], [])


def test_it_stays_where_the_session_is_signed_anew(visit: Visit) -> None:
    """The counterpart: another token for the same session is the same visit."""
    page = late(visit)
    visit.api.clock.turn(seconds=1)
    page.evaluate(f"(token) => {{ {TAG}.dataset.session = token; }}", signed(visit, "u-17"))
    visit.stay(page, 2, step=1)
    assert len(shown(page)) == 1


def test_it_is_not_drawn_for_who_signed_out_meanwhile(visit: Visit) -> None:
    """While it was being confirmed."""
    assert shown(late(visit, OUT)) == []


def test_what_nobody_saw_is_reported(visit: Visit) -> None:
    """Confirmed, and then nobody looked: it may go another way."""
    page = late(visit, HIDDEN)
    assert (shown(page), visit.outcomes()) == ([], ["not_delivered"])


def test_there_are_never_two(visit: Visit) -> None:
    """With the visit goes its message."""
    page = helped(visit)
    visit.wait(31 * 60)
    page.mouse.click(5, 5)
    settled(page)
    before = shown(page)
    visit.stay(page, 70)
    assert (before, page.locator("section").count() <= 1) == ([], True)


def answering(visit: Visit, *, purpose: str = "delivery_update", over: str = "12:01") -> None:
    """Have the API answer everything with one message, which is over by then."""
    said = {"action": "send", "message": {"text": "a message", "expects_reply": False}}
    once = {"decision_id": "d-1", "action": "send", "purpose": purpose}
    bodies = {
        "events": {"decisions": [once]},
        "outcomes": {},
        "confirm": said | {"expires_at": f"2026-11-20T{over}:00Z"},
    }

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        route.fulfill(body=json.dumps(bodies[name]), headers={"Access-Control-Allow-Origin": "*"})

    visit.context.route("**/v1/**", answer)


def test_what_is_closed_late_is_closed_in_its_visit(visit: Visit) -> None:
    """After half an hour of nothing, too; so the company knows it."""
    answering(visit, over="14:00")
    page = visit.open("/")
    visit.stay(page, 5)
    visit.wait(31 * 60)
    visit.context.clock.run_for(1000)
    page.get_by_role("button", name="Close").click(timeout=5000)
    settled(page)
    sessions = [one["data"]["session"] for one in visit.events("session.started", "message.dismissed")]
    assert (len(sessions), len(set(sessions)), shown(page)) == (2, 1, [])


def test_it_ends_when_it_is_over(visit: Visit) -> None:
    """By the time that its confirmation names."""
    answering(visit)
    page = visit.open("/")
    visit.stay(page, 30)
    before = shown(page)
    visit.stay(page, 32)
    assert (before, shown(page)) == (["a message"], [])


def test_what_was_shown_is_not_shown_again(visit: Visit) -> None:
    """In another tab, whatever became of the reports."""
    answering(visit)
    page = visit.open("/")
    visit.stay(page, 5)
    before = shown(page)
    page.close()
    page = visit.open("/")
    visit.stay(page, 30)
    assert (before, shown(page)) == (["a message"], [])


def test_what_an_old_token_could_not_say_is_said_with_the_next(visit: Visit) -> None:
    """A closed message is reported when the session was signed anew."""
    visit.site.tag = line(visit.api.url, session=signed(visit, "u-17"))
    page = visit.open("/pricing")
    visit.stay(page, 45)
    visit.context.route(
        "**/v1/events", lambda route: route.fulfill(status=401, headers={"Access-Control-Allow-Origin": "*"})
    )
    page.get_by_role("button", name="Close").click()
    settled(page)
    visit.context.unroute("**/v1/events")
    visit.said.clear()
    visit.stay(page, 70)  # after a failure it waits up to 40 s, by chance, and asks every 20 s
    assert "message.dismissed" in visit.kinds()


def test_who_was_here_as_a_customer_is_not_new(visit: Visit) -> None:
    """Signed out, in a browser that was first seen signed in."""
    visit.site.tag = line(visit.api.url, session=signed(visit, "u-17"))
    page = visit.open("/")
    visit.site.tag = line(visit.api.url)
    visit.go(page, "/")
    visit.stay(page, 70)
    assert (FIRST in shown(page), "session.started" in visit.kinds()) == (False, True)


NAMES = {
    "/#/reset-password?token=S3CRET": "reset-password",
    "/#/access_token=S3CRET&id_token=x": "home",
    "/#/basket;s=S3CRET": "basket",
    "/#/basket#S3CRET": "basket",
    "/#/pricing/plus": "pricing",
}


@pytest.mark.parametrize("path", NAMES)
def test_a_pages_name_holds_no_secret(visit: Visit, path: str) -> None:
    """Whatever else stands in its address."""
    visit.open(path)
    assert (visit.events("page.viewed")[0]["data"]["page"], "S3CRET" in str(visit.said)) == (NAMES[path], False)


def test_the_page_does_not_move(visit: Visit) -> None:
    """Nor is the message printed."""
    visit.site.headers.clear()
    visit.site.more = "<style>html, body { height: 100% } body { display: flex; gap: 40px } h1 { flex: 1 }</style>"
    answering(visit)
    page = visit.open("/")
    before = page.locator("h1").bounding_box()
    visit.stay(page, 5)
    after = page.locator("h1").bounding_box()
    page.emulate_media(media="print")
    assert (after, page.evaluate(f"getComputedStyle({HOST}).display")) == (before, "none")


def test_its_escape_is_its_own(visit: Visit) -> None:
    """The page does not hear the key that closed the message."""
    answering(visit)
    page = visit.open("/")
    visit.stay(page, 5)
    page.evaluate("window.heard = []; document.addEventListener('keydown', ({ key }) => window.heard.push(key))")
    page.get_by_role("button", name="Close").focus()
    page.keyboard.press("Escape")
    assert (shown(page), page.evaluate("window.heard")) == ([], [])


def test_help_for_one_page_is_not_shown_on_another(visit: Visit) -> None:
    """Heard there, and left before it was confirmed."""
    answering(visit, purpose="in_session_help")
    visit.context.route("**/confirm", lambda route: route.abort())
    page = visit.open("/pricing")
    visit.stay(page, 5)
    visit.context.unroute("**/confirm")
    visit.go(page, "/help")
    visit.stay(page, 45)
    assert (shown(page), set(visit.outcomes())) == ([], {"not_delivered"})


def test_a_path_that_is_rewritten_all_the_time_is_seldom_a_page(visit: Visit) -> None:
    """A map writes where it is into its address: that is one page in five seconds at most."""
    page = visit.open("/")
    page.evaluate("let at = 0; setInterval(() => history.replaceState(0, '', '/map/@' + at++), 1000)")
    visit.stay(page, 60)
    assert 2 <= len(visit.events("page.viewed")) <= 13
