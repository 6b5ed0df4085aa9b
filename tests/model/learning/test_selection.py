import numpy as np
import pytest

from model.evaluation import Influenced, net_benefit
from model.learning.selection import Candidate, calibrated, choose, effects, labels
from model.qini import dr_qini
from model.scorer import Calibration
from tests.model.occasions import rows_of

WEIGHTS = {"benefit": 1.0, "complaint": 2.0, "opt_out": 3.0, "contact": 0.01}
RNG = np.random.default_rng(0)
RAW = RNG.normal(size=(400, 3)) * [0.1, 0.02, 0.01]
GAMMA = 0.5 * RAW + RNG.normal(size=(400, 3)) * 0.01 + [0.1, 0.01, 0.02]


def test_outcomes_without_a_label_are_left_out() -> None:
    """Benefit alone."""
    built = rows_of(np.zeros((4, 1)), np.array([True, False] * 2), np.ones(4))
    assert list(labels(built)) == ["benefit"]


def test_an_outcome_without_a_label_has_no_effect() -> None:
    """Nothing is said about complaints where none are recorded."""
    built = rows_of(np.zeros((4, 1)), np.array([True, False] * 2), np.arange(4.0))
    gamma = effects(built, {"benefit": (np.full(4, 1.0), np.full(4, 0.5))})
    assert gamma.tolist() == [[-1.5, 0.0, 0.0], [-0.5, 0.0, 0.0], [2.5, 0.0, 0.0], [-4.5, 0.0, 0.0]]


def test_calibration_is_unbiased_in_every_part() -> None:
    """The mean predicted net benefit is the mean Γu."""
    found = calibrated("x", RAW, GAMMA, WEIGHTS)
    assert found.out_of_fold.mean() == pytest.approx(net_benefit(GAMMA, WEIGHTS).mean())
    assert found.calibration.offset.tolist() == GAMMA.mean(axis=0).tolist()


def test_a_useful_scorer_is_calibrated_to_slope_one() -> None:
    """One linear map in net-benefit units."""
    score, gamma = calibrated("x", RAW, GAMMA, WEIGHTS).out_of_fold, net_benefit(GAMMA, WEIGHTS)
    assert np.cov(score, gamma)[0, 1] / score.var(ddof=1) == pytest.approx(1.0)


def test_the_slope_is_never_negative() -> None:
    """A scorer that ranks backwards becomes constant; it is not turned round."""
    found = calibrated("x", -RAW, GAMMA, WEIGHTS)
    assert (found.calibration.slope, np.ptp(found.out_of_fold), found.qini.estimate) == (0.0, 0.0, 0.0)


def test_a_constant_scorer_is_the_mean_for_everyone() -> None:
    """No slope: τ_k = mean Γ_k."""
    found = calibrated("average", np.zeros((400, 3)), GAMMA, WEIGHTS)
    assert (found.calibration.slope, np.unique(found.out_of_fold).size, found.qini.estimate) == (0.0, 1, 0.0)


def test_the_qini_of_a_scorer_is_that_of_its_calibrated_score() -> None:
    """Judged as it would be deployed."""
    found = calibrated("x", RAW, GAMMA, WEIGHTS)
    assert found.qini.estimate == dr_qini(found.out_of_fold, net_benefit(GAMMA, WEIGHTS)).estimate


def made(estimates: list[float], noise: float) -> list[Candidate]:
    """Scorers with given Qini and a paired difference of known standard error."""
    signs = np.where(np.arange(100) % 2 == 0, 1.0, -1.0)
    return [
        Candidate(
            name=f"s{i}",
            calibration=Calibration(offset=np.zeros(3), centre=np.zeros(3), slope=1.0),
            out_of_fold=np.zeros(100),
            qini=Influenced(estimate=q, influence=signs * noise * i),
            learned=f"words {i}",
        )
        for i, q in enumerate(estimates)
    ]


@pytest.mark.parametrize(
    ("estimates", "noise", "expected"),
    [
        ([0.0, 0.5, 1.0], 1.0, 2),
        ([0.99, 0.5, 1.0], 1.0, 0),
        ([0.0, 0.95, 1.0], 1.0, 1),
        ([0.0, 0.0, 0.0], 0.0, 0),
        ([0.0, 0.0, 0.98, 1.0, 0.5, 0.99, 0.97, 0.2], 1.0, 2),
    ],
    ids=["best", "simplest", "between", "tied", "eight"],
)
def test_one_standard_error_of_the_paired_difference(estimates: list[float], noise: float, expected: int) -> None:
    """Q(best) − Q(s) ≤ SE: with noise 1 a difference of k places has a standard error of about k tenths."""
    chosen, stated = choose(made(estimates, noise), np.arange(100))
    assert (chosen, [row["chosen"] for row in stated].index(True)) == (expected, expected)


def test_rows_of_one_cluster_count_as_one() -> None:
    """Fifty rows alike in two customers are two observations: the difference is within a wider error."""
    estimates = [0.0, 0.5]
    alone, together = np.arange(100), np.arange(100) % 2
    assert [choose(made(estimates, 1.0), cluster)[0] for cluster in (alone, together)] == [1, 0]


def test_every_scorer_is_reported_with_its_reason() -> None:
    """Who is simpler and worse, who is chosen, who is not simpler; and how each is learned."""
    _, rows = choose(made([0.0, 0.95, 1.0], 1.0), np.arange(100))
    assert [row["reason"].split(":")[0] for row in rows] == [
        "worse than the best",
        "the simplest within one standard error",
        "not simpler than `s1`",
    ]
    assert [row["learned"] for row in rows] == ["words 0", "words 1", "words 2"]


def test_a_reversed_order_is_said() -> None:
    """A slope of 0 makes a scorer constant: its DR-Qini of 0 says nothing of the order that it had."""
    backwards = calibrated("x", np.outer(-np.arange(10.0), [1, 0, 0]), np.outer(np.arange(10.0), [1, 0, 0]), WEIGHTS)
    level = calibrated("average", np.zeros((10, 3)), np.outer(np.arange(10.0), [1, 0, 0]), WEIGHTS)
    _, rows = choose([level, backwards], np.arange(10))
    assert (rows[1]["dr_qini"], "no better than chance or reversed" in rows[1]["reason"]) == (0.0, True)
