"""The message as it stands on a page: for keyboards, for who has it read out, on small screens and dark pages."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser.frame import Visit, line, settled, shown

ONCE = '{"decision_id": "d-1", "action": "send", "purpose": "delivery_update"}'
LONG = (
    "Ihre Sendung "
    + "Donaudampfschifffahrtsgesellschaft" * 8
    + " kommt am Freitag. "
    + ("Antworten Sie. " * 60).strip()
)
# Of every element with words of its own: how far its colour is from what is behind it, as WCAG 2.2 reckons that.
CONTRAST = """() => {
    const part = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const light = (colour) => {
        const [red, green, blue] = colour.match(/[\\d.]+/g).map(Number).map(part);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (one) => {
        const colour = getComputedStyle(one).backgroundColor;
        return /^rgba.*, 0\\)$/.test(colour) ? behind(one.parentElement) : colour;
    };
    const root = document.querySelector("html > div").shadowRoot;
    return [...root.querySelectorAll("button, [role=status]")].map((one) => {
        const [low, high] = [light(getComputedStyle(one).color), light(behind(one))].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    });
}"""
BOX = "document.querySelector('html > div').shadowRoot.querySelector('section').getBoundingClientRect().toJSON()"
FOCUS = "(document.activeElement.shadowRoot || document).activeElement.textContent"


def tell(visit: Visit, text: str = "Your parcel A-7 now arrives on Friday.", *, page: str = "/") -> Page:
    """Open a page to which an API answers with this message."""
    visit.site.more += '<button id="own">Own</button>'
    said = {"action": "send", "message": {"text": text, "expects_reply": True}, "expires_at": "2026-11-20T13:00:00Z"}
    head = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}
    bodies = {"events": f'{{"decisions": [{ONCE}]}}', "outcomes": "{}", "confirm": json.dumps(said)}

    def answer(route: Route) -> None:
        route.fulfill(body=bodies[route.request.url.rpartition("/")[2]], headers=head)

    visit.context.route("**/v1/**", answer)
    opened = visit.open(page)
    visit.stay(opened, 5)
    assert shown(opened) == [text]
    return opened


def test_it_is_read_out_and_named(visit: Visit) -> None:
    """Politely: what is said is a status, and each button has a name."""
    page = tell(visit)
    tree = page.locator("section").aria_snapshot()
    assert tree == '- button "Close": ✕\n- status: Your parcel A-7 now arrives on Friday.\n- button "Reply"'


def test_its_words_can_be_in_the_pages_language(visit: Visit) -> None:
    """The two that are the script's own."""
    visit.site.tag = line(visit.api.url, close="Fermer", reply="Répondre")
    page = tell(visit)
    assert [page.get_by_role("button", name=name).count() for name in ("Fermer", "Répondre")] == [1, 1]


def test_words_are_no_markup(visit: Visit) -> None:
    """Whoever wrote them."""
    page = tell(visit, "<img src=x onerror=alert(1)> <b>Friday</b> &amp;")
    assert (page.locator("img, b").count(), visit.wrong(page)) == (0, [])


def test_the_keyboard_reaches_and_closes_it(visit: Visit) -> None:
    """It takes no focus; Tab comes to it at the end of the page, Escape closes it, and focus is where it was."""
    visit.site.more += (
        '<script nonce="n">addEventListener("load", () => document.querySelector("#own").focus())</script>'
    )
    visit.site.headers.clear()
    page = tell(visit)
    seen = [page.evaluate(FOCUS)]
    for key in ("Tab", "Tab", "Escape"):
        page.keyboard.press(key)
        seen.append(page.evaluate(FOCUS))
    settled(page)
    assert (seen, shown(page), visit.kinds()[-1]) == (["Own", "✕", "Reply", "Own"], [], "message.dismissed")


def test_escape_elsewhere_is_the_pages_own(visit: Visit) -> None:
    """A dialogue of the page is closed by it, not the message."""
    page = tell(visit)
    page.locator("#own").focus()
    page.keyboard.press("Escape")
    assert len(shown(page)) == 1


def test_a_reply_goes_to_the_shops_own_chat(visit: Visit) -> None:
    """By an event on the window; then the message has done its work."""
    visit.context.add_init_script('addEventListener("outreach:reply", ({ detail }) => { window.replied = detail; });')
    page = tell(visit)
    page.get_by_role("button", name="Reply").click()
    settled(page)
    replied = page.evaluate("window.replied")
    assert (replied, visit.outcomes(), shown(page)) == ({"decision_id": "d-1"}, ["delivered", "engaged"], [])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_can_be_read(visit: Visit, dark: bool) -> None:  # noqa: FBT001  (a parameter)
    """On pages that are light or dark, whatever the page's own rules say about a `div`."""
    visit.site.headers.clear()
    visit.site.more = "<style>:root { color-scheme: %s } div { color: #777; opacity: .1 }</style>" % (
        "dark" if dark else "light"
    )
    page = tell(visit)
    contrasts = page.evaluate(CONTRAST)
    opacity = page.evaluate("getComputedStyle(document.querySelector('html > div')).opacity")
    assert (len(contrasts), min(contrasts) >= 4.5, opacity) == (3, True, "1")


