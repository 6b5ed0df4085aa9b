"""Who asks too fast: 429 with `Retry-After`, before a body is read. Each process counts for itself."""

from collections.abc import Callable
from math import ceil
from typing import Final

from serving.errors import TooMany
from serving.ports import KeyRecord
from serving.rates import Buckets

KEYS: Final = 4096  # whose buckets are remembered
FAST = "this key asks more than it may in a second; nothing was read or done: wait for `Retry-After` seconds"


class Pace:
    """Holds each key to its rate. `refused` counts the requests that were told to wait."""

    def __init__(self, per_second: int, *, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._clock = clock
        self._keys = Buckets(most=KEYS)
        self.refused = 0

    def admit(self, key: KeyRecord) -> None:
        """Count one request.

        Raises:
            TooMany: the key must wait.
        """
        wait = self._keys.take(key.id, per_second=self._rate(key), at=self._clock())
        if wait:
            self.refused += 1
            raise TooMany(FAST, retry_after=ceil(wait))

    def is_open(self, key: KeyRecord) -> bool:
        """Whether a request of this key would be let in now; it is not counted."""
        return not self._keys.wait(key.id, per_second=self._rate(key), at=self._clock())

    def charge(self, key: KeyRecord, elements: int) -> None:
        """Count what a request that was let in brought, beyond what is there where need be."""
        self._keys.owe(key.id, elements, per_second=self._rate(key), at=self._clock())

    def _rate(self, key: KeyRecord) -> int:
        """Return how much a key may ask in a second: what it says itself, never more than the settings."""
        return self._per_second if key.per_second is None else min(self._per_second, key.per_second)
