"""What a page reports of a visit: what was looked at, for as long as it was looked at, and by whom."""

import pytest
from playwright.sync_api import Page

from tests.browser.frame import Visit, line, settled, shown, signed

HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
BACK = 'window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))'
TURNS = {
    "pushState": 'history.pushState(null, "", "/pricing")',
    "replaceState": 'history.replaceState(null, "", "/pricing")',
    "the hash": 'location.hash = "#/pricing"',
    "the hash with a bang": 'location.hash = "#!/pricing"',
    "the name it says": 'document.body.dataset.outreachPage = "pricing"',
}


def pages(visit: Visit, kind: str = "page.viewed") -> list[str]:
    """Return the names of the pages that were reported."""
    return [one["data"]["page"] for one in visit.events(kind)]


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
def test_a_script_turns_the_page(visit: Visit, turn: str) -> None:
    """Without a load: its time counts from there, and its help comes."""
    page = visit.open("/")
    visit.stay(page, 20)
    page.evaluate(turn)
    visit.stay(page, 29)
    before = pages(visit, "page.dwelled")
    visit.stay(page, 3, step=1)
    assert (pages(visit), before, pages(visit, "page.dwelled")) == (["home", "pricing"], [], ["pricing"])


def test_an_anchor_is_no_page(visit: Visit) -> None:
    """Who jumps about on a page stays on it."""
    page = visit.open("/pricing")
    visit.stay(page, 20)
    page.evaluate('location.hash = "#plans"')
    visit.stay(page, 15)
    assert (pages(visit), pages(visit, "page.dwelled")) == (["pricing"], ["pricing"])


def test_going_back_is_a_page(visit: Visit) -> None:
    """As going on is."""
    page = visit.open("/")
    page.evaluate(TURNS["pushState"])
    visit.stay(page, 5)
    page.evaluate("history.back()")
    page.wait_for_function('location.pathname === "/"')
    visit.stay(page, 5)
    assert pages(visit) == ["home", "pricing", "home"]


def test_help_goes_with_its_page(visit: Visit) -> None:
    """What was offered there makes no sense elsewhere."""
    page = visit.open("/pricing")
    visit.stay(page, 45)
    before = len(shown(page))
    page.evaluate('history.pushState(null, "", "/basket")')
    visit.stay(page, 5)
    assert (before, shown(page)) == (1, [])


def hide(page: Page, *, hidden: bool) -> None:
    """Have the browser say that nobody sees this tab, or that somebody does again."""
    page.evaluate(HIDE, hidden)
    settled(page)


def test_what_nobody_sees_is_not_looked_at(visit: Visit) -> None:
    """Time in another tab is no time on the page, nor is anything asked meanwhile."""
    page = visit.open("/pricing")
    visit.stay(page, 20)
    hide(page, hidden=True)
    asked = len(visit.said)
    visit.stay(page, 100)
    meanwhile = len(visit.said) - asked
    hide(page, hidden=False)
    visit.stay(page, 10)
    before = pages(visit, "page.dwelled")
    visit.stay(page, 5)
    assert (meanwhile, before, visit.events("page.dwelled")[0]["data"]["seconds"]) == (0, [], 31)


def test_nothing_is_shown_where_nobody_sees_it(visit: Visit) -> None:
    """It is told when they look again, if it may be said then."""
    visit.site.tag = line(visit.api.url, session=signed(visit, "u-17"))
    page = visit.open("/")
    visit.stay(page, 45)
    hide(page, hidden=True)
    visit.tell("shipment.delayed", "u-17", parcel="A-7", new_eta="Friday", delay_hours=26)
    visit.stay(page, 40)
    unseen = shown(page)
    hide(page, hidden=False)
    visit.stay(page, 5)
    assert (unseen, len(shown(page)), visit.outcomes()) == ([], 1, ["delivered"])


def test_a_page_that_is_taken_from_the_cache_begins_anew(visit: Visit) -> None:
    """It was left: what stood on it is gone, and its time counts from there."""
    page = visit.open("/pricing")
    visit.stay(page, 45)
    page.evaluate(BACK)
    settled(page)
    visit.stay(page, 100)
    assert (shown(page), pages(visit), visit.outcomes()) == ([], ["pricing", "pricing"], ["delivered"])


def test_half_an_hour_of_nothing_ends_a_visit(visit: Visit) -> None:
    """Whoever comes back then is there again: another session, and no first visit."""
    page = visit.open("/pricing")
    hide(page, hidden=True)
    visit.wait(31 * 60)
    hide(page, hidden=False)
    visit.stay(page, 5)
    started = visit.events("session.started")
    assert (len({one["data"]["session"] for one in started}), len({one["subject"] for one in started})) == (2, 1)


def test_a_load_goes_on_with_the_visit(visit: Visit) -> None:
    """In one tab: one session, one visitor, whose pages are counted."""
    page = visit.open("/")
    visit.go(page, "/pricing")
    visit.go(page, "/help/returns")
    sessions = {(one["data"]["session"], one["subject"]) for one in visit.events()}
    assert (len(sessions), len(visit.events("session.started")), pages(visit)) == (1, 1, ["home", "pricing", "help"])


def test_leaving_is_reported_once_a_page(visit: Visit) -> None:
    """Through the top, where the tabs and the address are; not through the sides."""
    page = visit.open("/pricing")
    leave = 'document.documentElement.dispatchEvent(new MouseEvent("mouseout", { bubbles: true, clientY: %d }))'
    for where in (200, -1, -1):
        page.evaluate(leave % where)
    settled(page)
    assert pages(visit, "exit.intended") == ["pricing"]


def test_two_tabs_are_two_sessions_of_one_visitor(visit: Visit) -> None:
    """And a first visit in one only."""
    visit.open("/")
    visit.open("/pricing")
    started = visit.events("session.started")
    assert [len({one["data"]["session"] for one in started}), len({one["subject"] for one in started})] == [2, 1]


@pytest.mark.parametrize(("second", "expected"), [("s-1", 1), ("s-2", 0)], ids=["one session", "two sessions"])
def test_a_customer_with_two_tabs_is_told_once(visit: Visit, second: str, expected: int) -> None:
    """Both are seen, as two windows side by side are; with two sessions nobody knows where to tell it."""
    tabs = []
    for name in ("s-1", second):
        visit.site.tag = line(visit.api.url, session=signed(visit, "u-17", name))
        tabs.append(visit.open("/"))
    visit.stay(tabs[0], 45)
    visit.tell("shipment.delayed", "u-17", parcel="A-7", new_eta="Friday", delay_hours=26)
    for _ in range(8):
        visit.stay(tabs[0], 5)
        settled(tabs[1])
    told = [text for tab in tabs for text in shown(tab)]
    assert (len(told), visit.outcomes(), visit.errors) == (expected, ["delivered"] * expected, [])


def test_a_visitor_who_is_a_customer_by_now_is_another_visitor(visit: Visit) -> None:
    """The shop tied the two together: whoever comes without a signature is nobody whom it knows."""
    page = visit.open("/")
    visitor = visit.events()[0]["subject"]
    visit.tell("customer.identified", "u-17", anonymous_id=visitor)
    visit.stay(page, 5)
    visit.go(page, "/pricing")
    visit.stay(page, 45)
    subjects = {one["subject"] for one in visit.events()}
    assert (len(subjects), visit.errors) == (2, [])
