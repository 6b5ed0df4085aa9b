"""Selecting on D1, judging on D2: the scorer that is deployed is the one that is evaluated (METHOD section 3)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON, Interval
from model.crossfit import Nuisance
from model.evaluation import average_effect, calibration, mean_interval, net_benefit
from model.linear import OUTCOMES, LinearScorer
from model.policy_value import SHARES, policy_value
from model.prepare import Prepared
from model.qini import dr_qini, qini_sklift, rate
from model.selection import Fitted, choose, effects, portfolio
from model.table import Table

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessed:
    """The deployed scorer and what D2 says about it.

    `score` is its net benefit on D2 float64[n2], `gamma` Γu there, `gammas` Γ of both halves float64[n1 + n2, 3];
    `complaint_arms` are complaints' (m1, m0) on D1 (out of fold) and on D2. `fitted` is the whole portfolio,
    `chosen` what D1 chose, `deployed` what D2 left of it. `rate` is that of `chosen`.
    """

    fitted: list[Fitted]
    chosen: int
    deployed: int
    score: Floats
    chosen_score: Floats
    gamma: Floats
    gammas: Floats
    complaint_arms: tuple[tuple[Floats, Floats], tuple[Floats, Floats]] | None
    scorers: list[dict[str, JSON]]
    qini: Interval
    qini_sklift: float | None
    rate: Interval
    calibration: Interval | None
    policy_value: dict[str, JSON]

    @property
    def scorer(self) -> LinearScorer:
        """The scorer that is deployed."""
        return self.fitted[self.deployed].scorer


def assess(
    prepared: Prepared, learned: Mapping[str, Nuisance], *, weights: Mapping[str, float], table: Table
) -> Assessed:
    """Calibrate and choose on D1, then judge on D2; retreat to the average effect where the RATE includes 0."""
    first, second = prepared.first, prepared.second
    arms1 = {name: (each.m1, each.m0) for name, each in learned.items()}
    arms2 = {name: each.learner.arms(second.rows.design) for name, each in learned.items()}
    gamma1, gamma2 = effects(first, arms1), effects(second, arms2)
    gamma = net_benefit(gamma2, weights)
    fitted = portfolio(learned, gamma1, features=prepared.features, weights=weights)
    chosen, rows = choose(fitted, first)
    scores = [each.scorer.predict(second.rows.codes).net_benefit for each in fitted]
    found = rate(scores[chosen], gamma, second.cluster, data_sha256=table.data_sha256)
    deployed = chosen if found.low > 0.0 else 0
    if deployed != chosen:
        rows = _retreat(rows, chosen, found)
    score = scores[deployed]
    sklift = qini_sklift(second.benefit, score, second.contacted) if table.benefit_binary else None
    return Assessed(
        fitted=fitted,
        chosen=chosen,
        deployed=deployed,
        score=score,
        chosen_score=scores[chosen],
        gamma=gamma,
        gammas=np.concatenate([gamma1, gamma2]),
        complaint_arms=(arms1["complaint"], arms2["complaint"]) if "complaint" in arms1 else None,
        scorers=rows,
        qini=dr_qini(score, gamma).interval(second.cluster),
        qini_sklift=sklift,
        rate=found,
        calibration=calibration(score, gamma, second.cluster),
        policy_value=policy_value(
            {"model": score, "response": scores[1]},
            gamma,
            second.cluster,
            {"model": _thresholds(fitted[deployed]), "response": _thresholds(fitted[1])},
        ),
    )


def _thresholds(fitted: Fitted) -> Floats:
    """Return the out-of-fold quantiles of D1 above which each share of `SHARES` lies."""
    return np.quantile(fitted.out_of_fold, [1.0 - share for share in SHARES])


def _retreat(rows: list[dict[str, JSON]], chosen: int, found: Interval) -> list[dict[str, JSON]]:
    """Return the report's `scorers` when D2 does not confirm that customers differ."""
    meets = "includes 0" if found.high >= 0.0 else "lies below 0"
    why = f"on D2 the RATE interval {found.low:.3g} to {found.high:.3g} {meets}: no evidence that customers differ"
    stated = [dict(row) for row in rows]
    stated[chosen] |= {"chosen": False, "reason": f"chosen on D1, but {why}"}
    stated[0] |= {"chosen": True, "reason": f"{why}; only contacting all or none may be proposed"}
    return stated


def average_effects(table: Table, prepared: Prepared, assessed: Assessed) -> dict[str, JSON]:
    """Return `average_effect`: difference in means over all rows where e is constant, else doubly robust.

    The doubly robust figure is over the rows of both halves. An opt-out is an effect only after a contact, in both
    figures; `means` hold what was seen, so that those without contact are the control count.
    """
    second = prepared.second.cluster + int(prepared.first.cluster.max()) + 1
    clusters = np.concatenate([prepared.first.cluster, second])
    stated: dict[str, JSON] = {}
    for k, name in enumerate(OUTCOMES):
        y = getattr(table, name)
        if y is None:
            stated[name] = None
            continue
        if table.propensity_constant:
            caused = y * table.contacted if name == "opt_out" else y
            found = average_effect(caused, contacted=table.contacted, cluster=table.cluster.astype(np.intp))
        else:
            found = mean_interval(assessed.gammas[:, k], clusters)
        means = {"contacted": y[table.contacted].mean(), "held_out": y[~table.contacted].mean()}
        method = "difference in means" if table.propensity_constant else "doubly robust"
        stated[name] = asdict(found) | {"method": method, "means": {arm: float(mean) for arm, mean in means.items()}}
    return stated
