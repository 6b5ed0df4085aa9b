"""From learned arms to calibrated scorers, and the simplest that is as good as the best (METHOD section 3).

Each scorer is calibrated out of fold on D1 by one linear map in net-benefit units, so that the shown parts add up:
τ_k = mean Γ_k + b·(raw_k − mean raw_k), b = max(0, least-squares slope of Γu on the raw net benefit).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.crossfit import Nuisance
from model.evaluation import net_benefit, ols_slope, pseudo_outcome
from model.features import Feature
from model.linear import OUTCOMES, SCORERS, LinearScorer
from model.qini import Qini, dr_qini
from model.split import Half

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """One scorer: as deployed, its out-of-fold net benefit on D1 float64[n1], and its DR-Qini there."""

    scorer: LinearScorer
    out_of_fold: Floats
    qini: Qini


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


def portfolio(
    nuisances: Mapping[str, Nuisance], gamma: Floats, *, features: tuple[Feature, ...], weights: Mapping[str, float]
) -> list[Fitted]:
    """Return every scorer of the portfolio, calibrated on D1, the simplest first; `gamma` float64[n1, 3] is Γ of D1."""
    return [_calibrated(name, nuisances, gamma, features, weights) for name in SCORERS]


def _calibrated(
    name: str,
    nuisances: Mapping[str, Nuisance],
    gamma: Floats,
    features: tuple[Feature, ...],
    weights: Mapping[str, float],
) -> Fitted:
    """Assemble one scorer from the arms and calibrate it on its out-of-fold effects."""
    columns = next(iter(nuisances.values())).learner.n_features_in_
    raw = np.zeros_like(gamma)
    coef1, coef0 = np.zeros((3, columns + 1)), np.zeros((3, columns + 1))
    links = ["identity"] * len(OUTCOMES)
    for k, outcome in enumerate(OUTCOMES):
        nuisance = nuisances.get(outcome)
        if nuisance is not None and name != "average":
            raw[:, k] = nuisance.m1 - nuisance.m0 if name == "t_logit" else nuisance.m1
            coef1[k], coef0[k] = nuisance.learner.coef1_, nuisance.learner.coef0_
            links[k] = nuisance.learner.link
    gamma_u = net_benefit(gamma, weights)
    offset, centre = gamma.mean(axis=0), raw.mean(axis=0)
    slope = max(0.0, ols_slope(net_benefit(raw, weights), gamma_u))
    score = net_benefit(offset + slope * (raw - centre), weights)
    scorer = LinearScorer(
        name=name,
        features=features,
        links=tuple(links),
        coef1=coef1,
        coef0=coef0 if name == "t_logit" else None,
        offset=offset,
        centre=centre,
        slope=slope,
        weights=weights,
    )
    return Fitted(scorer=scorer, out_of_fold=score, qini=dr_qini(score, gamma_u))


def choose(fitted: list[Fitted], half: Half) -> tuple[int, list[dict[str, JSON]]]:
    """Choose the simplest s with Q(best) − Q(s) ≤ one cluster-robust standard error of the paired difference.

    Returns its index and the report's `scorers`.
    """
    best = max(range(len(fitted)), key=lambda i: (fitted[i].qini.estimate, -i))
    behind = [fitted[best].qini.minus(each.qini, half.cluster) for each in fitted]
    chosen = next(i for i, gap in enumerate(behind) if gap.estimate <= gap.se or i == best)
    rows: list[dict[str, JSON]] = []
    for i, each in enumerate(fitted):
        own, gap = each.qini.interval(half.cluster), behind[i]
        away = f"{gap.estimate:.3g} behind `{fitted[best].scorer.name}`, standard error of the difference {gap.se:.3g}"
        if i == chosen:
            reason = "the best on D1" if i == best else f"the simplest within one standard error: {away}"
        else:
            reason = (
                f"not simpler than `{fitted[chosen].scorer.name}`" if i > chosen else f"worse than the best: {away}"
            )
        stated = {"name": each.scorer.name, "dr_qini": own.estimate, "se": own.se, "low": own.low, "high": own.high}
        rows.append(stated | {"chosen": i == chosen, "reason": reason, "behind_best": asdict(gap)})
    return chosen, rows
