"""A request as it was heard: who asks what of whom, with headers that are found by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers

from serving.access.widgets import Visit
from serving.loop.deciding import Answer, Question, Repeatable
from serving.loop.group_writing import Job
from serving.ports import KeyRecord
from serving.routes.api import Api


class Found(Headers):
    """The headers of a request, each looked up at once rather than searched for; of one that is given twice the first.

    They are as the server gives them, with names in lower case; they are asked for in lower case as well.
    """

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._list = [*raw]
        self._first = dict(reversed(self._list))

    def get(self, key: str, default: Any = None) -> Any:
        """Return the first value of this name."""
        found = self._first.get(key.encode())
        return default if found is None else found.decode("latin-1")

    def getlist(self, key: str) -> list[str]:
        """Return all values of this name."""
        return super().getlist(key) if key in self else []

    def repeats(self) -> bool:
        """Whether any name is there twice."""
        return len(self._first) != len(self._list)

    def __getitem__(self, key: str) -> str:
        return self._first[key.encode()].decode("latin-1")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.encode() in self._first


@dataclass(frozen=True, slots=True)
class Heard:
    """What a request brings besides its body: the parts that answer it, its key, its path and its headers.

    `visit` is whom a widget's key speaks for.
    """

    api: Api
    key: KeyRecord
    path: str
    headers: Headers
    visit: Visit | None = None

    @property
    def named(self) -> str:
        """Return within what an Idempotency-Key names a request: the path, and of a public key the session."""
        return self.path if self.visit is None else f"{self.path} {self.visit.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A request that was read and found good: what the decide loop is to answer, a question or a job, and how.

    `asked` is its Idempotency-Key, `status` that of a good answer, `elements` how much it counts for at the key's rate.
    """

    asked: Repeatable | None
    question: Question | None = None
    job: Job[Answer] | None = None
    status: int = 200
    elements: int = 1
