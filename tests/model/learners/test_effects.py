from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from model.learners import DRLearner, RLearner, XLearner
from model.learners.coarse import coarse
from model.learners.folds import make_folds
from model.learning.coded import as_coded
from tests.model.learners.worlds import BOOSTED, BOOSTED_NUMBER, LOGIT, RIDGE, occasions

EFFECTS = pytest.mark.parametrize("kind", [XLearner, RLearner, DRLearner], ids=lambda kind: kind.__name__)
REGRESSORS = pytest.mark.parametrize("effect", [RIDGE, BOOSTED_NUMBER], ids=["ridge", "boosted"])


def with_means(number: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002  (a case of a table)
    """Occasions with outcome means from elsewhere, and a propensity that differs from row to row."""
    given = occasions(number=number)
    rng = np.random.default_rng(5)
    e = rng.uniform(0.2, 0.9, 600)
    means = (rng.uniform(0.2, 0.8, 600), rng.uniform(0.1, 0.6, 600))
    return given | {"propensity": e, "contacted": rng.random(600) < e, "means": means}


def reads(effect: Any, given: dict[str, Any]) -> np.ndarray:
    """What an effect base reads."""
    rows = as_coded(given["X"])
    return rows.design if effect is RIDGE else rows.codes


@REGRESSORS
def test_dr_is_one_regression_on_the_pseudo_outcome(effect: Any) -> None:
    """By formula: Γ = m1 − m0 + T(Y − m1)/e − (1 − T)(Y − m0)/(1 − e)."""
    given = with_means()
    (m1, m0), t, e, y = given["means"], given["contacted"], given["propensity"], given["y"]
    gamma = m1 - m0 + t * (y - m1) / e - (1 - t) * (y - m0) / (1 - e)
    expected = clone(effect).fit(reads(effect, given), gamma).predict(reads(effect, given))
    assert DRLearner(effect=effect).fit(**given).predict(given["X"]) == pytest.approx(expected, abs=1e-9)


@REGRESSORS
def test_r_is_a_weighted_regression_of_residuals(effect: Any) -> None:
    """By formula: (Y − m)/(T − e) with weights (T − e)²."""
    given = with_means()
    (m1, m0), t, e, y = given["means"], given["contacted"], given["propensity"], given["y"]
    target, weight = (y - (e * m1 + (1 - e) * m0)) / (t - e), (t - e) ** 2
    read = reads(effect, given)
    taught = read if effect is RIDGE else coarse(read, np.zeros(3, dtype=bool))
    expected = clone(effect).fit(taught, target, sample_weight=weight).predict(read)
    assert RLearner(effect=effect).fit(**given).predict(given["X"]) == pytest.approx(expected, abs=1e-9)


def test_r_minimises_the_residual_on_residual_loss() -> None:
    """Nie & Wager: no other coefficients on the same columns have a smaller Σ ((Y − m) − (T − e)τ)² + α‖coef‖²."""
    given = with_means()
    (m1, m0), t, e, y = given["means"], given["contacted"], given["propensity"], given["y"]
    design, learner = as_coded(given["X"]).design, RLearner().fit(**given)
    best = learner.heads().one.coef

    def loss(coef: np.ndarray) -> float:
        tau = design @ coef[:-1] + coef[-1]
        return float(np.sum((y - e * m1 - (1 - e) * m0 - (t - e) * tau) ** 2) + 10.0 * coef[:-1] @ coef[:-1])

    rng = np.random.default_rng(0)
    assert all(loss(best) < loss(best + 0.01 * rng.normal(size=len(best))) for _ in range(50))


@REGRESSORS
def test_x_by_hand(effect: Any) -> None:
    """Τ1 learns Y − m0 of the contacted, τ0 learns m1 − Y of the held out; (1 − g)·τ1 + g·τ0."""
    given = with_means()
    (m1, m0), t, y = given["means"], given["contacted"], given["y"]
    read, g = reads(effect, given), given["propensity"].mean()
    tau1 = clone(effect).fit(read[t], (y - m0)[t]).predict(read)
    tau0 = clone(effect).fit(read[~t], (m1 - y)[~t]).predict(read)
    actual = XLearner(effect=effect).fit(**given).predict(given["X"])
    assert actual == pytest.approx((1 - g) * tau1 + g * tau0, abs=1e-12)


@EFFECTS
@pytest.mark.parametrize("number", [False, True], ids=["0/1", "number"])
def test_means_are_cross_fitted_inside(kind: Any, number: bool) -> None:  # noqa: FBT001  (a case of a table)
    """By hand: fit both arms on one fold, predict the other; giving those means changes nothing."""
    given = occasions(number=number)
    base, design, t, y = RIDGE if number else LOGIT, as_coded(given["X"]).design, given["contacted"], given["y"]
    fold = make_folds(np.arange(600), t, y > (y.mean() if number else 0.0), seed=0, folds=2)
    means = []
    for arm in (t, ~t):
        mean = np.empty(600)
        for k in (0, 1):
            fitted = clone(base).fit(design[arm & (fold != k)], y[arm & (fold != k)])
            mean[fold == k] = (
                fitted.predict(design[fold == k]) if number else fitted.predict_proba(design[fold == k])[:, 1]
            )
        means.append(mean)
    groups = np.arange(600)
    inside, outside = kind().fit(**given, groups=groups), kind().fit(**given, means=(means[0], means[1]))
    assert inside.predict(given["X"]) == pytest.approx(outside.predict(given["X"]), abs=1e-12)


class Recorded:
    """A classifier that keeps the rows it is fitted on (their last column is their number) and where it is asked."""

    log: tuple[list[set[float]], list[set[float]]]

    def __init__(self, log: Any = None) -> None:
        self.log = log

    _estimator_type = "classifier"

    def __sklearn_tags__(self) -> Any:
        return LOGIT.__sklearn_tags__()

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002, ARG002  (scikit-learn's signature)
        """As scikit-learn asks; the log is shared on purpose."""
        return {"log": self.log}

    def __sklearn_clone__(self) -> "Recorded":
        return Recorded(self.log)

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Recorded":  # noqa: ARG002  (scikit-learn's signature)
        """Note who teaches."""
        self.log[0].append(set(X[:, -1].round(9)))
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Note who is asked about."""
        self.log[1].append(set(X[:, -1].round(9)))
        return np.full((len(X), 2), 0.5)


@EFFECTS
@pytest.mark.parametrize("grouped", [False, True], ids=["rows", "clusters"])
def test_no_row_meets_a_mean_that_its_cluster_taught(kind: Any, grouped: bool) -> None:  # noqa: FBT001  (a case of a table)
    """The column that numbers the clusters shows who taught and who was asked."""
    given, log = occasions(), ([], [])
    groups = np.repeat(np.arange(120), 5) if grouped else np.arange(600)
    given["X"][:, 2] = groups
    kind(Recorded(log)).fit(**given, groups=groups if grouped else None)
    taught, asked = log
    assert len(taught) == len(asked) == (2 if kind is XLearner and not grouped else 4)
    assert all(not (a & b) for a, b in zip(taught, asked, strict=True))


@EFFECTS
@pytest.mark.parametrize(("means", "fits"), [(True, 0), (False, 4)], ids=["given", "cross-fitted"])
def test_given_means_save_their_fits(kind: Any, means: bool, fits: int) -> None:  # noqa: FBT001  (a case of a table)
    """No more base fits than needed: two folds times two arms, or none."""
    given, log = with_means(), ([], [])
    kind(Recorded(log)).fit(**given | ({} if means else {"means": None, "groups": np.arange(600)}))
    assert len(log[0]) == fits


def test_x_asks_each_mean_only_of_the_other_arm() -> None:
    """The contacted need m0, the held out m1: every row is asked about once."""
    given, log = occasions(), ([], [])
    given["X"][:, 2] = np.arange(600)
    XLearner(Recorded(log)).fit(**given)
    assert sum(len(rows) for rows in log[1]) == 600


def test_x_without_clusters_learns_each_mean_on_the_whole_other_arm() -> None:
    """Künzel et al. by hand: the arms have no row in common, so nothing more is left out."""
    given = occasions()
    design, t, y = as_coded(given["X"]).design, given["contacted"], given["y"]
    m1, m0 = (clone(LOGIT).fit(design[arm], y[arm]).predict_proba(design)[:, 1] for arm in (t, ~t))
    inside, outside = XLearner().fit(**given), XLearner().fit(**given, means=(m1, m0))
    assert inside.predict(given["X"]) == pytest.approx(outside.predict(given["X"]), abs=1e-12)


@EFFECTS
def test_more_folds(kind: Any) -> None:
    """Five folds, ten fits."""
    given, log = occasions(), ([], [])
    kind(Recorded(log), folds=5).fit(**given, groups=np.arange(600))
    assert len(log[0]) == 10


@EFFECTS
def test_one_fold_is_refused(kind: Any) -> None:
    """It would be no cross-fitting."""
    with pytest.raises(ValueError, match=r"`folds` is 1; give 2 or more, or `means`"):
        kind(folds=1).fit(**occasions())


@EFFECTS
def test_the_random_state_deals_the_folds(kind: Any) -> None:
    """Another deal, slightly other effects."""
    given = occasions()
    groups = np.arange(600)
    one, two = (kind(random_state=seed).fit(**given, groups=groups).predict(given["X"]) for seed in (0, 1))
    assert 0.0 < np.abs(one - two).max() < 0.5


@EFFECTS
def test_the_means_may_be_learned_by_boosting(kind: Any) -> None:
    """Any pair of bases of one kind."""
    given = occasions()
    assert np.isfinite(kind(BOOSTED, LOGIT).fit(**given).predict(given["X"])).all()


def test_dr_is_right_on_average_with_wrong_means() -> None:
    """Doubly robust: with the logged propensity, means of nonsense cost precision, not truth."""
    given = occasions(20_000, number=True)
    nonsense = (np.full(20_000, 3.0), np.full(20_000, -2.0))
    assert DRLearner().fit(**given, means=nonsense).predict(given["X"]).mean() == pytest.approx(0.5, abs=0.15)
