import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

import pytest
import uvicorn

from model.errors import InvalidInput
from serving.ledger import open_ledger
from serving.server import server
from serving.server.workers import Workers
from serving.settings import Settings


@dataclass
class Listening:
    """A socket that nobody opened."""

    name: tuple[str, int]

    def getsockname(self) -> tuple[str, int]:
        """Return where it would listen."""
        return self.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close nothing."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Any]]:
    """Collect how uvicorn would have been started; how threads take turns is restored."""
    before = sys.getswitchinterval()
    seen: list[Any] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(server, "write_as", lambda *_, **__: None)
    monkeypatch.setattr(server, "create_app", lambda settings, **more: ("app", settings.port, more["create"]))
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, _: seen.append(self.config))
    monkeypatch.setattr(server, "listen", lambda host, port: Listening((host, port)))
    monkeypatch.setattr(Workers, "run", lambda self: seen.append(self))  # noqa: PLW0108  (a builtin is no method)
    yield seen
    sys.setswitchinterval(before)


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
    assert actual == (("app", 81, False), "127.0.0.2", 81, False, False, server.DRAIN_SECONDS)


def test_several_workers_read_the_same_settings(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each worker composes its own application from the environment that its parent set, and says when it serves."""
    settings = Settings(workers=3, port=82, ledger="sqlite:///shared.db")
    for name in settings.environment():
        monkeypatch.setenv(name, "0")

    server.serve(settings)
    parent = started.pop()
    server.work(parent.listening, cast("Any", None))

    told = (parent.target.func, parent.number, parent.listening.name, started[0].app)
    assert told == (server.work, 3, ("127.0.0.1", 82), ("app", 82, False))


def served_by(settings: Settings) -> None:
    """Serve as a worker of a parent does."""
    server.work(cast("Any", Listening(("", settings.port))), cast("Any", None))


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("serves", [server.serve, served_by], ids=["one", "worker"])
def test_the_writer_does_not_wait_long_for_its_turn(serves: Callable[[Settings], None]) -> None:
    """Every process that serves hands over between its two threads after a millisecond."""
    serves(Settings())

    assert sys.getswitchinterval() == pytest.approx(server.TURN_SECONDS)


def test_stopping_by_hand_is_no_error(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the process quietly, after the drain."""

    def interrupted(_: Any, __: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(uvicorn.Server, "run", interrupted)

    server.serve(Settings())

    assert started == []


def test_the_ledger_is_made_before_anything_listens(started: list[Any], tmp_path: Path) -> None:
    """And may not be made again afterwards."""
    server.serve(Settings(ledger="sqlite:///made.db"))

    assert ((tmp_path / "made.db").is_file(), started[0].app[2]) == (True, False)


@pytest.mark.parametrize("named", ["no/such/folder/l.db", "folder", "notes.txt", "other.db"])
def test_a_ledger_that_can_never_be_one_stops_the_start(started: list[Any], tmp_path: Path, named: str) -> None:
    """A missing folder, a folder, a text, another program's database: nothing listens, nothing is touched."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("these are notes " * 500)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")

    with pytest.raises(InvalidInput):
        server.serve(Settings(ledger=f"sqlite:///{named}"))

    assert (started, (tmp_path / "no").exists()) == ([], False)


def test_a_locked_ledger_does_not_stop_the_start(
    started: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It will be free again; until then every question is answered 503."""
    monkeypatch.setattr(server, "open_ledger", partial(open_ledger, patience=0.05))
    server.serve(Settings(ledger="sqlite:///l.db"))
    with closing(sqlite3.connect(tmp_path / "l.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        server.serve(Settings(ledger="sqlite:///l.db"))

    said = [record.getMessage() for record in caplog.records]
    locked = [one for one in said if "write lock" in one]
    assert ([config.app[2] for config in started], len(locked)) == ([False, True], 1)


def test_a_second_signal_ends_a_process_that_hangs() -> None:
    """Whatever its main thread waits for."""
    code = "import time; from serving.server import server as s; s.END_SECONDS = 0.01; s.end_soon(15); time.sleep(60)"

    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=50)

    assert ended.returncode == 128 + 15


def test_one_worker_ends_soon_after_a_second_signal(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The server that is alone is given what ends it."""
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, _: started.append(self._last))

    server.serve(Settings())

    assert started == [server.end_soon]
