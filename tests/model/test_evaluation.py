from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm

from model.evaluation import (
    Z,
    average_effect,
    calibration,
    cluster_se,
    interval,
    mean_interval,
    net_benefit,
    ols_slope,
    pseudo_outcome,
    ratio_difference,
    ratio_interval,
)
from model.reading.roles import Roles
from model.table import Table
from tests.needs import shared

ROWS = np.arange(6)


def test_average_effect_on_hillstrom() -> None:
    """64,000 customers, any e-mail against none: the published visits give 0.060882 with standard error 0.002777."""
    contacted = {"column": "segment", "yes": ["Mens E-Mail", "Womens E-Mail"], "no": ["No E-Mail"]}
    given = {"contacted": contacted, "benefit": "visit", "propensity": 2 / 3, "exclude": ["spend", "conversion"]}
    table = Table.read(shared("data/hillstrom.csv.gz"), Roles.from_mapping(given))
    found = average_effect(table.benefit, contacted=table.contacted, cluster=table.cluster)
    assert (round(found.estimate, 6), round(found.se, 6)) == (0.060882, 0.002777)


def test_average_effect_with_single_rows_is_the_two_sample_formula() -> None:
    """√(s₁²/n₁ + s₀²/n₀), the variances over n (Neyman, conservative)."""
    rng = np.random.default_rng(0)
    y, contacted = rng.normal(size=5000), rng.random(5000) < 0.3
    found = average_effect(y, contacted=contacted, cluster=np.arange(5000))
    one, two = y[contacted], y[~contacted]
    expected = np.sqrt(one.var() / len(one) + two.var() / len(two))
    assert found.se == pytest.approx(expected, rel=1e-3)
    assert found.estimate == pytest.approx(one.mean() - two.mean())


def test_repeating_every_row_changes_no_interval_when_rows_are_clustered() -> None:
    """Ten copies of a customer are one customer: a plain formula would shrink the interval by √10."""
    rng = np.random.default_rng(0)
    y, contacted = rng.normal(size=500), rng.random(500) < 0.5
    once = average_effect(y, contacted=contacted, cluster=np.arange(500))
    many = average_effect(np.repeat(y, 10), contacted=np.repeat(contacted, 10), cluster=np.repeat(np.arange(500), 10))
    assert (many.estimate, many.se) == (pytest.approx(once.estimate), pytest.approx(once.se))


def test_average_effect_without_an_arm_is_unknown() -> None:
    """No number is better than a wrong one."""
    found = average_effect(np.ones(3), contacted=np.ones(3, dtype=bool), cluster=np.arange(3))
    assert np.isnan([found.estimate, found.se]).all()


def test_intervals_are_two_sided_95_percent() -> None:
    """The lower bound that the gate reads is the lower end of this interval: stricter than one-sided."""
    found = interval(1.0, 0.1)
    assert norm.cdf(Z) == pytest.approx(0.975)
    assert (found.low, found.high) == (1.0 - Z * 0.1, 1.0 + Z * 0.1)


def test_one_cluster_has_no_standard_error() -> None:
    """With a single customer nothing is known about the next."""
    assert cluster_se(np.array([-1.0, 1.0]), np.zeros(2, dtype=int)) == np.inf


def test_the_standard_error_of_a_mean_is_the_textbook_one() -> None:
    """s/√n with single-row clusters."""
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert mean_interval(values, ROWS).se == pytest.approx(values.std(ddof=1) / np.sqrt(6))


def test_one_giant_cluster_does_not_hide_the_spread_of_the_others() -> None:
    """Four hundred rows of one household and eighty others: as uncertain as the eighty, not ten times surer."""
    values = np.r_[np.full(400, 0.3), np.tile([0.0, 1.0], 40)]
    cluster = np.r_[np.zeros(400, dtype=int), np.arange(1, 81)]
    found = mean_interval(values, cluster)
    without = values[400:].mean() - values.mean()
    assert found.se == pytest.approx(
        np.sqrt(80 / 81 * (without**2 + _left_out(values[400:], found.estimate))), rel=1e-9
    )
    assert found.se > 0.15


