import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.history import DAY
from model.synthetic.customers import new_customers
from model.synthetic.occasions import LEAST_GAP_DAYS, START, WARM_UP_DAYS, Schedule, schedule
from model.synthetic.purposes import CRITICAL, KINDS, ONBOARDING

BEGIN = int(START.timestamp())
SEEDS = st.integers(0, 10**6)


def made(seed: int, *, customers: int = 60, days: int = 120) -> Schedule:
    """Lay out the occasions of a few customers."""
    rng = np.random.default_rng(seed)
    return schedule(new_customers(customers, rng), days=days, rng=rng)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, days=st.integers(1, 400))
def test_occasions_lie_within_the_period(seed: int, days: int) -> None:
    """Scored ones from the start to the end, essential ones also in the warm-up."""
    plan = made(seed, days=days)
    latest = BEGIN + days * int(DAY)

    assert (plan.time < latest).all()
    assert (plan.time[~plan.essential] >= BEGIN).all()
    assert (plan.time >= BEGIN - WARM_UP_DAYS * int(DAY)).all()


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_occasions_are_ordered_by_customer_then_time(seed: int) -> None:
    """The simulation relies on this order."""
    plan = made(seed)

    assert np.array_equal(np.lexsort((plan.time, plan.customer)), np.arange(len(plan.time)))


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_no_benefit_window_holds_a_second_scored_occasion(seed: int) -> None:
    """Scored occasions of one customer are at least three days apart, whatever the time of day they moved to."""
    plan = made(seed)
    customer, time = plan.customer[~plan.essential], plan.time[~plan.essential]
    gap = np.diff(time)[np.diff(customer) == 0]

    assert (gap >= LEAST_GAP_DAYS * DAY).all()


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_evidence_comes_first_and_channels_fit(seed: int) -> None:
    """Something happens, then it is considered, on a channel that the purpose allows."""
    plan = made(seed)

    assert (plan.evidence_time < plan.time).all()
    assert all(c in KINDS[k].channels for k, c in zip(plan.kind.tolist(), plan.channel.tolist(), strict=True))


def test_onboarding_is_for_newcomers_first_occasion() -> None:
    """Nobody is onboarded who has been here for three weeks, and nobody twice."""
    rng = np.random.default_rng(0)
    people = new_customers(3_000, rng)
    plan = schedule(people, days=120, rng=rng)
    who = plan.customer[plan.kind == ONBOARDING]
    tenure = people.tenure_days[who]

    assert len(who) > 100
    assert len(np.unique(who)) == len(who)
    assert (np.isnan(tenure) | (tenure < 21.0)).all()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.event)
def test_each_kind_is_consistent(kind: object) -> None:
    """Channel shares sum to one; a widget purpose waits under five minutes, nothing longer than three days."""
    channels, wait = kind.channels, kind.wait_minutes

    assert sum(channels.values()) == pytest.approx(1.0)
    assert wait < (5.0 if set(channels) == {"widget"} else 72 * 60.0)


def test_critical_events_are_essential() -> None:
    """The dagger of the contract implies the star."""
    assert {kind.event for kind in KINDS if kind.essential} > CRITICAL
