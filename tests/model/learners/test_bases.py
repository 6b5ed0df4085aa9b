from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier

from model.features import UNSEEN
from model.learners import AverageEffect, DRLearner, Response, RLearner, SLearner, TLearner, XLearner
from model.learners.bases import default_boosting, default_linear, fit_base, for_boosting, link_of
from model.learning.coded import Coded, as_coded
from tests.model.learners.worlds import BOOSTED, BOOSTED_NUMBER, LOGIT, RIDGE, mixed, occasions

PORTFOLIO = [
    AverageEffect(),
    Response(),
    TLearner(),
    TLearner(BOOSTED),
    SLearner(),
    SLearner(BOOSTED),
    XLearner(effect=BOOSTED_NUMBER),
    XLearner(BOOSTED),
    RLearner(),
    RLearner(effect=BOOSTED_NUMBER),
    DRLearner(),
    DRLearner(BOOSTED, effect=BOOSTED_NUMBER),
]


def named(learner: Any) -> str:
    """An id that is the same in every process."""
    bases = [type(value).__name__ for value in learner.get_params(deep=False).values() if hasattr(value, "fit")]
    return "-".join([type(learner).__name__, *bases])


each_learner = pytest.mark.parametrize("learner", PORTFOLIO, ids=named)
each_kind = pytest.mark.parametrize("number", [False, True], ids=["0/1", "number"])


def fits(learner: Any, number: bool) -> bool:  # noqa: FBT001  (a case of a table)
    """Whether a learner's base takes such an outcome."""
    return not (number and isinstance(learner.get_params().get("base"), HistGradientBoostingClassifier))


def effects(learner: Any, given: dict[str, Any]) -> np.ndarray:
    """Fit a fresh learner and predict its own rows."""
    return clone(learner).fit(**given).predict(given["X"])


@each_kind
@each_learner
@pytest.mark.parametrize("arm", [True, False], ids=["all contacted", "all held out"])
def test_an_arm_without_rows_gives_finite_effects(learner: Any, number: bool, arm: bool) -> None:  # noqa: FBT001  (cases)
    """A fold may lack an arm; no exception, no warning."""
    if fits(learner, number):
        given = occasions(80, number=number) | {"contacted": np.full(80, arm)}
        assert np.isfinite(effects(learner, given)).all()


@pytest.mark.parametrize("learner", [each for each in PORTFOLIO if not isinstance(each, Response)], ids=named)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_an_outcome_that_never_varies_gives_hardly_any_effect(learner: Any, value: float) -> None:
    """Jeffreys: half an event in a few hundred rows."""
    given = occasions(300) | {"y": np.full(300, value)}
    assert np.abs(effects(learner, given)).max() < 0.02


@each_learner
def test_one_event_is_enough_not_to_fail(learner: Any) -> None:
    """Rare harms: one complaint, in one arm."""
    given = occasions(300) | {"y": np.eye(1, 300, 7)[0]}
    assert np.abs(effects(learner, given)).max() <= 1.0


@each_learner
def test_perfect_separation_stays_finite(learner: Any) -> None:
    """A feature that explains everything; pytest turns any warning into an error."""
    given = occasions(300)
    given["y"] = (given["X"][:, 0] > 0).astype(float)
    assert np.isfinite(effects(learner, given)).all()


@each_kind
@each_learner
def test_more_columns_than_rows(learner: Any, number: bool) -> None:  # noqa: FBT001  (a case of a table)
    """The penalty decides."""
    if fits(learner, number):
        given = occasions(40, number=number)
        given["X"] = np.random.default_rng(0).normal(size=(40, 90))
        assert np.isfinite(effects(learner, given)).all()


@each_learner
def test_columns_that_say_nothing(learner: Any) -> None:
    """Constants, columns that are missing throughout, duplicates and huge numbers."""
    given = occasions(300)
    x = given["X"][:, 0]
    given["X"] = np.column_stack(
        [np.ones(300), np.full(300, np.nan), x, x, x / np.abs(x).max() * 1.7e308, np.where(x > 2.0, x, np.nan)]
    )
    assert np.isfinite(effects(learner, given)).all()


@each_learner
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_very_few_rows(learner: Any, rows: int) -> None:
    """Nothing to learn is not an error."""
    given = occasions(rows) | {"contacted": np.arange(rows) % 2 == 0}
    assert np.isfinite(effects(learner, given)).all()


@pytest.mark.parametrize(("events", "expected"), [(0, 0.5 / 11), (10, 10.5 / 11)])
@pytest.mark.parametrize("base", [LOGIT, BOOSTED], ids=["logistic", "boosted"])
def test_ten_rows_give_no_certainty(base: Any, events: int, expected: float) -> None:
    """Ten customers without a complaint do not make complaints impossible (Jeffreys)."""
    rows = as_coded(np.arange(10.0)[:, None])
    fitted = fit_base(base, rows, np.r_[np.ones(events), np.zeros(10 - events)], link="logistic")
    assert fitted.mean(rows) == pytest.approx(expected)


