"""What the script of the console adds: charts, parts that come later, and pages that stay fresh; it may fail."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import Request, Response
from jinja2 import ChoiceLoader, DictLoader
from playwright.sync_api import Browser, Page, expect

from serving.app import create_app
from serving.console.frame import Views, console_router, page, part
from serving.console.templating import environment
from serving.errors import Away
from serving.settings import Settings
from tests.browser.console.desk import Desk, Running
from tests.serving.served import NOON, Watch, memory_ledger

LIVE = """{% extends "base.html.j2" %}{% block main %}<h1>Counts</h1>
<section id="counts" data-live><p>Count {{ count }}</p><details><summary>More</summary>Details</details>
<label>Words <input></label></section>
{{ parts.chart("days", "Decisions by day", "decisions", ["2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"],
    [{"label": "sent", "tone": "send", "values": [3, 4]}, {"label": "not sent", "tone": "deny", "values": [1, none]}],
    "stacked") }}
{{ parts.chart("rates", "Complaints caused", "per 1,000", ["2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"],
    [{"label": "caused", "values": [1.5, 2.5], "low": [1.0, 2.0], "high": [2.0, 3.0]}]) }}
{{ parts.later("effect", "/console/try/part") }}{% endblock %}"""
PART = '{% extends "base.html.j2" %}{% block main %}<p>Worked out: {{ count }}</p>{% endblock %}'


@dataclass
class Trial:
    """A page that counts how often it was asked for, as a part does; both can be made to fail."""

    desk: Desk
    running: Running
    asked: dict[str, int] = field(default_factory=lambda: {"page": 0, "part": 0})
    failing: set[str] = field(default_factory=set)

    def open(self) -> Page:
        """Open the page, and wait until its script has begun: it draws before anything else."""
        page = self.desk.sign_in(path="/console/try")
        expect(page.locator("#days canvas")).to_be_visible()
        return page


@pytest.fixture
def trial(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    """A console with one page more; its clocks stand."""
    made = environment()
    monkeypatch.setattr(made, "loader", ChoiceLoader([DictLoader({"try": LIVE, "part": PART}), made.loader]))
    router = console_router()
    app = create_app(Settings(), ledger=memory_ledger(), clock=Watch())
    with Running(app) as running:
        context = browser.new_context()
        context.clock.install(time=NOON)
        found = Trial(Desk(running.url, context), running)

        def counted(name: str) -> int:
            if name in found.failing:
                raise Away("it is away")
            found.asked[name] += 1
            return found.asked[name]

        @router.get("/console/try")
        async def whole(request: Request, viewer: Views) -> Response:
            return await page(request, viewer, "try", title="Try", here="today", count=counted("page"))

        @router.get("/console/try/part")
        async def later(request: Request, viewer: Views) -> Response:
            return await part(request, viewer, "part", title="Effect", here="today", count=counted("part"))

        before = list(app.router.routes)
        app.include_router(router)
        app.router.routes[:] = [*app.router.routes[len(before) :], *before]
        yield found
        context.close()


def test_charts_are_drawn_and_have_their_figures_in_a_table(trial: Trial) -> None:
    """For those who see them, and for those who do not."""
    page = trial.open()
    expect(page.locator("#days canvas")).to_be_visible()
    page.locator("#days summary").click()
    table = page.get_by_role("table", name="Decisions by day")
    cells = [row.all_inner_texts() for row in table.locator("tr").all() for row in [row.locator("th, td")]]
    assert cells == [["When", "sent", "not sent"], ["2026-11-18", "3", "1"], ["2026-11-19", "4", "–"]]


def test_nothing_of_it_breaks_the_rules_for_content(trial: Trial) -> None:
    """No script, style or request but ours."""
    page = trial.open()
    expect(page.get_by_text("Worked out: 1")).to_be_visible()
    assert (trial.desk.violations(page), trial.desk.errors) == ([], [])


def test_a_part_has_its_title_only_where_it_stands_alone(trial: Trial) -> None:
    """A page has one title, and so has a part that is opened by itself."""
    page = trial.open()
    expect(page.get_by_text("Worked out: 1")).to_be_visible()
    within = page.get_by_role("heading", level=1).all_inner_texts()
    page.goto(f"{trial.running.url}/console/try/part")
    assert (within, page.get_by_role("heading", level=1).all_inner_texts()) == (["Counts"], ["Effect"])


def test_a_part_that_fails_says_so_and_comes_when_it_is_asked_again(trial: Trial) -> None:
    """The rest of the page is there meanwhile."""
    trial.failing.add("part")
    page = trial.open()
    expect(page.get_by_text("could not be worked out")).to_be_visible()
    trial.failing.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Worked out: 1")).to_be_visible()


def test_what_is_live_is_new_every_fifteen_seconds(trial: Trial) -> None:
    """Without anybody's doing."""
    page = trial.open()
    expect(page.get_by_text("Count 1")).to_be_visible()
    page.clock.run_for(15_000)
    expect(page.get_by_text("Count 2")).to_be_visible()


@pytest.mark.parametrize("use", ["More", "Words"])
def test_what_somebody_uses_is_left_alone(trial: Trial, use: str) -> None:
    """An open detail stays open, and nobody is interrupted in a word."""
    page = trial.open()
    page.locator("#counts").get_by_text(use).click()
    with page.expect_response("**/console/try"):
        page.clock.run_for(15_000)
    assert page.locator("#counts p").inner_text() == "Count 1"


def test_a_server_that_does_not_answer_is_said_and_forgiven(trial: Trial) -> None:
    """Old figures are never taken for new ones."""
    page = trial.open()
    trial.failing.add("page")
    page.clock.run_for(15_000)
    expect(page.locator("#freshness")).to_contain_text("The server does not answer")
    trial.failing.clear()
    page.clock.run_for(15_000)
    expect(page.locator("#freshness")).to_contain_text("As of 20 Nov 2026, 12:00 UTC")


def test_who_was_signed_out_is_told(trial: Trial) -> None:
    """What stands there is old from then on."""
    page = trial.open()
    trial.desk.context.clear_cookies()
    page.clock.run_for(15_000)
    expect(page.locator("#freshness")).to_contain_text("You are signed out")


def test_a_page_that_nobody_sees_asks_nothing(trial: Trial) -> None:
    """A console that is left open costs nothing in the background."""
    page = trial.open()
    expect(page.get_by_text("Worked out: 1")).to_be_visible()
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    page.clock.run_for(60_000)
    assert trial.asked == {"page": 1, "part": 1}


def test_without_the_script_everything_is_said(trial: Trial, browser: Browser) -> None:
    """Charts by their tables, parts by their links."""
    context: Any = browser.new_context(java_script_enabled=False)
    page = Desk(trial.running.url, context).sign_in(path="/console/try")
    page.locator("#days summary").click()
    rows = page.locator("#days tbody tr").count()
    page.get_by_role("link", name="Show it alone").click()
    said = page.locator("main").inner_text()
    context.close()
    assert (rows, said.split()) == (2, ["Effect", "Worked", "out:", "1"])
