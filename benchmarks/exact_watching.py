"""Watching a server from outside while it is loaded: its memory, its descriptors, and whether it says how it is."""

import asyncio
import threading
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Self

EVERY = 0.25  # seconds
PATIENCE = 15.0
OPEN = {"/livez": (200,), "/readyz": (200, 503)}


class Watching:
    """`async with Watching(process, port) as it`: looks from a thread of its own, until the end."""

    def __init__(self, process: int, port: int) -> None:
        self._process = process
        self._port = port
        self._over = threading.Event()
        self._memory: list[int] = []
        self.descriptors_before = self.descriptors()
        self.descriptors_most = self.grown = self.grown_late = 0
        self.answered = self.failed = 0
        self.slowest = dict.fromkeys(OPEN, 0.0)

    async def __aenter__(self) -> Self:
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._ask, self._look)]
        for thread in self._threads:
            thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        first, half = self._memory[0], len(self._memory) // 2
        self.grown = max(self._memory) - first
        self.grown_late = max(0, max(self._memory[half:]) - max(self._memory[: half + 1]))

    def descriptors(self) -> int:
        """Return how many files and connections it has open."""
        return len(list(Path(f"/proc/{self._process}/fd").iterdir()))

    def _look(self) -> None:
        """Note memory and descriptors."""
        while not self._over.is_set():
            self._memory.append(megabytes(self._process))
            self.descriptors_most = max(self.descriptors_most, self.descriptors())
            self._over.wait(EVERY)

    def _ask(self) -> None:
        """Ask how it is, by a connection that is new each time."""
        while not self._over.is_set():
            for path, good in OPEN.items():
                began = time.perf_counter()
                fine = self._status(path) in good
                self.slowest[path] = max(self.slowest[path], time.perf_counter() - began)
                self.answered += fine
                self.failed += not fine
            self._over.wait(EVERY)

    def _status(self, path: str) -> int:
        asking = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        with closing(asking):
            try:
                asking.request("GET", path)
                return asking.getresponse().status
            except (OSError, HTTPException):
                return 0


def megabytes(process: int) -> int:
    """Return the memory that a process holds."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0
