"""Selecting on D1, judging on D2: the scorer that is deployed is the one that is evaluated (METHOD section 3)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON, Interval
from model.evaluation import average_effect, calibration, mean_interval, net_benefit
from model.learning.portfolio import Portfolio, arms, deploy
from model.learning.prepare import Prepared
from model.learning.selection import Candidate, effects
from model.policy_value import SHARES, policy_value
from model.qini import dr_qini, qini_sklift, rate
from model.scorer import OUTCOMES, Scorer
from model.table import Table

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessed:
    """The deployed scorer and what D2 says about it.

    `score` is its net benefit on D2 float64[n2], `gamma` Γu there, `gammas` Γ of both halves float64[n1 + n2, 3];
    `complaint_arms` are complaints' (m1, m0) on D1 (out of fold) and on D2. `fitted` are the candidates of
    D1, `chosen` what D1 chose, `deployed` what D2 left of it, `scorers_by_name` those that were fitted on all of D1.
    `rate` is that of `chosen`.
    """

    fitted: list[Candidate]
    scorers_by_name: Mapping[str, Scorer]
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
    def scorer(self) -> Scorer:
        """The scorer that is deployed."""
        return self.scorers_by_name[self.fitted[self.deployed].name]


def assess(prepared: Prepared, portfolio: Portfolio, *, table: Table, jobs: int = 1) -> Assessed:
    """Fit what D1 chose on all of D1, judge it on D2, and retreat to the average effect where the RATE includes 0."""
    second, weights, fitted = prepared.second, portfolio.weights, portfolio.candidates
    arms2 = {
        name: (one.mean(second.rows), zero.mean(second.rows))
        for name, (one, zero) in arms(portfolio, jobs=jobs).items()
    }
    gamma1, gamma2 = portfolio.gamma, effects(second, arms2)
    gamma = net_benefit(gamma2, weights)
    chosen, rows = portfolio.chosen, portfolio.rows
    deployable = deploy(portfolio, list(dict.fromkeys(["average", "response", fitted[chosen].name])), jobs=jobs)
    scores = {name: scorer.predict(second.rows.codes).net_benefit for name, scorer in deployable.items()}
    chosen_score = scores[fitted[chosen].name]
    found = rate(chosen_score, gamma, second.cluster, data_sha256=table.data_sha256)
    deployed = chosen if found.low > 0.0 else 0
    if deployed != chosen:
        rows = _retreat(rows, chosen, found)
    score = scores[fitted[deployed].name]
    sklift = qini_sklift(second.benefit, score, second.contacted) if table.benefit_binary else None
    return Assessed(
        fitted=fitted,
        scorers_by_name=deployable,
        chosen=chosen,
        deployed=deployed,
        score=score,
        chosen_score=chosen_score,
        gamma=gamma,
        gammas=np.concatenate([gamma1, gamma2]),
        complaint_arms=_complaints(portfolio, arms2),
        scorers=rows,
        qini=dr_qini(score, gamma).interval(second.cluster),
        qini_sklift=sklift,
        rate=found,
        calibration=calibration(score, gamma, second.cluster),
        policy_value=policy_value(
            {"model": score, "response": scores["response"]},
            gamma,
            second.cluster,
            {"model": _thresholds(fitted[deployed]), "response": _thresholds(portfolio.candidate("response"))},
        ),
    )


def _complaints(
    portfolio: Portfolio, later: Mapping[str, tuple[Floats, Floats]]
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]] | None:
    """Return complaints' arms on D1, out of fold, and on D2; None without a label."""
    return (portfolio.means["complaint"].own, later["complaint"]) if "complaint" in later else None


def _thresholds(fitted: Candidate) -> Floats:
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
