from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from model.learners import AverageEffect, Response, SLearner, TLearner
from model.learning.coded import as_coded
from tests.model.learners.worlds import BOOSTED, BOOSTED_NUMBER, LOGIT, RIDGE, occasions, table


def of_arm(given: dict[str, Any], base: Any, *, contacted: bool, design: bool) -> np.ndarray:
    """scikit-learn's own mean of every row, fitted on one arm."""
    rows = as_coded(given["X"])
    read, held = rows.design if design else rows.codes, given["contacted"] == contacted
    fitted = clone(base).fit(read[held], given["y"][held])
    return fitted.predict_proba(read)[:, 1] if hasattr(fitted, "predict_proba") else fitted.predict(read)


@pytest.mark.parametrize(
    ("base", "number", "design"),
    [(LOGIT, False, True), (RIDGE, True, True), (BOOSTED, False, False), (BOOSTED_NUMBER, True, False)],
    ids=["logit", "ridge", "boosted", "boosted number"],
)
def test_t_is_the_difference_of_two_fits(base: Any, number: bool, design: bool) -> None:  # noqa: FBT001  (cases)
    """By formula: scikit-learn on the contacted minus scikit-learn on the held out, to the bit."""
    given = occasions(number=number)
    one, zero = (of_arm(given, base, contacted=arm, design=design) for arm in (True, False))
    assert np.array_equal(TLearner(base).fit(**given).predict(given["X"]), one - zero)


def test_the_arms_may_have_bases_of_their_own() -> None:
    """`base_held_out` for the few, `base` for the many."""
    given = occasions()
    learner = TLearner(BOOSTED, LOGIT).fit(**given)
    m1, m0 = learner.arms(given["X"])
    assert np.array_equal(m1, of_arm(given, BOOSTED, contacted=True, design=False))
    assert np.array_equal(m0, of_arm(given, LOGIT, contacted=False, design=True))


def test_boosting_reads_categories_as_categories() -> None:
    """scikit-learn told of the same columns by hand gives the same bits."""
    given = table()
    given["X"] = given["X"][["age", "plan", "tier", "member"]]
    rows, held = as_coded(given["X"]), given["contacted"]
    by_hand = clone(BOOSTED).set_params(categorical_features=[1, 2]).fit(rows.codes[held], given["y"][held])
    actual = TLearner(BOOSTED).fit(**given).arms(given["X"])[0]
    assert np.array_equal(actual, by_hand.predict_proba(rows.codes)[:, 1])


def test_the_difference_is_that_of_the_arms() -> None:
    """`predict` and `arms` tell one story."""
    learner = TLearner().fit(**table())
    m1, m0 = learner.arms(table()["X"])
    assert np.array_equal(learner.predict(table()["X"]), m1 - m0)


def test_response_does_not_look_at_the_held_out() -> None:
    """It is what contact leads to, whatever would have happened anyway."""
    given = occasions()
    changed = given | {"y": np.where(given["contacted"], given["y"], 1.0 - given["y"])}
    one, two = (Response().fit(**each).predict(given["X"]) for each in (given, changed))
    assert np.array_equal(one, two)


def test_response_is_the_mean_under_contact() -> None:
    """By formula."""
    given = occasions()
    expected = of_arm(given, LOGIT, contacted=True, design=True)
    assert np.array_equal(Response().fit(**given).predict(given["X"]), expected)


def test_s_is_one_model_asked_twice() -> None:
    """By formula: contact as one more column, then 1 and 0 in it."""
    given = occasions()
    codes, t = as_coded(given["X"]).codes, given["contacted"][:, None]
    fitted = clone(BOOSTED).fit(np.hstack([codes, t]), given["y"])
    one, zero = (fitted.predict_proba(np.hstack([codes, np.full_like(t, value)]))[:, 1] for value in (True, False))
    assert np.array_equal(SLearner(BOOSTED).fit(**given).predict(given["X"]), one - zero)


def test_s_reads_a_column_called_contacted_as_any_other() -> None:
    """The column it adds has no name that could clash."""
    given = table()
    renamed = given | {"X": given["X"].rename(columns={"flag": "contacted"})}
    one, two = (SLearner(BOOSTED).fit(**each).predict(each["X"]) for each in (given, renamed))
    assert np.array_equal(one, two)


def test_average_effect_weighs_by_the_propensity() -> None:
    """Where those who benefit most were contacted most, the plain difference in means is biased."""
    rng = np.random.default_rng(3)
    needy = rng.random(40_000) < 0.5
    e = np.where(needy, 0.8, 0.2)
    contacted = rng.random(40_000) < e
    y = (rng.random(40_000) < 0.1 + 0.4 * needy + 0.1 * contacted).astype(float)
    learner = AverageEffect().fit(needy[:, None].astype(float), y, contacted=contacted, propensity=e)
    plain = y[contacted].mean() - y[~contacted].mean()
    assert (round(learner.effect_, 1), round(plain, 1)) == (0.1, 0.3)


def test_average_effect_is_the_same_for_everyone() -> None:
    """A constant scorer tells nobody apart."""
    learner = AverageEffect().fit(**table())
    assert np.unique(learner.predict(table()["X"])).tolist() == [learner.effect_]


def test_a_stronger_penalty_shrinks_the_differences() -> None:
    """Regularisation reaches the base."""
    given = occasions()
    weak, strong = (np.ptp(TLearner(clone(LOGIT).set_params(C=c)).fit(**given).predict(given["X"])) for c in (1, 1e-3))
    assert strong < weak / 3
