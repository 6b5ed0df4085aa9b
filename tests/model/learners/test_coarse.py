import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from model.learners.bases import fit_base
from model.learners.coarse import coarse
from model.learning.coded import as_coded

NUMBERS = np.array([False])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 1.0, 3.0, 3.0, 5.0, 5.0]),
        ([1.0, np.nan, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, np.nan, 1.0, 3.0, 3.0, 5.0, 5.0]),
        ([0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 2.0]),
    ],
    ids=["few", "many", "gaps", "ties"],
)
def test_the_middle_of_a_bin_stands_for_it(values: list[float], expected: list[float]) -> None:
    """At most three of them, gaps stay gaps."""
    actual = coarse(np.array(values)[:, None], NUMBERS, most=3)[:, 0]
    assert np.array_equal(actual, expected, equal_nan=True)


def test_categories_stay_as_they_are() -> None:
    """Their codes have no order."""
    codes = np.arange(10.0)[:, None]
    assert coarse(codes, np.array([True]), most=3).tolist() == codes.tolist()


def test_what_was_given_is_not_changed() -> None:
    """A copy comes back."""
    codes = np.arange(10.0)[:, None]
    coarse(codes, NUMBERS, most=3)
    assert codes[:, 0].tolist() == list(range(10))


def test_weighted_boosting_of_many_values_still_learns_the_step() -> None:
    """Thresholds lie between quantiles, on the numbers themselves."""
    x = np.random.default_rng(0).normal(size=2000)
    base = HistGradientBoostingRegressor(max_iter=60, min_samples_leaf=5, early_stopping=False, random_state=0)
    rows = as_coded(x[:, None])
    fitted = fit_base(base, rows, (x > 0.5).astype(float), link="identity", weight=np.where(x > 0, 1.0, 2.0))
    assert np.mean((fitted.mean(rows) > 0.5) == (x > 0.5)) > 0.99
