"""One scorer's learner of one outcome: which it is, in words, and fitted on some rows of D1."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.crossfit import Means
from model.learners.arms import Response, SLearner, TLearner
from model.learners.average import AverageEffect
from model.learners.effects import DRLearner, RLearner, XLearner
from model.learners.learner import Learner
from model.learning.choices import EFFECTS, Bases, Outcome
from model.split import Half

Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Rows that teach out of fold, and everything that is known about them."""

    half: Half
    folds: Ints
    outcomes: tuple[Outcome, ...]
    bases: Mapping[str, Bases]
    means: Mapping[str, Means]


def learner(scorer: str, bases: Bases) -> Learner:
    """Return the unfitted learner of one scorer and one outcome; its `learned` words say the same."""
    m1, m0 = bases.means
    made: dict[str, Callable[[], Learner]] = {
        "average": AverageEffect,
        "response": lambda: Response(m1),
        "t_logit": lambda: TLearner(*bases.linear),
        "s_boosting": lambda: SLearner(bases.single),
        "t_boosting": lambda: TLearner(*bases.boosted),
        "x": lambda: XLearner(m1, m0, effect=bases.effects["x"]),
        "r": lambda: RLearner(m1, m0, effect=bases.effects["r"]),
        "dr": lambda: DRLearner(m1, m0, effect=bases.effects["dr"]),
    }
    return made[scorer]()


def in_words(scorer: str, outcomes: Sequence[Outcome], bases: Mapping[str, Bases]) -> str:
    """Return how a scorer is learned: base learners and their settings, per outcome."""
    if scorer == "average":
        return "one number for everyone"
    return "; ".join(f"{each.name.replace('_', '-')}: {bases[each.name].words(scorer)}" for each in outcomes)


def fitted(name: str, outcome: Outcome, sample: Sample, taught: Ints, fold: int | None) -> Learner:
    """Fit one scorer's learner of one outcome; X, R and doubly robust get means that did not see `fold` either."""
    half, means = sample.half, None
    if name in EFFECTS:
        known = sample.means[outcome.name]
        m1, m0 = known.own if fold is None else known.without(fold)
        means = (m1[taught], m0[taught])
    return learner(name, sample.bases[outcome.name]).fit(
        half.rows if len(taught) == len(half.rows) else half.rows.take(taught),
        outcome.y[taught],
        contacted=half.contacted[taught],
        propensity=half.propensity[taught],
        groups=half.cluster[taught],
        means=means,
    )
