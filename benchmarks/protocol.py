"""One data set, all learners: the same splits, the same judge, our pipeline and each library in its own process."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.configurations import LIBRARIES
from benchmarks.datasets import Case, matrix
from benchmarks.environment import run
from benchmarks.exchange import Floats, Result, Task
from benchmarks.figures import MEASURES, judged, selected
from benchmarks.judge import Judged, judge

OURS, RESPONSE, CHOSEN, EVERYONE = "outreach", "response ranker", "peer chosen on D1", "everyone"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """All figures of a data set: `figures[measure]` float64[r, k] for the learners `names`; what each process took.

    `chosen` says per repeat which peer D1 chose, `ours` which scorer we chose; `results` by process (ours, libraries).
    """

    name: str
    rows: int
    features: int
    ratio: float
    names: list[str]
    figures: dict[str, Floats]
    chosen: list[str]
    ours: list[str]
    results: dict[str, Result]

    def of(self, measure: str, name: str) -> Floats:
        """Return one learner's figure over the repeats, float64[r]."""
        return self.figures[measure][:, self.names.index(name)]


def compare(  # noqa: PLR0913  (what, how often, where, with what, told to whom)
    case: Case, *, spec: str, repeats: int, quick: bool, scratch: Path, peers: Path, tell: Callable[[str], None]
) -> Outcome:
    """Run everybody on a case; `spec` is its name for our own process, which reads the frame by itself."""
    X = matrix(case.table.features)
    tell("judging")
    rounds = [judge(case, X, repeat) for repeat in range(repeats)]
    constant = case.propensity is not None and bool(np.ptp(case.propensity) == 0)
    task = Task(
        X=X,
        y=case.y,
        contacted=case.contacted.astype(np.intp),
        binary=case.binary,
        constant=constant,
        repeats=[each.repeat for each in rounds],
    )
    path = scratch / "task.npz"
    task.save(path)
    results = {}
    for process in (OURS, *LIBRARIES):
        tell(process)
        answer = scratch / f"{process}.npz"
        if process == OURS:
            run(sys.executable, "our_worker.py", spec, path, answer, *(["--quick"] if quick else []))
        else:
            run(peers, "peer_worker.py", process, path, answer)
        results[process] = Result.load(answer)
    return gathered(case, X.shape[1], rounds, results)


def gathered(case: Case, features: int, rounds: list[Judged], results: dict[str, Result]) -> Outcome:
    """Judge every score; the peer that D1 chose is judged as a learner of its own."""
    libraries = [results[name] for name in results if name != OURS]
    ours = results[OURS]
    peer_names = [name for each in libraries for name in each.names]
    best = selected(np.hstack([each.quality for each in libraries]))
    names = [OURS, RESPONSE, EVERYONE, CHOSEN, *(f"outreach {name}" for name in ours.names), *peer_names]
    rows = []
    for r, each in enumerate(rounds):
        theirs = np.concatenate([library.scores[r] for library in libraries])
        own = ours.scores[r]
        fixed = [own[ours.chosen[r]], each.response, np.zeros(len(each.response)), theirs[best[r]]]
        rows.append([judged(score, each.held) for score in (*fixed, *own, *theirs)])
    return Outcome(
        name=case.name,
        rows=len(case.y),
        features=features,
        ratio=float(np.mean([len(each.repeat.second) / len(each.repeat.first) for each in rounds])),
        names=names,
        figures={m: np.array([[figure[m] for figure in row] for row in rows]) for m in MEASURES},
        chosen=[peer_names[k] for k in best],
        ours=[ours.names[k] for k in ours.chosen],
        results=results,
    )
