"""Retention in a running server: what has grown too old loses its content, a little at a time, looked at every hour."""

from datetime import datetime, timedelta

from serving.forgetting import START, Cursor
from serving.ports import Clock, Ledger, Transaction

EMPTIED = 200  # decisions and events of one job: a request waits behind one for some milliseconds
HOURLY = timedelta(hours=1)


class Retaining:
    """A job for the timekeeper. `keep` is how long content stays; a process that starts looks at all of it once."""

    def __init__(self, clock: Clock, keep: timedelta) -> None:
        self._clock = clock
        self._keep = keep
        self._emptied: Cursor = START
        self._looked: datetime | None = None

    def __call__(self, _: Ledger, transaction: Transaction) -> int:
        """Empty some of what is old, if it was not all looked at within the hour; return 1 where there may be more."""
        now = self._clock()
        if self._looked is not None and abs(now - self._looked) < HOURLY:
            return 0
        cursor = transaction.retain(self._emptied, before=now - self._keep, most=EMPTIED)
        if cursor == self._emptied:
            self._looked = now
            return 0
        self._emptied = cursor
        return 1
