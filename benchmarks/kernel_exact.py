"""Our raw scores against scikit-learn's, bit for bit: python benchmarks/kernel_exact.py [--models 500] [--rows 2000].

Fits models of scikit-learn's histogram boosting (classifier or regressor; depth, leaves, rounds, bins, loss, categories
and gaps drawn from a seed) on their own tables, some with values of one infinity, and scores rows made to be hard:
gaps, ±inf, huge numbers, thresholds and their neighbours, levels unseen and impossible. Three ways are compared with
`_raw_predict`: numpy's walk, the compiled code for one row after the other, and for many at once.
"""

import argparse
import os
import sys
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from model.trees.boosted import boosted
from model.trees.forest import Forest
from model.trees.kernel import FEW, Kernel, code
from model.trees.switch import hostile

Floats = NDArray[np.float64]
ROWS = 400  # that a model learns from


def table(rng: np.random.Generator, rows: int, kinds: list[str]) -> Floats:
    """Return rows of numbers, whole numbers, heavy tails with infinities, constants and levels, with gaps."""
    drawn = {
        "number": lambda: rng.normal(0.0, 10.0 ** rng.integers(-3, 6), rows),
        "whole": lambda: rng.integers(-3, 4, rows).astype(np.float64),
        "wild": lambda: np.where(rng.random(rows) < 0.1, rng.choice([np.inf, -np.inf]), rng.standard_cauchy(rows)),
        "constant": lambda: np.ones(rows),
        "level": lambda: rng.integers(0, rng.choice([2, 5, 40, 200]), rows).astype(np.float64),
    }
    out = np.stack([drawn[kind]() for kind in kinds], axis=1)
    out[rng.random(out.shape) < rng.choice([0.0, 0.1, 0.4])] = np.nan
    return out


def fitted(seed: int) -> tuple[HistGradientBoostingClassifier | HistGradientBoostingRegressor, list[str]]:
    """Return one model and what its columns are."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["number", "whole", "wild", "constant", "level"], int(rng.integers(1, 9))).tolist()
    X = table(rng, ROWS, kinds)
    finite = np.nan_to_num(X, nan=0.5, posinf=2.0, neginf=-2.0)
    y = np.tanh(finite / (1.0 + np.abs(finite).mean(axis=0))) @ rng.normal(size=len(kinds)) + rng.normal(0, 0.3, ROWS)
    settings = {
        "max_iter": int(rng.integers(1, 40)),
        "max_leaf_nodes": rng.choice([2, 3, 8, 31, 64, 100, 200]).item(),
        "max_depth": rng.choice([1, 3, 6, 0]).item() or None,
        "min_samples_leaf": rng.choice([1, 5, 20]).item(),
        "max_bins": 255 if "level" in kinds else rng.choice([4, 32, 255]).item(),
        "learning_rate": rng.choice([0.05, 0.3, 1.0]).item(),
        "categorical_features": [j for j, kind in enumerate(kinds) if kind == "level"] or None,
        "early_stopping": False,
        "random_state": seed,
    }
    if rng.random() < 0.5:
        return HistGradientBoostingClassifier(**settings).fit(X, y > np.median(y)), kinds
    loss = rng.choice(["squared_error", "absolute_error", "quantile"]).item()
    return HistGradientBoostingRegressor(loss=loss, quantile=0.7, **settings).fit(X, y), kinds


def hard(seed: int, kinds: list[str], forest: Forest, count: int) -> Floats:
    """Return rows of both kinds: as learned from, and hostile; levels are whole, as codes are."""
    rng = np.random.default_rng([seed, 1])
    spread = table(rng, count // 4, kinds)
    made = [hostile(forest.switch.walk, len(kinds))]
    rows = np.concatenate([spread, made[0]])
    while len(rows) < count:  # each column of hostile rows turned by its own number: other rows of the same values
        turned = np.stack(
            [np.roll(made[0][:, j], int(rng.integers(0, len(made[0])))) for j in range(len(kinds))], axis=1
        )
        rows = np.concatenate([rows, turned])
    rows = rows[:count]
    for j, kind in enumerate(kinds):
        if kind == "level":
            rows[:, j] = np.where(np.isfinite(rows[:, j]), np.clip(np.floor(rows[:, j]), -2.0, 300.0), np.nan)
    return rows


def differing(seed: int, count: int) -> dict[str, int]:
    """Return in how many rows each way differs from scikit-learn, for one model.

    Nothing where scikit-learn made a threshold that is no number, between infinities: no artefact can hold one.
    """
    model, kinds = fitted(seed)
    head = boosted(model)
    if any(np.isnan(tree.threshold).any() for tree in head.trees):
        return {}
    forest = Forest.of([head.trees])
    assert forest is not None
    rows = hard(seed, kinds, forest, count)
    expected = np.ascontiguousarray(model._raw_predict(rows)).view(np.int64)  # noqa: SLF001  (the raw score has no public name)
    start = np.full((count, 1), head.baseline)
    kernel = Kernel(code(), forest.switch.walk)
    few = [kernel.add(rows[k : k + FEW - 1], start[k : k + FEW - 1]) for k in range(0, count, FEW - 1)]
    ways = {"numpy": forest.switch.walk.add(rows, start), "compiled, few": np.concatenate(few)}
    ways["compiled, many"] = kernel.add(rows, start)
    return {way: int((out.view(np.int64) != expected).sum()) for way, out in ways.items()}


def main() -> int:
    """Run what the command line asks for; 1 where a bit differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # scikit-learn's, about infinite values
    total: dict[str, int] = {}
    done, seed = 0, options.seed
    while done < options.models:
        found = differing(seed, options.rows)
        for way, rows in found.items():
            total[way] = total.get(way, 0) + rows
            if rows:
                print(f"seed {seed}, {way}: {rows} rows differ", flush=True)
        done, seed = done + bool(found), seed + 1
    scored = done * options.rows
    print(f"{done} models × {options.rows} rows = {scored:,} rows; differing in a bit: {total}")
    print(f"{seed - options.seed - done} more models had a threshold that is no number, and were left out")
    return int(any(total.values()))


if __name__ == "__main__":
    sys.exit(main())
