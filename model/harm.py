"""What contact costs, row by row and cluster by cluster, in a form that can be bet against (METHOD section 4).

    complaints   L = s·(Γ_C − α_C)              m0, m1 from D1, clipped to [0, m̄]
    opt-out      L = s·(T/e)·(A − α_A)
    s = P(the system contacts | history) = .95 where U ≥ q, .02 elsewhere: exploration is part of the rule

so that R(q) = E[Σ s τ]/E[Σ s] ≤ α exactly when E[L_g] ≤ 0, L_g the sum over a cluster's first M rows in time.

Ceilings come from the design as D1 shows it. Γ_C is at most 1/e on a contacted row (m1 − m0 + (1 − m1)/e ≤ 1/e) and
m̄/(1 − e) on a held-out one (m1 + m0·e/(1 − e) at C = 0). With m̄ = min(1, (1 − e_max)/e_max) the second is at most
(1 − e_max)/(1 − e)/e_max ≤ 1/e_max ≤ 1/e: clipping to m̄ costs nothing in validity (any m is allowed) and adds nothing
to the ceiling.

A row of D2 whose propensity lies outside what D1 showed could exceed the ceiling: it counts as harm for certain,
L = s·(1 − α), which is at least its expectation whatever the truth is, and never above the ceiling.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.evaluation import pseudo_outcome
from model.split import Half

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

ABOVE, BELOW = 0.95, 0.02  # P(contacted | history) at or above and below the cut-off (METHOD section 2)
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
    """What D1 fixes for the bets: rows per cluster M, the range of e, and with it the clip m̄."""

    rows_per_cluster: int
    lowest: float
    highest: float

    @property
    def clip(self) -> float:
        """m̄ = min(1, (1 − e_max)/e_max)."""
        return min(1.0, (1.0 - self.highest) / self.highest)


def shares(score: Floats, cutoff: float) -> Floats:
    """Return s float64[n]."""
    return np.where(score >= cutoff, ABOVE, BELOW)


def ceiling(harm: str, first: Evidence, score: Floats, cutoff: float, design: Design) -> float:
    """Return what the design allows one row at most: max(1/e, m̄/(1 − e)) of complaints, max(s/e) of opt-outs."""
    if harm == "complaint":
        return max(1.0 / design.lowest, design.clip / (1.0 - design.highest))
    return float(np.max(shares(score, cutoff) / first.half.propensity))


def harm_and_exposure(harm: str, evidence: Evidence, s: Floats, *, top: float, design: Design) -> tuple[Floats, Floats]:
    """Return per cluster Σ s·Γ_C and Σ s, or Σ s·(T/e)·A and Σ s·T/e: L_g = harm − α·exposure, float64[G] each.

    `top` is the ceiling of one row; a row that could exceed it counts as harm for certain.
    """
    half = evidence.half
    e = half.propensity
    if harm == "complaint":
        m1, m0 = (np.clip(m, 0.0, design.clip) for m in evidence.arms)
        y = half.complaint if half.complaint is not None else np.zeros(len(e))
        caused = s * pseudo_outcome(y, arms=(m1, m0), contacted=half.contacted, propensity=e)
        exposed, possible = s, np.maximum(1.0 / e, design.clip / (1.0 - e))
    else:
        exposed = s * half.contacted / e
        caused = exposed * (half.opt_out if half.opt_out is not None else 0.0)
        possible = s / e
    unforeseen = possible > top * (1.0 + ROUNDING)
    caused, exposed = np.where(unforeseen, s, caused), np.where(unforeseen, s, exposed)
    return evidence.sums(caused), evidence.sums(exposed)


def highest_loss(harm: str, *, top: float, alpha: float, design: Design) -> float:
    """Return hi_C = M·max s·(max(1/e, m̄/(1 − e)) − α_C) or hi_A = M·max(s/e)·(1 − α_A), `top` as of `ceiling`."""
    row = ABOVE * (top - alpha) if harm == "complaint" else top * (1.0 - alpha)
    return design.rows_per_cluster * row
