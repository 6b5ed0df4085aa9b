"""Our pipeline on one data set, in a process of its own: python our_worker.py CASE TASK.npz RESULT.npz [--quick].

CASE is a name of `benchmarks.datasets` or `FILE|ROLES`. The imports that learning needs come first and are timed. The
pipeline reads the raw frame (categories and gaps as they are); D1 and D2 are the task's, so D1 has all of its rows.
What it chooses on D1 is judged: D2 has no say, as at the peers. Then each learner is fitted alone on the peers'
matrix with the peers' base, only to compare seconds and figures like for like.
"""

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

BEGAN = time.process_time()

import numpy as np  # noqa: E402  (what is imported from here on is timed)

import model.train  # noqa: E402, F401  (the whole of training, timed)
from model.learners import DRLearner, RLearner, SLearner, TLearner, XLearner  # noqa: E402
from model.learning.coded import as_coded  # noqa: E402
from model.learning.portfolio import deploy, learn  # noqa: E402
from model.learning.prepare import encoded, half_of  # noqa: E402
from model.propensity import estimate  # noqa: E402
from model.split import Half  # noqa: E402

IMPORT_SECONDS = time.process_time() - BEGAN

from benchmarks.configurations import outcome, regressor  # noqa: E402  (ours only)
from benchmarks.datasets import Case, load  # noqa: E402
from benchmarks.exchange import Floats, Repeat, Result, Task, peak_mib  # noqa: E402


def main(spec: str, task_path: Path, result_path: Path, *, quick: bool) -> None:
    """Run the portfolio and each learner alone on every split."""
    warnings.simplefilter("ignore")
    case, task = load(spec, quick=quick), Task.load(task_path)
    scores, seconds, total, chosen = [], [], [], []
    for repeat in task.repeats:
        names, found, best, took = portfolio(case, repeat)
        total.append(took)
        peak = peak_mib()
        alone = [fitted_alone(make, task, repeat) for make in learners(binary=task.binary).values()]
        scores.append(np.stack([*found, *(score for score, _ in alone)]))
        seconds.append([np.nan] * len(found) + [each for _, each in alone])
        chosen.append(best)
    Result(
        names=[*names, *(f"alone {name}" for name in learners(binary=task.binary))],
        scores=scores,
        quality=np.full((len(scores), len(scores[0])), np.nan),
        seconds=np.array(seconds),
        total=np.array(total),
        chosen=np.array(chosen),
        import_seconds=IMPORT_SECONDS,
        peak_mib=peak,
        failed=[],
    ).save(result_path)


def portfolio(case: Case, repeat: Repeat) -> tuple[list[str], list[Floats], int, float]:
    """Return the scorers' names, their net benefits on D2, which one D1 chose, and the seconds until it could score.

    The clock stops when the chosen scorer stands, fitted on all of D1; the others are fitted to be judged, no more.
    """
    began = time.process_time()
    half, codes = first_half(case, repeat)
    learned = learn(half, weights=asdict(case.roles.weights), folds=repeat.folds, binary=case.table.benefit_binary)
    names = [each.name for each in learned.candidates]
    scorers = deploy(learned, [names[learned.chosen]])
    seconds = time.process_time() - began
    scorers |= deploy(learned, [name for name in names if name not in scorers])
    return names, [scorers[name].predict(codes).net_benefit for name in names], learned.chosen, seconds


def first_half(case: Case, repeat: Repeat) -> tuple[Half, Floats]:
    """Return all of D1 as the pipeline learns from it, encoding and propensity its own, and the codes of D2."""
    table = case.table
    rows, later = encoded(table, repeat.first, repeat.second)
    if table.propensity is None:
        everything = np.arange(len(repeat.first))
        contacted = table.contacted[repeat.first]
        e = estimate(rows, contacted, later, folds=repeat.folds, selection=everything, jobs=1).first
    else:
        e = table.propensity[repeat.first]
    cluster = np.unique(table.cluster[repeat.first], return_inverse=True)[1].astype(np.intp)
    half = half_of(table, repeat.first, rows, e, cluster)
    return half, later.codes


def learners(*, binary: bool) -> dict[str, Callable[[], Any]]:
    """Return our learners with the peers' bases, by the names that `configurations` gives the counterparts."""
    makes: dict[str, Callable[[], Any]] = {"s_boosting": lambda: SLearner(outcome("boosting", binary=binary))}
    for base in ("boosting", "linear"):
        makes |= {
            f"t_{base}": lambda base=base: TLearner(outcome(base, binary=binary)),
            f"x_{base}": lambda base=base: XLearner(outcome(base, binary=binary), effect=regressor(base)),
            f"r_{base}": lambda base=base: RLearner(outcome(base, binary=binary), effect=regressor(base)),
            f"dr_{base}": lambda base=base: DRLearner(outcome(base, binary=binary), effect=regressor(base)),
        }
    return makes


def fitted_alone(make: Callable[[], Any], task: Task, repeat: Repeat) -> tuple[Floats, float]:
    """Return the scores of D2 and the seconds of one fit on D1, from rows that are prepared, as the peers' are."""
    rows = repeat.first
    prepared = as_coded(task.X[rows])
    assert prepared.design.size  # made before the clock starts: the pipeline makes it once for all learners
    began = time.process_time()
    learner = make().fit(prepared, task.y[rows], contacted=task.contacted[rows] == 1, propensity=repeat.propensity)
    seconds = time.process_time() - began
    return np.asarray(learner.predict(as_coded(task.X[repeat.second], prepared.features))), seconds


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), quick="--quick" in sys.argv)
