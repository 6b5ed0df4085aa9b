import math

import numpy as np
import pytest

from model.certifying.planner import CERTIFIES, WINDOW, Aim, Collect, needed, plan, plan_opt_outs, size
from model.split import FIRST_SHARE
from model.split import WINDOW as LONGEST
from model.statistics.betting import Moments, attempt_level, p_value, stakes

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
    assert half == pytest.approx(27_000, rel=0.1)
    assert most == pytest.approx(115_000, rel=0.02)
    assert none == pytest.approx(1200, rel=0.01)


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


AIM = Aim(alpha=0.005, control_rate=0.004, effect=0.002)


def test_an_experiment_is_larger_than_what_certifies() -> None:
    """D2 is 40 %, and only those above the cut-off count; contacts follow both propensities."""
    above = plan(alpha=0.005, control_rate=0.004, effect=0.002, propensity=0.95)
    found = size(AIM, Collect(above=0.95, below=0.02, share_above=0.6, per_day=500))
    expected = above / 0.4 / 0.6
    assert (found.occasions, found.contacts, found.days) == pytest.approx(
        (expected, expected * (0.6 * 0.95 + 0.4 * 0.02), expected / 500 + 14)
    )


def test_the_half_that_certifies_is_that_of_the_split() -> None:
    """The planner stands alone, so it holds its own figure."""
    assert abs(CERTIFIES - (1.0 - FIRST_SHARE)) < 1e-12
    assert LONGEST // np.timedelta64(1, "D") == WINDOW


@pytest.mark.parametrize(
    ("aim", "decides"),
    [
        (AIM, "complaint"),
        (Aim(alpha=0.05, control_rate=0.004), "opt_out"),
        (Aim(alpha=0.005, control_rate=0.004, opt_out_rate=0.0049), "opt_out"),
    ],
    ids=["complaints", "opt-outs", "opt-outs near their limit"],
)
def test_the_harm_that_needs_more_decides(aim: Aim, decides: str) -> None:
    """Both must be shown at once, on the same occasions."""
    found = size(aim, Collect())
    assert found.decides == decides
    assert found.occasions == pytest.approx(max(found.needed.values()) / 0.4)


def test_what_no_size_would_show_is_infinite() -> None:
    """One harm at its limit is enough."""
    found = size(Aim(alpha=0.005, control_rate=0.004, opt_out_rate=0.005), Collect(per_day=100))
    assert (found.possible, found.decides, found.occasions, found.days) == (False, "opt_out", math.inf, math.inf)


@pytest.mark.parametrize("effect", [0.004999999999999999, -1e-300])
def test_extreme_figures_overflow_nothing(effect: float) -> None:
    """However close to the limit."""
    assert size(Aim(alpha=0.005, control_rate=0.004, effect=effect), Collect()).occasions > 1e4


def test_half_as_much_again_certifies_about_four_times_in_five() -> None:
    """What the command says of its own figure, at α .5 % and .4 % without contact: complaints, bets as in a trial."""
    alpha, rate, level = 0.005, 0.004, attempt_level(0.05, 1)
    n = int(1.5 * plan(alpha=alpha, control_rate=rate))

    def losses(seed: int, rows: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        sign = np.where(rng.random(rows) < 0.5, 2.0, -2.0)
        complained: np.ndarray = rng.random(rows) < rate
        return np.asarray(sign * (complained - rate) - alpha)

    found = 0
    for seed in range(40):
        L = losses(seed, n)
        stake = stakes(L, hi=2.0 - alpha, log_level=math.log(20 / level), before=Moments.of(losses(1000 + seed, n)))
        found += p_value(L, stake) <= level / 20
    assert 26 <= found <= 38
