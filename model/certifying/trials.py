"""Rules put to the test on D2: does contacting at or above q cause more harm than allowed? (METHOD section 4).

A *rule* is a scorer with a cut-off q. Each is tested for both harms by betting (the exact binomial tail where s and e
are constant and every cluster has one row); p = max(p_C, p_A), and Holm runs over all rules at the level of the
attempt. The family holds "contact all or none" beside the chosen scorer's grid: D2 itself may then retreat to it (the
RATE includes 0) without costing validity.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.certifying.harm import HARMS, Arranged, Design, Evidence, arranged, at_stake, before, losses, steepest
from model.certifying.planner import GRID, needed
from model.contracts import Interval, Shares
from model.evaluation import ratio_interval
from model.statistics.betting import (
    attempt_level,
    binomial_bound,
    binomial_p,
    holm,
    p_value,
    stakes,
    upper_bound,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """Contact where the score is at or above `cutoff`; scores float64 of D1 (out of fold) and of D2 (as deployed)."""

    cutoff: float
    deployed: bool
    first: Floats
    second: Floats

    @property
    def constant(self) -> bool:
        """Whether the scorer tells nobody apart: then s is the same for all."""
        return bool(np.ptp(self.first) == 0.0 and np.ptp(self.second) == 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the certificate: α per harm, δ = 1 − confidence, which attempt on these data, which shares."""

    alpha: Mapping[str, float]
    delta: float
    attempt: int = 1
    shares: Shares = field(default_factory=Shares)

    @property
    def level(self) -> float:
        """δ of this attempt."""
        return attempt_level(self.delta, self.attempt)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """What rules are tested on: the evidence of both halves, the design that D1 fixes, and Γu of D2, float64[n2]."""

    first: Evidence
    second: Evidence
    design: Design
    gamma: Floats

    @cached_property
    def rows(self) -> tuple[Arranged, Arranged]:
        """The rows of both halves that count, in the order of the bets: once for all rules."""
        return arranged(self.first, self.design), arranged(self.second, self.design)

    @cached_property
    def most(self) -> Floats:
        """The largest Γ_C that each row of D1 can have, float64[n1]."""
        return steepest(self.first.half.propensity, self.design.clip)

    @cached_property
    def alike(self) -> bool:
        """Whether e is constant and every cluster has one row."""
        e = np.concatenate([self.first.half.propensity, self.second.half.propensity])
        single = all(len(each.order) == len(each.kept) for each in (self.first, self.second))
        return single and bool(np.ptp(e) == 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """One rule against one harm on D2: its p-value, the estimate, and how many clusters would do (the planner's n).

    `unforeseen` is the share of rows that D1 did not foresee: they count as harm, but not in the estimate. `caused` and
    `exposed` float64[G] make L = caused − α·exposed; `stake` are the bets, cut so that they hold for every α; `counts`
    (harmed, contacted) where the binomial tail took their place.
    """

    harm: str
    p: float
    estimate: float
    unforeseen: float
    clusters_needed: float
    caused: Floats
    exposed: Floats
    stake: Floats
    counts: tuple[int, int] | None = None

    def bound(self, level: float) -> float:
        """Return the upper bound of the harm per contact at `level`."""
        if self.counts is not None:
            return binomial_bound(*self.counts, level)
        return upper_bound(self.caused, self.exposed, stake=self.stake, level=level)


def cutoffs(score: Floats, most: int = GRID) -> list[float]:
    """Return ≤ `most` distinct quantiles of D1's scores at or above 0, among the rows at or above 0; none if none are.

    A constant scorer has one cut-off, 0: everyone or nobody.
    """
    useful = score[score >= 0.0]
    if not len(useful):
        return []
    if np.ptp(score) == 0.0:
        return [0.0]
    levels = np.arange(most) / most
    return [float(q) for q in np.unique(np.quantile(useful, levels, method="inverted_cdf"))]


def trials(rule: Rule, ground: Ground, *, alpha: Mapping[str, float], log_level: float) -> tuple[Trial, ...]:
    """Test one rule against both harms; `log_level` is ln(K/δ)."""
    contacts = tuple(ground.design.contacts(score, rule.cutoff) for score in (rule.first, rule.second))
    return tuple(_trial(harm, rule, ground, contacts, alpha=alpha[harm], log_level=log_level) for harm in HARMS)


def _trial(  # noqa: PLR0913  (a rule, what it is tested on, and for which harm)
    harm: str, rule: Rule, ground: Ground, contacts: tuple[Floats, ...], *, alpha: float, log_level: float
) -> Trial:
    """Test one rule against one harm; `contacts` are s of all rows of D1 and of D2."""
    design, (rows1, rows2), e1 = ground.design, ground.rows, ground.first.half.propensity
    risk = at_stake(harm, e1, contacts[0], most=ground.most, alpha=alpha, design=design)
    earlier, found = before(risk, rows1, rows1.of(contacts[0])), losses(risk, rows2, rows2.of(contacts[1]))
    L = found.caused - alpha * found.exposed
    stake = stakes(L, hi=risk.hi, log_level=log_level, before=earlier)
    tested = Trial(
        harm=harm,
        p=p_value(L, stake),
        estimate=found.estimate,
        unforeseen=found.unforeseen,
        clusters_needed=needed(mean=float(np.mean(L)), variance=float(np.var(L)), hi=risk.hi, log_level=log_level),
        caused=found.caused,
        exposed=found.exposed,
        stake=np.minimum(stake, 0.95 / risk.hi_at_zero),
    )
    binomial = harm == "opt_out" and rule.constant and ground.alike  # constant s and e, single-row clusters
    return _exact(tested, ground.second, alpha) if binomial else tested


def _exact(tested: Trial, second: Evidence, alpha: float) -> Trial:
    """Replace the bets by the binomial tail of the attributable harms among the contacted."""
    contacted, harms = second.half.contacted, second.half.opt_out
    count, harmed = int(contacted.sum()), 0 if harms is None else int(harms[contacted].sum())
    p, estimate = binomial_p(harmed, count, alpha), harmed / max(count, 1)
    return replace(tested, p=p, estimate=estimate, counts=(harmed, count))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tried:
    """A rule with its trials, whether Holm certifies it, and the mean net benefit above its cut-off on D2."""

    rule: Rule
    trials: tuple[Trial, ...]
    certified: bool
    benefit: Interval

    @property
    def p(self) -> float:
        """max(p_C, p_A): both harms must be shown (intersection–union)."""
        return max(each.p for each in self.trials)

    @property
    def contacted(self) -> float:
        """The share of D2 at or above the cut-off."""
        return float(np.mean(self.rule.second >= self.rule.cutoff))


def try_rules(rules: Sequence[Rule], ground: Ground, question: Question) -> list[Tried]:
    """Test every rule against both harms and run Holm over the rules at the level of the attempt."""
    log_level = math.log(max(len(rules), 1) / question.level)
    tested = []
    for rule in rules:
        above = (rule.second >= rule.cutoff).astype(np.float64)
        both = trials(rule, ground, alpha=question.alpha, log_level=log_level)
        benefit = ratio_interval(above * ground.gamma, above, ground.second.half.cluster)
        tested.append(Tried(rule=rule, trials=both, certified=False, benefit=benefit))
    certified = holm(np.array([each.p for each in tested]), question.level)
    return [replace(each, certified=bool(passed)) for each, passed in zip(tested, certified, strict=True)]
