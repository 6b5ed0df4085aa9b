"""What contact costs, row by row and cluster by cluster, in a form that can be bet against (METHOD section 4).

    complaints   L = s·(Γ_C − α_C)              m0, m1 from D1, clipped to [0, m̄]
    opt-out      L = s·(T/e)·(A − α_A)
    s = P(the system contacts | history) by the shares of the arms, usually .95 where U ≥ q and .02 elsewhere:
        exploration is part of the rule, and a certificate holds for the shares that it was computed with

so that R(q) = E[Σ s τ]/E[Σ s] ≤ α exactly when E[L_g] ≤ 0, L_g the sum over a cluster's first M rows in time.

Ceilings come from the design as D1 shows it: the largest row s·(max(1/e, m̄/(1 − e)) − α_C), and s/e·(1 − α_A), times
M. Γ_C is at most 1/e on a contacted row (m1 − m0 + (1 − m1)/e ≤ 1/e) and m̄/(1 − e) on a held-out one (m1 + m0·e/(1 − e)
at C = 0). With m̄ = min(1, (1 − e_max)/e_max) the second is at most (1 − e_max)/(1 − e)/e_max ≤ 1/e where e ≤ e_max:
clipping to m̄ costs nothing in validity (any m is allowed) and adds nothing to the ceiling.

A row of D2 that could exceed the ceiling, by a propensity or a combination of s and e that D1 did not show, counts as
harm for certain, L = s·(1 − α): that is at least its expectation whatever the truth is, and never above the ceiling.
Such rows are counted and said; the estimate leaves them out.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.contracts import Shares
from model.evaluation import pseudo_outcome
from model.split import Half

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

HARMS = ("complaint", "opt_out")
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What one half says about harm: its rows, m1 and m0 of complaints, the rows that count, the number of clusters.

    `order` places the clusters 0…G−1; `kept` marks the first M rows of each.
    """

    half: Half
    arms: tuple[Floats, Floats]
    kept: Bools
    order: Ints

    def sums(self, values: Floats) -> Floats:
        """Return the sum over each cluster's kept rows, float64[G], in the order of the bets."""
        place = self.order[self.half.cluster[self.kept]]
        return np.asarray(np.bincount(place, weights=values[self.kept], minlength=len(self.order)), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What D1 fixes for the bets: rows per cluster M, the largest e and with it the clip m̄; and the arms' shares."""

    rows_per_cluster: int
    highest: float
    shares: Shares = field(default_factory=Shares)

    @property
    def clip(self) -> float:
        """m̄ = min(1, (1 − e_max)/e_max)."""
        return min(1.0, (1.0 - self.highest) / self.highest)

    def contacts(self, score: Floats, cutoff: float) -> Floats:
        """Return s float64[n]: how likely each row is contacted."""
        return np.where(score >= cutoff, self.shares.above, self.shares.below)


def row_ceiling(harm: str, e: Floats, s: Floats, *, alpha: float, clip: float) -> Floats:
    """Return the largest L that each row can have, float64[n]."""
    if harm == "complaint":
        return np.asarray(s * (np.maximum(1.0 / e, clip / (1.0 - e)) - alpha))
    return np.asarray(s / e * (1.0 - alpha))


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What is at stake for one harm at one α: the largest loss of a row and of a cluster (hi) that D1 foresees.

    `hi_at_zero` is the cluster's ceiling where the same rows are tested at α = 0.
    """

    harm: str
    alpha: float
    row: float
    hi: float
    hi_at_zero: float


def at_stake(harm: str, first: Evidence, s: Floats, *, alpha: float, design: Design) -> Risk:
    """Return hi_C = M·max[s·(max(1/e, m̄/(1 − e)) − α_C)] or hi_A = M·max(s/e)·(1 − α_A), over the rows of D1."""
    row = float(np.max(row_ceiling(harm, first.half.propensity, s, alpha=alpha, clip=design.clip)))
    at_zero = row + design.shares.above * alpha if harm == "complaint" else row / (1.0 - alpha)
    most = design.rows_per_cluster
    return Risk(harm=harm, alpha=alpha, row=row, hi=most * row, hi_at_zero=most * at_zero)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Losses:
    """What a rule costs per cluster: L_g = caused − α·exposed, float64[G] each, in the order of the bets.

    `estimate` is the harm per contact without the unforeseen rows, `unforeseen` their share of the rows that count.
    """

    caused: Floats
    exposed: Floats
    estimate: float
    unforeseen: float


def losses(risk: Risk, evidence: Evidence, s: Floats, *, design: Design) -> Losses:
    """Return per cluster Σ s·Γ_C and Σ s, or Σ s·(T/e)·A and Σ s·T/e.

    A row that could exceed the ceiling counts as harm for certain.
    """
    half = evidence.half
    e = half.propensity
    if risk.harm == "complaint":
        m1, m0 = (np.clip(m, 0.0, design.clip) for m in evidence.arms)
        y = half.complaint if half.complaint is not None else np.zeros(len(e))
        caused, exposed = s * pseudo_outcome(y, arms=(m1, m0), contacted=half.contacted, propensity=e), s
    else:
        exposed = s * half.contacted / e
        caused = exposed * (half.opt_out if half.opt_out is not None else 0.0)
    unforeseen = row_ceiling(risk.harm, e, s, alpha=risk.alpha, clip=design.clip) > risk.row * (1.0 + ROUNDING)
    seen = evidence.kept & ~unforeseen
    contacts = float(exposed[seen].sum())
    return Losses(
        caused=evidence.sums(np.where(unforeseen, s, caused)),
        exposed=evidence.sums(np.where(unforeseen, s, exposed)),
        estimate=float(caused[seen].sum()) / contacts if contacts > 0 else float("nan"),
        unforeseen=float(np.mean(unforeseen[evidence.kept])),
    )
