"""A replay's page in a browser: axe finds nothing serious, nothing spills over, nothing is loaded, paper has it all."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from serving.replay.html import render
from tests.browser.console.test_accessible import AXE, LOOKS, RUN, SPILLS
from tests.serving.replay.reports import report
from tests.serving.replay.test_html import PAGES


@pytest.mark.parametrize("name", sorted(PAGES))
@pytest.mark.parametrize(("scheme", "width", "height"), LOOKS)
def test_the_page_shuts_nobody_out(  # noqa: PLR0917  (a look and a page)
    browser: Browser, tmp_path: Path, name: str, scheme: Any, width: int, height: int
) -> None:
    """In light and dark, wide and on a phone, with every part unfolded; the page asks nobody for anything."""
    page_file = tmp_path / "replay.html"
    page_file.write_text(render(report(*PAGES[name])), encoding="utf-8")
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height}, bypass_csp=True)
    page, asked, said = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(page_file.as_uri())
    page.evaluate(AXE)
    actual = (page.evaluate(RUN), page.evaluate(SPILLS) > 0, asked, said)
    context.close()
    assert actual == ([], False, [page_file.as_uri()], [])
