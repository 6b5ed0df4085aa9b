"""How much each logged row counts for the evaluation policy, and how far so few rows carry an answer.

    weight   w = π/e of a contacted row, (1 − π)/(1 − e) of a held-out one      π = P(contact | row), evaluation policy
    clipped  min(w, clip); its expectation loses  (π − clip·e)₊ + (1 − π − clip·(1 − e))₊  of each row's whole weight 1
    Kish's effective sample size  (Σ W)²/Σ W²,  W the sum of a cluster's weights

Where evaluation and logging policy agree, every row has the weight 1, exactly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.errors import InvalidInput, Unanswerable
from model.off_policy.expected import LEAST_EFFECTIVE, refuse_unexplored, thinnest
from model.off_policy.log import Log

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighed:
    """The rows of a log as an evaluation policy sees them: float64[n] each, but `lost` float64[2, n].

    `lost` is how much of a row's weight clipping takes, in expectation over its draw: if contacted, if held out.
    """

    contacts: Floats
    weights: Floats
    clipped: Floats
    lost: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class PartWeight:
    """How well one part of the log carries the answer: its rows, their effective sample size and largest weight."""

    part: str
    rows: int
    effective_sample_size: float
    largest_weight: float


def weigh(log: Log, contacts: Floats, clip: float) -> Weighed:
    """Return the weights of an evaluation policy that stays inside the log's support.

    Raises:
        InvalidInput: `clip` is below 1, so that it would clip the logging policy itself.
    """
    if not (np.isfinite(clip) and clip >= 1.0):
        raise InvalidInput(f"`clip` is `{clip:g}`; give a weight of 1 or more, above which weights are cut")
    asked = np.where(log.contacted, contacts, 1.0 - contacts)
    logged = np.where(log.contacted, log.propensity, 1.0 - log.propensity)
    with np.errstate(over="ignore"):  # a weight beyond all numbers has an effective sample size of 0 and is refused
        weights = asked / logged
    lost = np.stack([contacts - clip * log.propensity, 1.0 - contacts - clip * (1.0 - log.propensity)])
    return Weighed(
        contacts=contacts,
        weights=weights,
        clipped=np.minimum(weights, clip),
        lost=np.where(lost > ROUNDING, lost, 0.0),
    )


def effective_size(weights: Floats, cluster: Ints) -> float:
    """Return Kish's effective sample size, in clusters: how many of equal weight would be as precise; 0 without weight.

    In clusters because rows of one cluster may move together; with single-row clusters it is the size in rows, and it
    is never more than that.

    Example:
        >>> effective_size(np.array([2.0, 1.0, 1.0]), np.array([0, 1, 1]))
        2.0
    """
    largest = float(np.max(weights))
    if not 0.0 < largest < np.inf:
        return 0.0
    sums = np.bincount(cluster, weights=weights / largest)
    return float(np.sum(sums) ** 2 / np.sum(sums**2))


def part_weights(log: Log, weights: Floats) -> tuple[PartWeight, ...]:
    """Return how well each part carries the answer, in the order of their names."""
    names, code = log.parts()
    order = np.argsort(code, kind="stable")
    ends = np.cumsum(np.bincount(code, minlength=len(names)))
    found = []
    for name, rows in zip(names, np.split(order, ends[:-1]), strict=True):
        cluster = np.unique(log.cluster[rows], return_inverse=True)[1]
        size = effective_size(weights[rows], cluster)
        largest = float(np.max(weights[rows]))
        found.append(PartWeight(part=name, rows=len(rows), effective_sample_size=size, largest_weight=largest))
    return tuple(found)


def refuse_few(log: Log, seen: Weighed) -> None:
    """Raise `Unanswerable` below an effective sample size of 200, drawn or expected, naming the part carried least."""
    size = effective_size(seen.weights, log.cluster)
    if size < LEAST_EFFECTIVE:
        raise Unanswerable(
            f"the effective sample size is {size:.1f}, below {LEAST_EFFECTIVE:.0f}: too few of the {log.rows} rows "
            f"({int(np.max(log.cluster)) + 1} clusters) did what the evaluation policy would do; the log is "
            f"thinnest in {thinnest(log, seen.contacts)}: log more rows, or explore more there"
        )
    refuse_unexplored(log, seen.contacts)
