"""A trouble that comes with every group is said once, then now and then with a count, and once when it is over.

A broken disk fails a few dozen groups a second: a line for each of them would fill what is left of it. It is over when
nothing of it was met for a while, so that what comes and goes is not told each time.
"""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

EVERY: Final = 60.0  # seconds between two lines about the same trouble
CALM: Final = 10.0  # seconds without it, after which it is over


class Trouble:
    """One kind of trouble. It is met and missed on one thread.

    Example:
        >>> trouble = Trouble(logging.getLogger("doctest"), logging.DEBUG, "the ledger is well again")
        >>> trouble.met("the disk is full")
        >>> trouble.missed()
    """

    def __init__(self, log: logging.Logger, level: int, over: str, *, clock: Callable[[], float] = monotonic) -> None:
        self._log = log
        self._level = level
        self._over = over
        self._clock = clock
        self._lasts = False
        self._said_at = self._met_at = 0.0
        self._unsaid = 0

    def met(self, said: str) -> None:
        """Say it where it is new, or where it was not said for long; else count it."""
        self._met_at = self._clock()
        if self._lasts and self._met_at - self._said_at < EVERY:
            self._unsaid += 1
            return
        self._log.log(self._level, "%s%s", said, self._more())
        self._lasts, self._said_at, self._unsaid = True, self._met_at, 0

    def missed(self) -> None:
        """Say that it is over, where it was there and was not met for a while."""
        if self._lasts and self._clock() - self._met_at >= CALM:
            self._log.info("%s%s", self._over, self._more())
            self._lasts, self._unsaid = False, 0

    def _more(self) -> str:
        return f" ({self._unsaid} times more since it was last said)" if self._unsaid else ""
