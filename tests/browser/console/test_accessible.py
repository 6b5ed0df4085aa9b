"""Every page is read by axe, in light and dark, wide and on a phone: nothing that it calls serious or critical.

What it cannot see is tried by hand: with the keyboard alone one gets past the navigation, and sees where one is.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from model.artefact import write
from serving.app import create_app
from serving.scorer import load_scorer
from serving.settings import Settings
from tests.browser.console.desk import Desk, Running
from tests.browser.console.house import LEAD, House
from tests.model.examples import ISSUED_AT, rows, scorer
from tests.model.reports import report
from tests.serving.console.every_page import PAGES
from tests.serving.served import Watch, memory_ledger

AXE: Final = (Path(__file__).parents[1] / "vendored" / "axe.min.js").read_text(encoding="utf-8")
RUN: Final = """async () => {
    document.querySelectorAll("details").forEach((one) => { one.open = true; });
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return found.violations.filter((one) => ["serious", "critical"].includes(one.impact))
        .map((one) => [one.id, one.help, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]);
}"""
LOOKS: Final = [("light", 1280, 900), ("dark", 390, 844)]
SPILLS: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FILES: Final = (".csv", ".jsonl")
ALONE: Final = [path for path in PAGES if not path.endswith(FILES) and "{rest" not in path]


@pytest.fixture(scope="module")
def opened(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One console of the month, which nobody changes here; each page is looked at by somebody who signs in anew."""
    with pytest.MonkeyPatch.context() as patch, House(lived, tmp_path_factory.mktemp("accessible")) as house:
        patch.setattr("serving.access.pace.SIGN_INS_PER_MINUTE", 10_000)
        yield house


@pytest.fixture(scope="module")
def known(opened: House) -> dict[str, str]:
    """What stands in the place of what a path takes: a decision with its customer, and a template."""
    asked = {"action": "send", "limit": "1"}
    answer = httpx.get(f"{opened.url}/v1/decisions", params=asked, headers={"Authorization": f"Bearer {LEAD}"})
    record: dict[str, Any] = answer.json()["decisions"][0]
    customer = record["candidate"]["user_id"]
    return {"decisions": record["decision_id"], "customers": customer, "templates": "parcel_delayed"}


def address(path: str, known: dict[str, str]) -> str:
    """Put what is known into a path, by the word before it."""
    before, brace, _ = path.partition("/{")
    return f"{before}/{known[before.rsplit('/', 1)[-1]]}" if brace else path


def findings(page: Page) -> list[Any]:
    """Return what axe calls serious or critical, late parts included; and whether the page is wider than the screen."""
    expect(page.locator("[data-later][aria-busy]")).to_have_count(0, timeout=60_000)
    spills = page.evaluate(SPILLS)
    page.evaluate(AXE)
    found: list[Any] = page.evaluate(RUN)
    return [*found, *(["wider than the screen"] if spills > 0 else [])]


@pytest.mark.parametrize("path", ALONE)
def test_no_page_shuts_anybody_out(browser: Browser, opened: House, known: dict[str, str], path: str) -> None:
    """Contrast, names, order and roles of everything on it, what is folded included; nothing spills over."""
    actual = {}
    for scheme, width, height in LOOKS:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
        desk = Desk(opened.url, context)
        page = desk.sign_in(LEAD, address(path, known))
        page.wait_for_load_state("load")
        actual[scheme] = (findings(page), desk.errors, desk.violations(page))
        context.close()
    assert actual == {scheme: ([], [], []) for scheme, _, _ in LOOKS}


@pytest.mark.parametrize("path", ["/console/login", "/console/no-such-page"])
def test_the_entrance_and_refusals_shut_nobody_out(browser: Browser, opened: House, path: str) -> None:
    """Whoever is not in yet, or lost."""
    actual = []
    for scheme, width, height in LOOKS:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
        page = Desk(opened.url, context).sign_in("wrong" if path == "/console/login" else LEAD, path)
        page.wait_for_load_state("load")
        actual += findings(page)
        context.close()
    assert actual == []


@pytest.mark.parametrize(("scheme", "width", "height"), LOOKS)
def test_the_whole_card_of_a_model_shuts_nobody_out(
    browser: Browser, tmp_path: Path, scheme: Any, width: int, height: int
) -> None:
    """With every part that a report can have, charts drawn."""
    made = scorer()
    write(tmp_path / "a", made, extra=report(), golden=rows(made)[:8], issued_at=ISSUED_AT)
    settings = replace(Settings(), requests_per_second=10_000)
    app = create_app(settings, scorer=load_scorer(tmp_path / "a"), ledger=memory_ledger(), clock=Watch())
    with Running(app) as served:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
        desk = Desk(served.url, context)
        page = desk.sign_in(path="/console/model")
        page.wait_for_selector("#chart-groups canvas")
        actual = (findings(page), page.locator("canvas").count(), desk.errors, desk.violations(page))
        context.close()
    assert actual == ([], 3, [], [])


def test_the_keyboard_alone_gets_past_the_navigation(browser: Browser, opened: House) -> None:
    """The first key leads to a way past it, which is seen once one is on it."""
    context = browser.new_context()
    page = Desk(opened.url, context).sign_in(LEAD, "/console/model")
    page.wait_for_load_state("load")
    page.keyboard.press("Tab")
    shown = page.get_by_role("link", name="Skip to the page").bounding_box()
    page.keyboard.press("Enter")
    actual = (shown is not None and shown["x"] >= 0, page.evaluate("document.activeElement.id"))
    context.close()
    assert actual == (True, "main")
