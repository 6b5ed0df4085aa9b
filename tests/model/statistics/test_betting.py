import math
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import binom

from model.statistics.betting import (
    LARGEST_STAKE,
    Moments,
    attempt_level,
    binomial_bound,
    binomial_p,
    holm,
    log_wealth,
    p_value,
    stakes,
    upper_bound,
)

LOG_LEVEL = math.log(20 / 0.05)
NOTHING = Moments(count=0, total=0.0, squares=0.0)


def bets(L: np.ndarray, *, hi: float = 1.0, before: Moments = NOTHING) -> np.ndarray:
    """The stakes at K = 20 and δ = .05."""
    return stakes(L, hi=hi, log_level=LOG_LEVEL, before=before)


def test_a_stake_depends_only_on_the_clusters_before() -> None:
    """Changing cluster t and everything after it leaves λ_1 … λ_t as they were."""
    rng = np.random.default_rng(0)
    L = rng.normal(-0.1, 0.3, 500).clip(-1, 1)
    for t in (0, 1, 250, 499):
        changed = L.copy()
        changed[t:] = rng.normal(0.5, 0.4, 500 - t).clip(-1, 1)
        assert np.array_equal(bets(L)[: t + 1], bets(changed)[: t + 1])


def test_the_stake_is_the_one_of_the_method() -> None:
    """λ_t = min(.75/hi, √(2·ln(K/δ)/(n·v_{t−1}))), v from D1 and the clusters before, step by step."""
    rng = np.random.default_rng(1)
    first, L = rng.normal(0, 0.5, 300), rng.normal(0, 0.5, 200)
    before = Moments.of(first)
    expected = []
    for t in range(200):
        v = np.var(np.r_[first, L[:t]])
        expected.append(min(LARGEST_STAKE / 3.0, math.sqrt(2 * LOG_LEVEL / (200 * v))))
    assert np.allclose(stakes(L, hi=3.0, log_level=LOG_LEVEL, before=before), expected)


def test_the_stake_never_exceeds_three_quarters_of_the_ceiling() -> None:
    """Without any spread the bet is as bold as allowed: the worst cluster costs three quarters."""
    assert bets(np.full(50, -0.01), hi=2.0).tolist() == [LARGEST_STAKE / 2.0] * 50


def test_wealth_by_hand() -> None:
    """W = Π(1 − λL); the p-value is one over its highest point."""
    L, stake = np.array([-1.0, -1.0, 1.0]), np.array([0.5, 0.5, 0.5])
    assert log_wealth(L, stake) == pytest.approx(2 * math.log(1.5))
    assert p_value(L, stake) == pytest.approx(1 / 2.25)


def test_losing_bets_give_no_evidence() -> None:
    """At most 1, also without clusters."""
    harmful = np.full(10, 0.5)
    assert (p_value(harmful, bets(harmful)), p_value(np.empty(0), np.empty(0))) == (1.0, 1.0)


def test_under_the_null_evidence_is_rare() -> None:
    """E[L] = 0 exactly, rare large losses: at most 5 of 100 reach p ≤ .05 (Ville)."""
    rng = np.random.default_rng(2)
    rate, repeats = 0.01, 400
    hits = 0
    for _ in range(repeats):
        L = np.where(rng.random(3000) < rate, 1.0 - rate, -rate)
        hits += p_value(L, bets(L)) <= 0.05
    assert hits / repeats <= 0.05


def test_bets_that_see_their_own_cluster_are_wrong() -> None:
    """The same null, the stake cut where this cluster's own loss is large: evidence out of nothing."""
    rng = np.random.default_rng(3)
    rate = 0.01
    hits = 0
    for _ in range(50):
        L = np.where(rng.random(3000) < rate, 1.0 - rate, -rate)
        peeking = np.where(L > 0, 0.01, 0.75)
        hits += p_value(L, peeking) <= 0.05
    assert hits / 50 > 0.9


def test_bets_that_see_their_own_propensity_are_wrong() -> None:
    """Under .95/.02 harm sits where e is small: a stake that shrinks there bets on the harmless rows only."""
    rng = np.random.default_rng(4)
    hits, honest = 0, 0
    for _ in range(30):
        rare = rng.random(4000) < 0.05
        e = np.where(rare, 0.02, 0.95)
        contacted = rng.random(4000) < e
        harm = rng.random(4000) < np.where(rare, 0.2, 0.0)  # .01 per contact on average
        L = contacted / e * (harm - 0.01)
        hits += p_value(L, 0.75 * e / 0.99) <= 0.05
        honest += p_value(L, bets(L, hi=49.5)) <= 0.05
    assert (hits / 30 > 0.5, honest / 30 <= 0.1) == (True, True)


