import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.evaluation import ols_slope
from model.qini import autoc, dr_qini, mid_ranks, qini_curve, qini_sklift, rate

HASH = "ab" * 32


def counted(seed: int, rows: int, levels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Benefits, scores (rounded to levels where there are any) and arms."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=rows)
    if levels:
        score = np.round(score * levels) / levels
    contacted = rng.random(rows) < 0.6
    benefit = (rng.random(rows) < 0.2 + 0.1 * contacted * (score > 0)).astype(float)
    return benefit, score, contacted


@pytest.mark.parametrize(
    ("seed", "rows", "levels", "expected"),
    [
        (0, 500, 0, 0.10433560473218027),
        (1, 2000, 0, 0.07891478698537799),
        (2, 2000, 2, 0.04267151074060818),
        (3, 50, 1, -0.24465589244851263),
        (4, 10000, 5, 0.06970759052499342),
    ],
)
def test_parity_with_scikit_uplift(seed: int, rows: int, levels: int, expected: float) -> None:
    """The figures are `sklift.metrics.qini_auc_score` of scikit-uplift 0.5.1 on the same arrays."""
    assert qini_sklift(*counted(seed, rows, levels)) == pytest.approx(expected, abs=1e-12)


def test_a_constant_score_has_no_qini() -> None:
    """Everybody at once is the random line (scikit-uplift says 0.0 too)."""
    benefit, _, contacted = counted(5, 1000, 0)
    assert qini_sklift(benefit, np.zeros(1000), contacted) == 0.0


def test_no_benefit_at_all_has_no_qini() -> None:
    """Where no order can win, the share of the best is unknown."""
    assert np.isnan(qini_sklift(np.zeros(10), np.arange(10.0), np.arange(10) % 2 == 0))


def test_the_curve_begins_at_zero_and_ends_with_everyone() -> None:
    """Rows targeted, benefits gained over the held out."""
    benefit, score, contacted = counted(0, 500, 0)
    rows, gain = qini_curve(benefit, score, contacted)
    n1, n0 = contacted.sum(), (~contacted).sum()
    everyone = benefit[contacted].sum() - benefit[~contacted].sum() * n1 / n0
    assert (rows[0], gain[0], rows[-1], gain[-1]) == (0.0, 0.0, 500.0, pytest.approx(everyone))


def test_mid_ranks_share_the_middle() -> None:
    """Ties get one rank, and the mean is one half."""
    assert mid_ranks(np.array([3.0, 1.0, 1.0, 2.0]))[0].tolist() == [0.875, 0.25, 0.25, 0.625]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_mid_ranks_have_mean_one_half(values: list[int]) -> None:
    """Whatever the ties."""
    assert mid_ranks(np.array(values, dtype=float))[0].mean() == pytest.approx(0.5)


def test_dr_qini_is_the_covariance_of_rank_and_effect() -> None:
    """mean[(F − ½)(Γ − mean Γ)], from the definition."""
    rng = np.random.default_rng(0)
    score, gamma = np.round(rng.normal(size=300), 1), rng.normal(size=300)
    expected = np.mean((mid_ranks(score)[0] - 0.5) * (gamma - gamma.mean()))
    assert dr_qini(score, gamma).estimate == pytest.approx(expected)


def test_only_the_order_counts() -> None:
    """A rising transformation of the score changes nothing."""
    rng = np.random.default_rng(0)
    score, gamma = rng.normal(size=300), rng.normal(size=300)
    assert dr_qini(np.exp(score), gamma).estimate == dr_qini(score, gamma).estimate


def test_a_constant_score_ranks_nobody() -> None:
    """Average effect only: Q is 0 for certain."""
    found = dr_qini(np.full(50, 0.2), np.arange(50.0))
    assert (found.estimate, found.interval(np.arange(50)).se) == (0.0, 0.0)


@pytest.mark.parametrize("ties", [False, True])
def test_the_influence_is_that_of_leaving_rows_out(ties: bool) -> None:  # noqa: FBT001  (a case, not a switch)
    """The Hájek projection, rank term included, agrees with the jackknife row by row."""
    rng = np.random.default_rng(1)
    score, gamma = rng.normal(size=400), rng.normal(size=400)
    score = np.round(score, 0) if ties else score
    gamma = gamma + score
    whole = dr_qini(score, gamma)
    keep = ~np.eye(400, dtype=bool)
    left_out = np.array([399 * (whole.estimate - dr_qini(score[k], gamma[k]).estimate) for k in keep])
    assert ols_slope(whole.influence, left_out) == pytest.approx(1.0, abs=0.02)
    assert np.corrcoef(whole.influence, left_out)[0, 1] > 0.999


def test_without_the_rank_term_the_standard_error_would_be_wrong() -> None:
    """Over repeated samples the spread of Q matches the full projection, not the naive one."""
    rng = np.random.default_rng(2)
    estimates, full, naive = [], [], []
    for _ in range(300):
        score = rng.normal(size=300)
        gamma = 2.0 * score + rng.normal(size=300)
        found = dr_qini(score, gamma)
        estimates.append(found.estimate)
        full.append(found.interval(np.arange(300)).se)
        centred = (mid_ranks(score)[0] - 0.5) * (gamma - gamma.mean())
        naive.append(centred.std() / np.sqrt(300))
    spread = np.std(estimates)
    assert np.mean(full) == pytest.approx(spread, rel=0.1)
    assert abs(np.mean(naive) - spread) > 0.15 * spread


def test_a_paired_difference_is_tighter_than_two_intervals() -> None:
    """Two scorers judged on the same rows share their noise."""
    rng = np.random.default_rng(3)
    score = rng.normal(size=3000)
    gamma = score + 5.0 * rng.normal(size=3000)
    one, two = dr_qini(score, gamma), dr_qini(score + 0.1 * rng.normal(size=3000), gamma)
    rows = np.arange(3000)
    assert one.minus(two, rows).se < 0.3 * one.interval(rows).se


def test_autoc_by_its_definition() -> None:
    """Mean over j of the mean of the j highest, less the mean of all."""
    gamma = np.array([4.0, 1.0, 2.0, 1.0])
    tops = [4.0, 2.5, 7 / 3, 2.0]
    assert autoc(gamma, np.arange(4), np.ones(4)) == pytest.approx(np.mean(tops) - 2.0)


def test_autoc_shares_ties() -> None:
    """Two rows with one score cannot be told apart, however they are sorted."""
    one = autoc(np.array([4.0, 0.0, 1.0]), np.array([0, 2]), np.ones(3))
    other = autoc(np.array([0.0, 4.0, 1.0]), np.array([0, 2]), np.ones(3))
    assert one == pytest.approx(other)


def test_rate_finds_a_real_order_and_not_noise() -> None:
    """Its interval excludes 0 where the score ranks the effects, and includes it where it does not."""
    rng = np.random.default_rng(4)
    score, noise = rng.normal(size=4000), rng.normal(size=4000)
    rows = np.arange(4000)
    real, none = rate(score, score + noise, rows, data_sha256=HASH), rate(score, noise, rows, data_sha256=HASH)
    assert (real.low > 0.0, none.low < 0.0 < none.high) == (True, True)


def test_the_half_samples_give_the_spread_of_rate() -> None:
    """Half-sampling clusters without replacement estimates the standard error of the whole (grf)."""
    rng = np.random.default_rng(5)
    estimates, errors = [], []
    for _ in range(25):
        score = rng.normal(size=600)
        gamma = np.repeat(rng.normal(size=300), 2) + score
        found = rate(score, gamma, np.arange(600) // 2, data_sha256=HASH)
        estimates.append(found.estimate)
        errors.append(found.se)
    assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.4)


def test_rate_draws_by_the_data_and_not_by_chance() -> None:
    """Same data, same interval; other data, other halves."""
    rng = np.random.default_rng(6)
    score, gamma, rows = rng.normal(size=500), rng.normal(size=500), np.arange(500)
    one, again, other = (rate(score, gamma, rows, data_sha256=h) for h in (HASH, HASH, "cd" * 32))
    assert (one == again, one == other, one.estimate == other.estimate) == (True, False, True)


def test_rate_of_a_constant_score_includes_zero() -> None:
    """Nobody is told apart: the interval is the point 0."""
    found = rate(np.ones(100), np.arange(100.0), np.arange(100), data_sha256=HASH)
    assert (found.low, found.estimate, found.high) == (0.0, 0.0, 0.0)


def test_rate_of_too_few_clusters_is_unknown() -> None:
    """Three customers cannot show that customers differ."""
    found = rate(np.arange(9.0), np.arange(9.0), np.arange(9) // 3, data_sha256=HASH)
    assert (found.low, found.high) == (-np.inf, np.inf)
