"""Worlds whose harm per contact is known for every cut-off: what benchmarks/certificate.py certifies.

A customer has a score u, uniform on [−.3, .7), one or more occasions, and per harm a caused rate τ(u) = scale·shape(u).
The harm of a rule is R(q) = E[Σ s τ]/E[Σ s], integrated over u in 200,000 steps; the scale is set so that R(0) is what
was asked for. Every shape but `falling` has its smallest R at the smallest cut-off, so that a truth above α there is
above α at all.

Example:
    >>> flat = World(truth=(0.005, 0.005), base=0.005)
    >>> round(float(flat.harm("complaint", 0.25)), 9)
    0.005
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from model.certifying.harm import HARMS, Design, Evidence
from model.certifying.trials import Ground, Rule, cutoffs
from model.contracts import Shares
from model.learning.coded import as_coded
from model.split import Half, rank_in_cluster, rows_per_cluster

Floats = NDArray[np.float64]

LOW, HIGH = -0.3, 0.7
STEPS = 200_000
BINS = 10  # of the score, in which D1 learns the complaint rates of both arms
FIRST = 1.5  # rows of D1 per row of D2: 60 and 40 %

SHAPES: Mapping[str, Callable[[Floats], Floats]] = {
    "flat": np.ones_like,
    "rising": lambda u: u - LOW,
    "top-heavy": lambda u: (u >= 0.6) * 1.0,
    "falling": lambda u: HIGH - u,
    "below": lambda u: (u < 0.0) * 1.0,
}
SIZES: Mapping[str, Callable[[Floats], NDArray[np.intp]]] = {
    "one": lambda u: np.ones(len(u), dtype=np.intp),
    "three": lambda u: np.full(len(u), 3, dtype=np.intp),
    "more at the top": lambda u: np.where(u >= 0.4, 6, 1).astype(np.intp),
}


@dataclass(frozen=True, kw_only=True)
class World:
    """The truth R(0) of (complaints, opt-outs), the complaint rate without contact, and how the log was made.

    `e` is P(contacted): a number, or a pair (u ≥ 0, u < 0). `tied`: all occasions of a customer share their luck.
    """

    truth: tuple[float, float]
    base: float
    e: float | tuple[float, float] = 0.5
    shape: str = "flat"
    size: str = "one"
    tied: bool = False
    shares: Shares = field(default_factory=Shares)

    def scale(self, harm: str) -> float:
        """Return what the shape is multiplied with.

        Raises:
            ValueError: the truth asked for would need rates above 1.
        """
        wanted = self.truth[HARMS.index(harm)]
        if wanted == 0.0:
            return 0.0
        found = wanted / self._ratio(0.0)
        highest = found * float(SHAPES[self.shape](np.linspace(LOW, HIGH, 101)).max())
        if highest + (self.base if harm == "complaint" else 0.0) > 1.0:
            raise ValueError(f"shape `{self.shape}`: harm of `{wanted}` per contact needs rates above 1")
        return found

    def harm(self, harm: str, cutoff: float) -> float:
        """Return R(cutoff) of one harm."""
        return self.scale(harm) * self._ratio(cutoff)

    def _ratio(self, cutoff: float) -> float:
        """Return E[Σ s·shape]/E[Σ s]."""
        harm, rows = _sums(self.shape, self.size)
        k = int(np.clip(np.ceil((cutoff - LOW) * STEPS - 0.5), 0, STEPS))  # steps below the cut-off
        above, below = self.shares.above, self.shares.below
        caused, exposed = (below * each[k] + above * (each[-1] - each[k]) for each in (harm, rows))
        return float(caused / exposed)

    def half(self, rng: np.random.Generator, rows: int) -> tuple[Half, Floats]:
        """Draw about this many rows; returns them with their scores."""
        people = rng.random(int(2 * rows)) - 0.3
        sizes = SIZES[self.size](people)
        people, sizes = (each[: int(np.searchsorted(np.cumsum(sizes), rows)) + 1] for each in (people, sizes))
        cluster = np.repeat(np.arange(len(people)), sizes)
        u = people[cluster]
        e = np.full(len(u), self.e) if isinstance(self.e, float) else np.where(u >= 0.0, *self.e)
        contacted = rng.random(len(u)) < e
        luck = rng.random((2, len(people)))[:, cluster] if self.tied else rng.random((2, len(u)))
        shape = SHAPES[self.shape](u)
        complaint = luck[0] < self.base + contacted * self.scale("complaint") * shape
        opt_out = contacted & (luck[1] < self.scale("opt_out") * shape)
        built = Half(
            rows=as_coded(np.zeros((len(u), 1))),
            contacted=contacted,
            propensity=e,
            cluster=cluster,
            benefit=np.zeros(len(u)),
            complaint=complaint.astype(np.float64),
            opt_out=opt_out.astype(np.float64),
        )
        return built, u

    def ground(self, rng: np.random.Generator, rows: int) -> tuple[Ground, Floats, Floats]:
        """Draw D1 and D2 (this many rows); returns what rules are tested on and both halves' scores."""
        (one, u1), (two, u2) = (self.half(rng, int(n)) for n in (FIRST * rows, rows))
        ranks = [rank_in_cluster(each.cluster, None) for each in (one, two)]
        most = rows_per_cluster(ranks[0])
        means = _learned(one, u1)
        first, second = (
            Evidence(
                half=each,
                arms=(means[1][_bin(u)], means[0][_bin(u)]),
                kept=rank < most,
                order=np.arange(int(each.cluster.max()) + 1),  # customers are drawn in no order
            )
            for each, rank, u in zip((one, two), ranks, (u1, u2), strict=True)
        )
        design = Design(rows_per_cluster=most, highest=float(one.propensity.max()), shares=self.shares)
        return Ground(first=first, second=second, design=design, gamma=np.ones(len(u2))), u1, u2


@cache
def _sums(shape: str, size: str) -> tuple[Floats, Floats]:
    """Return Σ size·shape and Σ size over the first k of STEPS steps of u, float64[STEPS + 1] each."""
    u = LOW + (np.arange(STEPS) + 0.5) / STEPS
    rows = SIZES[size](u).astype(np.float64)
    return np.r_[0.0, np.cumsum(rows * SHAPES[shape](u))], np.r_[0.0, np.cumsum(rows)]


def rules(kind: str, u1: Floats, u2: Floats) -> list[Rule]:
    """Return `everyone` (a constant scorer), `one` cut-off at 0, or the `grid` of twenty that D1 gives."""
    if kind == "everyone":
        return [Rule(cutoff=0.0, deployed=True, first=np.full(len(u1), 0.3), second=np.full(len(u2), 0.3))]
    chosen = [0.0] if kind == "one" else cutoffs(u1)
    return [Rule(cutoff=q, deployed=True, first=u1, second=u2) for q in chosen]


def _bin(u: Floats) -> NDArray[np.intp]:
    """Return the bin of each score."""
    return np.clip(((u - LOW) * BINS).astype(np.intp), 0, BINS - 1)


def _learned(half: Half, u: Floats) -> tuple[Floats, Floats]:
    """Return the complaint rates of D1 per bin, held out and contacted; the overall rate where a bin has none."""
    y = half.complaint if half.complaint is not None else np.zeros(len(u))
    found = []
    for arm in (~half.contacted, half.contacted):
        count = np.bincount(_bin(u)[arm], minlength=BINS)
        total = np.bincount(_bin(u)[arm], weights=y[arm], minlength=BINS)
        found.append(np.where(count > 0, total / np.maximum(count, 1), y.mean()))
    return found[0], found[1]
