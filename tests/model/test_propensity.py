from typing import Any

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from model.learners.folds import make_folds
from model.learning.coded import as_coded
from model.learning.prepare import prepare
from model.propensity import Propensity, estimate
from tests.model.occasions import frame, table
from tests.needs import shared

ROWS = 1500


def estimated(truth: Any, *, rows: int = ROWS, later: int = 500, jobs: int = 1) -> tuple[Propensity, Any]:
    """What is estimated of a propensity that is a function of two features, and the truth of the later rows."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(rows + later, 2))
    e = truth(X)
    contacted = rng.random(rows + later) < e
    folds = make_folds(np.arange(rows), contacted[:rows], np.zeros(rows), seed=0)
    with threadpool_limits(limits=1):
        found = estimate(
            as_coded(X[:rows]),
            contacted[:rows],
            as_coded(X[rows:]),
            folds=folds,
            selection=np.arange(0, rows, 2),
            jobs=jobs,
        )
    return found, e[rows:]


def steep(X: np.ndarray) -> np.ndarray:
    """A logistic line that nearly separates."""
    return np.asarray(1 / (1 + np.exp(-8 * X[:, 0])))


def stairs(X: np.ndarray) -> np.ndarray:
    """Steps that no line can follow."""
    return np.where(np.abs(X[:, 0]) > 0.6, 0.8, 0.2)


def test_a_line_is_found_by_the_logistic_model() -> None:
    """Out of fold on D1, from D1 on D2, and never beyond [.01, .99]."""
    found, truth = estimated(steep)
    assert np.abs(found.second - truth).mean() < 0.05
    assert (found.first.min(), found.first.max()) == (0.01, 0.99)
    assert found.learned.startswith("logistic")


def test_steps_are_found_by_boosting() -> None:
    """By its log loss on folds that did not teach."""
    found, truth = estimated(stairs)
    assert found.learned.startswith("boosting")
    assert np.abs(found.second - truth).mean() < 0.1


def test_clipped_rows_are_counted() -> None:
    """Of both halves, where the estimate lay beyond."""
    steep_rows, flat_rows = (estimated(truth)[0] for truth in (steep, stairs))
    at_the_ends = sum(int(np.isin(each, (0.01, 0.99)).sum()) for each in (steep_rows.first, steep_rows.second))
    assert (steep_rows.clipped, flat_rows.clipped) == (at_the_ends, 0)
    assert at_the_ends > 0


def test_jobs_change_no_bit() -> None:
    """Side by side or one after the other."""
    one, two = (estimated(stairs, jobs=jobs)[0] for jobs in (1, 2))
    assert np.array_equal(np.r_[one.first, one.second], np.r_[two.first, two.second])


def test_a_rows_own_contact_does_not_say_its_propensity() -> None:
    """Whether it was contacted is not in the estimate of a constant: both arms have the same mean."""
    rng = np.random.default_rng(0)
    X, contacted = rng.normal(size=(600, 1)), rng.random(600) < 0.5
    folds = make_folds(np.arange(600), contacted, np.zeros(600), seed=0)
    found = estimate(as_coded(X), contacted, as_coded(X[:5]), folds=folds, selection=np.arange(600))
    assert abs(found.first[contacted].mean() - found.first[~contacted].mean()) < 0.02


def test_the_biased_campaign_was_sent_by_a_rule_with_steps() -> None:
    """No line follows who was contacted; the same campaign randomised has nothing to follow."""
    found = []
    for name in ("biased", "rnd"):
        read = pd.read_parquet(shared(f"data/invest_email_{name}.parquet")).iloc[:6000]
        rows, contacted = as_coded(read[["age", "income", "insurance", "invested"]]), read["em1"].to_numpy() == 1
        folds = make_folds(np.arange(6000), contacted, np.zeros(6000), seed=0)
        with threadpool_limits(limits=1):
            e = estimate(rows, contacted, rows.take(np.arange(5)), folds=folds, selection=np.arange(6000))
        found.append((e.learned.split(",")[0], float(np.ptp(np.quantile(e.first, [0.05, 0.95])))))
    (biased, wide), (_, narrow) = found
    assert (biased, wide > 0.2, narrow < 0.1) == ("boosting", True, True)


@pytest.mark.parametrize("logged", [0.5, None], ids=["logged", "estimated"])
def test_how_it_was_estimated_is_kept(logged: float | None) -> None:
    """In words, and nothing where it was logged."""
    with threadpool_limits(limits=1):
        found = prepare(table(frame(800), propensity=logged), seed=0)
    assert (found.learned == "", found.clipped) == (logged is not None, 0)
