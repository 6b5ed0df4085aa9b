from collections.abc import Callable, Iterator
from typing import cast

import pytest

from serving.app import Application
from serving.ports import Ledger
from serving.settings import Settings
from tests.serving.routes.seconds import Seconds
from tests.serving.served import Served, Watch, app_of


@pytest.fixture
def clock() -> Watch:
    """Noon in Greenwich on a Friday, until it is turned."""
    return Watch()


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """The clock that rates are measured by."""
    clock = Seconds()
    monkeypatch.setattr("serving.app.monotonic", clock)
    return clock


@pytest.fixture
def api(clock: Watch) -> Iterator[Served]:
    """Serve an API with a ledger in memory."""
    with Served(app_of(clock=clock)) as served:
        yield served


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Application]:
    """Compose an API that has the short way, or only the long one, with ids that count from one."""

    def composed(*, short: bool, ledger: Ledger | None = None, settings: Settings | None = None) -> Application:
        numbers: Iterator[int] = iter(range(10**6))
        with monkeypatch.context() as patched:
            patched.setattr("serving.routes.keyring.REMEMBERED_SECONDS", 60)  # however slow the machine is
            patched.setattr("serving.app.new_id", lambda at: f"{at.date()}-{next(numbers)}")
            composed = cast("Application", app_of(ledger, settings=settings))
        if not short:
            composed.direct = None
        return composed

    return composed
