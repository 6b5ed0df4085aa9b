import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.access.rates import Buckets

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
    buckets.more("k", 999, per_second=100, at=0.0)
    waits = [buckets.wait("k", per_second=100, at=at) for at in (0.0, 9.0, 9.01)]
    assert (first, waits) == (0.0, pytest.approx([9.01, 0.01, 0.0]))


def test_names_do_not_pay_for_each_other() -> None:
    """A key that asks too much leaves the others alone."""
    buckets = Buckets(most=10)
    buckets.more("a", 1000, per_second=1, at=0.0)
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
    for at, name in enumerate(("a", "b", "a", "c", "d")):
        buckets.take(name, per_second=0.25, at=4.0 * at)
    known = {name: buckets.wait(name, per_second=0.1, at=16.0) > 0 for name in "abcd"}
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
            buckets.more("k", elements - 1, per_second=per_second, at=at)
            before, last = before + last, elements
    assert before <= per_second * at + per_second + 1e-6


TURNS = st.lists(st.tuples(st.floats(0, 2), st.booleans(), st.integers(1, 50)), max_size=80)


@given(st.integers(1, 20), TURNS)
def test_in_whatever_order_requests_are_let_in_and_read(per_second: int, turns: list[tuple[float, bool, int]]) -> None:
    """The same holds where many are let in before the first is read: at no moment stand two debts."""
    buckets, at, let_in, largest = Buckets(most=2), 0.0, 0, 0
    waiting: list[int] = []
    for pause, comes, number in turns:
        at += pause
        if comes:
            if buckets.take("k", per_second=per_second, at=at) == 0.0:
                let_in += 1
                waiting.append(number)
        elif waiting:
            besides = waiting.pop(number % len(waiting)) - 1
            if buckets.more("k", besides, per_second=per_second, at=at) == 0.0:
                let_in, largest = let_in + besides, max(largest, besides)
        assert let_in <= per_second * at + per_second + largest + 1e-6


def test_of_many_who_were_let_in_one_goes_into_debt() -> None:
    """Of those that brought a thousand the first passes, the others wait for it; who brought no more has paid."""
    buckets = Buckets(most=2)
    taken = [buckets.take("k", per_second=5, at=0.0) for _ in range(5)]
    waits = [buckets.more("k", number, per_second=5, at=0.0) for number in (1000, 1000, 1, 0)]
    paid = [buckets.debt("k", per_second=5, at=at) for at in (199.9, 200.0)]
    assert (taken, waits, paid) == ([0.0] * 5, [0.0, 200.2, 200.2, 0.0], [pytest.approx(0.3), 0.0])


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
        buckets.more("k", elements - 1, per_second=per_second, at=at)