def test_a_leaf_of_fewer_events_than_rows_is_a_constant() -> None:
    """Nine events cannot be spread over leaves of ten rows; ten can be tried."""
    rows = as_coded(np.random.default_rng(0).normal(size=(400, 2)))
    found = [fit_base(BOOSTED, rows, (np.arange(400) < k).astype(float), link="logistic") for k in (9, 10)]
    assert [fitted.estimator is None for fitted in found] == [True, False]


@pytest.mark.parametrize(
    ("y", "weight", "expected"),
    [([], None, 7.0), ([2.0, 2.0], None, 2.0), ([1.0, 3.0], [0.0, 0.0], 2.0), ([4.0, 4.0], [1.0, 3.0], 4.0)],
    ids=["no rows", "constant", "no weight", "weighted constant"],
)
def test_numbers_that_teach_nothing_give_their_mean(
    y: list[float], weight: list[float] | None, expected: float
) -> None:
    """Without any row, the mean that the caller names."""
    rows = as_coded(np.arange(2.0)[:, None])
    weights = None if weight is None else np.array(weight)
    taken = rows.take(np.arange(len(y)))
    fitted = fit_base(RIDGE, taken, np.array(y), link="identity", weight=weights, otherwise=7.0)
    assert fitted.mean(rows).tolist() == [expected, expected]


def test_an_empty_arm_of_a_number_gives_no_effect() -> None:
    """Nobody held out: their mean is taken to be that of all rows, not nought."""
    given = occasions(200, number=True)
    given |= {"y": given["y"] + 1000.0, "contacted": np.ones(200, dtype=bool)}
    assert np.abs(effects(TLearner(), given)).max() < 10.0


def test_weights_that_are_nearly_nothing_stay_finite() -> None:
    """(T − e)² of a row that was all but certain."""
    given = occasions(200)
    given["propensity"] = np.where(given["contacted"], 1.0 - 1e-15, 1e-15)
    assert np.isfinite(effects(RLearner(), given)).all()


def test_unseen_and_surplus_levels_are_missing_for_boosting() -> None:
    """A negative code never becomes a level; levels beyond the bins are the rarest."""
    frame = pd.DataFrame({"town": [f"t{k % 40:02}" for k in range(400)]})
    rows = as_coded(frame)
    codes = rows.codes.copy()
    codes[:3, 0] = UNSEEN
    estimator = clone(BOOSTED).set_params(max_bins=16)
    read, categories, single = for_boosting(Coded(features=rows.features, codes=codes), estimator)
    assert np.isnan(read[:3, 0]).all()
    assert (np.nanmax(read), categories.tolist(), single) == (15.0, [True], ())


def test_many_levels_with_few_bins_can_be_fitted() -> None:
    """254 levels and boosting of 16 bins."""
    frame = pd.DataFrame({"town": [f"t{k % 300:03}" for k in range(3000)]})
    given = occasions(3000) | {"X": frame}
    assert np.isfinite(effects(TLearner(clone(BOOSTED).set_params(max_bins=16)), given)).all()


def test_rows_are_not_changed_by_fitting() -> None:
    """Codes belong to the caller."""
    rows = as_coded(mixed(200))
    before = rows.codes.copy()
    fit_base(BOOSTED_NUMBER, rows, np.arange(200.0), link="identity").mean(rows)
    assert np.array_equal(before, rows.codes, equal_nan=True)


def test_without_categories_boosting_is_not_asked_to_look_for_them() -> None:
    """The plain array is the fast way."""
    rows = as_coded(occasions()["X"])
    assert fit_base(BOOSTED_NUMBER, rows, occasions()["y"], link="identity").estimator.is_categorical_ is None


def test_columns_with_a_handful_of_values_are_left_out_of_boosting() -> None:
    """Its sample of many rows could miss them all, and then it fails."""
    x = np.full((300, 2), np.nan)
    x[:5, 0] = np.arange(5.0)
    x[:150, 1] = np.arange(150.0)
    read, _, _ = for_boosting(as_coded(x), BOOSTED)
    assert (np.ptp(read[:, 0]), int(np.isnan(read[:, 1]).sum())) == (0.0, 150)


@pytest.mark.parametrize(("rows", "leaf"), [(10, 1), (200, 10), (2000, 100), (50_000, 100)])
def test_default_leaves_shrink_with_few_rows(rows: int, leaf: int) -> None:
    """A hundred rows, or a twentieth of them."""
    assert default_boosting("logistic", rows).min_samples_leaf == leaf


@pytest.mark.parametrize(("link", "name"), [("logistic", "LogisticRegression"), ("identity", "Ridge")])
def test_default_bases(link: str, name: str) -> None:
    """By the outcome."""
    assert type(default_linear(link)).__name__ == name


@pytest.mark.parametrize(
    ("base", "y", "expected"),
    [(None, [0, 1], "logistic"), (None, [0, 2], "identity"), (RIDGE, [0, 1], "identity"), (LOGIT, [0, 0], "logistic")],
    ids=["labels", "numbers", "regressor", "classifier"],
)
def test_links(base: Any, y: list[float], expected: str) -> None:
    """The base decides where there is one."""
    assert link_of(base, np.array(y, dtype=float)) == expected