def test_power_is_near_that_of_the_normal_approximation() -> None:
    """Where a one-sided test by the central limit theorem has power .9 or more, betting has three quarters of it."""
    rng = np.random.default_rng(5)
    n, mean, spread = 2000, -0.01, 0.1
    z = NormalDist().inv_cdf(1 - 0.05 / 20)
    oracle = 1 - NormalDist().cdf(z + mean * math.sqrt(n) / spread)
    found = 0
    for _ in range(100):
        L = rng.normal(mean, spread, n).clip(-1, 1)
        found += p_value(L, bets(L, before=Moments.of(rng.normal(mean, spread, 3000)))) <= 0.05 / 20
    assert found / 100 >= 0.75 * oracle


def test_the_bound_is_where_the_test_stops_rejecting() -> None:
    """Above it everything is rejected, below it nothing."""
    rng = np.random.default_rng(6)
    harm = (rng.random(5000) < 0.01).astype(float)
    exposure = np.ones(5000)
    stake = bets(harm - 0.02)
    bound = upper_bound(harm, exposure, stake=stake, level=0.01)
    p = [p_value(harm - a * exposure, stake) for a in (bound - 1e-6, bound + 1e-6, 2 * bound)]
    assert (p[0] > 0.01, p[1] <= 0.01, p[2] <= 0.01) == (True, True, True)
    assert 0.01 < bound < 0.03


def test_the_bound_is_one_where_nothing_is_known() -> None:
    """Five rows bound nothing."""
    assert upper_bound(np.zeros(5), np.ones(5), stake=np.full(5, 0.1), level=0.001) == 1.0


def test_bounds_cover_the_truth() -> None:
    """In 200 repeats at level .1 the true rate lies above the bound at most one time in ten."""
    rng = np.random.default_rng(7)
    misses = 0
    for _ in range(200):
        harm = (rng.random(1500) < 0.02).astype(float)
        misses += upper_bound(harm, np.ones(1500), stake=bets(harm - 0.03), level=0.1) < 0.02
    assert misses / 200 <= 0.1


@pytest.mark.parametrize(("harmed", "contacted", "alpha"), [(0, 1000, 0.005), (3, 2000, 0.005), (40, 500, 0.1)])
def test_the_binomial_tail_is_scipys(harmed: int, contacted: int, alpha: float) -> None:
    """P(Binomial(n, α) ≤ k), summed by hand and by scipy."""
    by_hand = sum(math.comb(contacted, k) * alpha**k * (1 - alpha) ** (contacted - k) for k in range(harmed + 1))
    assert binomial_p(harmed, contacted, alpha) == binom.cdf(harmed, contacted, alpha) == pytest.approx(by_hand)


@pytest.mark.parametrize(("harmed", "contacted"), [(0, 1000), (7, 1000)])
def test_the_binomial_bound_inverts_the_tail(harmed: int, contacted: int) -> None:
    """At the bound the p-value is the level (Clopper and Pearson)."""
    assert binomial_p(harmed, contacted, binomial_bound(harmed, contacted, 0.01)) == pytest.approx(0.01)


def test_the_binomial_bound_without_contacts_is_one() -> None:
    """Nobody contacted, nothing known."""
    assert (binomial_bound(0, 0, 0.05), binomial_bound(3, 3, 0.05)) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        ([0.01, 0.02, 0.04], [True, True, True]),
        ([0.01, 0.03, 0.04], [True, False, False]),
        ([0.04, 0.001, 0.9], [False, True, False]),
        ([0.02, 0.02, 0.02], [False, False, False]),
        ([0.05], [True]),
        ([], []),
    ],
)
def test_holm_steps_down(p: list[float], expected: list[bool]) -> None:
    """The smallest against δ/K, the next against δ/(K − 1), and none after the first that fails."""
    assert holm(np.array(p), 0.05).tolist() == expected


def test_all_attempts_together_stay_below_delta() -> None:
    """6δ/(π²k²) sums to δ: trying again on the same data is paid for."""
    total = sum(attempt_level(0.05, k) for k in range(1, 20_000))
    assert 0.04999 < total < 0.05
    assert attempt_level(0.05, 2) == pytest.approx(6 * 0.05 / (math.pi**2 * 4))
