"""Retention in a running server: what has grown too old goes, a little at a time, looked at every hour."""

from collections.abc import Callable
from datetime import datetime, timedelta

from serving.ports import Clock, Ledger, Transaction

EMPTIED = 200  # decisions and events of one job: a request waits behind one for some milliseconds
HOURLY = timedelta(hours=1)


class Retaining:
    """A job for the timekeeper. `keep` is how long the content of records stays; None: for ever.

    Answers that no `Idempotency-Key` can ask for any more go in any case. While the clock is not `calm` nothing goes:
    what looks old may be of today, by a clock that was set since.
    """

    def __init__(self, clock: Clock, keep: timedelta | None, *, calm: Callable[[], bool] = lambda: True) -> None:
        self._clock = clock
        self._keep = keep
        self._calm = calm
        self._looked: datetime | None = None

    def __call__(self, _: Ledger, transaction: Transaction) -> int:
        """Empty some of what is old, if it was not all looked at within the hour; return how much that was."""
        now = self._clock()
        if (self._looked is not None and abs(now - self._looked) < HOURLY) or not self._calm():
            return 0
        emptied = 0 if self._keep is None else transaction.retain(before=now - self._keep, now=now, most=EMPTIED)
        if not emptied:
            transaction.forget_answers(now=now)
            self._looked = now
        return emptied
