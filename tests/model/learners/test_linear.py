from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from model.learners.linear import AverageEffect, Response, TLearner, fit_linear, linked, mean_outcome

LEARNERS = [AverageEffect(), Response(), TLearner(), Response(link="identity"), TLearner(link="identity")]


def world(rows: int = 3000, seed: int = 0) -> dict[str, Any]:
    """Occasions whose effect grows with the first column."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    contacted = rng.random(rows) < 0.5
    y = rng.random(rows) < 1 / (1 + np.exp(1.5 - contacted * (0.5 + X[:, 0])))
    return {"X": X, "y": y.astype(float), "contacted": contacted, "propensity": np.full(rows, 0.5)}


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
def test_fit_returns_self_and_names_what_it_learned(learner: Any) -> None:
    """Scikit-learn's promises: fitted names end in an underscore, arguments stay as given."""
    fresh = clone(learner)
    given = fresh.get_params()
    assert fresh.fit(**world()) is fresh
    assert fresh.get_params() == given
    assert fresh.n_features_in_ == 3


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
def test_a_clone_is_not_fitted(learner: Any) -> None:
    """What one fold learned does not reach the next."""
    with pytest.raises(NotFittedError):
        clone(clone(learner).fit(**world())).predict(world()["X"])


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
def test_fitting_twice_gives_the_same_bits(learner: Any) -> None:
    """No chance in learning."""
    one, two = (clone(learner).fit(**world()).predict(world()["X"]) for _ in range(2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
def test_params_can_be_set(learner: Any) -> None:
    """`set_params` and `get_params` agree."""
    fresh = clone(learner)
    params = {name: value * 2 if isinstance(value, float) else value for name, value in fresh.get_params().items()}
    assert fresh.set_params(**params).get_params() == params


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
def test_arms_are_keyword_only(learner: Any) -> None:
    """Contacted and propensity are both arrays of rows: nobody may swap them."""
    given = world()
    with pytest.raises(TypeError):
        clone(learner).fit(given["X"], given["y"], given["contacted"], given["propensity"])


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite_are_refused(learner: Any, bad: float) -> None:
    """The encoder never makes such a row; a learner that took one would hide the fault."""
    given = world()
    given["X"][0, 0] = bad
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        clone(learner).fit(**given)


def test_arrays_of_different_length_are_refused() -> None:
    """A shifted label is worse than none."""
    given = world()
    given["y"] = given["y"][1:]
    with pytest.raises(ValueError, match="inconsistent"):
        TLearner().fit(**given)


def test_average_effect_weighs_by_the_propensity() -> None:
    """Where those who benefit most were contacted most, the plain difference in means is biased."""
    rng = np.random.default_rng(3)
    needy = rng.random(40_000) < 0.5
    e = np.where(needy, 0.8, 0.2)
    contacted = rng.random(40_000) < e
    y = rng.random(40_000) < 0.1 + 0.4 * needy + 0.1 * contacted
    learner = AverageEffect().fit(needy[:, None].astype(float), y.astype(float), contacted=contacted, propensity=e)
    plain = y[contacted].mean() - y[~contacted].mean()
    assert (round(learner.effect_, 1), round(plain, 1)) == (0.1, 0.3)


def test_average_effect_is_the_same_for_everyone() -> None:
    """A constant scorer tells nobody apart."""
    learner = AverageEffect().fit(**world())
    assert np.unique(learner.predict(world()["X"])).size == 1


def test_average_effect_with_nobody_held_out_is_finite() -> None:
    """A half that lacks an arm is refused elsewhere; here nothing divides by zero."""
    given = world() | {"contacted": np.ones(3000, dtype=bool)}
    assert np.isfinite(AverageEffect().fit(**given).effect_)


def test_t_logit_finds_who_benefits() -> None:
    """The predicted effect follows the column that makes it."""
    learner = TLearner(l2_contacted=1.0, l2_held_out=1.0).fit(**world(20_000))
    X = np.zeros((2, 3))
    X[:, 0] = (-1.0, 1.0)
    low, high = learner.predict(X)
    assert high > low + 0.15


def test_response_does_not_look_at_the_held_out() -> None:
    """It is what contact leads to, whatever would have happened anyway."""
    given = world()
    changed = given | {"y": np.where(given["contacted"], given["y"], 1.0 - given["y"])}
    assert np.array_equal(Response().fit(**given).coef1_, Response().fit(**changed).coef1_)


def test_identity_link_learns_a_number() -> None:
    """Value-weighted benefits use least squares with the same penalty."""
    given = world()
    given["y"] = 5.0 + 2.0 * given["X"][:, 0] + 3.0 * given["contacted"]
    learner = TLearner(l2_contacted=1e-6, l2_held_out=1e-6, link="identity").fit(**given)
    assert np.allclose(learner.predict(given["X"]), 3.0, atol=1e-5)


def test_the_difference_is_that_of_the_arms() -> None:
    """`predict` and `arms` tell one story."""
    learner = TLearner().fit(**world())
    m1, m0 = learner.arms(world()["X"])
    assert np.array_equal(learner.predict(world()["X"]), m1 - m0)


@pytest.mark.parametrize(("successes", "expected"), [(0, 0.5 / 11), (10, 10.5 / 11)])
def test_an_outcome_that_never_varies_gives_no_certainty(successes: int, expected: float) -> None:
    """Ten customers without a complaint do not make complaints impossible (Jeffreys)."""
    y = np.r_[np.ones(successes), np.zeros(10 - successes)]
    coef = fit_linear(np.arange(10.0)[:, None], y, l2=1.0, link="logistic")
    assert mean_outcome(np.zeros((1, 1)), coef, "logistic")[0] == pytest.approx(expected)


@pytest.mark.parametrize("link", ["logistic", "identity"])
def test_no_rows_give_a_constant(link: str) -> None:
    """A fold without held-out rows still predicts."""
    coef = fit_linear(np.empty((0, 2)), np.empty(0), l2=1.0, link=link)
    assert np.unique(mean_outcome(np.ones((3, 2)), coef, link)).size == 1


def test_perfect_separation_stays_finite() -> None:
    """The penalty keeps a coefficient that explains everything from running away."""
    X = np.r_[np.full(50, -1.0), np.full(50, 1.0)][:, None]
    coef = fit_linear(X, (X[:, 0] > 0).astype(float), l2=1.0, link="logistic")
    assert (np.isfinite(coef).all(), bool(np.abs(coef).max() < 10)) == (True, True)


def test_constant_columns_get_no_weight() -> None:
    """They say nothing, and the intercept is not penalised."""
    rng = np.random.default_rng(0)
    coef = fit_linear(np.zeros((200, 2)), (rng.random(200) < 0.3).astype(float), l2=1.0, link="logistic")
    assert coef[:2].tolist() == [0.0, 0.0]


def test_a_stronger_penalty_shrinks() -> None:
    """`l2` is a strength, not its inverse."""
    given = world()
    weak, strong = (fit_linear(given["X"], given["y"], l2=l2, link="logistic")[:-1] for l2 in (1.0, 1000.0))
    assert np.abs(strong).sum() < np.abs(weak).sum()


def test_the_logistic_link_never_overflows() -> None:
    """It is 0 or 1 to the last bit far out, without a warning."""
    assert linked(np.array([-1e9, 0.0, 1e9]), "logistic").round(12).tolist() == [0.0, 0.5, 1.0]
