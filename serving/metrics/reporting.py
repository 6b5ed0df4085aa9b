"""The metrics of the API as it runs, its other workers' included."""

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

from model.contracts import JSON, Shares
from serving.access.pace import Pace
from serving.clock.steady import ClockSet
from serving.errors import Away
from serving.loop.heartbeat import Heartbeat
from serving.loop.loop import DecideLoop
from serving.metrics.catalogue import (
    DEGRADED,
    INFO,
    MODELS,
    PROCESSES,
    QUEUE,
    RATE_REFUSALS,
    TRIGGER_FAILURES,
    TRIGGER_MATCHES,
)
from serving.metrics.drift import readings as drifted
from serving.metrics.metrics import Metrics
from serving.metrics.shared import Said, Shared
from serving.metrics.states import Reading, of_ledger, of_model
from serving.metrics.tally import Tally
from serving.models.in_use import InUse
from serving.ports import Clock
from serving.triggers.trigger import Matcher

EVERY_SECONDS: Final = 1.0  # what a worker that is killed counted within the last one is lost
NO_MODEL: Final = "none"
UNREAD: Final = "the figures of the other workers cannot be read or written here; see the space in the temporary folder"
log = logging.getLogger(__name__)


class Reporting:
    """Puts the figures together; in a folder for `figures` it leaves this worker's for the others, once a second."""

    def __init__(  # noqa: PLR0913  (the parts whose figures it reports, each by its name)
        self,
        *,
        metrics: Metrics,
        loop: DecideLoop[Any, Any],
        heartbeat: Heartbeat,
        models: InUse,
        matcher: Matcher,
        pace: Pace,
        shares: Shares,
        clock: Clock,
        versions: tuple[str, str],
        figures: Path | None = None,
    ) -> None:
        self._metrics, self._loop, self._models, self._matcher = metrics, loop, models, matcher
        self._pace = pace
        self._shares, self._clock, self._versions = shares, clock, versions
        self._heartbeat = heartbeat
        self._task: asyncio.Task[None] | None = None
        self._shared = None if figures is None else Shared(figures)

    async def text(self) -> tuple[bytes, str]:
        """Return the metrics as Prometheus reads them, and that format's media type.

        Raises:
            Away: there are several workers, and their figures cannot be had.
        """
        readings = [*of_ledger(await self._heartbeat.stands())]
        try:
            return await run_in_threadpool(self._text, readings)
        except OSError:
            raise Away(UNREAD) from None

    async def drift(self) -> list[Reading]:
        """Return how far what is scored now lies from what was learned, over all workers.

        Raises:
            Away: there are several workers, and their figures cannot be had.
        """
        try:
            living, _ = await run_in_threadpool(self._everybody)
        except OSError:
            raise Away(UNREAD) from None
        return drifted(self._models, [said["drift"] for said in living])

    async def start(self) -> None:
        """Leave this worker's figures from time to time, where there are others."""
        if self._shared is not None:
            self._task = asyncio.create_task(self._leaving(self._shared), name="metrics")

    async def stop(self) -> None:
        """Leave the last figures."""
        if self._task is not None and self._shared is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            with suppress(OSError):
                self._shared.leave(self._said)
            self._shared.close()

    async def _leaving(self, shared: Shared) -> None:
        before: Said | None = None
        while True:
            try:
                if self._said() != before:
                    before = await run_in_threadpool(shared.leave, self._said)
            except OSError as error:
                log.warning("this worker's figures are not left for the others: %s", error.strerror)
            await asyncio.sleep(EVERY_SECONDS)

    def _said(self) -> Said:
        """Return what this process says of itself."""
        said = self._metrics.tally.values()
        for tally in self._matcher.tallies():
            for metric, number in ((TRIGGER_MATCHES, tally.matched), (TRIGGER_FAILURES, tally.failed)):
                said["counts"].append([metric.name, tally.trigger.id, number])
        said["counts"].append([RATE_REFUSALS.name, self._pace.refused])
        now: dict[str, JSON] = {
            "process": os.getpid(),
            "queue": self._loop.waiting(),
            "model": self._models.version,
            "drift": self._metrics.drift.said(),
            "degraded": self._models.degraded is not None,
        }
        return said | now

    def _text(self, readings: list[Reading]) -> tuple[bytes, str]:
        """Put everybody's figures together and write them; on a thread, for it reads files and loads a library."""
        from serving.metrics.exposition import CONTENT_TYPE, written  # noqa: PLC0415  (a twentieth of the start)

        living, ended = self._everybody()
        total = Tally()
        for said in (*living, *([] if ended is None else [ended])):
            total.take(said)
        readings = [
            *readings,
            *drifted(self._models, [said["drift"] for said in living]),
            *self._readings(living),
            *self._of_model(),
        ]
        return written(total, readings, [said["process"] for said in living]), CONTENT_TYPE

    def _everybody(self) -> tuple[list[Said], Said | None]:
        """Return what each living process says of itself, this one's first, and the counts of all that have gone."""
        if self._shared is None:
            return [self._said()], None
        own = self._shared.leave(self._said)
        others, ended = self._shared.others()
        return [own, *others], ended

    def _of_model(self) -> list[Reading]:
        """Return what the model in use is like now; nothing while the clock is not believed."""
        try:
            return [*of_model(self._models, self._shares, self._clock())]
        except ClockSet:
            return []

    def _readings(self, living: list[Said]) -> list[Reading]:
        """Return what the living processes are like now."""
        models = [str(said["model"] or NO_MODEL) for said in living]
        return [
            (INFO, self._versions, 1),
            (PROCESSES, (), len(living)),
            (QUEUE, (), sum(said["queue"] for said in living)),
            (DEGRADED, (), sum(said["degraded"] for said in living)),
            *((MODELS, (model,), models.count(model)) for model in sorted(set(models))),
        ]
