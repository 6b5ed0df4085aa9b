"""Clients that keep asking over connections of their own, and remember what they were answered."""

import threading
from dataclasses import dataclass, field
from typing import Self

import httpx

from tests.end_to_end.server import AUTHORIZED
from tests.plain import PLAIN
from tests.serving.served import candidate


@dataclass
class Load:
    """`with Load(url) as load`: so many clients ask about customers of their own, one question after the other."""

    url: str
    clients: int = 4
    acknowledged: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def more(self, answers: int, *, seconds: float = 60) -> None:
        """Wait until so many more questions were answered or failed."""
        wanted = len(self.acknowledged) + len(self.failed) + answers
        waited = threading.Event()
        for _ in range(round(seconds * 100)):
            if len(self.acknowledged) + len(self.failed) >= wanted:
                return
            waited.wait(0.01)
        raise AssertionError(f"fewer than {answers} answers in {seconds} seconds; failed: {self.failed[:3]}")

    def _ask(self, number: int) -> None:
        asked = 0
        with httpx.Client(base_url=self.url, headers=AUTHORIZED, timeout=30, verify=PLAIN) as client:
            while not self._over.is_set():
                asked += 1
                body = candidate(f"{number}-{asked}", user=f"u-{number}-{asked}")
                try:
                    answer = client.post("/v1/decisions", json=body)
                    answer.raise_for_status()
                    self.acknowledged.append(answer.json()["decision_id"])
                except httpx.ConnectError:
                    self.failed.append("nobody listens")
                    self._over.wait(0.02)
                except httpx.HTTPError as error:
                    self.failed.append(f"{type(error).__name__}: {error}")
