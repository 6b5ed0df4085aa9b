"""One browser for all tests; each test has a shop, an API and a visitor of its own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.frame import STRICT, Api, Site, Visit, line
from tests.needs import browser as path_of_browser


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start the browser that is on this machine; it ends with these tests, for its event loop is this thread's."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path_of_browser(), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """A visitor of a shop whose pages have the line, under a strict policy; only a test makes time pass."""
    monkeypatch.setattr("serving.loop.timekeeper.IDLE", 3600.0)
    with Site() as site, Api(site.url) as api:

        def seconds() -> float:
            return api.clock.at.timestamp()

        monkeypatch.setattr("serving.app.monotonic", seconds)
        site.tag = line(api.url)
        site.headers["Content-Security-Policy"] = STRICT.format(api=api.url)
        context = browser.new_context()
        yield Visit(site, api, context)
        context.close()
