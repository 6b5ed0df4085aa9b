"""Several workers: processes that accept from one listening socket, and the parent that watches over them.

The parent opens the socket, starts the workers and answers nothing itself. What waits in the socket's queue waits for
whichever worker comes next, so no connection is lost when one goes.

    SIGTERM, SIGINT   every worker drains, then all is over; a second one kills them
    SIGHUP            a rolling restart: for each worker a new one is started, and once that serves the old one drains;
                      where the new one does not come up the old ones stay
    a worker dies     another one takes its place
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Final

from model.errors import Unavailable

SPAWN: Final = get_context("spawn")
BACKLOG: Final = 2048
PAUSE_SECONDS: Final = 1.0  # before another worker is started in the place of one that died before it served
EVERY_SECONDS: Final = 0.5
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
log = logging.getLogger(__name__)
Target = Callable[[socket.socket, Connection], None]


@dataclass(eq=False)
class Worker:
    """One process, what it says by, and whether it serves; `replaces` is whom it sends home once it does."""

    process: SpawnProcess
    says: Connection
    replaces: "Worker | None" = None
    serves: bool = False
    leaving: bool = False


@dataclass(kw_only=True)
class Workers:
    """Keeps so many workers going. `target` is what a worker runs, with the socket and what it says it is ready by."""

    target: Target
    listening: socket.socket
    number: int
    drain_seconds: float
    running: list[Worker] = field(default_factory=list)
    _old: list[Worker] = field(default_factory=list)
    _signals: list[int] = field(default_factory=list)
    _stopping: int = 0
    _not_before: float = 0.0
    _ever_served: bool = False

    def run(self) -> None:
        """Run until a signal to stop.

        Raises:
            Unavailable: a worker ended before any of them had ever served.
        """
        reader, writer = socket.socketpair()
        with reader, writer:
            writer.setblocking(False)
            before = {number: signal.signal(number, self._heard) for number in SIGNALS}
            signal.set_wakeup_fd(writer.fileno())
            try:
                self._run(reader)
            finally:
                signal.set_wakeup_fd(-1)
                for number, handler in before.items():
                    signal.signal(number, handler)
                for worker in self.running:
                    worker.process.kill()

    def _run(self, reader: socket.socket) -> None:
        for _ in range(self.number):
            self._start()
        until = float("inf")
        while self.running or not self._stopping:  # nobody may run for a moment: the next one starts after a pause
            said = [worker.says for worker in self.running if not worker.serves]
            ended = [worker.process.sentinel for worker in self.running]
            if reader in wait([reader, *said, *ended], timeout=EVERY_SECONDS):
                reader.recv(BACKLOG)
            self._obey()
            if self._stopping == 1 and until == float("inf"):
                until = time.monotonic() + self.drain_seconds
            if self._stopping > 1 or time.monotonic() > until:
                for worker in self.running:
                    worker.process.kill()
            for worker in [*self.running]:
                self._look_at(worker)
            if not self._stopping:
                self._fill()

    def _heard(self, number: int, _: object) -> None:
        self._signals.append(number)

    def _obey(self) -> None:
        """Do what the signals say that have come."""
        while self._signals:
            if self._signals.pop(0) != signal.SIGHUP:
                self._stopping += 1
                log.info("stopping: the workers finish what they took; another signal ends them at once")
                self.listening.close()  # the workers have it too; the last of them ends its queue, not we
                for worker in self.running:
                    self._send_home(worker)
            elif not self._stopping:
                log.info("restarting the workers one by one")
                self._old = [worker for worker in self.running if not worker.leaving and worker.replaces is None]

    def _look_at(self, worker: Worker) -> None:
        """Note that a worker serves, or that it has ended."""
        if not worker.serves and worker.says.poll():
            worker.serves = self._said(worker)
            self._ever_served |= worker.serves
            if worker.serves and worker.replaces is not None:
                self._send_home(worker.replaces)
                worker.replaces = None
        if worker.process.is_alive():
            return
        worker.process.join()
        self.running.remove(worker)
        worker.says.close()
        for other in self.running:
            if other.replaces is worker:
                other.replaces = None
        if self._stopping or worker.leaving:
            return
        if not worker.serves:
            self._not_before = time.monotonic() + PAUSE_SECONDS
            if not self._ever_served:  # the settings are wrong; later it is the machine, which may recover
                raise Unavailable("a worker ended before it could serve; see what it said above")
        if worker.replaces is not None:
            log.error("the new worker did not come up; those that run stay")
            self._old.clear()
        else:
            log.warning("worker %d ended with %s; another one is started", worker.process.pid, worker.process.exitcode)

    def _said(self, worker: Worker) -> bool:
        try:
            return worker.says.recv_bytes() != b""
        except (EOFError, OSError):
            return False

    def _fill(self) -> None:
        """Start who is missing, or else the next one of a rolling restart."""
        if time.monotonic() < self._not_before:
            return
        staying = [worker for worker in self.running if not worker.leaving and worker.replaces is None]
        for _ in range(self.number - len(staying)):
            self._start()
        self._old = [worker for worker in self._old if worker in self.running]
        if self._old and all(worker.serves and not worker.leaving for worker in self.running):
            self._start(replaces=self._old.pop(0))

    def _start(self, replaces: Worker | None = None) -> None:
        says, child = SPAWN.Pipe(duplex=False)
        process = SPAWN.Process(target=_work, args=(self.target, self.listening, child))
        process.start()
        child.close()
        self.running.append(Worker(process, says, replaces))

    def _send_home(self, worker: Worker) -> None:
        if not worker.leaving and worker.process.is_alive():
            worker.process.terminate()
        worker.leaving = True


def listen(host: str, port: int) -> socket.socket:
    """Open the socket that all workers accept from.

    Raises:
        Unavailable: somebody else listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise Unavailable(
            f"`{host}`, port `{port}`: {error.strerror}; name another with `--host` or `--port`"
        ) from None


def _work(target: Target, listening: socket.socket, says: Connection) -> None:
    """Be a worker; one whose parent is gone drains and ends."""
    threading.Thread(target=_outlive_nobody, name="parent", daemon=True).start()
    target(listening, says)


def _outlive_nobody() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
