"""Progress: a bar on a terminal, lines otherwise; always on standard error, so that standard output stays clean.

A piece of work tells (what is being done, share of the piece done). A share that falls begins another piece, with a bar
and a clock of its own; one whose share stays 0 cannot say how long it takes.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Report = Callable[[str, float], None]
Clock = Callable[[], float]  # seconds, from any beginning


class Counted(Protocol):
    """How many rows of how many are done, how fast, and how long the rest takes (None: nobody can tell yet)."""

    @property
    def done(self) -> int:
        """Rows that are done."""
        ...

    @property
    def total(self) -> int:
        """All rows."""
        ...

    @property
    def rows_per_second(self) -> float:
        """Since deciding began."""
        ...

    @property
    def seconds_left(self) -> float | None:
        """At this speed."""
        ...


STEP = 0.1  # of a piece: as much more is worth a line
PAUSE_S = 1.0  # another step of the work is worth a line after as long
TELLING = 0.25  # of a piece: before it is done, the time left is a guess


@contextmanager
def progress(*, clock: Clock = monotonic, left: bool = True) -> Iterator[Report]:
    """Yield a function that takes (what is being done, fraction done in [0, 1]).

    `left`: whether to tell how long the rest takes; not where other pieces come in between.
    """
    if not sys.stderr.isatty():
        yield Lines(clock, left=left).report
        return
    rest = (TextColumn("· left"), TimeRemainingColumn()) if left else ()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), *rest)
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        yield Bars(shown).report


@contextmanager
def counted(what: str, *, clock: Clock = monotonic) -> Iterator[Callable[[Counted], None]]:
    """Yield a function that takes how far a file is: a bar on a terminal, lines of JSON otherwise."""
    if sys.stderr.isatty():
        with progress(clock=clock) as told:
            told(f"reading {what}", 0.0)
            yield lambda seen: told(f"deciding ({seen.rows_per_second:,.0f} rows/s)", seen.done / max(seen.total, 1))
        return
    events = Events(clock, what)
    yield events.progress
    events.end()


class Events:
    """Lines of JSON: `start` (not of what is refused at once), `progress` at most once a second, `end`."""

    def __init__(self, clock: Clock, what: str) -> None:
        self.clock = clock
        self.what: str | None = what
        self.began = clock()
        self.printed_at: float | None = None
        self.last: dict[str, object] = {"done": 0, "total": 0}

    def progress(self, seen: Counted) -> None:
        """Print a line where the last one is a second old."""
        self.start()
        now, left = self.clock(), seen.seconds_left
        self.last = {"done": seen.done, "total": seen.total, "rows_per_second": round(seen.rows_per_second)}
        if self.printed_at is None or now - self.printed_at >= PAUSE_S:
            self.printed_at = now
            self.tell("progress", **self.last, seconds_left=None if left is None else round(left, 1))

    def start(self) -> None:
        """Name the file, once; the clock runs since it was asked for."""
        if self.what is not None:
            self._line("start", 0.0, {"file": self.what})
        self.what = None

    def end(self) -> None:
        """Say how much was done."""
        self.start()
        self.tell("end", **self.last)

    def tell(self, event: str, **said: object) -> None:
        """Print one line: what happened, after how many seconds."""
        self._line(event, round(self.clock() - self.began, 1), said)

    @staticmethod
    def _line(event: str, seconds: float, said: Mapping[str, object]) -> None:
        line = {"event": event, "seconds": seconds, **said}
        print(json.dumps(line), file=sys.stderr, flush=True)  # noqa: T201  (the lines are for whoever watches)


class Bars:
    """One bar per piece of work; the one that is under way stands below those that are done."""

    def __init__(self, shown: Progress) -> None:
        self.shown = shown
        self.task: TaskID | None = None
        self.last = 0.0

    def report(self, stage: str, fraction: float) -> None:
        """Move the bar of the piece under way, or begin another."""
        if self.task is None or fraction < self.last:
            self.task = self.shown.add_task(stage, total=1.0 if fraction > 0.0 else None)
        self.shown.update(self.task, description=stage, completed=fraction, total=1.0 if fraction > 0.0 else None)
        self.last = fraction


class Lines:
    """Plain lines: what is being done, how much of it is done, and how long it took; few enough for a log."""

    def __init__(self, clock: Clock, *, left: bool = True) -> None:
        self.clock, self.left = clock, left
        self.began = self.printed_at = clock()
        self.stage: str | None = None
        self.share = self.printed = self.first = 0.0

    def report(self, stage: str, fraction: float) -> None:
        """Print a line for another piece, for a tenth more, or for another step once a second has passed."""
        now = self.clock()
        begins = self.stage is None or fraction < self.share
        if begins:
            self.began, self.first = now, fraction
        self.share = fraction
        waited = stage != self.stage and now - self.printed_at >= PAUSE_S
        if not (begins or waited or fraction >= self.printed + STEP - 1e-9):
            return
        self.stage, self.printed, self.printed_at = stage, fraction, now
        print(self._line(stage, fraction, now - self.began), file=sys.stderr, flush=True)  # noqa: T201  (plain lines are the point)

    def _line(self, stage: str, fraction: float, seconds: float) -> str:
        """Write one line; the time left where enough was done since the piece began to tell."""
        if fraction <= 0.0:
            return f"{stage} …"
        done, left = fraction - self.first, ""
        if self.left and done >= TELLING and fraction < 1.0:
            left = f", about {_clock(seconds * (1.0 - fraction) / done)} left"
        return f"{stage} … {100.0 * fraction:.0f} % after {_clock(seconds)}{left}"


def _clock(seconds: float) -> str:
    """Write a duration as minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
