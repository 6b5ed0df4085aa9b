"""Pages are made beside the event loop, few at once; whoever waits for them holds no thread that others need."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import jinja2
import pytest
from anyio.to_thread import current_default_thread_limiter

from serving.app import create_app
from serving.console import audit, complaints, decisions, refused, today, what_if
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.routes.api import PAGES as AT_ONCE
from serving.settings import Settings
from tests.serving.console.every_page import PAGES, filled
from tests.serving.console.signing_in import Person, signed_in
from tests.serving.served import NOON, Served, Watch, candidate, with_keys

T = TypeVar("T")
MANY = 45  # more than there are threads


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Served]:
    """An API whose ledger is a file, which is read beside the writer."""
    url = f"sqlite:///{tmp_path / 'l.db'}"
    with_keys(open_ledger(url, now=NOON, salt=b"on disk", shipped=shipped_digests()), NOON).close()
    with Served(create_app(Settings(ledger=url), scorer=FakeScorer(cutoff=0.004), clock=Watch())) as served:
        yield served


@pytest.fixture
def reader(api: Served) -> Person:
    """Somebody who looks."""
    return signed_in(api, "read")


def in_loop(api: Served, work: Coroutine[Any, Any, T]) -> T:
    """Return what comes of it in the event loop of the API."""
    return asyncio.run_coroutine_threadsafe(work, api._loop).result(timeout=60)


async def borrowed() -> int:
    """Return how many threads of the pool are taken."""
    return current_default_thread_limiter().borrowed_tokens


class Noted:
    """Does what it stands for, and notes on which threads, and how many were at it at once; waits to `go_on`."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self.real, self.threads, self.most, self.times, self._now = real, set[threading.Thread](), 0, 0, 0
        self.began, self.go_on, self._lock = threading.Event(), threading.Event(), threading.Lock()
        self.go_on.set()

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Do it."""
        with self._lock:
            self._now += 1
            self.times += 1
            self.most = max(self.most, self._now)
            self.threads.add(threading.current_thread())
        self.began.set()
        assert self.go_on.wait(60)
        try:
            return self.real(*args, **named)
        finally:
            with self._lock:
                self._now -= 1


def noted(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> Noted:
    """Put a note in the place of a function."""
    found = Noted(getattr(where, name))
    monkeypatch.setattr(where, name, found)
    return found


def decide(api: Served, **more: Any) -> None:
    """Have something decided."""
    api.post("/v1/decisions", candidate(user="u-1", **more))


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_rendered_beside_the_loop(
    api: Served, reader: Person, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every one that is more than a refusal."""
    threads: list[threading.Thread] = []
    real = jinja2.Template.render

    def render(self: jinja2.Template, *args: Any, **values: Any) -> str:
        threads.append(threading.current_thread())
        return real(self, *args, **values)

    monkeypatch.setattr(jinja2.Template, "render", render)
    answer = reader.get(filled(path))
    assert answer.status_code != 200 or api._thread not in threads


@pytest.mark.parametrize(
    ("path", "work"),
    [
        ("/console/refused", (refused, "campaigns")),
        ("/console/refused", (refused, "marked")),
        ("/console/refused.csv", (refused, "campaigns")),
        ("/console/refused.csv", (refused, "table_line")),
        ("/console/audit/acts.csv", (audit, "table_line")),
        ("/console/audit/acts.jsonl", (audit, "as_rows")),
        ("/console/audit/decisions.jsonl", (audit, "written")),
        ("/console/decisions", (decisions, "line")),
    ],
    ids=lambda value: value if isinstance(value, str) else value[1],
)
def test_what_pages_work_out_is_worked_out_beside_the_loop(
    api: Served, reader: Person, path: str, work: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Campaigns, the lines of tables and of lists, and the text of records."""
    decide(api, purpose="win_back", message={"text": "Come back!", "next_step": "Reply."})
    done = noted(monkeypatch, *work)
    answer = reader.get(path)
    assert (answer.status_code, bool(done.threads), api._thread in done.threads) == (200, True, False)


@pytest.mark.parametrize(
    ("path", "work"),
    [
        ("/console/what-if/replay", (what_if, "worked_out", 1, MANY)),
        ("/console/refused", (refused, "campaigns", AT_ONCE, MANY)),
        ("/console/audit/decisions.jsonl", (audit, "written", 1, MANY)),
        ("/console/today/effect", (today, "effects", 1, 1)),
        ("/console/today/reading", (today, "campaign", 1, 1)),
        ("/console/complaints/causes", (complaints, "causes", 1, 1)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whoever_waits_holds_no_thread(
    api: Served, reader: Person, path: str, work: tuple[Any, str, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More ask than there are threads: few are at work, the others wait, and the API answers meanwhile.

    What is remembered is worked out once for all of them.
    """
    decide(api)
    where, name, most, times = work
    done = noted(monkeypatch, where, name)
    done.go_on.clear()
    asked = [asyncio.run_coroutine_threadsafe(asking(api, reader, path), api._loop) for _ in range(MANY)]
    assert done.began.wait(30)
    in_loop(api, asyncio.sleep(0.2))
    taken, answer = in_loop(api, borrowed()), api.get("/v1/users/nobody")
    done.go_on.set()
    answers = [one.result(timeout=60) for one in asked]
    assert (taken, answer.status_code, set(answers), done.most, done.times) == (most, 404, {200}, most, times)


async def asking(api: Served, reader: Person, path: str) -> int:
    """Open a page, in the event loop of the API."""
    answer = await api._client.get(path, headers={"Cookie": f"outreach_console={reader.cookie}"})
    return answer.status_code


def test_who_waits_too_long_for_a_replay_is_told_when_to_come_again(
    api: Served, reader: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first goes on."""
    monkeypatch.setattr(what_if, "PATIENCE", 0.05)
    work = noted(monkeypatch, what_if, "worked_out")
    work.go_on.clear()
    first = asyncio.run_coroutine_threadsafe(asking(api, reader, "/console/what-if/replay"), api._loop)
    assert work.began.wait(30)
    second = reader.get("/console/what-if/replay")
    work.go_on.set()
    actual = (first.result(timeout=60), second.status_code, second.headers["retry-after"])
    assert actual == (200, 429, "60")
