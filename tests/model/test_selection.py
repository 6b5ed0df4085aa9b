import numpy as np
import pytest

from model.crossfit import Nuisance, cross_fit, make_folds
from model.evaluation import net_benefit
from model.features import fit_features
from model.learners.linear import TLearner
from model.linear import SCORERS
from model.qini import Qini, dr_qini
from model.selection import Fitted, choose, effects, labels, portfolio
from model.split import Half

WEIGHTS = {"benefit": 1.0, "complaint": 2.0, "opt_out": 3.0, "contact": 0.01}


def half(rows: int = 3000, *, effect: float = 0.6, complaint: bool = True, seed: int = 0) -> Half:
    """Benefit follows the first feature when contacted; complaints and opt-outs are noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 2))
    contacted = rng.random(rows) < 0.5
    benefit = rng.random(rows) < np.clip(0.3 + effect * contacted * X[:, 0] / 3, 0, 1)
    return Half(
        X=X,
        contacted=contacted,
        propensity=np.full(rows, 0.5),
        cluster=np.arange(rows),
        benefit=benefit.astype(float),
        complaint=(rng.random(rows) < 0.05).astype(float) if complaint else None,
        opt_out=contacted * (rng.random(rows) < 0.01).astype(float),
    )


def fitted(built: Half) -> tuple[list[Fitted], np.ndarray]:
    """The portfolio of a half, and its Γ."""
    folds = make_folds(built.cluster, built.contacted, built.benefit, seed=0)
    learned = {name: cross_fit(built, y, folds=folds, link="logistic") for name, y in labels(built).items()}
    gamma = effects(built, {name: (each.m1, each.m0) for name, each in learned.items()})
    features = fit_features({"a": built.X[:, 0], "b": built.X[:, 1]})
    return portfolio(learned, gamma, features=features, weights=WEIGHTS), gamma


BUILT = half()
PORTFOLIO, GAMMA = fitted(BUILT)


def test_the_portfolio_is_the_simplest_first() -> None:
    """Average, response, T-logit."""
    assert tuple(each.scorer.name for each in PORTFOLIO) == SCORERS == ("average", "response", "t_logit")


def test_the_average_scorer_is_the_mean_pseudo_outcome_for_everyone() -> None:
    """No coefficient, no slope: τ_k = mean Γ_k."""
    found = PORTFOLIO[0].scorer.predict(BUILT.X[:3])
    assert found.benefit.tolist() == pytest.approx([GAMMA[:, 0].mean()] * 3)
    assert np.unique(found.net_benefit).size == 1
    assert (PORTFOLIO[0].scorer.slope, PORTFOLIO[0].qini.estimate) == (0.0, 0.0)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_shown_parts_add_up_to_the_net_benefit(index: int) -> None:
    """U = v·τ_B − λC·τ_C − λA·τ_A − cost, row by row."""
    found = PORTFOLIO[index].scorer.predict(BUILT.X)
    parts = np.column_stack([found.benefit, found.complaint_effect, found.opt_out])
    assert np.allclose(found.net_benefit, net_benefit(parts, WEIGHTS))


@pytest.mark.parametrize("index", [0, 1, 2])
def test_calibration_is_out_of_fold_and_unbiased_on_d1(index: int) -> None:
    """The mean predicted net benefit is the mean Γu."""
    assert PORTFOLIO[index].out_of_fold.mean() == pytest.approx(net_benefit(GAMMA, WEIGHTS).mean())


def test_a_useful_scorer_is_calibrated_to_slope_one_on_d1() -> None:
    """One linear map in net-benefit units."""
    score, gamma = PORTFOLIO[2].out_of_fold, net_benefit(GAMMA, WEIGHTS)
    slope = np.cov(score, gamma)[0, 1] / score.var(ddof=1)
    assert slope == pytest.approx(1.0)


def test_the_slope_is_never_negative() -> None:
    """A scorer that ranks backwards becomes constant; it is not turned round."""
    learner = TLearner().fit(BUILT.X, BUILT.benefit, contacted=BUILT.contacted, propensity=BUILT.propensity)
    backwards = Nuisance(m1=-BUILT.X[:, 0], m0=np.zeros(len(BUILT.X)), learner=learner)
    gamma = np.column_stack([BUILT.X[:, 0], np.zeros(len(BUILT.X)), np.zeros(len(BUILT.X))])
    features = fit_features({"a": BUILT.X[:, 0], "b": BUILT.X[:, 1]})
    found = portfolio({"benefit": backwards}, gamma, features=features, weights=WEIGHTS)
    assert [(each.scorer.slope, np.ptp(each.out_of_fold)) for each in found] == [(0.0, 0.0)] * 3


def test_an_outcome_without_a_label_is_zero_throughout() -> None:
    """Nothing is said about complaints where none are recorded."""
    found, gamma = fitted(half(complaint=False))
    predicted = found[2].scorer.predict(BUILT.X)
    assert (np.unique(predicted.complaint_effect).tolist(), np.unique(gamma[:, 1]).tolist()) == ([0.0], [0.0])
    assert found[2].scorer.links == ("logistic", "identity", "logistic")


def test_deployed_scores_are_near_those_out_of_fold() -> None:
    """The final coefficients are fitted on all of D1; the grid is made out of fold."""
    deployed = PORTFOLIO[2].scorer.predict(BUILT.X).net_benefit
    assert np.corrcoef(deployed, PORTFOLIO[2].out_of_fold)[0, 1] > 0.95


def test_a_real_difference_between_customers_is_chosen() -> None:
    """The T-logit ranks by effect, the average cannot."""
    chosen, rows = choose(PORTFOLIO, BUILT)
    assert chosen > 0
    assert [row["chosen"] for row in rows].count(True) == 1
    assert rows[0]["reason"].startswith("worse than the best")


def test_without_a_difference_the_average_is_chosen() -> None:
    """Within one standard error of the best, the simplest wins."""
    built = half(effect=0.0, seed=5)
    chosen, rows = choose(fitted(built)[0], built)
    assert (chosen, rows[0]["chosen"]) == (0, True)


def made(estimates: list[float], noise: float) -> list[Fitted]:
    """Scorers with given Qini and a paired difference of known standard error."""
    signs = np.where(np.arange(100) % 2 == 0, 1.0, -1.0)
    return [
        Fitted(
            scorer=PORTFOLIO[i].scorer,
            out_of_fold=np.zeros(100),
            qini=Qini(estimate=q, influence=signs * noise * i),
        )
        for i, q in enumerate(estimates)
    ]


@pytest.mark.parametrize(
    ("estimates", "noise", "expected"),
    [([0.0, 0.5, 1.0], 1.0, 2), ([0.99, 0.5, 1.0], 1.0, 0), ([0.0, 0.95, 1.0], 1.0, 1), ([0.0, 0.0, 0.0], 0.0, 0)],
)
def test_one_standard_error_of_the_paired_difference(estimates: list[float], noise: float, expected: int) -> None:
    """Q(best) − Q(s) ≤ SE: with noise 1 the differences have standard errors of .2 and .1."""
    rows = Half(
        X=np.zeros((100, 1)),
        contacted=np.ones(100, dtype=bool),
        propensity=np.full(100, 0.5),
        cluster=np.arange(100),
        benefit=np.zeros(100),
        complaint=None,
        opt_out=None,
    )
    chosen, stated = choose(made(estimates, noise), rows)
    assert (chosen, [row["chosen"] for row in stated].index(True)) == (expected, expected)


def test_the_qini_of_a_scorer_is_that_of_its_calibrated_score() -> None:
    """Judged as it would be deployed."""
    expected = dr_qini(PORTFOLIO[2].out_of_fold, net_benefit(GAMMA, WEIGHTS)).estimate
    assert PORTFOLIO[2].qini.estimate == expected
