"""How fast 200 trees are walked: python benchmarks/kernel.py [--out FILE].

Fits scikit-learn's histogram boosting on a table of 20 numbers with gaps; times its `predict`, our walk in numpy and
compiled, and the whole `ArtefactScorer.score` of named values. CPU time, one thread, the best of several rounds; prints
a Markdown table with the machine and the versions.
"""

import argparse
import importlib.metadata
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from model.artefact import Artefact
from model.features import fit_features
from model.heads import Heads
from model.scorer import Scorer
from model.trees.boosted import boosted
from model.trees.forest import Forest
from model.trees.kernel import Kernel, code
from serving.scorer import ArtefactScorer

TREES, FEATURES, ROWS, ONES = 200, 20, 16384, 100
PATIENCE = 120.0


def best(work: Callable[[], object], rounds: int) -> float:
    """Return the least CPU seconds of several rounds."""
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)


def measured(name: str, score: Callable[[np.ndarray], object], X: np.ndarray, *, ones: int, rounds: int) -> str:
    """Return one line of the table: µs for one row alone, µs a row in a group of 16, rows a second."""
    alone = best(lambda: [score(X[k : k + 1]) for k in range(ones)], 5) / ones
    group = best(lambda: [score(X[k * 16 : k * 16 + 16]) for k in range(max(1, ones // 8))], 5) / max(1, ones // 8) / 16
    many = len(X) / best(lambda: score(X), rounds)
    return f"| {name} | {alone * 1e6:,.1f} | {group * 1e6:,.1f} | {many:,.0f} |"


def lines(leaves: int) -> list[str]:
    """Return the lines for trees of so many leaves."""
    rng = np.random.default_rng(leaves)
    X = rng.normal(size=(ROWS, FEATURES))
    X[rng.random(X.shape) < 0.05] = np.nan
    filled = np.nan_to_num(X)
    y = filled.sum(axis=1) + filled[:, 5] * filled[:, 6] + rng.normal(size=ROWS)
    model = HistGradientBoostingRegressor(max_iter=TREES, max_leaf_nodes=leaves, early_stopping=False).fit(X, y)
    head = boosted(model)
    forest = Forest.of([head.trees])
    assert forest is not None
    start = np.full((ROWS, 1), head.baseline)
    kernel, walk = Kernel(code(), forest.switch.walk), forest.switch.walk
    expected = np.ascontiguousarray(model._raw_predict(X)).tobytes()  # noqa: SLF001  (the raw score has no public name)
    assert kernel.add(X, start).tobytes() == walk.add(X, start).tobytes() == expected
    named = f"{leaves} leaves"
    return [
        measured(f"{named}: scikit-learn `predict`", model.predict, X, ones=20, rounds=3),
        measured(f"{named}: numpy", lambda rows: walk.add(rows, start[: len(rows)]), X, ones=ONES, rounds=3),
        measured(f"{named}: compiled", lambda rows: kernel.add(rows, start[: len(rows)]), X, ones=ONES, rounds=10),
        whole(named, head, X),
    ]


def whole(named: str, head: object, X: np.ndarray) -> str:
    """Return the line of the whole scorer, from named values to net benefit, for one row and for 16."""
    names = [f"x{j}" for j in range(FEATURES)]
    features = fit_features(dict(zip(names, X.T, strict=True)))
    scorer = Scorer.of("response", {"benefit": Heads("identity", (1.0, 0.0), head)}, features)  # type: ignore[arg-type]
    assert scorer.forest is not None
    scorer.forest.switch.golden(X[:64])
    assert scorer.forest.switch.wait(PATIENCE) == "compiled"
    artefact: Artefact = type("Only", (), {"scorer": scorer})()
    loaded = ArtefactScorer(artefact=artefact, version="0", bound=False)
    rows = [dict(zip(names, row, strict=True)) for row in X[:256].tolist()]
    alone = best(lambda: [loaded.score([row]) for row in rows], 5) / len(rows)
    group = best(lambda: [loaded.score(rows[k : k + 16]) for k in range(0, 256, 16)], 5) / len(rows)
    many = len(rows) / best(lambda: loaded.score(rows), 5)
    name = f"{named}: compiled, the whole `score` of named values"
    return f"| {name} | {alone * 1e6:,.1f} | {group * 1e6:,.1f} | {many:,.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "numba", "scikit-learn"))
    machine = f"Python {platform.python_version()}, {versions}; {platform.system()} {platform.machine()}"
    page = [
        f"{TREES} trees, {FEATURES} numbers, CPU time of one thread; {machine}, {os.cpu_count()} processors",
        "",
        "| | one row, µs | of 16, µs each | rows/s |",
        "|---|---:|---:|---:|",
        *(line for leaves in (8, 31, 64) for line in lines(leaves)),
    ]
    text = "\n".join(page) + "\n"
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
