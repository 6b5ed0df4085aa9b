from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LogisticRegression, Ridge

from model.crossfit import Arms, Means, cross_fit
from model.learners.bases import fit_base
from model.learners.folds import FOLDS, make_folds
from model.parallel import Work
from model.split import Half
from tests.model.occasions import rows_of

LOGIT = LogisticRegression(C=0.1, solver="newton-cholesky")
RIDGE = Ridge(alpha=10.0, solver="cholesky")


class Memory(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A base that knows every row it has seen by heart, and says −9 of any other."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Memory":  # noqa: ARG002  (R weighs its rows)
        """Remember every row."""
        self.seen_ = {row.tobytes(): value for row, value in zip(X, y, strict=True)}
        return self

    def predict(self, X: Any) -> Any:
        """Return what was remembered."""
        return np.array([self.seen_.get(row.tobytes(), -9.0) for row in X])


def world(rows: int = 1500, *, clusters: int = 500, seed: int = 0, columns: int = 3) -> tuple[Half, np.ndarray]:
    """A half whose benefit depends on its first column."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, columns))
    contacted = rng.random(rows) < 0.5
    y = (rng.random(rows) < 1 / (1 + np.exp(1.0 - X[:, 0] - 0.5 * contacted))).astype(float)
    cluster = np.arange(rows) if clusters == rows else rng.integers(0, clusters, rows)
    return rows_of(X, contacted, y, cluster=cluster), y


def folds_of(built: Half, seed: int = 0) -> np.ndarray:
    """Folds as training makes them."""
    return make_folds(built.cluster, built.contacted, built.benefit, seed=seed)


def arms(built: Half, y: np.ndarray, base: Any = LOGIT, link: str = "logistic") -> Arms:
    """One outcome to be cross-fitted with the same base in both arms."""
    return Arms(rows=built.rows, y=y, contacted=built.contacted, folds=folds_of(built), link=link, bases=(base, base))


def crossed(each: Arms, *, inner: bool = False, jobs: int = 1) -> Means:
    """Its cross-fitted means."""
    return cross_fit({"y": each}, inner=inner, work=Work(jobs=jobs))["y"]


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


def test_a_base_that_remembers_every_row_knows_none_out_of_fold() -> None:
    """Neither the means of Γ nor, within a fold left out, those that effects are learned with."""
    built, y = world(600, clusters=600)
    found = crossed(arms(built, y, Memory(), "identity"), inner=True)
    inner = np.concatenate([np.r_[found.without(fold)] for fold in range(FOLDS)])
    assert set(np.r_[found.own]) == {-9.0}
    assert set(inner[~np.isnan(inner)]) == {-9.0}


def test_a_base_that_remembers_every_row_would_be_caught() -> None:
    """In sample it knows them all: the test above can fail."""
    built, y = world(600, clusters=600)
    each = arms(built, y, Memory(), "identity")
    assert np.array_equal(each.fit(0).mean(built.rows)[built.contacted], y[built.contacted])


def test_a_row_never_taught_its_own_mean() -> None:
    """Changing one fold's outcomes changes no mean of that fold, and no mean of the others without that fold."""
    built, y = world()
    folds = folds_of(built)
    before, after = (crossed(arms(built, np.where(folds == 0, values, y)), inner=True) for values in (y, 1.0 - y))
    own = [np.array_equal(a[folds == 0], b[folds == 0]) for a, b in zip(before.own, after.own, strict=True)]
    others = [np.array_equal(a, b, equal_nan=True) for a, b in zip(before.without(0), after.without(0), strict=True)]
    assert (own, others) == ([True, True], [True, True])
    assert not np.array_equal(before.own[0], after.own[0])


def test_means_without_a_fold_cover_the_others() -> None:
    """NaN in the fold left out, a mean everywhere else."""
    built, y = world()
    folds = folds_of(built)
    found = crossed(arms(built, y), inner=True)
    assert all(np.array_equal(np.isnan(mean), folds == 3) for mean in found.without(3))


def test_a_fold_is_predicted_by_all_the_others() -> None:
    """Four fifths of the rows teach, not one fifth."""
    built, y = world()
    taught = folds_of(built) != 2
    found = crossed(arms(built, y))
    for mean, arm in zip(found.own, (built.contacted, ~built.contacted), strict=True):
        fitted = fit_base(LOGIT, built.rows.take(arm & taught), y[arm & taught], link="logistic")
        assert np.array_equal(mean[~taught], fitted.mean(built.rows.take(~taught)))


def test_a_pair_serves_both_ways() -> None:
    """The rows of fold 1 without fold 0 are predicted by folds 2, 3 and 4."""
    built, y = world()
    folds = folds_of(built)
    taught = built.contacted & ~np.isin(folds, (0, 1))
    fitted = fit_base(LOGIT, built.rows.take(taught), y[taught], link="logistic")
    actual = crossed(arms(built, y), inner=True).without(0)[0][folds == 1]
    assert np.array_equal(actual, fitted.mean(built.rows.take(folds == 1)))


def test_jobs_change_no_bit() -> None:
    """Fits side by side are the fits one after the other."""
    built, y = world()
    one, two = (crossed(arms(built, y), inner=True, jobs=jobs) for jobs in (1, 2))
    assert np.array_equal(np.r_[one.own], np.r_[two.own])


def test_out_of_fold_means_predict() -> None:
    """Cross-fitted squared error beats the mean where there is something to learn."""
    built, y = world(3000, clusters=3000)
    arm = built.contacted
    error = np.mean((crossed(arms(built, y)).own[0][arm] - y[arm]) ** 2)
    assert error < 0.95 * y[arm].var()


@pytest.mark.parametrize(("link", "base"), [("logistic", LOGIT), ("identity", RIDGE)], ids=["logistic", "identity"])
def test_an_arm_of_one_row_does_not_break(link: str, base: Any) -> None:
    """99.9 % contacted: some folds have no held-out row to learn from."""
    built, y = world()
    few = np.ones(len(y), dtype=bool)
    few[7] = False
    lonely = rows_of(built.rows, few, y, e=0.999, cluster=built.cluster)
    found = crossed(arms(lonely, y, base, link))
    assert np.isfinite(np.r_[found.own]).all()


def test_two_clusters_are_two_folds() -> None:
    """Nothing is left to teach without both of them: a constant, not an exception."""
    built, y = world(200, clusters=200)
    pair = rows_of(built.rows, built.contacted, y, cluster=np.arange(200) % 2)
    found = crossed(arms(pair, y), inner=True)
    assert np.unique(found.without(0)[0][folds_of(pair) == 1]).size == 1
