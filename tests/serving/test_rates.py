import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.rates import Buckets

STEPS = st.lists(st.tuples(st.floats(0, 2), st.integers(1, 50)), max_size=60)


def test_a_second_of_requests_may_come_at_once_and_not_one_more() -> None:
    """A bucket that nobody asked of is full."""
    buckets = Buckets(most=10)
    waits = [buckets.take("k", per_second=5, at=100.0) for _ in range(7)]
    assert waits == [0.0] * 5 + [0.2] * 2


def test_what_is_refused_costs_nothing() -> None:
    """Whoever keeps asking while it must wait does not wait for longer."""
    buckets = Buckets(most=10)
    for _ in range(500):
        buckets.take("k", per_second=5, at=0.0)
    assert buckets.take("k", per_second=5, at=0.2) == 0.0


def test_an_array_passes_whole_and_is_paid_for_afterwards() -> None:
    """1,000 elements at 100 a second: what comes next waits for ten seconds, less the second that was saved."""
    buckets = Buckets(most=10)
    first = buckets.take("k", per_second=100, at=0.0)
    buckets.owe("k", 999, per_second=100, at=0.0)
    waits = [buckets.wait("k", per_second=100, at=at) for at in (0.0, 9.0, 9.01)]
    assert (first, waits) == (0.0, pytest.approx([9.01, 0.01, 0.0]))


def test_names_do_not_pay_for_each_other() -> None:
    """A key that asks too much leaves the others alone."""
    buckets = Buckets(most=10)
    buckets.owe("a", 1000, per_second=1, at=0.0)
    assert buckets.take("b", per_second=1, at=0.0) == 0.0


def test_a_clock_that_goes_back_gives_nothing() -> None:
    """No step back of the clock fills a bucket, or empties one."""
    buckets = Buckets(most=10)
    buckets.take("k", per_second=1, at=1000.0)
    waits = [buckets.wait("k", per_second=1, at=at) for at in (1000.0, 0.0, 1001.0)]
    assert waits == [1.0, 1.0, 0.0]


def test_memory_is_bounded_and_the_least_recent_goes_first() -> None:
    """However many names ask, so many are known; one that was forgotten begins with a full bucket."""
    buckets = Buckets(most=3)
    for name in ("a", "b", "a", "c", "d"):
        buckets.owe(name, 9, per_second=1, at=0.0)
    known = {name: buckets.wait(name, per_second=1, at=0.0) > 0 for name in "abcd"}
    assert (len(buckets), known) == (3, {"a": True, "b": False, "c": True, "d": True})


def test_a_lower_rate_counts_from_now_on() -> None:
    """Where a key's rate changes what was saved is cut to one second's worth of the new one."""
    buckets = Buckets(most=3)
    buckets.take("k", per_second=1000, at=0.0)
    waits = [buckets.take("k", per_second=1, at=0.0) for _ in range(2)]
    assert waits == [0.0, 1.0]


@given(st.integers(1, 20), STEPS)
def test_never_more_than_the_rate_and_one_second_of_it(per_second: int, steps: list[tuple[float, int]]) -> None:
    """Over any time: what was let in before the last array is at most rate x seconds and one second's worth."""
    buckets, at, before, last = Buckets(most=2), 0.0, 0, 0
    for pause, elements in steps:
        at += pause
        if buckets.take("k", per_second=per_second, at=at) == 0.0:
            buckets.owe("k", elements - 1, per_second=per_second, at=at)
            before, last = before + last, elements
    assert before <= per_second * at + per_second + 1e-6


@given(st.integers(1, 20), STEPS)
def test_whoever_waits_as_told_is_let_in(per_second: int, steps: list[tuple[float, int]]) -> None:
    """`Retry-After` is the truth: in whole seconds it is long enough, whatever was asked before."""
    buckets, at = Buckets(most=2), 0.0
    for pause, elements in steps:
        at += pause
        wait = buckets.take("k", per_second=per_second, at=at)
        if wait > 0:
            at += math.ceil(wait)
            assert buckets.take("k", per_second=per_second, at=at) == 0.0
        buckets.owe("k", elements, per_second=per_second, at=at)
