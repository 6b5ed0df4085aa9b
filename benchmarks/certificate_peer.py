"""Whether our formula of Hoeffding and Bentkus is MAPIE's own: the same tests are put to MAPIE, in its environment."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks.certificate_results import Result
from benchmarks.certificate_rivals import hoeffding_bentkus
from benchmarks.certificate_tables import line
from benchmarks.environment import python, run

Floats = NDArray[np.float64]

CLOSE = 1e-6  # relative: a binomial tail is summed in different ways
TINY = 1e-290


def same_as_mapie(results: Sequence[Result]) -> list[str]:
    """Return the verdicts: our p-values are MAPIE's, and MAPIE's at our bounds are the level they were inverted at."""
    scaled = [each.scaled for each in results if each.scaled is not None]
    if not scaled:
        return []
    rows = np.concatenate(scaled)  # r̂ and a at α, r̂ and a at the bound, n, level, bound
    tests, bounds = usable(rows[:, [0, 1, 4]]), usable(rows[rows[:, 6] < 1.0][:, [2, 3, 4, 5]])
    theirs = asked(np.concatenate([tests, bounds[:, :3]]))
    ours = np.array([hoeffding_bentkus(r, a, int(n)) for r, a, n in tests])
    off = largest(ours, theirs[: len(tests)])
    held = theirs[len(tests) :] <= bounds[:, 3] * (1.0 + CLOSE)
    near = theirs[len(tests) :] >= 0.3 * bounds[:, 3]  # the binomial tail jumps: the level is seldom met exactly
    return [
        line("Hoeffding–Bentkus is MAPIE's own", off <= CLOSE, f"{len(tests):,} tests, largest difference {off:.1e}"),
        line(
            "its bounds are where MAPIE rejects",
            bool(held.all()),
            f"{held.sum():,} of {len(held):,} bounds rejected at their level, {near.mean():.0%} barely",
        ),
    ]


def usable(rows: Floats) -> Floats:
    """Return the tests that say something: a null inside (0, 1), a bound below 1."""
    return rows[(rows[:, 1] > 0.0) & (rows[:, 1] < 1.0) & (rows[:, 0] < rows[:, 1])]


def largest(ours: Floats, theirs: Floats) -> float:
    """Return the largest relative difference of p-values; those below the smallest number count as alike."""
    return float(np.max(np.abs(ours - theirs) / np.maximum(np.maximum(ours, theirs), TINY), initial=0.0))


def asked(questions: Floats) -> Floats:
    """Ask MAPIE, in a process of its own."""
    with TemporaryDirectory() as scratch:
        asks, answers = Path(scratch) / "q.npy", Path(scratch) / "a.npy"
        np.save(asks, questions)
        run(python(), "certificate_mapie.py", asks, answers)
        return np.asarray(np.load(answers), dtype=np.float64)
