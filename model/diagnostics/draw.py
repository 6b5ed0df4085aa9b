"""Was contact drawn as logged? With wrong propensities every figure is wrong, so p < .001 closes the certificate."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.ensemble import HistGradientBoostingRegressor

from model.contracts import JSON
from model.diagnostics.cause import likely_cause
from model.diagnostics.ratio import sample_ratio
from model.learners.bases import HUGE
from model.learners.binning import binning_alone
from model.learning.coded import Coded
from model.split import Half
from model.statistics.draw_sums import LEAST_P

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

RIDGE = 10.0
ROUNDS = 20  # of boosting: a test needs a direction, not a fine fit
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
        cause = likely_cause(contacted, e, cluster) if "sample ratio" in failed else ""
        detail += f"; {cause}" if cause else ""
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
    tests = {name: _test(g(half, later, folds), half, later) for name, g in (("ridge", _ridge), ("boosted", _boosted))}
    best = min(tests.values(), key=lambda test: test["p"])
    return {"z": best["z"], "p": min(1.0, 2.0 * best["p"]), "folds": len(np.unique(folds)), **tests}


def _test(g: tuple[Floats, Floats], half: Half, later: Half) -> dict[str, float]:
    """Return z and p of one g, given on both halves.

    g is fitted to other rows' T − e, so the sum is nearly a quadratic form, skewed upwards: beyond the 5 and the .1 %
    point of a normal lay 6.2 and .16 % of 2,500 honest draws of 650 rows. Twice the normal tail covers that.
    """
    sums = np.concatenate(
        [
            np.bincount(each.cluster, weights=values * (each.contacted - each.propensity))
            for each, values in zip((half, later), g, strict=True)
        ]
    )
    spread = float(np.sqrt(np.sum(sums**2)))
    z = float(sums.sum()) / spread if spread > 0 else 0.0
    return {"z": z, "p": min(1.0, 2.0 * float(norm.sf(z)))}


def _ridge(half: Half, later: Half, folds: Ints) -> tuple[Floats, Floats]:
    """Return a ridge's T − e of every row, from one pass: the sums of squares of a fold are taken from all."""
    parts = {fold: _sums(half, folds == fold) for fold in np.unique(folds)}
    squares_of_all = np.sum([squares for squares, _ in parts.values()], axis=0)
    products_of_all = np.sum([products for _, products in parts.values()], axis=0)
    g1 = np.empty(len(folds))
    for fold, (squares, products) in parts.items():
        held = folds == fold
        coef = _solve(squares_of_all - squares, products_of_all - products)
        g1[held] = _columns(half, held) @ coef
    coef = _solve(squares_of_all, products_of_all)
    return g1, later.rows.design @ coef[:-2] + later.propensity * coef[-2] + coef[-1]


def _columns(half: Half, some: Bools) -> Floats:
    """Return design, e and 1 of some rows."""
    return np.column_stack([half.rows.design[some], half.propensity[some], np.ones(int(some.sum()))])


def _sums(half: Half, some: Bools) -> tuple[Floats, Floats]:
    """Return X'X and X'(T − e) of some rows."""
    X = _columns(half, some)
    return X.T @ X, X.T @ (half.contacted[some] - half.propensity[some])


def _solve(squares: Floats, products: Floats) -> Floats:
    """Return the ridge's coefficients; the intercept is hardly penalised, and the system never singular."""
    penalty = np.full(len(squares), RIDGE)
    penalty[-1] = 1e-6
    return np.asarray(np.linalg.solve(squares + np.diag(penalty), products), dtype=np.float64)


def _boosted(half: Half, later: Half, folds: Ints) -> tuple[Floats, Floats]:
    """Return boosted trees' T − e of every row, out of fold on D1."""
    X = np.column_stack([half.rows.codes, half.propensity])
    residual = half.contacted - half.propensity
    g1 = np.empty(len(folds))
    for fold in np.unique(folds):
        held = folds == fold
        g1[held] = _trees(half.rows, X[~held], residual[~held]).predict(X[held])
    taught = _trees(half.rows, X, residual)
    return g1, np.asarray(taught.predict(np.column_stack([later.rows.codes, later.propensity])))


def _trees(rows: Coded, X: Floats, residual: Floats) -> HistGradientBoostingRegressor:
    """Fit boosted trees to T − e on the features' codes and e, X float64[n, f + 1]."""
    X = np.clip(X[:: -(-len(X) // MOST_ROWS)], -HUGE, HUGE)
    X[:, np.isnan(X).all(axis=0)] = (
        0.0  # scikit-learn cannot bin a column without any value; constant, it splits nothing
    )
    trees = HistGradientBoostingRegressor(
        max_iter=ROUNDS,
        max_leaf_nodes=8,
        l2_regularization=RIDGE,
        early_stopping=False,
        categorical_features=[*(feature.kind == "category" for feature in rows.features), False],
        random_state=0,
    )
    with binning_alone(trees):
        return trees.fit(X, residual[:: -(-len(residual) // MOST_ROWS)])
