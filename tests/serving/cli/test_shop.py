"""The web server of the demo's shop: its pages and their policy, who may ask for what, and how a visit is signed."""

import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import jwt
import pytest

from serving.access.shared_secrets import HS256, secrets_of
from serving.cli.shop.opening import NOT_ON_PAGE, Server, introduce, settings_of
from serving.cli.shop.pages import ASSETS, PAGES
from serving.cli.shop.site import Site
from serving.cli.shop.visits import IDLE, Visits
from serving.settings import Settings
from tests.plain import PLAIN

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = b"a secret of 32 bytes, as it must"
API = "http://127.0.0.1:1"
POLICY = (
    f"default-src 'none'; style-src 'self'; script-src {API} 'self'; connect-src {API}; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)


@pytest.fixture
def site() -> Iterator[Site]:
    """A shop whose API is nowhere, and whose clock stands."""
    served, drawn = Site(0), count(1)
    served.api, served.key = API, "the-key"
    served.visits = Visits(origin=served.origin, secret=SECRET, clock=lambda: NOON, draw=lambda: f"drawn-{next(drawn)}")
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    """A browser on a page of the shop."""
    with httpx.Client(
        base_url=site.origin, headers={"Origin": site.origin}, follow_redirects=True, verify=PLAIN
    ) as client:
        yield client


@pytest.mark.parametrize("path", [*PAGES, *ASSETS, "/nowhere"])
def test_every_answer_has_the_strict_policy(browser: httpx.Client, path: str) -> None:
    """Pages, files and what is not there."""
    answer = browser.get(path)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.status_code == (404 if path == "/nowhere" else 200)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_the_line_and_nothing_inline(browser: httpx.Client, path: str) -> None:
    """One line of the widget, the page's name, itself marked in the navigation; no script, style or handler inline."""
    page = browser.get(path).text
    assert f'<script src="{API}/widget.js" data-key="the-key" async></script>' in page
    assert (f'data-outreach-page="{PAGES[path]}"' in page, page.count("aria-current")) == (True, 1)
    assert re.findall(r"\s(?:on\w+|style)=|<style|<script>|\$", page) == []


def test_a_signed_session_is_annas_and_of_this_page(site: Site, browser: httpx.Client) -> None:
    """It is drawn here, signed for the page's origin, and for less than a day."""
    page = browser.post("/sign-in").text
    signed = page.partition('data-session="')[2].partition('"')[0]
    said = jwt.decode(signed, SECRET, algorithms=["HS256"], audience=site.origin, options={"verify_exp": False})
    assert (said["sid"], said["sub"]) == ("drawn-2", "anna")
    assert NOON.timestamp() < said["exp"] < (NOON + timedelta(hours=24)).timestamp()


def test_no_script_and_no_other_site_has_the_cookie(browser: httpx.Client) -> None:
    """Only the shop's own pages send it, nothing in them can read it, and signing out takes it away."""
    given = [browser.post(path).history[0].headers["Set-Cookie"] for path in ("/sign-in", "/sign-out")]
    flags = "Path=/; HttpOnly; SameSite=Strict"
    assert given == [f"outreach_demo_shop=drawn-1; {flags}", f"outreach_demo_shop=; {flags}; Max-Age=0"]


@pytest.mark.parametrize("odd", ['prefs={"theme":"dark"}', "flag", "a=b=c; ;", "outreach_demo_shopper=x"])
def test_a_cookie_of_another_program_costs_nobody_their_visit(browser: httpx.Client, odd: str) -> None:
    """Everything on this machine shares one header, whatever its port; what others write there is theirs."""
    browser.post("/sign-in")
    told = browser.get("/", headers={"Cookie": f"{odd}; outreach_demo_shop=drawn-1; {odd}"}).text
    assert "Hello, Anna" in told


def test_a_length_that_is_no_length_is_refused(site: Site) -> None:
    """Of five thousand digits, which Python reads as no number."""
    with socket.create_connection(("127.0.0.1", site.server_port), timeout=10) as line:
        host = site.origin.removeprefix("http://")
        head = (
            f"POST /sign-in HTTP/1.1\r\nHost: {host}\r\nOrigin: {site.origin}\r\nContent-Length: {'9' * 5000}\r\n\r\n"
        )
        line.sendall(head.encode())
        assert b" 400 " in line.makefile("rb").readline()


def test_who_signs_in_elsewhere_is_signed_out_here(site: Site, browser: httpx.Client) -> None:
    """With two pages open she would be found in neither."""
    over: list[str] = []
    site.over = over.append
    browser.post("/sign-in")
    httpx.post(f"{site.origin}/sign-in", headers={"Origin": site.origin}, verify=PLAIN)
    assert (over, "Sign in as Anna" in browser.get("/").text) == (["drawn-2"], True)


def test_who_signs_in_again_begins_another_visit(site: Site, browser: httpx.Client) -> None:
    """The visit before is over, and so is the one of who signs out; the API hears of both."""
    over: list[str] = []
    site.over = over.append
    browser.post("/sign-in")
    browser.post("/sign-in")
    kept = [visit.session for visit in site.visits.known.values()]
    browser.post("/sign-out")
    assert (kept, site.visits.known, over) == (["drawn-4"], {}, ["drawn-2", "drawn-4"])


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", None])
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/parcel"])
def test_another_page_can_press_no_button(site: Site, browser: httpx.Client, origin: str | None, path: str) -> None:
    """The browser of who is signed in sends the cookie, and the origin that it has."""
    browser.post("/sign-in")
    site.late = lambda: pytest.fail("nobody pressed the button")
    before = dict(site.visits.known)
    del browser.headers["Origin"]
    answer = browser.post(path, headers={} if origin is None else {"Origin": origin})
    assert (answer.status_code, site.visits.known) == (403, before)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_name_for_this_machine_is_answered_nothing(browser: httpx.Client, method: str) -> None:
    """A page whose own name points here gets no page and no cookie."""
    answer = browser.request(method, "/sign-in", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (421, False)


def test_a_large_body_is_not_read(browser: httpx.Client) -> None:
    """No form of the shop says anything."""
    answer = browser.post("/sign-in", headers={"Content-Length": "99999"}, content=b"x" * 99999)
    assert answer.status_code == 400


def test_only_who_is_signed_in_has_a_parcel(site: Site, browser: httpx.Client) -> None:
    """For others the button does nothing; for Anna the page says what was decided, as text."""
    site.late = lambda: ["widget: send, “<b>”"]
    before = browser.post("/parcel").status_code
    browser.post("/sign-in")
    assert (before, "widget: send, “&lt;b&gt;”" in browser.post("/parcel").text) == (404, True)


def test_a_visit_is_over_after_half_an_hour() -> None:
    """The next page begins another, with nothing of what was decided before."""
    times, drawn = iter([NOON, NOON + IDLE, NOON + IDLE]), count()
    visits = Visits(origin="", secret=SECRET, clock=lambda: next(times, NOON), draw=lambda: str(next(drawn)))
    first = visits.begin()
    visit = visits.of(first)
    assert visit is not None
    assert visit.session == "2"


def test_each_press_is_another_parcel() -> None:
    """One event each, with an id of its own, of a customer whom the API was told of."""
    asked: list[dict] = []

    def ask(_method: str, _path: str, body: dict | None) -> dict:
        asked.append(body or {})
        return {"decisions": []}

    parcels = Server(ask, lambda: NOON)
    introduce(ask, NOON)
    said = [parcels.late(), parcels.late()]
    assert said == [[NOT_ON_PAGE]] * 2
    assert [one["data"]["parcel"] for one in asked[2:]] == ["A-31", "A-32"]
    assert len({one["id"] for one in asked[1:]}) == 3


def test_an_api_that_is_away_is_said() -> None:
    """The page goes on, and says that nothing was decided."""

    def ask(*_: object) -> None:
        raise ConnectionRefusedError

    shop = Server(ask, lambda: NOON)
    shop.over("s-1")
    assert shop.late() == ["Parcel A-31: the API did not answer, so nothing is said."]


def test_the_shops_api_is_the_demos_but_for_the_triggers() -> None:
    """The same ledger and model; a secret of its own that is long enough; no greeting in place of help."""
    base = Settings(ledger="sqlite:///x.db", model="artefact")
    its, another = settings_of(base, 8123), settings_of(base, 8123)
    assert (its.ledger, its.model, its.port, its.shipped_triggers) == (base.ledger, base.model, 8123, True)
    assert its.limits == {"switched_off": ["onboarding"]}
    assert secrets_of(its.widget_secret or "", HS256) != secrets_of(another.widget_secret or "", HS256)
