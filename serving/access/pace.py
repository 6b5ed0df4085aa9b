"""Who asks too fast: 429 with `Retry-After`, before a body is read. Each process counts for itself.

Many may be let in at once, so what a body brought besides its first element is counted before anything is done of it,
and refused there where others owe.

A widget's key is public, and all who look at its page share it: what one session is refused costs the others nothing.
"""

from collections.abc import Callable
from math import ceil
from typing import Final

from serving.access.keys import WIDGET
from serving.access.rates import Buckets
from serving.errors import TooMany
from serving.ports import KeyRecord

KEYS: Final = 4096  # whose buckets are remembered
SIGN_INS_PER_MINUTE: Final = 20  # of one key: each is on record for good
SESSIONS: Final = 16_384  # of widgets, likewise
SESSION_PER_SECOND: Final = 10  # of one session of a widget: a page, and who looks at it
WIDGET_PER_SECOND: Final = 200  # of a widget's key that says nothing else: it stands in public
FAST = "this key asks more than it may in a second; nothing was read or done: wait for `Retry-After` seconds"

OFTEN = "this key signed in too often within a minute; wait for a moment, then sign in again"


class Pace:
    """Holds each key to its rate. `refused` counts the requests that were told to wait."""

    def __init__(self, per_second: int, *, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._clock = clock
        self._keys = Buckets(most=KEYS)
        self._sessions = Buckets(most=SESSIONS)
        self._sign_ins = Buckets(most=KEYS)
        self.refused = 0

    def admit(self, key: KeyRecord) -> None:
        """Count one request.

        Raises:
            TooMany: the key must wait.
        """
        self._refuse(self._keys.take(key.id, per_second=self._rate(key), at=self._clock()))

    def admit_visit(self, key: KeyRecord, session: str) -> None:
        """Count one request of a widget's session; one that is refused costs neither the session nor the key.

        Raises:
            TooMany: the session, or the key, must wait.
        """
        at, named, rate = self._clock(), f"{key.id} {session}", self._rate(key)
        sessions = self._sessions.wait(named, per_second=SESSION_PER_SECOND, at=at)
        self._refuse(max(sessions, self._keys.wait(key.id, per_second=rate, at=at)))
        self._sessions.take(named, per_second=SESSION_PER_SECOND, at=at)
        self._keys.take(key.id, per_second=rate, at=at)

    def admit_sign_in(self, key: KeyRecord) -> None:
        """Count one sign-in to the console; a bucket holds a minute's worth.

        Raises:
            TooMany: the key must wait.
        """
        wait = self._sign_ins.take(key.id, per_second=SIGN_INS_PER_MINUTE, at=self._clock() / 60)
        self._refuse(60 * wait, OFTEN)

    def _refuse(self, wait: float, why: str = FAST) -> None:
        if wait:
            self.refused += 1
            raise TooMany(why, retry_after=ceil(wait))

    def is_open(self, key: KeyRecord) -> bool:
        """Whether a request of this key would be let in now; it is not counted."""
        return not self._keys.wait(key.id, per_second=self._rate(key), at=self._clock())

    def charge(self, key: KeyRecord, elements: int, *, session: str | None = None) -> None:
        """Count what a request that was let in brought besides, beyond what is there where need be.

        Raises:
            TooMany: others who were let in with it owe; nothing is counted then.
        """
        if elements < 1:
            return
        at, rate = self._clock(), self._rate(key)
        if session is not None:
            named = f"{key.id} {session}"
            sessions = self._sessions.debt(named, per_second=SESSION_PER_SECOND, at=at)
            self._refuse(max(sessions, self._keys.debt(key.id, per_second=rate, at=at)))
            self._sessions.more(named, elements, per_second=SESSION_PER_SECOND, at=at)
        self._refuse(self._keys.more(key.id, elements, per_second=rate, at=at))

    def _rate(self, key: KeyRecord) -> int:
        """Return how much a key may ask in a second: what it says itself, never more than the settings."""
        said = WIDGET_PER_SECOND if key.per_second is None and WIDGET in key.scopes else key.per_second
        return self._per_second if said is None else min(self._per_second, said)
