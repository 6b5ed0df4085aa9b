"""What a fitted learner is, for one outcome, without the library that fitted it (numpy and stdlib only).

    raw = a·link(z_one) + b·link(z_zero),    z = intercept + design·coef     or     z = baseline + Σ trees

T and S: (a, b) = (1, −1), the means with and without contact. X: (1 − g, g) with g the mean propensity, each head an
effect learned on one arm (Künzel et al. 2019). R, doubly robust, response and average: one head, (1, 0).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.trees.forest import Tree

Floats = NDArray[np.float64]

LINKS = ("identity", "logistic")


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A linear head: `coef` float64[p + 1] on the columns of `model.learning.design`, the intercept last."""

    coef: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Boosted:
    """A head of boosted trees on codes: `baseline` plus, tree after tree, the leaves that a row reaches."""

    baseline: float
    trees: tuple[Tree, ...]


Head = Linear | Boosted


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """The portable form of one learner: the link of both heads, their weights (a, b), and the heads."""

    link: str
    mix: tuple[float, float]
    one: Head
    zero: Head | None = None


def linked(z: Floats, link: str) -> Floats:
    """Return the mean of an outcome: z itself, or 1/(1 + exp(−z)), cut at ±500, where it is 0 or 1 to the last bit."""
    return z if link == "identity" else 1.0 / (1.0 + np.exp(-np.clip(z, -500.0, 500.0)))
