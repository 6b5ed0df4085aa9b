"""What a filter depends on, found by watching it: on the complete grid of what it is known to read, to a fixpoint.

At the fixpoint nothing else was read: neither on the whole grid, nor on the rows of any one class of any column (a
filter may look at more where all rows are alike), nor on single rows. A value that is not read cannot matter.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.policy.columns import Columns, Flags, Numbers
from serving.policy.engine import Filter
from serving.verify.classes import axis
from serving.verify.report import Failure, described
from serving.verify.subject import Subject
from serving.verify.tables import Setting, Support, columns, grid, settings
from serving.verify.watching import watched, watched_limits

ORDER = (*Flags._fields, *Numbers._fields)
SINGLE = 400  # rows of a grid that are also asked about alone, spread evenly
COARSE = tuple(range(0, 1440, 60))  # minutes: what is read does not hang on which


@lru_cache(maxsize=256)
def support(each: Filter, now: float) -> Support:
    """Return the columns and limits that a filter depends on."""
    known: set[str] = set(each.reads)
    limits: set[str] = set()
    while True:
        seen, read = set(known), set(limits)
        for setting in _ends(limits):
            for part in _parts(known, now):
                each.test(watched(part, seen), watched_limits(setting.limits, read))
                if each.concerns is not None:
                    each.concerns(watched(part, seen))
        if seen == known and read == limits:
            return Support(
                tuple(name for name in (*ORDER, *sorted(seen - set(ORDER))) if name in seen), _sorted(limits)
            )
        known, limits = seen, read


def _sorted(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _ends(limits: set[str]) -> Iterator[Setting]:
    """Yield the default and, limit by limit, the tightest class: what is read may hang on a limit's being set."""
    names = sorted(limits)
    yield next(settings(()))
    for name in names:
        *_, last = settings((name,))
        yield last


def _parts(known: set[str], now: float) -> Iterator[Columns]:
    """Yield the whole grid, the rows of each class of each column, and single rows."""
    axes = {name: axis(name, now, minutes=COARSE) for name in sorted(known)}
    whole, rows = grid(axes)
    yield columns(whole, rows, now)
    for name, each in axes.items():
        for value in each.values:
            same = np.isnan(whole[name]) if np.isnan(value) else whole[name] == value
            yield _chosen(whole, np.flatnonzero(same), now)
    for row in np.linspace(0, rows - 1, min(rows, SINGLE)).astype(np.intp):
        yield _chosen(whole, row[None], now)


def _chosen(whole: Mapping[str, NDArray[Any]], rows: NDArray[np.intp], now: float) -> Columns:
    return columns({name: values[rows] for name, values in whole.items()}, len(rows), now)


def steady(subject: Subject, each: Filter, found: Support, now: float) -> tuple[int, list[Failure]]:
    """Check that single rows, and rows in another order, are answered by the engine as on the whole grid."""
    whole, rows = grid({name: axis(name, now, minutes=COARSE) for name in found.columns})
    limits = next(settings(())).limits
    together = subject.rule(columns(whole, rows, now), limits, (each,)).verdicts
    chosen = np.linspace(0, rows - 1, min(rows, SINGLE)).astype(np.intp)
    alone = [subject.rule(_chosen(whole, row[None], now), limits, (each,)).verdicts[:, 0] for row in chosen]
    wrong = chosen[[bool((one != together[:, row]).any()) for one, row in zip(alone, chosen, strict=True)]].tolist()
    backwards = subject.rule(_chosen(whole, np.arange(rows)[::-1], now), limits, (each,)).verdicts[:, ::-1]
    wrong += np.flatnonzero((together != backwards).any(axis=0)).tolist()
    failures = [
        Failure(
            promise=6,
            check="single rows against the whole grid",
            about=each.code,
            says="answers a row otherwise among others than alone: neighbours are heard instead of the row",
            example=described({name: float(values[row]) for name, values in whole.items()}, now),
        )
        for row in wrong[:1]
    ]
    return 2 * rows + len(chosen), failures
