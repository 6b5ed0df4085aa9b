"""Was contact drawn as logged? With wrong propensities every figure is wrong, so p < .001 closes the certificate."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from model.coded import Coded
from model.contracts import JSON
from model.diagnostics.ratio import sample_ratio
from model.split import Half

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

LEAST_P = 0.001
RIDGE = 10.0
ROUNDS = 30  # of boosting: a test needs a direction, not a fine fit
MOST_ROWS = 60_000  # that teach one boosted g, evenly spread


def propensity_check(  # noqa: PLR0913  (both halves and how they were logged)
    half: Half,
    later: Half,
    *,
    estimated: bool,
    folds: Ints,
    time: NDArray[Any] | None = None,
    version: NDArray[np.object_] | None = None,
) -> dict[str, JSON]:
    """Return whether T agrees with e and X does not predict T − e; an estimated e is fitted to T and cannot fail.

    Two tests, each at p < .001: the sample ratio, overall, per level of e, per block of `time`, day and `version` (of
    the rows of `half`, then of `later`; Bonferroni), and a cross-fitted one.
    """
    if estimated:
        detail = "the propensity is estimated from the table: agreement with it is no evidence"
        return {"passed": False, "estimated": True, "sample_ratio": None, "predictable": None, "detail": detail}
    contacted = np.concatenate([half.contacted, later.contacted])
    e = np.concatenate([half.propensity, later.propensity])
    cluster = np.concatenate([half.cluster, later.cluster + int(half.cluster.max()) + 1])
    ratio = sample_ratio(contacted, e, cluster, time, version)
    predictable = predictability(half, later, folds)
    failed = [name for name, p in (("sample ratio", ratio["p"]), ("predictability", predictable["p"])) if p < LEAST_P]
    detail = (
        f"{contacted.mean():.4f} contacted, {e.mean():.4f} expected (p {ratio['p']:.3g}); "
        f"features predict T − e with p {predictable['p']:.3g}"
    )
    if failed:
        where = f" in {ratio['worst']['name']}" if "sample ratio" in failed else ""
        detail += f"; failed: {' and '.join(failed)}{where}: contact was not drawn with the logged propensity"
    return {
        "passed": not failed,
        "estimated": False,
        "sample_ratio": ratio,
        "predictable": predictable,
        "detail": detail,
    }


def predictability(half: Half, later: Half, folds: Ints) -> dict[str, JSON]:
    """Test that X does not predict T − e: Σ g(X)(T − e) is centred at 0, g fitted without the row (one-sided).

    Two g, each at half the level: a ridge on the design and e, and boosted trees on the codes and e, which see |x| and
    interactions; out of fold on D1, and from all of D1 on D2.
    """
    tests = {name: _test(g, half, later, folds) for name, g in (("ridge", _ridge), ("boosted", _boosted))}
    best = min(tests.values(), key=lambda test: test["p"])
    return {"z": best["z"], "p": min(1.0, 2.0 * best["p"]), "folds": len(np.unique(folds)), **tests}


def _test(g: Any, half: Half, later: Half, folds: Ints) -> dict[str, float]:
    """Return z and p of one g: a function (rows, e, T − e, later rows, later e) → g there."""
    r1, r2 = (each.contacted - each.propensity for each in (half, later))
    g1 = np.empty(len(r1))
    for fold in np.unique(folds):
        held = folds == fold
        rest = (half.rows.take(~held), half.propensity[~held], r1[~held])
        g1[held] = g(*rest, half.rows.take(held), half.propensity[held])
    g2 = g(half.rows, half.propensity, r1, later.rows, later.propensity)
    sums = np.concatenate(
        [np.bincount(half.cluster, weights=g1 * r1), np.bincount(later.cluster, weights=g2 * r2)],
    )
    spread = float(np.sqrt(np.sum(sums**2)))
    z = float(sums.sum()) / spread if spread > 0 else 0.0
    return {"z": z, "p": float(norm.sf(z))}


def _ridge(rows: Coded, e: Floats, residual: Floats, later: Coded, later_e: Floats) -> Floats:
    """Return a ridge's T − e on later rows."""
    ridge = Ridge(alpha=RIDGE, solver="cholesky").fit(np.column_stack([rows.design, e]), residual)
    return np.asarray(ridge.predict(np.column_stack([later.design, later_e])), dtype=np.float64)


def _boosted(rows: Coded, e: Floats, residual: Floats, later: Coded, later_e: Floats) -> Floats:
    """Return boosted trees' T − e on later rows."""
    X = np.column_stack([rows.codes, e])
    some = slice(None, None, -(-len(X) // MOST_ROWS))
    trees = HistGradientBoostingRegressor(
        max_iter=ROUNDS,
        max_leaf_nodes=8,
        l2_regularization=RIDGE,
        early_stopping=False,
        categorical_features=[*(feature.kind == "category" for feature in rows.features), False],
        random_state=0,
    ).fit(X[some], residual[some])
    return np.asarray(trees.predict(np.column_stack([later.codes, later_e])), dtype=np.float64)
