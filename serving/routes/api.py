"""What the running API holds, made once by the composition root and reached from every request."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from fastapi import Request

from model.errors import Unavailable
from serving.access.pace import Pace
from serving.access.widgets import Verify
from serving.clock.vouching import Vouching
from serving.ledger.reading import Reading
from serving.loop.confirmer import Confirmer
from serving.loop.deciding import Answer, Question
from serving.loop.happening import Happenings
from serving.loop.heartbeat import Heartbeat
from serving.loop.loop import DecideLoop
from serving.loop.timekeeper import Timekeeper
from serving.metrics.metrics import Metrics
from serving.metrics.reporting import Reporting
from serving.models.changing import Changes
from serving.models.in_use import InUse
from serving.models.watch import ModelWatch
from serving.people.remembering import Remembered
from serving.policy.policy import Policy
from serving.ports import Clock
from serving.routes.keyring import Keyring
from serving.settings import Settings

if TYPE_CHECKING:  # it loads an HTTP client: see `serving.app`
    from serving.adapters.webhooks import Webhooks


SETTLE_SECONDS = 1.0  # that the ledger has when the API ends
PAGES = 2  # of the console that are made at once: every thread at work has decisions wait for the processor


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The parts of one process. `models` are those that answer now, and why there may be none.

    `changes` puts others in, and `watch` looks whether there are others.

    `webhooks` is None where offers wait to be asked for. `verify` checks a session that a shop signed; `secrets` are
    those that platforms sign with, by name, and `once` are their headers that may come once. `ticks`: what time brings
    is done by itself, not by a caller.

    `reading` reads the ledger beside the writer; None where it is in memory, and only the writer has it.

    `metrics` counts, `reporting` tells what was counted. `heartbeat` knows whether the ledger can be written.

    `vouching` hands the clock on to who starts next, where this process is all there is.

    `running` holds the Idempotency-Keys whose first request has no answer yet.

    `remembered` is what took long to work out, lately; whoever is `working` something out is the only one, and so is
    whoever is `replaying` decisions or `exporting` a page of them. A few `pages` of the console are made at once. Who
    waits for any of these holds no thread.
    """

    settings: Settings
    clock: Clock
    policy: Policy
    models: InUse
    changes: Changes
    watch: ModelWatch
    loop: DecideLoop[Question, Answer]
    keyring: Keyring
    reading: Reading | None
    pace: Pace
    verify: Verify
    secrets: Mapping[str, tuple[bytes, ...]] = field(repr=False)
    once: tuple[str, ...]
    heartbeat: Heartbeat
    confirmer: Confirmer
    happenings: Happenings
    timekeeper: Timekeeper
    metrics: Metrics
    reporting: Reporting
    webhooks: "Webhooks | None" = None
    ticks: bool = False
    vouching: Vouching | None = None
    running: set[tuple[str, str]] = field(default_factory=set)
    remembered: Remembered = field(default_factory=Remembered)
    working: asyncio.Lock = field(default_factory=asyncio.Lock)
    replaying: asyncio.Lock = field(default_factory=asyncio.Lock)
    exporting: asyncio.Lock = field(default_factory=asyncio.Lock)
    pages: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, PAGES))

    async def start(self) -> None:
        """Take work; where nobody drives the clock, do what time brings."""
        await self.loop.start()
        await self.reporting.start()
        if self.ticks:
            self.watch.start(partial(asyncio.get_running_loop().call_soon_threadsafe, self.begin_a_group))
            await self.timekeeper.start()
            if self.webhooks is not None:
                await self.webhooks.start()

    def begin_a_group(self) -> None:
        """Have another model put in also where nobody asks anything; whatever comes of it, the next group does it."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        told.add_done_callback(asyncio.Future.exception)  # a ledger that is away is no news here
        with suppress(Unavailable):  # nor is a full queue: there are groups enough
            self.loop.enqueue(told, job=lambda _, __: None, own=True)

    async def stop(self) -> None:
        """Begin nothing by itself any more, then finish what was taken."""
        self.watch.stop()
        await self.timekeeper.stop()
        if self.webhooks is not None:
            await self.webhooks.stop()
        if self.vouching is not None and self.vouching.began:
            with suppress(Unavailable, TimeoutError):  # who starts next waits with the clock, where it was set
                await asyncio.wait_for(self.loop.submit(self.vouching.settle, own=True), SETTLE_SECONDS)
        await self.loop.stop()
        await self.reporting.stop()


def api_of(request: Request) -> Api:
    """Return the parts that answer this request."""
    return cast("Api", request.scope["app"].state.api)
