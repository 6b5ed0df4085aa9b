"""What is compared, and how sure one may be: pure functions of arrays.

Nadeau & Bengio 2003: over J repeats of one split, D1 and D2 of different repeats share rows, so the variance of a mean
difference is (1/J + n_test/n_train)·s², not s²/J.

Example:
    >>> paired([0.1, 0.3], ratio=2 / 3).mean, round(paired([0.1, 0.3], ratio=2 / 3).se, 6)
    (0.2, 0.152753)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.qini import dr_qini, qini_sklift

Floats = NDArray[np.float64]

MEASURES = ("qini", "dr_qini", "value", "true_qini", "regret", "pehe")  # of the last two, less is better


@dataclass(frozen=True, slots=True)
class Paired:
    """A mean difference (ours − theirs) over the repeats with its Nadeau–Bengio corrected standard error."""

    mean: float
    se: float

    def not_below(self) -> bool:
        """Whether ours is not below by more than one standard error (more is better)."""
        return bool(self.mean >= -self.se)

    def not_above(self) -> bool:
        """Whether ours is not above by more than one standard error (less is better)."""
        return bool(self.mean <= self.se)


def paired(differences: Sequence[float] | Floats, *, ratio: float) -> Paired:
    """Return the mean and the standard error √((1/J + ratio)·s²), ratio = n_test/n_train; infinite for one repeat."""
    found = np.asarray(differences, dtype=np.float64)
    if len(found) < 2:
        return Paired(float(found.mean()), float("inf"))
    variance = (1.0 / len(found) + ratio) * float(np.var(found, ddof=1))
    return Paired(float(found.mean()), float(np.sqrt(variance)))


def pehe(score: Floats, truth: Floats) -> float:
    """Return the root of the mean squared error of the predicted effects (Hill 2011), in units of the outcome."""
    return float(np.sqrt(np.mean((score - truth) ** 2)))


def regret(score: Floats, truth: Floats) -> float:
    """Return what contacting where the score is ≥ 0 loses per row against contacting where the true effect is > 0."""
    return float(np.mean(np.maximum(truth, 0.0)) - np.mean(truth * (score >= 0.0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """D2 of one repeat as the judge sees it; `truth` may be unknown; `sklift`: whether their Qini means something."""

    y: Floats
    contacted: NDArray[np.bool_]
    gamma: Floats
    truth: Floats | None
    sklift: bool


def judged(score: Floats, held: Held) -> dict[str, float]:
    """Return every measure of one learner's scores on D2; NaN where it does not apply or the learner failed."""
    missing = dict.fromkeys(MEASURES, float("nan"))
    if not np.isfinite(score).all():
        return missing
    known: dict[str, float] = {
        "dr_qini": dr_qini(score, held.gamma).estimate,
        "value": float(np.mean(held.gamma * (score >= 0.0))),
    }
    if held.sklift:
        known["qini"] = qini_sklift(held.y, score, held.contacted)
    if held.truth is not None:
        known |= {"regret": regret(score, held.truth), "pehe": pehe(score, held.truth)}
        known["true_qini"] = dr_qini(score, held.truth).estimate
    return missing | known


def selected(quality: Floats) -> NDArray[np.intp]:
    """Return for each repeat the learner with the best cross-validated figure, intp[r] of float64[r, k] with gaps."""
    return np.asarray(np.argmax(np.where(np.isnan(quality), -np.inf, quality), axis=1), dtype=np.intp)
