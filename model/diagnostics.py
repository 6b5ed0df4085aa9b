"""What a sceptic asks before believing any estimate: was contact really drawn as logged? (METHOD section 5).

A failed propensity check (p < .001) closes the certificate: with wrong propensities every figure is wrong.
"""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm

from model.contracts import JSON
from model.crossfit import FOLDS
from model.evaluation import average_effect, mean_interval, pseudo_outcome
from model.learners import fit_linear, mean_outcome
from model.split import Half, unit_hash

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

LEAST_P = 0.001
MOST_LEVELS = 20  # distinct propensities that are checked one by one
BLOCKS = 10  # of time, of about equally many rows
LEAST_SPREAD = 100.0  # Σ e(1 − e) of a block on average: below it the normal tail is no p-value
RIDGE = 10.0
BEFORE = "outcomes in the 14 days before the decision"


def propensity_check(
    half: Half, later: Half, *, estimated: bool, folds: Ints, time: NDArray[Any] | None = None
) -> dict[str, JSON]:
    """Return whether T agrees with e and X does not predict T − e; an estimated e is fitted to T and cannot fail.

    Two tests, each at p < .001: the sample ratio, overall, per level of e and per block of `time` (of the rows of
    `half`, then of `later`; Bonferroni), and a cross-fitted one.
    """
    if estimated:
        detail = "the propensity is estimated from the table: agreement with it is no evidence"
        return {"passed": False, "estimated": True, "sample_ratio": None, "predictable": None, "detail": detail}
    contacted = np.concatenate([half.contacted, later.contacted])
    e = np.concatenate([half.propensity, later.propensity])
    cluster = np.concatenate([half.cluster, later.cluster + int(half.cluster.max()) + 1])
    ratio = sample_ratio(contacted, e, cluster, time)
    predictable = predictability(half, later, folds)
    failed = [name for name, p in (("sample ratio", ratio["p"]), ("predictability", predictable["p"])) if p < LEAST_P]
    detail = (
        f"{contacted.mean():.4f} contacted, {e.mean():.4f} expected (p {ratio['p']:.3g}); "
        f"features predict T − e with p {predictable['p']:.3g}"
    )
    if failed:
        detail += f"; failed: {' and '.join(failed)}: contact was not drawn with the logged propensity"
    return {
        "passed": not failed,
        "estimated": False,
        "sample_ratio": ratio,
        "predictable": predictable,
        "detail": detail,
    }


def sample_ratio(contacted: Bools, e: Floats, cluster: Ints, time: NDArray[Any] | None = None) -> dict[str, JSON]:
    """Return how many were contacted and how many the propensities promise, with a p-value.

    Overall, for every level of e where there are few, and for every block of time. Exact where e is constant and
    clusters are single rows; else normal, with the larger of the design's variance and the cluster sums'.
    """
    levels = np.unique(e)
    groups = [np.ones(len(e), dtype=np.bool_)]
    if 1 < len(levels) <= MOST_LEVELS:
        groups += [e == level for level in levels]
    periods = [] if time is None else blocks(time, e)
    groups += periods
    single = len(np.unique(cluster)) == len(cluster)
    p = min(_ratio_p(contacted[g], e[g], cluster[g], exact=single and bool(np.ptp(e[g]) == 0.0)) for g in groups)
    return {
        "contacted": int(contacted.sum()),
        "expected": float(e.sum()),
        "blocks": len(periods),
        "p": min(1.0, p * len(groups)),
    }


def blocks(time: NDArray[Any], e: Floats) -> list[Bools]:
    """Return up to ten stretches of time as rows, fewer where contact leaves too little to chance; none for one.

    Rows of one instant stay together: a file may be sorted by arm within it.
    """
    most = min(BLOCKS, int(np.sum(e * (1.0 - e)) / LEAST_SPREAD))
    if most < 2:
        return []
    instants = time.astype("datetime64[us]").astype(np.int64)
    cuts = np.quantile(instants, np.arange(1, most) / most, method="inverted_cdf")
    block = np.searchsorted(cuts, instants, side="left")
    found = [block == number for number in np.unique(block)]
    return found if len(found) > 1 else []


