"""The average effect: what a learner must beat before anyone believes that customers differ."""

import numpy as np
from numpy.typing import NDArray

from model.heads import Heads
from model.learners.export import constant_head
from model.learners.learner import Given, Learner, inside
from model.learning.coded import Coded

Floats = NDArray[np.float64]


class AverageEffect(Learner):
    """The same effect for everyone: the inverse-propensity-weighted difference in means (Hájek).

        effect_ = Σ Y·T/e / Σ T/e  −  Σ Y·(1 − T)/(1 − e) / Σ (1 − T)/(1 − e)

    An arm without rows counts as a mean of 0.

    Example:
        >>> learner = AverageEffect().fit(np.zeros((4, 1)), [1, 1, 0, 1], contacted=[1, 1, 0, 0], propensity=0.5)
        >>> learner.predict(np.zeros((2, 1))).tolist()
        [0.5, 0.5]
    """

    effect_: float

    def _learn(self, given: Given) -> None:
        """Estimate `effect_`; of X only the encoding is learned."""
        e = inside(given.propensity)
        self.link_ = "identity"
        w1, w0 = given.contacted / e, ~given.contacted / (1.0 - e)
        self.effect_ = float(given.y @ w1 / max(w1.sum(), 1e-300) - given.y @ w0 / max(w0.sum(), 1e-300))

    def _effect(self, rows: Coded) -> Floats:
        return np.full(len(rows), self.effect_)

    def _heads(self) -> Heads:
        return Heads("identity", (1.0, 0.0), constant_head(self.effect_, self.features_))
