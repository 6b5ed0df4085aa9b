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
from model.statistics.betting import Moments

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
        above = (score >= cutoff).view(np.int8)  # a look-up is faster than `where` on arms in no order
        return np.array([self.shares.below, self.shares.above])[above]


def steepest(e: Floats, clip: float) -> Floats:
    """Return the largest Γ_C that each row can have, max(1/e, m̄/(1 − e)), float64[n]."""
    return np.asarray(np.maximum(1.0 / e, clip / (1.0 - e)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arranged:
    """The rows of a half that count, n of them, in the order of the bets: what every rule is tested on, made once.

    `index` are their numbers in the half (None: all as they stand), `place` their clusters' (None: one row each);
    `most` is the largest Γ_C that the row can have, `effect` its Γ_C.
    """

    index: Ints | None
    place: Ints | None
    clusters: int
    e: Floats
    contacted: Bools
    opt_out: Floats
    effect: Floats
    most: Floats

    def sums(self, values: Floats) -> Floats:
        """Return the sum over each cluster's rows, float64[G], in the order of the bets."""
        if self.place is None:
            return values
        return np.asarray(np.bincount(self.place, weights=values, minlength=self.clusters), dtype=np.float64)

    def of(self, values: Floats) -> Floats:
        """Return the values of these rows, float64[n], of those of all the half's rows."""
        return values if self.index is None else values[self.index]


def arranged(evidence: Evidence, design: Design) -> Arranged:
    """Put the rows that count into the order of the bets; rows of one cluster keep theirs."""
    half, rows = evidence.half, np.flatnonzero(evidence.kept)
    place = evidence.order[half.cluster[rows]]
    sequence = np.argsort(place, kind="stable")
    index, place = rows[sequence], place[sequence]
    e, contacted = half.propensity[index], half.contacted[index]
    y, harmed = (np.zeros(len(e)) if each is None else each[index] for each in (half.complaint, half.opt_out))
    m1, m0 = (np.clip(m[index], 0.0, design.clip) for m in evidence.arms)
    clusters = len(evidence.order)
    single = len(place) == clusters and bool((place == np.arange(clusters)).all())
    return Arranged(
        index=None if np.array_equal(index, np.arange(len(half.contacted))) else index,
        place=None if single else place,
        clusters=clusters,
        e=e,
        contacted=contacted,
        opt_out=harmed,
        effect=pseudo_outcome(y, arms=(m1, m0), contacted=contacted, propensity=e),
        most=steepest(e, design.clip),
    )


def row_ceiling(harm: str, e: Floats, s: Floats, *, alpha: float, most: Floats) -> Floats:
    """Return the largest L that each row can have, float64[n]; `most` is the largest Γ_C."""
    if harm == "complaint":
        return np.asarray(s * (most - alpha))
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


def at_stake(  # noqa: PLR0913  (three columns of D1, the harm with its limit, the design)
    harm: str, e: Floats, s: Floats, *, most: Floats, alpha: float, design: Design
) -> Risk:
    """Return hi_C = M·max[s·(max(1/e, m̄/(1 − e)) − α_C)] or hi_A = M·max(s/e)·(1 − α_A), over the rows of D1.

    e, s and `most`, the largest Γ_C, are float64[n] of all rows of D1.
    """
    row = float(np.max(row_ceiling(harm, e, s, alpha=alpha, most=most)))
    at_zero = row + design.shares.above * alpha if harm == "complaint" else row / (1.0 - alpha)
    count = design.rows_per_cluster
    return Risk(harm=harm, alpha=alpha, row=row, hi=count * row, hi_at_zero=count * at_zero)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Losses:
    """What a rule costs per cluster: L_g = caused − α·exposed, float64[G] each, in the order of the bets.

    `estimate` is the harm per contact without the unforeseen rows, `unforeseen` their share of the rows that count.
    """

    caused: Floats
    exposed: Floats
    estimate: float
    unforeseen: float


def caused_and_exposed(harm: str, rows: Arranged, s: Floats) -> tuple[Floats, Floats]:
    """Return per row (s·Γ_C, s), or (s·(T/e)·A, s·T/e); s float64[n] of the arranged rows."""
    if harm == "complaint":
        return s * rows.effect, s
    exposed = s * rows.contacted / rows.e
    return exposed * rows.opt_out, exposed


def before(risk: Risk, rows: Arranged, s: Floats) -> Moments:
    """Return the moments of L on D1, none of whose rows is unforeseen."""
    caused, exposed = (rows.sums(each) for each in caused_and_exposed(risk.harm, rows, s))
    return Moments.of(caused - risk.alpha * exposed)


def losses(risk: Risk, rows: Arranged, s: Floats) -> Losses:
    """Return what a rule costs per cluster of D2; s float64[n] of the arranged rows.

    A row that could exceed the ceiling counts as harm for certain.
    """
    caused, exposed = caused_and_exposed(risk.harm, rows, s)
    unforeseen = row_ceiling(risk.harm, rows.e, s, alpha=risk.alpha, most=rows.most) > risk.row * (1.0 + ROUNDING)
    share = float(np.mean(unforeseen))
    seen_caused, seen_exposed = caused, exposed
    if share > 0.0:
        seen_caused, seen_exposed = caused[~unforeseen], exposed[~unforeseen]
        caused, exposed = np.where(unforeseen, s, caused), np.where(unforeseen, s, exposed)
    contacts = float(seen_exposed.sum())
    return Losses(
        caused=rows.sums(caused),
        exposed=rows.sums(exposed),
        estimate=float(seen_caused.sum()) / contacts if contacts > 0 else float("nan"),
        unforeseen=share,
    )
