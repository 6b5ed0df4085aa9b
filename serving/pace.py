"""Who asks too fast: 429 with `Retry-After`, before a body is read. Each process counts for itself."""

from collections.abc import Callable
from math import ceil
from typing import Final

from serving.errors import TooMany
from serving.ports import KeyRecord
from serving.rates import Buckets

KEYS: Final = 4096  # whose buckets are remembered
SESSIONS: Final = 16_384  # of widgets, likewise
SESSION_PER_SECOND: Final = 10  # of one session of a widget: a page, and who looks at it
FAST = "this key asks more than it may in a second; nothing was read or done: wait for `Retry-After` seconds"


class Pace:
    """Holds each key to its rate. `refused` counts the requests that were told to wait."""

    def __init__(self, per_second: int, *, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._clock = clock
        self._keys = Buckets(most=KEYS)
        self._sessions = Buckets(most=SESSIONS)
        self.refused = 0

    def admit(self, key: KeyRecord) -> None:
        """Count one request.

        Raises:
            TooMany: the key must wait.
        """
        self._refuse(self._keys.take(key.id, per_second=self._rate(key), at=self._clock()))

    def admit_session(self, key: KeyRecord, session: str) -> None:
        """Count one request of a widget's session, which its key has counted already.

        Raises:
            TooMany: the session must wait.
        """
        named = f"{key.id} {session}"
        self._refuse(self._sessions.take(named, per_second=SESSION_PER_SECOND, at=self._clock()))

    def _refuse(self, wait: float) -> None:
        if wait:
            self.refused += 1
            raise TooMany(FAST, retry_after=ceil(wait))

    def is_open(self, key: KeyRecord) -> bool:
        """Whether a request of this key would be let in now; it is not counted."""
        return not self._keys.wait(key.id, per_second=self._rate(key), at=self._clock())

    def charge(self, key: KeyRecord, elements: int, *, session: str | None = None) -> None:
        """Count what a request that was let in brought, beyond what is there where need be."""
        at = self._clock()
        self._keys.owe(key.id, elements, per_second=self._rate(key), at=at)
        if session is not None:
            self._sessions.owe(f"{key.id} {session}", elements, per_second=SESSION_PER_SECOND, at=at)

    def _rate(self, key: KeyRecord) -> int:
        """Return how much a key may ask in a second: what it says itself, never more than the settings."""
        return self._per_second if key.per_second is None else min(self._per_second, key.per_second)
