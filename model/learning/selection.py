"""From out-of-fold effects to calibrated scorers, and the simplest that is as good as the best (METHOD section 3).

Each scorer is calibrated out of fold on D1 by one linear map in net-benefit units, so that the shown parts add up:
τ_k = mean Γ_k + b·(raw_k − mean raw_k), b = max(0, least-squares slope of Γu on the raw net benefit).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.evaluation import Influenced, net_benefit, ols_slope, pseudo_outcome
from model.qini import dr_qini
from model.scorer import OUTCOMES, Calibration
from model.split import Half

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """One scorer on D1: calibration, out-of-fold net benefit float64[n1], DR-Qini, and in words how it is learned."""

    name: str
    calibration: Calibration
    out_of_fold: Floats
    qini: Influenced
    learned: str = ""


def labels(half: Half) -> dict[str, Floats]:
    """Return the outcomes that have a label, by name."""
    named = {"benefit": half.benefit, "complaint": half.complaint, "opt_out": half.opt_out}
    return {name: values for name, values in named.items() if values is not None}


def effects(half: Half, arms: Mapping[str, tuple[Floats, Floats]]) -> Floats:
    """Return the pseudo-outcomes Γ float64[n, 3] from each outcome's (m1, m0); zero without a label."""
    gamma = np.zeros((len(half.contacted), len(OUTCOMES)))
    for k, name in enumerate(OUTCOMES):
        if name in arms:
            y = labels(half)[name]
            gamma[:, k] = pseudo_outcome(y, arms=arms[name], contacted=half.contacted, propensity=half.propensity)
    return gamma


def calibrated(name: str, raw: Floats, gamma: Floats, weights: Mapping[str, float], learned: str = "") -> Candidate:
    """Calibrate one scorer on D1: `raw` are its out-of-fold effects and `gamma` is Γ, float64[n1, 3] both."""
    gamma_u = net_benefit(gamma, weights)
    offset, centre = gamma.mean(axis=0), raw.mean(axis=0)
    slope = max(0.0, ols_slope(net_benefit(raw, weights), gamma_u))
    score = net_benefit(offset + slope * (raw - centre), weights)
    calibration = Calibration(offset=offset, centre=centre, slope=slope)
    return Candidate(
        name=name, calibration=calibration, out_of_fold=score, qini=dr_qini(score, gamma_u), learned=learned
    )


def choose(candidates: Sequence[Candidate], cluster: Ints) -> tuple[int, list[dict[str, JSON]]]:
    """Choose the simplest s with Q(best) − Q(s) ≤ one cluster-robust standard error of the paired difference.

    Returns its index and the report's `scorers`.
    """
    best = max(range(len(candidates)), key=lambda i: (candidates[i].qini.estimate, -i))
    behind = [candidates[best].qini.minus(each.qini, cluster) for each in candidates]
    chosen = next(i for i, gap in enumerate(behind) if gap.estimate <= gap.se or i == best)
    rows: list[dict[str, JSON]] = []
    for i, each in enumerate(candidates):
        own, gap = each.qini.interval(cluster), behind[i]
        away = f"{gap.estimate:.3g} behind `{candidates[best].name}`, standard error of the difference {gap.se:.3g}"
        if i == chosen:
            reason = "the best on D1" if i == best else f"the simplest within one standard error: {away}"
        elif each.name != "average" and each.calibration.slope == 0.0:
            reason = "out of fold its order was no better than chance or reversed: it gives everybody the average"
        else:
            reason = f"not simpler than `{candidates[chosen].name}`" if i > chosen else f"worse than the best: {away}"
        stated = {"name": each.name, "dr_qini": own.estimate, "se": own.se, "low": own.low, "high": own.high}
        rows.append(
            stated | {"chosen": i == chosen, "reason": reason, "behind_best": asdict(gap), "learned": each.learned}
        )
    return chosen, rows