def _ratio_p(contacted: Bools, e: Floats, cluster: Ints, *, exact: bool) -> float:
    """Return the two-sided p-value of Σ(T − e) = 0."""
    if exact:
        return float(binomtest(int(contacted.sum()), len(e), float(e[0])).pvalue)
    residual = contacted - e
    spread = max(float(np.sum(np.bincount(cluster, weights=residual) ** 2)), float(np.sum(e * (1.0 - e))))
    return float(2.0 * norm.sf(abs(residual.sum()) / np.sqrt(spread)))


def predictability(half: Half, later: Half, folds: Ints) -> dict[str, JSON]:
    """Test that X does not predict T − e: Σ g(X)(T − e) is centred at 0, g fitted without the row (one-sided).

    g is a ridge on X and e, out of fold on D1 and from all of D1 on D2.
    """
    X1, X2 = (np.column_stack([each.rows.design, each.propensity]) for each in (half, later))
    r1, r2 = (each.contacted - each.propensity for each in (half, later))
    g1 = np.empty(len(r1))
    for fold in np.unique(folds):
        held = folds == fold
        coef = fit_linear(X1[~held], r1[~held], l2=RIDGE, link="identity")
        g1[held] = mean_outcome(X1[held], coef, "identity")
    g2 = mean_outcome(X2, fit_linear(X1, r1, l2=RIDGE, link="identity"), "identity")
    sums = np.concatenate(
        [np.bincount(half.cluster, weights=g1 * r1), np.bincount(later.cluster, weights=g2 * r2)],
    )
    spread = float(np.sqrt(np.sum(sums**2)))
    z = float(sums.sum()) / spread if spread > 0 else 0.0
    return {"z": z, "p": float(norm.sf(z)), "folds": FOLDS}


def overlap(contacted: Bools, e: Floats) -> dict[str, JSON]:
    """Return the range of e and how much the weights T/e + (1 − T)/(1 − e) concentrate."""
    weight = np.where(contacted, 1.0 / e, 1.0 / (1.0 - e))
    return {
        "lowest": float(e.min()),
        "highest": float(e.max()),
        "effective_sample_size": float(weight.sum() ** 2 / (weight @ weight)),
        "largest_weight": float(weight.max()),
        "rows": len(e),
    }


def negative_controls(half: Half, names: list[str], contacts: Floats) -> list[dict[str, JSON]]:
    """Return placebo checks among the held out of D2, which must show nothing, and what this table cannot check.

    The placebo treatment is a fair coin, SHA-256 of the cluster's name; `contacts` is 1 where the rule contacts.
    """
    out = np.flatnonzero(~half.contacted)
    coins = {c: unit_hash("outreach placebo 1", names[c]) < 0.5 for c in np.unique(half.cluster[out])}
    placebo = np.array([coins[c] for c in half.cluster[out]], dtype=np.bool_)
    rows: list[dict[str, JSON]] = []
    for outcome, values in (("benefit", half.benefit), ("complaint", half.complaint)):
        if values is None or len(np.unique(placebo)) < 2:
            continue
        y, cluster = values[out], half.cluster[out]
        mean = np.full(len(y), y.mean())
        gamma = pseudo_outcome(y, arms=(mean, mean), contacted=placebo, propensity=np.full(len(y), 0.5))
        effect = average_effect(y, contacted=placebo, cluster=cluster)
        value = mean_interval(contacts[out] * gamma, cluster)
        for name, found in (("placebo treatment among the held out", effect), ("placebo value of the rule", value)):
            passed = not (found.low > 0.0 or found.high < 0.0)
            rows.append({"name": name, "outcome": outcome, "available": True, "passed": passed} | asdict(found))
    missing = "the table holds no outcome from before the decision; add one as a column to check it"
    rows.append({"name": BEFORE, "available": False, "detail": missing})
    return rows
