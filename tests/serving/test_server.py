from typing import Any

import pytest
import uvicorn

from serving import server
from serving.settings import Settings


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect how uvicorn would have been started."""
    seen: list[Any] = []
    monkeypatch.setattr(server, "create_app", lambda settings: ("app", settings.port))
    monkeypatch.setattr(uvicorn.Server, "run", lambda self: seen.append(self.config))
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: seen.append((app, options)))
    return seen


def test_one_worker_serves_the_composed_application(started: list[Any]) -> None:
    """No access log, no server header, a bounded drain."""
    server.serve(Settings(host="127.0.0.2", port=81))

    config = started[0]
    actual = (
        config.app,
        config.host,
        config.port,
        config.access_log,
        config.server_header,
        config.timeout_graceful_shutdown,
    )
    assert actual == (("app", 81), "127.0.0.2", 81, False, False, server.DRAIN_SECONDS)


def test_several_workers_read_the_same_settings(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each worker composes its own application from the environment that its parent set."""
    settings = Settings(workers=3, port=82, ledger="sqlite:///shared.db")
    for name in settings.environment():
        monkeypatch.setenv(name, "0")

    server.serve(settings)

    application, options = started[0]
    assert (application, options["workers"], options["port"], server.from_environment()) == (
        server.FACTORY,
        3,
        82,
        ("app", 82),
    )


def test_stopping_by_hand_is_no_error(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the process quietly, after the drain."""

    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(uvicorn.Server, "run", interrupted)

    server.serve(Settings())

    assert started == []
