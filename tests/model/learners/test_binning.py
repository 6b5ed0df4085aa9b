"""Boosting in several threads leaves the warnings of the process as they are, and says nothing of its own."""

import time
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor

from model.learners.bases import Fitted, fit_base
from model.learners.binning import binning_alone
from model.learning.coded import as_coded
from model.learning.regularisation import GROWTHS
from model.learning.tuning import Lesson, curve
from model.parallel import Work

BASE = HistGradientBoostingRegressor(max_iter=2)
ROWS, Y = as_coded(np.arange(200.0).reshape(50, 4) % 37.0), np.arange(50.0) % 5.0


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters stay empty for half a millisecond, in which another thread comes in between."""
    at_once = warnings.resetwarnings

    def reset() -> None:
        at_once()
        time.sleep(0.0005)

    monkeypatch.setattr(warnings, "resetwarnings", reset)


def fitted() -> Fitted:
    """Fit a base by boosting."""
    return fit_base(BASE, ROWS, Y, link="identity")


def grown() -> object:
    """Find a number of rounds by boosting."""
    lesson = Lesson(rows=ROWS, y=Y)
    return curve(lesson, lesson, "identity", GROWTHS[0], 5)


@pytest.mark.usefixtures("slowly")
@pytest.mark.parametrize("task", [fitted, grown], ids=["a fit", "a number of rounds"])
def test_threads_that_bin_say_nothing(task: Callable[[], object]) -> None:
    """Not one message that configuration did not reach a thread; a simulated quarter had a thousand."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        Work(jobs=4).run([task] * 8)
    assert [str(each.message) for each in said] == []


@pytest.mark.usefixtures("slowly")
def test_filters_stay_as_they_were() -> None:
    """Those that the process had before the threads began, in their order."""
    before = list(warnings.filters)
    Work(jobs=4).run([fitted] * 8)
    assert list(warnings.filters) == before


def test_a_fitted_estimator_keeps_nothing_of_it() -> None:
    """It can be copied and written as before; a fit that fails leaves nothing either."""
    estimator = clone(BASE)
    with pytest.raises(ValueError, match="NaN"), binning_alone(estimator):
        estimator.fit(ROWS.codes, np.full(50, np.nan))
    assert "_bin_data" not in vars(estimator)


def test_the_same_is_learned() -> None:
    """Bins and trees are those of a plain fit."""
    plain, alone = (clone(BASE) for _ in range(2))
    plain.fit(ROWS.codes, Y)
    with binning_alone(alone):
        alone.fit(ROWS.codes, Y)
    assert alone.predict(ROWS.codes).tolist() == plain.predict(ROWS.codes).tolist()
