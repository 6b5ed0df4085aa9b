from typing import Any

import numpy as np
import pytest

from model.crossfit import FOLDS, _out_of_fold, cross_fit, cross_fit_propensity, loss, make_folds
from model.learners.linear import STRENGTHS, TLearner
from model.split import Half


def world(rows: int = 1500, *, clusters: int = 500, seed: int = 0, columns: int = 3) -> tuple[Half, np.ndarray]:
    """A half whose benefit depends on its first column."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, columns))
    contacted = rng.random(rows) < 0.5
    y = (rng.random(rows) < 1 / (1 + np.exp(1.0 - X[:, 0] - 0.5 * contacted))).astype(float)
    built = Half(
        X=X,
        contacted=contacted,
        propensity=np.full(rows, 0.5),
        cluster=np.arange(rows) if clusters == rows else rng.integers(0, clusters, rows),
        benefit=y,
        complaint=None,
        opt_out=None,
    )
    return built, y


def folds_of(built: Half, seed: int = 0) -> np.ndarray:
    """Folds as training makes them."""
    return make_folds(built.cluster, built.contacted, built.benefit, seed=seed)


def test_a_cluster_is_in_one_fold() -> None:
    """What a customer's other rows say is not out of fold."""
    built, _ = world()
    folds = folds_of(built)
    pairs = set(zip(built.cluster.tolist(), folds.tolist(), strict=True))
    assert len(pairs) == len(set(built.cluster.tolist()))


def test_folds_are_alike_in_arms_and_benefit() -> None:
    """Stratified on T and B: no fold is without one of them."""
    built, y = world(3000, clusters=3000)
    folds = folds_of(built)
    for values in (built.contacted, y):
        shares = [values[folds == fold].mean() for fold in range(FOLDS)]
        assert max(shares) - min(shares) < 0.03


def test_rare_benefits_are_spread_over_the_folds() -> None:
    """Five benefits, five folds: one each."""
    benefit = np.zeros(1000)
    benefit[:5] = 1.0
    folds = make_folds(np.arange(1000), np.ones(1000, dtype=bool), benefit, seed=1)
    assert sorted(folds[:5].tolist()) == [0, 1, 2, 3, 4]


def test_folds_depend_on_the_seed_and_on_nothing_else() -> None:
    """The seed is for folds only."""
    built, _ = world()
    one, again, other = (folds_of(built, seed) for seed in (1, 1, 2))
    assert (np.array_equal(one, again), np.array_equal(one, other)) == (True, False)


def test_a_row_never_taught_its_own_prediction() -> None:
    """Changing one fold's outcomes changes no prediction of that fold."""
    built, y = world()
    folds = folds_of(built)
    changed = np.where(folds == 0, 1.0 - y, y)
    learner = TLearner()
    before, after = (_out_of_fold(learner, built, values, folds)[0][folds == 0] for values in (y, changed))
    assert np.array_equal(before, after)


def test_a_fold_is_predicted_by_all_the_others() -> None:
    """Four fifths of the rows teach, not one fifth."""
    built, y = world()
    folds = folds_of(built)
    out = folds != 2
    learner = TLearner().fit(built.X[out], y[out], contacted=built.contacted[out], propensity=built.propensity[out])
    m1, m0 = _out_of_fold(TLearner(), built, y, folds)
    expected = learner.arms(built.X[~out])
    assert (np.array_equal(m1[~out], expected[0]), np.array_equal(m0[~out], expected[1])) == (True, True)


def test_the_strength_is_one_of_the_grid_and_chosen_per_arm() -> None:
    """Noise in one arm gets the strongest penalty, a clear signal in the other a weaker one."""
    built, y = world(3000, clusters=3000, columns=20)
    rng = np.random.default_rng(5)
    mixed = np.where(built.contacted, y, rng.random(3000) < 0.3).astype(float)
    learner = cross_fit(built, mixed, folds=folds_of(built), link="logistic").learner
    assert {learner.l2_contacted, learner.l2_held_out} <= set(STRENGTHS)
    assert learner.l2_held_out == max(STRENGTHS) > learner.l2_contacted


def test_out_of_fold_means_predict() -> None:
    """Cross-fitted log loss beats the mean where there is something to learn."""
    built, y = world(3000, clusters=3000)
    found = cross_fit(built, y, folds=folds_of(built), link="logistic")
    arm = built.contacted
    mean = np.full(int(arm.sum()), y[arm].mean())
    assert loss(y[arm], found.m1[arm], "logistic") < loss(y[arm], mean, "logistic")


@pytest.mark.parametrize("link", ["logistic", "identity"])
def test_an_arm_of_one_row_does_not_break(link: str) -> None:
    """99.9 % contacted: some folds have no held-out row to learn from."""
    built, y = world()
    few = np.ones(len(y), dtype=bool)
    few[7] = False
    lonely = Half(
        X=built.X,
        contacted=few,
        propensity=np.full(len(y), 0.999),
        cluster=built.cluster,
        benefit=y,
        complaint=None,
        opt_out=None,
    )
    found = cross_fit(lonely, y, folds=folds_of(lonely), link=link)
    assert np.isfinite(np.r_[found.m1, found.m0]).all()


@pytest.mark.parametrize(
    ("y", "mean", "link", "expected"),
    [
        ([1.0, 0.0], [0.5, 0.5], "logistic", np.log(2)),
        ([1.0], [0.0], "logistic", -np.log(1e-9)),
        ([3.0, 1.0], [1.0, 1.0], "identity", 2.0),
        ([], [], "logistic", 0.0),
    ],
)
def test_the_loss_is_log_loss_or_squared_error(y: Any, mean: Any, link: str, expected: float) -> None:
    """A certain and wrong prediction costs much, not everything."""
    assert loss(np.array(y), np.array(mean), link) == pytest.approx(expected)


def test_an_estimated_propensity_follows_the_features() -> None:
    """Out of fold on D1, from D1 on D2, and never beyond [.01, .99]."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(4000, 2))
    true = 1 / (1 + np.exp(-8 * X[:, 0]))
    contacted = rng.random(4000) < true
    folds = make_folds(np.arange(3000), contacted[:3000], np.zeros(3000), seed=0)
    first, second = cross_fit_propensity(X[:3000], contacted[:3000], X[3000:], folds=folds)
    assert np.abs(second - true[3000:]).mean() < 0.05
    assert (first.min(), first.max()) == (0.01, 0.99)
