"""An application served in this process: its event loop runs on a thread, so that tests call it plainly."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, Self, TypeVar

import httpx
from fastapi import FastAPI

from serving.access.keys import COMPANY, SCOPES, WIDGET, Bounds, key_record
from serving.app import create_app
from serving.fakes import FakeScorer
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger, Scorer, Transaction
from serving.settings import Settings
from tests.copied import in_memory

T = TypeVar("T")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def token(scope: str) -> str:
    """Return the made-up key that has this scope alone."""
    return f"{scope}-".ljust(43, "k")


EVERYTHING = "everything-".ljust(43, "k")  # what a company's own servers may do
ORIGIN = "https://shop.example"  # of the widget's key


@dataclass
class Watch:
    """A clock that stands until it is turned."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        """Return the present instant."""
        return self.at

    def turn(self, **by: float) -> None:
        """Move on by a timedelta's arguments."""
        self.at += timedelta(**by)


def memory_ledger(at: datetime = NOON) -> Ledger:
    """Open a ledger in memory with the shipped approvals, a fixed salt and one key per scope."""
    return with_keys(in_memory(now=at, salt=b"a fixed salt for tests", shipped=_shipped()), at)


@cache
def _shipped() -> Mapping[str, str]:
    """Return the shipped approvals, which nobody changes."""
    return MappingProxyType(shipped_digests())


def with_keys(ledger: Ledger, at: datetime) -> Ledger:
    """Add a key for each scope, and one that has them all."""
    with ledger.transaction() as transaction:
        for scope in SCOPES:
            bounds = Bounds(origin=ORIGIN if scope == WIDGET else None)
            made = key_record(token(scope), key_id=f"key-{scope}", name=scope, scopes=[scope], at=at, bounds=bounds)
            transaction.add_key(made)
        transaction.add_key(key_record(EVERYTHING, key_id="key-all", name="all", scopes=COMPANY, at=at))
    return ledger


@dataclass
class Counting:
    """A ledger that counts its transactions."""

    real: Ledger
    transactions: int = 0

    @property
    def salt(self) -> bytes:
        """The real one's secret."""
        return self.real.salt

    def transaction(self, *, about: Sequence[str] | None = None) -> AbstractContextManager[Transaction]:
        """Count one more."""
        self.transactions += 1
        return self.real.transaction(about=about)

    def close(self) -> None:
        """Close the real one."""
        self.real.close()


@dataclass
class Served:
    """`with Served(app) as api`: the lifespan is entered, and left at the end."""

    app: FastAPI
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._client = self._wait(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> httpx.AsyncClient:
        await self._stack.enter_async_context(self.app.router.lifespan_context(self.app))
        transport = httpx.ASGITransport(app=self.app)
        return await self._stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://test"))

    def _wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(timeout=60)

    def call(self, method: str, path: str, *, key: str | None = EVERYTHING, **more: Any) -> httpx.Response:
        """Make one request, as the key that may do everything unless told otherwise."""
        return self._wait(self._call(method, path, key, more))

    def forget(self) -> None:
        """Forget every cookie: who wants one sends it."""
        self._client.cookies.clear()

    def together(self, calls: Iterable[tuple[str, str, Mapping[str, Any]]]) -> list[httpx.Response]:
        """Make all requests at once; answers in the order given."""

        async def all_of() -> list[httpx.Response]:
            return await asyncio.gather(
                *(self._call(method, path, EVERYTHING, dict(more)) for method, path, more in calls)
            )

        return self._wait(all_of())

    async def _call(self, method: str, path: str, key: str | None, more: dict[str, Any]) -> httpx.Response:
        headers = dict(more.pop("headers", None) or {})
        if key is not None:
            headers.setdefault("Authorization", f"Bearer {key}")
        return await self._client.request(method, path, headers=headers, **more)

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """Post JSON."""
        return self.call("POST", path, json=body, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Get a path."""
        return self.call("GET", path, **more)


def app_of(
    ledger: Ledger | None = None,
    *,
    clock: Watch | None = None,
    scorer: Scorer | None = None,
    settings: Settings | None = None,
) -> FastAPI:
    """Compose an API with a ledger in memory, a standing clock and a scorer that likes everybody."""
    watch = clock or Watch()
    return create_app(
        settings or Settings(),
        scorer=scorer or FakeScorer(cutoff=0.004),
        ledger=ledger or memory_ledger(watch.at),
        clock=watch,
    )


def event(number: int | str = 1, *, user: str = "u-17", at: datetime = NOON, **more: Any) -> dict[str, Any]:
    """Return a parcel's delay as a CloudEvent."""
    body = {
        "specversion": "1.0",
        "source": "urn:shop",
        "id": f"ev-{number}",
        "type": "shipment.delayed",
        "time": at.isoformat(),
        "subject": user,
        "data": {"parcel": f"A-{number}", "new_eta": "Friday", "delay_hours": 14},
    }
    return body | more


def candidate(number: int | str = 1, *, user: str = "u-17", **more: Any) -> dict[str, Any]:
    """Return the body that asks whether to tell this customer about that event."""
    body = {
        "user": {"id": user, "timezone": "Europe/Paris", "attributes": {"tenure_days": 410}},
        "purpose": "delivery_update",
        "channel": "chat",
        "evidence": {"type": "shipment.delayed", "id": f"ev-{number}"},
        "message": {"template": "parcel_delayed", "facts": {"parcel": f"A-{number}", "new_eta": "Friday"}},
    }
    return body | more


def consent(api: Served, *users: str) -> None:
    """Put these customers' consent to chat on record."""
    for user in users:
        answer = api.call("PUT", f"/v1/users/{user}/preferences", json={"consent": {"chat": True}})
        assert answer.status_code == 200, answer.text
