"""The demo's month is lived once; each test has a copy of its ledger, and a browser of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.console.house import House
from tests.serving.cli.month_examples import month


@pytest.fixture(scope="package")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of a month, closed."""
    folder = tmp_path_factory.mktemp("month")
    month(folder).close()
    return folder / "outreach.db"


@pytest.fixture
def house(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The console of that month; what is due is done at once."""
    monkeypatch.setattr("serving.loop.timekeeper.IDLE", 3600.0)
    with House(lived, tmp_path) as opened:
        yield opened
