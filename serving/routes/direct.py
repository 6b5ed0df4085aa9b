"""The short way in, for what comes most: events, and one candidate, from a connection of ours to the decide loop.

An ASGI server makes a scope, a cycle and a task of every request, FastAPI routes it and solves its dependencies: that
costs several times what we do ourselves about one event. A connection of ours (`serving.server.connection`) asks here
first, with the whole request in hand. What is plain and good is queued at once, read by the functions of FastAPI's own
routes; the connection is told the answer once it is durable, or at once that too many wait. Whatever else a request is,
refused, repeated while the first one runs, or of an unknown key, goes the long way, and nothing has happened before.
Both ways give the same answer to the byte: a test compares.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from types import MappingProxyType

from fastapi import Response
from starlette.datastructures import Headers

from model.errors import Unavailable
from serving.errors import Problem
from serving.loop.deciding import Answer
from serving.metrics.metrics import Metrics
from serving.routes.access import Admission, needs
from serving.routes.api import Api
from serving.routes.decisions import decision_in
from serving.routes.edge import ALWAYS_SENT, failed, refusal
from serving.routes.events import events_in
from serving.routes.heard import Heard, Ready
from serving.routes.repeating import First, respond

Tell = Callable[[int, bytes, bytes], None]  # status, headers as they are sent, body


@dataclass(frozen=True, slots=True)
class Way:
    """What one path does with a request: who is admitted, and what a body asks; None: not for the decide loop."""

    path: str
    admission: Admission
    read: Callable[[Heard, bytes], Ready | None]


WAYS: Mapping[bytes, Way] = MappingProxyType(
    {
        b"/v1/events": Way("/v1/events", needs("events"), events_in),
        b"/v1/decisions": Way("/v1/decisions", needs("decide"), decision_in),
    }
)


class Direct:
    """Queues plain requests for the parts that answer them."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def ask(self, way: Way, headers: Headers, body: bytes, tell: Tell) -> bool:
        """Queue what a request asks, and have its answer told later; False: nothing was done, take the long way."""
        counted = partial(_count, self._api.metrics, way.path, perf_counter())
        try:
            key = way.admission.at_once(self._api, headers)
            ready = None if key is None else way.read(Heard(self._api, key, way.path, headers), body)
            if key is None or ready is None:
                return False
            with First(self._api, ready.asked) as first:
                self._api.pace.charge(key, ready.elements)
                self._queue(ready, Waiting(ready.status, first, tell, counted, way.path))
                first.stay()
        except Exception:  # noqa: BLE001  (refused or broken: the long way meets the same, and says so)
            return False
        return True

    def _queue(self, ready: Ready, waiting: "Waiting") -> None:
        """Queue it; where too many wait it is refused here and now, for the long way would cost as much again."""
        try:
            self._api.loop.enqueue(waiting, question=ready.question, job=ready.job)
        except Unavailable as error:
            waiting.set_exception(error)


class Waiting:
    """Who waits for the answer: what the decide loop wakes in place of a future."""

    __slots__ = ("_counted", "_first", "_path", "_status", "_tell")

    def __init__(self, status: int, first: First, tell: Tell, counted: Callable[[int], None], path: str) -> None:
        self._path = path
        self._counted = counted
        self._status = status
        self._first = first
        self._tell = tell

    def done(self) -> bool:
        """Whether nobody waits any more; who leaves is decided all the same, as by the long way."""
        return False

    def set_result(self, answer: Answer) -> None:
        """Give the answer."""
        try:
            response = respond(answer, self._status)
        except Problem as error:
            response = refusal(error)
        self._give(response)

    def set_exception(self, error: Exception) -> None:
        """Say why there is none."""
        self._give(refusal(error) if isinstance(error, Problem | Unavailable) else failed(error, "POST", self._path))

    def _give(self, response: Response) -> None:
        self._first.end()
        head = b"".join([*(b"%b: %b\r\n" % pair for pair in response.raw_headers), ALWAYS_SENT])
        self._tell(response.status_code, head, bytes(response.body))
        self._counted(response.status_code)


def _count(metrics: Metrics, path: str, began: float, status: int) -> None:
    metrics.answered("POST", path, status, perf_counter() - began)
