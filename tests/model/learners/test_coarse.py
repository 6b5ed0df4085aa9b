import doctest

import numpy as np
import pytest
from sklearn.base import clone

from model.learners import coarse as module
from model.learners.coarse import MOST, coarse
from tests.model.learners.worlds import BOOSTED_NUMBER

NONE = np.zeros(1, dtype=bool)


def column(rows: int = 5000, seed: int = 0) -> np.ndarray:
    """One number with gaps, float64[n, 1]."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random((rows, 1)) < 0.1, np.nan, rng.lognormal(size=(rows, 1)))


def test_the_example_runs() -> None:
    """What the docstring shows is what happens."""
    assert doctest.testmod(module).failed == 0


def test_few_values_stay_as_they_are() -> None:
    """Counts, ages and flags are binned exactly anyway."""
    x = np.random.default_rng(0).integers(0, MOST, (3000, 1)).astype(float)
    assert np.array_equal(coarse(x, NONE), x)


def test_many_values_become_at_most_as_many_as_there_are_bins() -> None:
    """Gaps stay gaps, the order stays the order, every stand-in is a value of its own bin."""
    x = column()
    found = coarse(x, NONE)
    kept = ~np.isnan(x[:, 0])
    order = np.argsort(x[kept, 0])
    assert np.array_equal(np.isnan(found), np.isnan(x))
    assert (np.diff(found[kept, 0][order]) >= 0.0).all()
    assert MOST // 2 < len(np.unique(found[kept])) <= MOST
    assert np.isin(found[kept], x[kept]).all()


def test_categories_and_large_tables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels are no quantities, and of many rows scikit-learn draws a sample."""
    x = column()
    assert np.array_equal(coarse(x, ~NONE), x, equal_nan=True)
    monkeypatch.setattr(module, "SAMPLED", 100)
    assert coarse(x, NONE) is x


def test_the_argument_is_not_changed() -> None:
    """Codes belong to the caller."""
    x = column()
    before = x.copy()
    coarse(x, NONE)
    assert np.array_equal(x, before, equal_nan=True)


def test_rows_are_predicted_as_they_were_taught() -> None:
    """All but a few of a thousand rows reach the same leaf by their own value as by the one that stood for it."""
    x = column()
    taught = coarse(x, NONE)
    y = np.nan_to_num(np.sin(3.0 * x[:, 0]))
    fitted = clone(BOOSTED_NUMBER).fit(taught, y, sample_weight=np.full(len(y), 0.5))
    assert np.mean(fitted.predict(x) != fitted.predict(taught)) < 0.01
