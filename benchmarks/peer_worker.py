"""One library on one data set, in a process of its own: python peer_worker.py LIBRARY TASK.npz RESULT.npz [--quick].

Runs in the peers' environment. The import comes first and is timed; each learner is cross-validated on D1 (the same
folds and criterion as ours), then fitted on all of D1 and scores D2.
"""

import importlib
import logging
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

MODULES = {
    "causalml": ("causalml.inference.meta", "causalml.inference.tree"),
    "econml": ("econml.metalearners", "econml.dr", "econml.dml"),
    "sklift": ("sklift.models",),
}
BEGAN = time.process_time()
if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for module in MODULES[sys.argv[1]]:
        importlib.import_module(module)
IMPORT_SECONDS = time.process_time() - BEGAN

import numpy as np  # noqa: E402  (what stands above is timed)
from joblib import parallel_config  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from benchmarks.configurations import Make, peers  # noqa: E402
from benchmarks.exchange import Floats, Repeat, Result, Task, peak_mib  # noqa: E402
from model.qini import dr_qini  # noqa: E402

Predict = Callable[[Floats], Floats]


def main(library: str, task_path: Path, result_path: Path) -> None:
    """Run every learner of the library on every split."""
    logging.disable(logging.WARNING)
    task = Task.load(task_path)
    makes = peers(library, binary=task.binary, constant=task.constant)
    failed: dict[str, str] = {}
    scores, quality, seconds, total = [], [], [], []
    for repeat in task.repeats:
        began = time.process_time()
        found = [_learn(name, make, task, repeat, failed) for name, make in makes.items()]
        total.append(time.process_time() - began)
        scores.append(np.stack([score for score, _, _ in found]))
        quality.append([each for _, each, _ in found])
        seconds.append([each for _, _, each in found])
    Result(
        names=[f"{library} {name}" for name in makes],
        scores=scores,
        quality=np.array(quality),
        seconds=np.array(seconds),
        total=np.array(total),
        chosen=np.full(len(task.repeats), -1),
        import_seconds=IMPORT_SECONDS,
        peak_mib=peak_mib(),
        failed=[f"{library} {name}: {why}" for name, why in failed.items()],
    ).save(result_path)


def _learn(name: str, make: Make, task: Task, repeat: Repeat, failed: dict[str, str]) -> tuple[Floats, float, float]:
    """Return the scores of D2, the cross-validated DR-Qini on D1 and the seconds of the one fit on all of D1."""
    try:
        out = np.empty(len(repeat.first))
        for fold in np.unique(repeat.folds):
            held = repeat.folds == fold
            out[held] = _fitted(make, task, repeat, ~held)[0](task.X[repeat.first[held]])
        predict, seconds = _fitted(make, task, repeat, np.ones(len(out), dtype=np.bool_))
        score = predict(task.X[repeat.second])
        if not (np.isfinite(out).all() and np.isfinite(score).all()):
            raise ValueError("it predicts numbers that are not finite")  # noqa: TRY301  (told like any other failure)
    except Exception as failure:  # noqa: BLE001  (a peer that fails is reported, the others run)
        failed[name] = f"{type(failure).__name__}: {str(failure).splitlines()[0][:150] if str(failure) else ''}"
        return np.full(len(repeat.second), np.nan), np.nan, np.nan
    return score, dr_qini(out, repeat.gamma).estimate, seconds


def _fitted(make: Make, task: Task, repeat: Repeat, keep: NDArray[np.bool_]) -> tuple[Predict, float]:
    """Fit on the kept rows of D1; returns the prediction and the seconds."""
    rows = repeat.first[keep]
    peer = make()
    began = time.process_time()
    peer.fit(task.X[rows], task.contacted[rows], task.y[rows], repeat.propensity[keep])
    return peer.predict, time.process_time() - began


if __name__ == "__main__":
    with parallel_config(backend="sequential"):  # some learners ask for all cores, whose seconds nobody would count
        main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
