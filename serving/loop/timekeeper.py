"""What is due: held decisions are decided again when their time comes, and matches that wait get their turn.

A hold is decided again by `Confirmer.look`, with its own draw; a send becomes an offer in the same transaction, so that
a process that ends, however it ends, has either done both or nothing. Several processes on one ledger share the work:
what one has done is not due for the next.

The work goes through the decide loop in small jobs, between requests. Where nothing is due nothing is written.

Failures:
    a hold cannot be decided    it alone is undone, logged and put off: 5 minutes, then twice as long, at most 6 hours;
                                where it has expired it is looked at no more
    a match cannot be decided   it alone is undone, logged and put off by an hour, while its event is no older than any
                                that may be told; the others of its job go one by one
    the ledger is away          `tick` raises `Unavailable`; `run` says so once, and tries again, ever more slowly
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from model.errors import OutreachError, one_line
from serving.loop.confirmer import Confirmer
from serving.loop.group_writing import Job
from serving.loop.unasked import Offering, offer
from serving.policy.limits import Limits
from serving.ports import Clock, Ledger, Transaction
from serving.timetable import Match

HOLDS, MATCHES = 8, 32  # at most so many in one job: a request waits behind one for a few milliseconds
PUT_OFF = timedelta(hours=1)
STALE = timedelta(hours=Limits().essential_hours)
IDLE, SLOWEST = 1.0, 60.0  # seconds
log = logging.getLogger(__name__)

Deciding = Callable[[Ledger, Transaction, int], int]


class Jobs(Protocol):
    """What runs a job in a transaction, and undoes it alone where it raises: the decide loop."""

    async def submit(self, job: Job[int], *, own: bool) -> int:
        """Return what the job returned, once that counts."""
        ...


class Timekeeper:
    """Does what is due. `offering` writes an offer's body; `deciding` decides at most so many waiting matches.

    `retaining` forgets some of what is too old, and says whether there may be more; None: nothing ever is.
    """

    def __init__(  # noqa: PLR0913  (everything that it does is handed in, by name)
        self,
        loop: Jobs,
        confirmer: Confirmer,
        clock: Clock,
        *,
        offering: Offering,
        deciding: Deciding,
        retaining: Job[int] | None = None,
    ) -> None:
        self._loop = loop
        self._confirmer = confirmer
        self._clock = clock
        self._offering = offering
        self._deciding = deciding
        self._retaining = retaining
        self._task: asyncio.Task[None] | None = None

    async def tick(self) -> int:
        """Do all that is due by now; return how much that was.

        Raises:
            Unavailable: the ledger cannot be written; what was done before stays.
        """
        done = 0
        while some := await self._holds() + await self._matches() + await self._forgotten():
            done += some
        return done

    async def start(self) -> None:
        """Run beside the requests, until `stop`."""
        self._task = asyncio.create_task(self.run(), name="timekeeper")

    async def stop(self) -> None:
        """Begin nothing more; a job that was handed over is done, or is not, as a whole."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def run(self) -> None:
        """Tick for ever: about once a second, and more slowly while that fails. Cancel it to end it."""
        wait = IDLE
        while True:
            try:
                await self.tick()
            except Exception as error:  # noqa: BLE001  (time goes on: what is due is due at the next tick)
                if wait == IDLE:
                    log.warning("what is due waits, and is tried again: %s", _why(error))
                wait = min(2 * wait, SLOWEST)
            else:
                wait = IDLE
            await asyncio.sleep(wait)

    async def _holds(self) -> int:
        return await self._loop.submit(self._decide_again, own=True)

    async def _forgotten(self) -> int:
        return 0 if self._retaining is None else await self._loop.submit(self._retaining, own=True)

    def _decide_again(self, ledger: Ledger, transaction: Transaction) -> int:
        """Decide the held decisions that are due, the longest due first; return how many."""
        now = self._clock()
        names = transaction.due(now=now, limit=HOLDS)
        for name in names:
            try:
                with transaction.savepoint():
                    self._look(ledger, transaction, name)
            except Exception as error:  # noqa: BLE001  (it is undone, nothing is sent, and the others go on)
                stays = transaction.put_off(name, now=now)
                then = "it is tried again later" if stays else "it is over"
                log.error("held decision `%s` cannot be decided again: %s; %s", name, type(error).__name__, then)  # noqa: TRY400  (a traceback could show input)
        return len(names)

    def _look(self, ledger: Ledger, transaction: Transaction, name: str) -> None:
        """Decide one held decision again; offer it where it may be sent now."""
        looked = self._confirmer.look(ledger, transaction, name)
        if looked is None:
            raise LookupError(f"decision `{name}` is not held; it is due no more")
        offer(transaction, *looked, self._offering)

    async def _matches(self) -> int:
        """Decide waiting matches; where some of them cannot be, one by one."""
        try:
            return await self._loop.submit(
                lambda ledger, transaction: self._deciding(ledger, transaction, MATCHES), own=True
            )
        except Exception as error:  # noqa: BLE001  (who is to blame shows when each is decided alone)
            log.warning("matches that wait are decided one by one after %s", type(error).__name__)
        done = [await self._loop.submit(self._decide_one, own=True) for _ in range(MATCHES)]
        return sum(done)

    def _decide_one(self, ledger: Ledger, transaction: Transaction) -> int:
        """Decide the match that waits longest, or put it off."""
        try:
            with transaction.savepoint():
                return self._deciding(ledger, transaction, 1)
        except Exception as error:  # noqa: BLE001  (it is undone, nothing is sent, and the others go on)
            now = self._clock()
            for match in transaction.take_matches(now=now, limit=1):
                then = "it is tried again in an hour" if _put_off(transaction, match, now) else "it is over"
                said = type(error).__name__
                log.error("a match of `%s` cannot be decided: %s; %s", match.event.type, said, then)  # noqa: TRY400  (a traceback could show input)
            return 1


def _why(error: Exception) -> str:
    """Return the words of an error of ours; another's could show input."""
    return one_line(error) if isinstance(error, OutreachError) else type(error).__name__


def _put_off(transaction: Transaction, match: Match, now: datetime) -> bool:
    """Let a match wait again; False where its event is too old to be told anyway."""
    event = transaction.event(match.event, user_id=transaction.owner(match.user_id), now=now)
    stays = event is not None and now - event.time < STALE
    if stays:
        transaction.add_matches(match.event, [match.user_id], at=now + PUT_OFF)
    return stays
