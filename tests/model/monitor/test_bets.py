"""What is watched and what is bet: fair at the limit, never ruinous, largest growth at twice the limit."""

import math
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from model.errors import InvalidInput
from model.monitor.bets import loss
from model.monitor.detector import COMPLAINT, OPT_OUT, RUN_LENGTH, Cell, Watch, bets

WATCH = Watch(key="w", complaint_at_most=0.005, opt_out_at_most=0.005, control_rate=0.006)
EVEN = replace(WATCH, contact_above=0.5, contact_below=0.5)

RATES = st.floats(0.0005, 0.2)
WATCHES = st.builds(
    lambda a, b, m, above, below: Watch(
        key="h",
        complaint_at_most=a,
        opt_out_at_most=b,
        control_rate=m,
        contact_above=max(above, below),
        contact_below=min(above, below),
    ),
    RATES,
    RATES,
    st.floats(0.0, 0.5),
    st.floats(0.01, 0.99),
    st.floats(0.01, 0.99),
)


def kinds(e: float) -> list[Cell]:
    """Every kind of occasion at this probability of contact."""
    return [
        Cell(day=1, e=e, contacted=t, complained=y, harmed=a)
        for t, y, a in product((True, False), repeat=3)
        if t or not a
    ]


def mean_loss(harm: str, watch: Watch, e: float, *, m0: float, rate: float) -> float:
    """E[L] where the held out complain at m0 and contact adds `rate`; harmed at `rate`."""
    if harm == OPT_OUT:
        chances = [(e * rate, (True, False, True)), (e * (1 - rate), (True, False, False)), (1 - e, (False,) * 3)]
    else:
        chances = [
            (p * (share if y else 1 - share), (t, y, False))
            for t, p, share in ((True, e, m0 + rate), (False, 1 - e, m0))
            for y in (True, False)
        ]
    return math.fsum(
        p * loss(harm, Cell(day=1, e=e, contacted=t, complained=y, harmed=a), watch) for p, (t, y, a) in chances
    )


@given(WATCHES, st.sampled_from([COMPLAINT, OPT_OUT]), st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_an_occasion_is_worth_its_harm_above_the_limit(watch: Watch, harm: str, m0: float, rate: float) -> None:
    """E[L] = e·(harm − α) on both sides of the cut-off, whatever control rate the watch believes in."""
    limit = watch.complaint_at_most if harm == COMPLAINT else watch.opt_out_at_most
    for e in (watch.contact_above, watch.contact_below):
        actual = mean_loss(harm, watch, e, m0=m0, rate=rate)
        assert actual == pytest.approx(e * (rate - limit), abs=1e-12)


@given(WATCHES)
def test_no_occasion_ruins_the_detector(watch: Watch) -> None:
    """Every factor 1 + λL is at least a quarter, on either side of the cut-off."""
    actual = min(
        1.0 + bet.stake * loss(bet.harm, cell, watch)
        for bet in bets(watch)
        for e in (watch.contact_above, watch.contact_below)
        for cell in kinds(e)
    )
    assert actual >= 0.25 - 1e-12


@given(WATCHES, st.floats(0.5, 1.5))
def test_no_other_stake_grows_faster_at_twice_the_limit(watch: Watch, factor: float) -> None:
    """Kelly: the expected ln(1 + λL) above the cut-off is largest at λ (where the ceiling leaves room)."""
    assume(2 * watch.opt_out_at_most < 0.5 * (1 + watch.opt_out_at_most))
    e, a = watch.contact_above, watch.opt_out_at_most
    best = bets(watch)[1]

    def growth(stake: float) -> float:
        return e * (2 * a * math.log1p(stake * (1 - a)) + (1 - 2 * a) * math.log1p(-stake * a))

    other = min(best.stake * factor, 0.75 / a)
    assert growth(other) <= best.growth + 1e-12
    assert best.growth == pytest.approx(growth(best.stake))


def test_kelly_by_hand() -> None:
    """Opt-outs: λ = (2α − α)/(α·(1 − α)) = 1/(1 − α); growth = e·[2α·ln 2 + (1 − 2α)·ln((1 − 2α)/(1 − α))]."""
    actual = bets(WATCH)[1]
    growth = 0.95 * (0.01 * math.log(2) + 0.99 * math.log(0.99 / 0.995))
    assert (actual.stake, actual.growth) == (pytest.approx(1 / 0.995), pytest.approx(growth))
    assert actual.delay == pytest.approx(math.log(2 * RUN_LENGTH) / growth)


def test_few_held_out_make_complaints_slow_to_tell() -> None:
    """One held-out complaint weighs 19 at e = .95: the delay is more than four times that of e = .5."""
    actual = bets(WATCH)[0].delay / bets(EVEN)[0].delay
    assert 4.0 < actual < 5.0


@pytest.mark.parametrize("control_rate", [0.5, 0.999])
def test_a_limit_that_no_rate_exceeds_is_never_tripped(control_rate: float) -> None:
    """Contact cannot add 60 points of complaints to 50: the bet is nothing, its delay infinite, and nothing breaks."""
    watch = replace(EVEN, complaint_at_most=0.6, control_rate=control_rate)
    actual = bets(watch)[0]
    assert (actual.stake, actual.delay) == (pytest.approx(0.0, abs=1e-12), math.inf)


@pytest.mark.parametrize("name", ["complaint_at_most", "opt_out_at_most", "contact_above", "contact_below"])
@pytest.mark.parametrize("value", [0.0, 1.0, -0.1, 1.5, math.nan, math.inf], ids=str)
def test_rates_outside_their_domain_are_refused(name: str, value: float) -> None:
    """A watch that cannot watch is not made."""
    with pytest.raises(InvalidInput, match="watch `w`: limits, control rate and contact probabilities"):
        replace(WATCH, **{name: value})


@pytest.mark.parametrize("value", [1.0, -0.1, math.nan], ids=str)
def test_a_control_rate_is_a_rate(value: float) -> None:
    """0 is one: nobody complained."""
    assert replace(WATCH, control_rate=0.0).control_rate == 0.0
    with pytest.raises(InvalidInput, match="watch `w`"):
        replace(WATCH, control_rate=value)


def test_a_watch_has_a_name_and_its_sides_an_order() -> None:
    """No key, or more contact below than above the cut-off: refused."""
    with pytest.raises(InvalidInput, match="watch ``"):
        replace(WATCH, key="")
    with pytest.raises(InvalidInput, match="watch `w`"):
        replace(WATCH, contact_above=0.02, contact_below=0.95)
