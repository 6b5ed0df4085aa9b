import math

import numpy as np
import pytest

from model.betting import Moments, p_value, stakes
from model.planner import needed, plan, plan_opt_outs

LOG_LEVEL = math.log(20 / 0.05)


def test_the_formula() -> None:
    """2·ln(K/δ)·Var/E² + 2·hi·ln(K/δ)/(3·|E|)."""
    actual = needed(mean=-0.003, variance=0.02, hi=2.0, log_level=6.0)
    assert actual == pytest.approx(2 * 6 * 0.02 / 0.003**2 + 2 * 2 * 6 / (3 * 0.003))


@pytest.mark.parametrize("mean", [0.0, 0.001])
def test_harm_at_or_above_the_limit_is_never_certified(mean: float) -> None:
    """No number of rows shows what is not so."""
    assert needed(mean=mean, variance=0.02, hi=2.0, log_level=6.0) == math.inf


def test_the_figures_of_the_method() -> None:
    """About 27k rows at e = .5 and 115k at .95 for .6 % against .4 % at α .5 %; 1,200 contacts with no harm at all."""
    half, most = (plan(alpha=0.005, control_rate=0.004, effect=0.002, propensity=e) for e in (0.5, 0.95))
    none = plan_opt_outs(alpha=0.005)
    assert (half, most, none) == (
        pytest.approx(27_000, rel=0.1),
        pytest.approx(115_000, rel=0.02),
        pytest.approx(1200, rel=0.01),
    )


def test_some_attributable_harm_needs_more_contacts() -> None:
    """The nearer to the limit, the more."""
    assert plan_opt_outs(alpha=0.005) < plan_opt_outs(alpha=0.005, rate=0.001) < plan_opt_outs(alpha=0.005, rate=0.003)


def test_more_confidence_needs_more_rows() -> None:
    """ln(1/δ) grows."""
    sure, surer = (plan(alpha=0.005, control_rate=0.004, confidence=c) for c in (0.95, 0.99))
    assert sure < surer


def test_what_is_planned_is_about_what_certifies() -> None:
    """With the planned number of clusters most repeats reach p ≤ δ/K."""
    mean, spread = -0.02, 0.2
    n = int(1.3 * needed(mean=mean, variance=spread**2, hi=1.0, log_level=LOG_LEVEL))
    rng = np.random.default_rng(0)
    reached = 0
    for _ in range(50):
        first, L = (rng.normal(mean, spread, size).clip(-1, 1) for size in (n, n))
        stake = stakes(L, hi=1.0, log_level=LOG_LEVEL, before=Moments.of(first))
        reached += p_value(L, stake) <= 0.05 / 20
    assert reached >= 35
