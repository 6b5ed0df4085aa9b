"""A clock that is believed while it goes as time does; where it was set, nothing is decided until that is settled.

Caps, quiet hours, validity and retention are counted by the wall clock, for what one host or one run of the process
records the next one reads. A wall clock can be set: by an hour at a change of zones, by years where a battery is empty.
Set forward it would empty caps, end experiments and forget what is fresh; set back it would undo quiet hours. So each
reading is compared with the time that has passed since the last one, by a clock that nobody sets (`serving.system`).

    differs by at most 5 s      believed; the difference is forgotten slowly, as clocks are slewed (and leap seconds)
    differs by more             `ClockSet`: nothing is recorded, decided or sent; whoever asks is answered 503
    is back                     believed again, as if nothing had been
    stays where it was set      believed after ten times the jump, at least a minute and at most an hour: between two
                                sends at least the hour of the smallest cap has passed then, where the jump was long;
                                for a day nothing is forgotten (`calm`)

A process that starts compares its clock with what was believed before it (`compare`), as `serving.clock.vouching`
hands it on by the ledger; whoever stops the API and starts it again settles it at once.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

from model.errors import Unavailable
from serving.clock.believed import Believed
from serving.ports import Clock

TOLERANCE: Final = 5.0  # seconds that a reading may differ by
SLEW: Final = 0.001  # seconds of difference that are forgotten in one second: twice what NTP slews
TIMES, LEAST, MOST = 10.0, 60.0, 3600.0  # how long a clock must stay where it was set: times the jump, in seconds
CALM: Final = 86_400.0  # seconds after a jump that was believed, in which nothing is forgotten
log = logging.getLogger(__name__)
Elapsed = Callable[[], float]  # seconds, that nobody sets


class ClockSet(Unavailable):
    """The clock was set, and nobody knows yet which reading is right; nothing was recorded, nothing may be sent."""


class SteadyClock:
    """Reads as `Clock`, from any thread. `wall` is compared with `elapsed`."""

    def __init__(self, wall: Clock, elapsed: Elapsed) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._turn = threading.Lock()
        self._read_at = elapsed()
        self._offset = wall().timestamp() - self._read_at  # of the clock that is believed, from elapsed time
        self._set_to: float | None = None  # the same of the clock that is not believed yet
        self._set_at = 0.0
        self._calm_at = 0.0
        self._compared = False

    def __call__(self) -> datetime:
        """Return the present.

        Raises:
            ClockSet: it was set, and is not believed yet.
        """
        with self._turn:
            wall, elapsed = self._wall(), self._elapsed()
            self._look(wall.timestamp() - elapsed, elapsed)
            if self._set_to is None:
                return wall
            jump, left = self._set_to - self._offset, self._patience() - (elapsed - self._set_at)
        raise ClockSet(
            f"the clock was set by {jump:+.0f} seconds while the API ran; nothing is recorded or sent until it is back "
            f"or has stayed for {left:.0f} seconds more: stop the API and start it again if it is right now"
        )

    def calm(self) -> bool:
        """Whether no jump was believed within a day."""
        return self._elapsed() >= self._calm_at

    def compare(self, before: Believed | None) -> None:
        """Go on from what a process before this one believed; only the first call counts.

        Where nobody vouches for the clock (None), or it was set since somebody ended the API in order, it is believed,
        and nothing is forgotten for a day.
        """
        with self._turn:
            if self._compared:
                return
            self._compared = True
            self._calm_at = self._read_at + CALM if before is None else max(self._calm_at, before.calm_at)
            if before is None or abs(before.offset - self._offset) <= TOLERANCE:
                return
            if before.settled:
                self._calm_at = self._read_at + CALM
            else:
                self._offset = before.offset

    def believed(self) -> Believed:
        """Return what it believes."""
        with self._turn:
            return Believed(self._offset, self._calm_at)

    def _look(self, offset: float, elapsed: float) -> None:
        """Compare with what is believed, and with what the clock was set to."""
        slewed = SLEW * (elapsed - self._read_at)
        self._read_at = elapsed
        if abs(offset - self._offset) <= TOLERANCE:
            self._offset = _nearer(self._offset, offset, slewed)
            if self._set_to is not None:
                self._set_to = None
                log.info("the clock is back where it was")
        elif self._set_to is None or abs(offset - self._set_to) > TOLERANCE:
            self._set_to, self._set_at = offset, elapsed
            jump = offset - self._offset
            log.error("the clock was set by %+.0f seconds; nothing is decided for %.0f seconds", jump, self._patience())
        elif elapsed - self._set_at >= self._patience():
            log.info("the clock has stayed where it was set, and is believed")
            self._offset, self._set_to, self._calm_at = offset, None, elapsed + CALM
        else:
            self._set_to = _nearer(self._set_to, offset, slewed)

    def _patience(self) -> float:
        jump = 0.0 if self._set_to is None else abs(self._set_to - self._offset)
        return min(max(TIMES * jump, LEAST), MOST)


def _nearer(stands: float, seen: float, most: float) -> float:
    """Move towards what is seen, by so much at most."""
    return stands + min(max(seen - stands, -most), most)