def test_it_can_be_read_in_the_visitors_own_colours(visit: Visit) -> None:
    """Where the system forces a few colours on every page, nothing is drawn between a word and what is behind it."""
    visit.context.on("page", lambda tab: tab.emulate_media(forced_colors="active"))
    page = tell(visit)
    reply = page.locator("section > button").last
    seen = []
    for word in ("bbbb", "dddd"):  # as wide as each other
        reply.evaluate("(button, word) => { button.textContent = word; }", word)
        seen.append(reply.screenshot())
    assert seen[0] != seen[1]


SCREENS = {"desktop": (1280, 720), "zoomed twice": (640, 360), "phone": (320, 568), "phone on its side": (568, 320)}


@pytest.mark.parametrize("size", SCREENS.values(), ids=SCREENS)
@pytest.mark.parametrize("text", ["Your parcel A-7 now arrives on Friday.", LONG], ids=["short", "long"])
def test_it_stays_within_the_screen(visit: Visit, size: tuple[int, int], text: str) -> None:
    """And makes the page no wider; what is long is scrolled in it, and its buttons are large enough for a thumb."""
    visit.context.on("page", lambda tab: tab.set_viewport_size({"width": size[0], "height": size[1]}))
    page = tell(visit, text)
    box = page.evaluate(BOX)
    wide = page.evaluate("document.documentElement.scrollWidth")
    buttons: list[Any] = [
        one.bounding_box() or {} for one in page.get_by_role("button").all() if one.text_content() != "Own"
    ]
    within = box["left"] >= 0 and box["top"] >= 0 and box["right"] <= size[0] and box["bottom"] <= size[1]
    assert (within, wide <= size[0], min(min(one["width"], one["height"]) for one in buttons) >= 24) == (
        True,
        True,
        True,
    )


def test_it_stands_on_the_other_side_where_people_read_from_there(visit: Visit) -> None:
    """On a page from right to left; each message by its own direction."""
    visit.site.headers.clear()
    visit.site.more = '<script>document.dir = "rtl"</script>'
    page = tell(visit, "تصل شحنتك يوم الجمعة.")
    box = page.evaluate(BOX)
    assert (box["left"], shown(page)) == (16, ["تصل شحنتك يوم الجمعة."])


def test_it_stands_before_what_the_page_raised(visit: Visit) -> None:
    """A header that sticks, a banner, a layer over all of it: what is reported as shown can be seen, and closed."""
    visit.site.headers.clear()
    visit.site.more = '<aside style="position: fixed; inset: 0; z-index: 999; background: Canvas"></aside>'
    page = tell(visit)
    page.get_by_role("button", name="Close").click(timeout=5000)
    assert shown(page) == []


@pytest.mark.parametrize("rule", ["transform: translateY(0)", "filter: grayscale(1)", "contain: layout"])
def test_it_stands_on_the_screen_whatever_holds_the_page(visit: Visit, rule: str) -> None:
    """Inside such a body `fixed` is fixed to the body: the message would be thousands of lines below, and reported."""
    visit.site.headers.clear()
    visit.site.more = f"<style>body {{ height: 9000px; {rule} }}</style>"
    box = tell(visit).evaluate(BOX)
    assert 0 <= box["top"] < box["bottom"] <= 720


def test_nothing_moves(visit: Visit) -> None:
    """Neither for those who asked for less motion nor for the others: there is none."""
    page = tell(visit)
    assert page.evaluate("document.getAnimations({ subtree: true }).length") == 0


def test_a_page_that_is_strict_has_nothing_to_complain_of(visit: Visit) -> None:
    """Under `default-src 'none'` and trusted types; no cookie is set, and nobody but the API is asked for anything."""
    page = tell(visit)
    page.get_by_role("button", name="Close").click()
    settled(page)
    stored = page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage)]")
    assert (visit.wrong(page), visit.context.cookies(), set(visit.others)) == ([], [], {visit.api.url + "/widget.js"})
    assert [sorted(set(names) - {"outreach?"}) for names in stored] == [["outreach", "outreach-told"], ["outreach"]]


def test_two_scripts_are_one(visit: Visit) -> None:
    """A shop that put the line into its frame and into its page has one message, and counts each page once."""
    visit.site.tag *= 2
    page = tell(visit)
    visit.stay(page, 45)
    assert (len(shown(page)), visit.kinds()) == (1, ["session.started", "page.viewed", "page.dwelled"])


def test_it_may_run_before_there_is_a_page(visit: Visit) -> None:
    """In the head, where the body is still to come."""
    visit.site.head = visit.site.tag.replace(" async", "")
    visit.site.tag = ""
    page = tell(visit)
    assert (shown(page), visit.wrong(page)) == (["Your parcel A-7 now arrives on Friday."], [])