def _left_out(values: np.ndarray, mean: float) -> float:
    """Return what leaving each single row out of 480 adds to the squared error."""
    return float(np.sum((values - mean) ** 2) / 479**2)


def jackknife(estimate: Callable[[np.ndarray], float], cluster: np.ndarray) -> float:
    """Return the spread of an estimate when each cluster is left out and everything is computed again."""
    every = estimate(np.ones(len(cluster), dtype=bool))
    names = np.unique(cluster)
    squares = [(estimate(cluster != name) - every) ** 2 for name in names]
    return float(np.sqrt((len(names) - 1) / len(names) * np.sum(squares)))


def test_differences_and_ratios_leave_each_cluster_out_exactly() -> None:
    """Where whole clusters are contacted, 90 % of them, an arm that loses one loses much of its rows."""
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(40), rng.integers(20, 80, 40))
    contacted, y = cluster >= 4, rng.normal(size=40)[cluster] + rng.normal(size=len(cluster))

    def difference(kept: np.ndarray) -> float:
        return float(y[kept & contacted].mean() - y[kept & ~contacted].mean())

    def ratio(kept: np.ndarray) -> float:
        return float(y[kept & ~contacted].mean())

    actual = [
        average_effect(y, contacted=contacted, cluster=cluster).se,
        ratio_interval(y * ~contacted, (~contacted).astype(float), cluster).se,
    ]
    assert actual == pytest.approx([jackknife(difference, cluster), jackknife(ratio, cluster)])


def test_an_arm_that_is_one_cluster_has_no_standard_error() -> None:
    """Without it there is nothing to compare with: no interval, rather than a narrow one."""
    cluster = np.repeat(np.arange(6), 5)
    y, lonely = np.arange(30.0), (cluster == 0).astype(float)
    actual = [
        average_effect(y, contacted=cluster > 0, cluster=cluster).se,
        ratio_interval(y * lonely, lonely, cluster).se,
    ]
    assert actual == [np.inf, np.inf]


def test_ratio_of_means_with_its_interval() -> None:
    """Equal weights give the plain mean; no weight at all gives nothing."""
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    plain, none = ratio_interval(values, np.ones(6), ROWS), ratio_interval(values, np.zeros(6), ROWS)
    assert (plain.estimate, plain.se) == (pytest.approx(3.5), pytest.approx(mean_interval(values, ROWS).se))
    assert np.isnan(none.estimate)


def test_ratio_ignores_rows_without_weight() -> None:
    """The mean above a cut-off is that of the rows above it."""
    values, above = np.array([1.0, 2.0, 3.0, 0.0, 0.0, 0.0]), np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    assert ratio_interval(values, above, ROWS).estimate == pytest.approx(2.0)


@pytest.mark.parametrize("right", ["propensity", "means", "both"])
def test_the_pseudo_outcome_is_doubly_robust(right: str) -> None:
    """Its mean is the effect if either the propensity or the means are right (Kennedy 2023)."""
    rng = np.random.default_rng(1)
    x = rng.random(200_000)
    e, m0 = 0.2 + 0.6 * x, 0.3 * x
    contacted = rng.random(len(x)) < e
    y = (rng.random(len(x)) < m0 + 0.1 * contacted).astype(float)
    used = e if right != "means" else np.full(len(x), 0.5)
    arms = (m0 + 0.1, m0) if right != "propensity" else (np.full(len(x), 0.3), np.full(len(x), 0.3))
    gamma = pseudo_outcome(y, arms=arms, contacted=contacted, propensity=used)
    assert gamma.mean() == pytest.approx(0.1, abs=0.006)


