import math

import numpy as np
import pytest
from scipy.stats import binom, norm

from benchmarks.certificate_rivals import PVALUES, RIVALS, Sums, bound, design_pairs, hoeffding_bentkus
from benchmarks.certificate_worlds import World, rules
from model.certifying.trials import Question, try_rules
from model.statistics.betting import binomial_bound

QUESTION = Question(alpha={"complaint": 0.05, "opt_out": 0.05}, delta=0.05)


def found(harm: str, kind: str = "one", *, rows: int = 3000, **world: object) -> tuple[Sums, np.ndarray]:
    """One trial as moments, and its L at α = .05."""
    built, u1, u2 = World(truth=(0.02, 0.02), base=0.05, **world).ground(np.random.default_rng(5), rows)  # type: ignore[arg-type]  (a test passes what it varies)
    family = rules(kind, u1, u2)
    (tried, *_) = try_rules(family, built, QUESTION)
    trial = next(each for each in tried.trials if each.harm == harm)
    return Sums.of(trial, design_pairs(family, built)[0], built), trial.caused - 0.05 * trial.exposed


@pytest.mark.parametrize("harm", ["complaint", "opt_out"])
@pytest.mark.parametrize("size", ["one", "three"])
@pytest.mark.parametrize("e", [0.3, (0.95, 0.02)])
def test_rivals_get_the_same_losses_and_their_range(harm: str, size: str, e: float | tuple[float, float]) -> None:
    """Mean, variance and the design's range of the very L that the bets see."""
    sums, L = found(harm, e=e, size=size)
    low, high = sums.range(0.05)
    assert (sums.mean(0.05), sums.variance(0.05)) == (pytest.approx(L.mean()), pytest.approx(L.var(ddof=1)))
    assert (low <= L.min() + 1e-12, high >= L.max() - 1e-12) == (True, True)


def test_the_range_of_an_opt_out_is_reached() -> None:
    """Contacted and harmed, contacted and not: nothing is given away."""
    sums, L = found("opt_out", "everyone")
    assert sums.range(0.05) == (pytest.approx(L.min()), pytest.approx(L.max()))


@pytest.mark.parametrize(("r", "a", "n"), [(0.0, 0.05, 100), (0.02, 0.05, 500), (0.2, 0.25, 2000), (0.06, 0.05, 100)])
def test_hoeffding_bentkus_by_hand(r: float, a: float, n: int) -> None:
    """The smaller of exp(−n·KL) and e times the binomial tail, with scipy's tail."""
    kl = 0.0 if r >= a else (1 - r) * math.log((1 - r) / (1 - a)) + (r * math.log(r / a) if r else 0.0)
    expected = min(math.exp(-n * kl), math.e * binom.cdf(math.ceil(n * r), n, a))
    assert hoeffding_bentkus(r, a, n) == pytest.approx(expected, rel=1e-9)


def test_maurer_pontil_by_hand() -> None:
    """At its own p-value the bound of the mean is 0."""
    sums, L = found("complaint")
    p = PVALUES["bernstein"](sums, 0.05)
    low, high = sums.range(0.05)
    t, n = math.log(2 / p), len(L)
    assert L.mean() + math.sqrt(2 * L.var(ddof=1) * t / n) + 7 * (high - low) * t / (3 * (n - 1)) == pytest.approx(0.0)


def test_the_normal_approximation_by_hand() -> None:
    """Φ(mean/(sd/√n))."""
    sums, L = found("complaint")
    expected = norm.cdf(L.mean() / (L.std(ddof=1) / math.sqrt(len(L))))
    assert PVALUES["clt"](sums, 0.05) == pytest.approx(expected)


def test_without_any_spread_the_normal_approximation_says_nothing() -> None:
    """It would be certain of what it has not seen."""
    sums, _ = found("opt_out")
    still = Sums(**{name: getattr(sums, name) for name in Sums.__slots__} | {  # type: ignore[attr-defined]  (slots of a dataclass)
        "var_caused": 0.0, "var_exposed": 0.0, "covariance": 0.0})  # fmt: skip
    assert PVALUES["clt"](still, 0.05) == 1.0


def test_the_exact_bound_is_the_products() -> None:
    """Clopper and Pearson, where everybody is contacted alike."""
    sums, _ = found("opt_out", "everyone")
    assert sums.counts is not None
    assert bound("exact", sums, 0.01) == pytest.approx(binomial_bound(*sums.counts, 0.01), abs=1e-9)


@pytest.mark.parametrize(
    ("harm", "kind", "world"),
    [
        ("complaint", "everyone", {}),
        ("opt_out", "one", {"e": 0.5}),
        ("opt_out", "everyone", {"size": "three"}),
    ],
)
def test_the_exact_tail_applies_nowhere_else(harm: str, kind: str, world: dict[str, object]) -> None:
    """Weights, clusters or a difference of arms are not binomial."""
    sums, _ = found(harm, kind, **world)
    assert (math.isnan(PVALUES["exact"](sums, 0.05)), math.isnan(bound("exact", sums, 0.01))) == (True, True)


@pytest.mark.parametrize("name", RIVALS)
def test_a_bound_is_where_the_test_begins_to_reject(name: str) -> None:
    """At it p is at most the level, just below it is not."""
    sums, _ = found("opt_out", "everyone")
    limit = bound(name, sums, 0.01)
    assert PVALUES[name](sums, limit) <= 0.01 < PVALUES[name](sums, limit - 1e-4)


@pytest.mark.parametrize("name", ["bernstein", "hb"])
def test_a_handful_of_rows_bounds_nothing(name: str) -> None:
    """The bound is 1."""
    sums, _ = found("complaint", rows=12)
    assert bound(name, sums, 0.0001) == 1.0


@pytest.mark.parametrize("name", ["bernstein", "hb"])
def test_rivals_that_hold_are_rarely_wrong(name: str) -> None:
    """Opt-outs at the limit: p ≤ .05 in at most 5 of 60 worlds."""
    wrong = 0
    for seed in range(60):
        built, u1, u2 = World(truth=(0.05, 0.05), base=0.05).ground(np.random.default_rng([7, seed]), 800)
        family = rules("one", u1, u2)
        (tried,) = try_rules(family, built, QUESTION)
        sums = Sums.of(tried.trials[1], design_pairs(family, built)[0], built)
        wrong += PVALUES[name](sums, 0.05) <= 0.05
    assert wrong <= 5
