"""The demo's month in a console, and somebody who is signed in and looks for something."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Page

from serving.access.keys import key_record
from serving.app import create_app
from serving.ledger import open_ledger
from serving.settings import Settings
from tests.browser.console.desk import Desk, Running
from tests.serving.cli.month_examples import NOW, SCORER
from tests.serving.served import Watch

LEAD, READER = "of-the-lead-".ljust(43, "k"), "who-reads-".ljust(43, "k")


class House(Running):
    """The console of a copy of the month's ledger, by a clock that a test turns."""

    def __init__(self, ledger: Path, folder: Path) -> None:
        """Copy the ledger, and make a key for somebody who acts and one for somebody who reads."""
        self.clock = Watch(NOW)
        url = f"sqlite:///{shutil.copy(ledger, folder / 'outreach.db')}"
        books = open_ledger(url, now=NOW, salt=b"", create=False)
        with books.transaction() as tx:
            for token, name, scopes in ((LEAD, "Priya", ["read", "admin"]), (READER, "Ravi", ["read"])):
                tx.add_key(key_record(token, key_id=name.lower(), name=name, scopes=scopes, at=NOW))
        books.close()
        super().__init__(create_app(replace(Settings(), ledger=url), scorer=SCORER, clock=self.clock))

    def signed_in(self, browser: Browser, key: str = LEAD) -> Page:
        """Return the first page after signing in, in a browser that nobody used before."""
        desk = Desk(self.url, browser.new_context(viewport={"width": 1280, "height": 900}))
        page = desk.sign_in(key)
        page.wait_for_url(f"{self.url}/console")
        return page


def clicked(page: Page, ways: Sequence[str]) -> Page:
    """Click on links, each by the name that a reader sees, the first of that name; return the page behind the last."""
    for name in ways:
        page.get_by_role("link", name=name).first.click()
        page.wait_for_load_state()
    return page