def test_both_wrong_is_biased() -> None:
    """The test above can fail."""
    rng = np.random.default_rng(1)
    x = rng.random(50_000)
    contacted = rng.random(len(x)) < 0.1 + 0.8 * x
    y = (rng.random(len(x)) < 0.5 * x + 0.1 * contacted).astype(float)
    wrong = np.full(len(x), 0.5)
    gamma = pseudo_outcome(y, arms=(wrong, wrong), contacted=contacted, propensity=wrong)
    assert gamma.mean() > 0.15


def test_net_benefit_is_the_weighted_sum() -> None:
    """U = v·τ_B − λC·τ_C − λA·τ_A − cost."""
    weights = {"benefit": 2.0, "complaint": 3.0, "opt_out": 4.0, "contact": 0.5}
    actual = net_benefit(np.array([[1.0, 0.1, 0.01]]), weights)
    assert actual.tolist() == [pytest.approx(2.0 - 0.3 - 0.04 - 0.5)]


@pytest.mark.parametrize(("x", "expected"), [([1.0, 2.0, 3.0], 2.0), ([1.0, 1.0, 1.0], 0.0)])
def test_least_squares_slope(x: list[float], expected: float) -> None:
    """No spread, no slope."""
    assert ols_slope(np.array(x), np.array([1.0, 3.0, 5.0])) == pytest.approx(expected)


def test_calibration_covers_one_for_a_perfect_score() -> None:
    """Predicted and found move one for one."""
    rng = np.random.default_rng(2)
    score = rng.normal(size=20_000)
    found = calibration(score, score + rng.normal(size=20_000), np.arange(20_000))
    assert found is not None
    assert found.low < 1.0 < found.high
    assert found.se == pytest.approx(1 / np.sqrt(20_000), rel=0.05)


def test_calibration_of_an_overconfident_score_is_below_one() -> None:
    """Effects predicted twice too far apart have slope one half."""
    rng = np.random.default_rng(2)
    score = rng.normal(size=20_000)
    found = calibration(2.0 * score, score + rng.normal(size=20_000), np.arange(20_000))
    assert found is not None
    assert found.estimate == pytest.approx(0.5, abs=0.02)


def test_a_constant_score_has_no_calibration() -> None:
    """Not applicable, rather than 0/0."""
    assert calibration(np.full(5, 0.3), np.arange(5.0), np.arange(5)) is None


def test_a_difference_of_ratios_leaves_each_cluster_out_of_both() -> None:
    """Two weightings of the same rows move together: their difference is less uncertain than its parts, exactly."""
    rng = np.random.default_rng(6)
    cluster = np.repeat(np.arange(40), rng.integers(2, 9, 40))
    y, one = rng.normal(size=40)[cluster] + rng.normal(size=len(cluster)), rng.random(len(cluster))
    two = one + 0.1 * rng.random(len(cluster))

    def difference(kept: np.ndarray) -> float:
        return float(np.average(y[kept], weights=one[kept]) - np.average(y[kept], weights=two[kept]))

    actual = ratio_difference((y * one, one), (y * two, two), cluster)
    expected = (difference(np.ones(len(y), dtype=bool)), jackknife(difference, cluster))
    assert (actual.estimate, actual.se) == (pytest.approx(expected[0]), pytest.approx(expected[1]))


@pytest.mark.parametrize(("lonely", "estimate", "se"), [(1.0, 5.0, np.inf), (0.0, np.nan, np.nan)])
def test_a_difference_from_a_ratio_without_others_is_not_known(lonely: float, estimate: float, se: float) -> None:
    """One cluster carries all weight: no standard error. No weight: no estimate either."""
    weights = np.array([lonely, 0.0, 0.0, 0.0, 0.0, 0.0])
    found = ratio_difference((6.0 * weights, weights), (np.ones(6), np.ones(6)), ROWS)
    assert [found.estimate, found.se] == pytest.approx([estimate, se], nan_ok=True)
