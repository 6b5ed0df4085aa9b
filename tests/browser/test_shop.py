"""The demo's shop in a browser: Anna signs in, her parcel is late, the page says so, and says it once."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from serving.app import create_app
from serving.cli.demo import FOLDER, SALT, keyed
from serving.cli.demo_api import call
from serving.cli.shop.opening import opened, settings_of
from serving.cli.shop.site import Site
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.settings import load_settings
from serving.system import now
from tests.end_to_end.server import free_port

LOOK_INSIDE = """const made = Element.prototype.attachShadow;
Element.prototype.attachShadow = function () { return made.call(this, { mode: "open" }); };"""
TOLD = "Your parcel A-31 now arrives on Friday. Reply to change the address."


@dataclass
class Shop:
    """The shop, and how far the API's clock is ahead of this machine's."""

    url: str
    ahead: timedelta = timedelta(0)

    def clock(self) -> datetime:
        """Return what the API takes for now."""
        return now() + self.ahead


@dataclass
class Anna:
    """One browser on the shop; what its pages complain of is kept."""

    shop: Shop
    page: Page
    noise: list[str] = field(default_factory=list)

    def signs_in(self) -> None:
        """Sign in, have the page report that, and be in the shop for a while."""
        with self.page.expect_response("**/v1/events"):
            self.page.click("header button")
        self.page.wait_for_load_state("networkidle")
        self.shop.ahead += timedelta(seconds=40)  # not so much that the page has been silent for long

    def lets_it_be_late(self) -> None:
        """Press the button."""
        self.page.click("text=Let Anna’s parcel be late")
        self.page.wait_for_selector(".news")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Serve the shop as the demo does, with an API in this process and a scorer that likes everybody."""
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir()
    site = Site(0)
    open_shop = Shop(site.origin)
    settings = settings_of(
        load_settings(environ={}, flags={"ledger": f"sqlite:///{tmp_path}/outreach.db"}), free_port()
    )
    key = keyed(open_ledger(settings.ledger, now=now(), salt=SALT, shipped=shipped_digests()), FOLDER)
    app = create_app(settings, scorer=FakeScorer(cutoff=0.004, shares=settings.shares), clock=open_shop.clock)
    server = uvicorn.Server(uvicorn.Config(app, port=settings.port, interface="asgi3", log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    base = f"http://{settings.host}:{settings.port}"
    with opened(site, settings, lambda method, path, body: call(base, method, path, body, key)):
        yield open_shop
    server.should_exit = True
    thread.join()


@pytest.fixture
def anna(browser: Browser, shop: Shop) -> Iterator[Anna]:
    """Open the shop on a phone in the dark; whatever breaks its strict policy would be said in its console."""
    context = browser.new_context(viewport={"width": 375, "height": 720}, color_scheme="dark", locale="en")
    context.add_init_script(LOOK_INSIDE)
    her = Anna(shop, context.new_page())
    her.page.on("console", lambda line: her.noise.append(line.text))
    her.page.on("pageerror", lambda error: her.noise.append(str(error)))
    her.page.goto(shop.url)
    yield her
    context.close()


def test_the_news_of_her_parcel_finds_the_page_and_stays_away_once_closed(anna: Anna) -> None:
    """It is shown as it was decided, and closed; then nothing is, whatever page, parcel or visit."""
    anna.signs_in()
    anna.lets_it_be_late()
    message = anna.page.get_by_role("status")
    message.get_by_text(TOLD).wait_for()
    anna.page.get_by_role("button", name="Close").click()
    anna.lets_it_be_late()
    for name in ("Help", "Tracking"):
        with anna.page.expect_response("**/v1/events"):
            anna.page.get_by_role("link", name=name, exact=True).first.click()
        anna.page.wait_for_load_state("networkidle")
    anna.page.click("text=Sign out")
    anna.signs_in()
    anna.lets_it_be_late()
    why = anna.page.locator(".news li").first.inner_text()
    assert (message.count(), why.partition(" (")[0], anna.noise) == (0, "widget: deny, dismissed", [])


def test_who_replies_is_where_a_person_answers(anna: Anna) -> None:
    """The shop's own script opens the chat and moves there; nothing of the page is wider than the phone."""
    anna.signs_in()
    anna.lets_it_be_late()
    anna.page.get_by_role("button", name="Reply").click()
    chat = anna.page.get_by_role("complementary", name="A person answers here")
    chat.wait_for()
    at, wide = anna.page.evaluate("[document.activeElement.id, document.documentElement.scrollWidth]")
    chat.get_by_role("button", name="Close").click()
    assert (at, wide, chat.count(), anna.noise) == ("chat-title", 375, 0, [])


def test_a_second_visit_is_told_of_its_own_parcel(anna: Anna) -> None:
    """One message in a visit; who signs out and in again begins another."""
    anna.signs_in()
    anna.lets_it_be_late()
    anna.page.get_by_role("status").get_by_text(TOLD).wait_for()
    anna.page.click("text=Sign out")
    anna.signs_in()
    anna.lets_it_be_late()
    actual = anna.page.get_by_role("status").get_by_text("A-32")
    actual.wait_for()
    assert actual.count() == 1
