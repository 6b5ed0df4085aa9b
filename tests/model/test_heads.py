import numpy as np
import pytest

from model.features import Feature
from model.heads import Boosted, Heads, Linear, linked
from model.learning.design import width
from model.scorer import Scorer
from model.trees.forest import Tree

FEATURES = (Feature(name="x", kind="number"),)
X = np.array([[0.5], [-1.0]])


def boosted(value: float) -> Boosted:
    """Trees that say the same of everyone."""
    return Boosted(value, (Tree.of_leaf(0.5), Tree.of_leaf(0.25)))


def linear(slope: float, intercept: float) -> Linear:
    """A line."""
    return Linear(np.array([slope, intercept]))


LEARNERS = {
    "T": (Heads("logistic", (1.0, -1.0), linear(2.0, 0.1), linear(1.0, 0.2)), [(2.0, 0.1), (1.0, 0.2)], (1.0, -1.0)),
    "X": (Heads("identity", (0.3, 0.7), linear(2.0, 0.1), linear(1.0, 0.2)), [(2.0, 0.1), (1.0, 0.2)], (0.3, 0.7)),
    "response": (Heads("logistic", (1.0, 0.0), linear(2.0, 0.1)), [(2.0, 0.1), (0.0, 0.0)], (1.0, 0.0)),
    "trees": (Heads("logistic", (1.0, -1.0), boosted(0.1), boosted(0.2)), [(0.0, 0.85), (0.0, 0.95)], (1.0, -1.0)),
    "both": (Heads("identity", (0.5, 0.5), boosted(0.1), linear(1.0, 0.2)), [(0.0, 0.85), (1.0, 0.2)], (0.5, 0.5)),
    "no second": (Heads("identity", (1.0, -1.0), boosted(0.1)), [(0.0, 0.85), (0.0, 0.0)], (1.0, 0.0)),
}


@pytest.mark.parametrize("learner", sorted(LEARNERS))
def test_raw_is_a_mix_of_two_heads(learner: str) -> None:
    """a·link(z_one) + b·link(z_zero), linear or trees; without a second head b counts for nothing."""
    heads, lines, (a, b) = LEARNERS[learner]
    one, zero = (linked(slope * X[:, 0] + intercept, heads.link) for slope, intercept in lines)
    actual = Scorer.of("x", {"opt_out": heads}, FEATURES).raw(X)
    np.testing.assert_allclose(actual, np.stack([0 * one, 0 * one, a * one + b * zero], axis=1), rtol=0, atol=1e-15)


def test_heads_fit_the_design() -> None:
    """One coefficient per column of the design, and the intercept."""
    assert len(linear(1.0, 0.0).coef) == width(FEATURES) + 1


@pytest.mark.parametrize(
    ("z", "expected"), [(0.0, 0.5), (800.0, 1.0), (-800.0, 0.0), (np.inf, 1.0), (-np.inf, 0.0), (1e308, 1.0)]
)
def test_the_logistic_link_saturates(z: float, expected: float) -> None:
    """Beyond ±500 it is 0 or 1 and no exponential overflows."""
    assert linked(np.array([z]), "logistic").tolist() == [pytest.approx(expected, abs=1e-200)]


def test_the_identity_is_the_score_itself() -> None:
    """A number stays a number."""
    assert linked(np.array([-3.5, 7.0]), "identity").tolist() == [-3.5, 7.0]
