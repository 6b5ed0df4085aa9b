"""Whom a proposal concerns more than others: by attributes, of all decisions or of a sample of them."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from serving.record.readings import ACTIONS
from serving.replay.segments import Known, Segment, read, sampled, segments
from serving.replay.tallying import Answers
from tests.serving.explaining.recorded import record

SEND, HOLD, DENY = range(3)


def answers(flipped: Any) -> Answers:
    """Return decisions that all were sent; those that flip are denied."""
    flips = np.asarray(flipped, dtype=bool)
    many = len(flips)
    after = np.where(flips, DENY, SEND).astype(np.int8)
    none = np.full(many, np.nan)
    before = np.full(many, SEND, dtype=np.int8)
    return Answers(number=np.arange(many) + 1, before=before, after=after, contact=none, delayed=none > 0)


def known(number: int, **attributes: Any) -> Known:
    """Return what is known of a decision of a customer of its own."""
    return Known(user_id=f"u-{number}", attributes=attributes, message={"channel": "chat", "template": "t"})


def by_name(said: Answers, told: Mapping[int, Known], most: int = 20_000) -> dict[str, Segment]:
    """Return the groups by name."""
    found = segments(said, sampled(said.number, said.before != said.after, most=most), told)
    return {f"{each.kind} {each.name}": each for each in found.groups}


def test_a_group_is_counted_with_what_it_was_told_and_would_be() -> None:
    """Of two hundred, the hundred on the basic plan hold the sixty that flip: 600 of 1,000, and nothing to estimate."""
    said = answers(np.arange(200) < 60)
    told = {n: known(n, plan="basic" if n <= 100 else "plus") for n in range(1, 201)}
    actual = [
        (each.name, each.decisions, each.flipped, each.per_1000, each.low, each.high, each.before, each.after)
        for each in by_name(said, told).values()
    ]
    first = ({"send": 100.0, "hold": 0.0, "deny": 0.0}, {"send": 40.0, "hold": 0.0, "deny": 60.0})
    assert actual == [
        ("basic", 100.0, 60.0, 600.0, 600.0, 600.0, *first),
        ("plus", 100.0, 0.0, 0.0, 0.0, 0.0, first[0], first[0]),
    ]


def test_numbers_are_in_bands_as_in_all_analytics() -> None:
    """A number of many values has the bands of `serving.analytics.grouping`."""
    told = {n: known(n, tenure_days=n) for n in range(1, 401)}
    actual = sorted(by_name(answers(np.arange(400) < 100), told))
    assert actual == [
        "tenure_days 100 to below 200",
        "tenure_days 200 to below 300",
        "tenure_days 300 and more",
        "tenure_days below 100",
    ]


@pytest.mark.parametrize(("rows", "customers"), [(49, 49), (60, 19)], ids=["few decisions", "few customers"])
def test_a_small_group_is_not_shown(rows: int, customers: int) -> None:
    """Its share says nothing, and it could tell who somebody is."""
    told = {n: known(n, plan="plus") for n in range(1, 201)}
    small = {
        n: Known(user_id=f"s-{n % customers}", attributes={"plan": "rare"}, message={}) for n in range(1, rows + 1)
    }
    actual = list(by_name(answers(np.zeros(200)), told | small))
    assert actual == ["plan plus"]


def test_a_sample_stands_for_all_and_every_flip_that_is_few_is_in_it() -> None:
    """Ten thousand decisions, of which fifty flip, all in one group: of the others a thousand are read."""
    flips = np.arange(10_000) % 200 == 0
    said = answers(flips)
    told = {n: known(n, plan="basic" if n % 2 else "plus") for n in range(1, 10_001)}
    found = by_name(said, told, most=1000)
    basic, plus = found["plan basic"], found["plan plus"]
    assert (basic.flipped, plus.flipped, basic.low < 10.0 < basic.high, basic.looked_at < 2000) == (
        50.0,
        0.0,
        True,
        True,
    )


def test_what_a_sample_says_holds_what_is_true() -> None:
    """Groups drawn at random: the interval of the share that flips holds the true one in 95 of 100."""
    rng = np.random.default_rng(0)
    flips, held, made = np.arange(8000) % 4 == 0, 0, 60
    said = answers(flips)
    for _ in range(made):
        mine = rng.random(8000) < 0.3
        told = {n: known(n, plan="basic" if own else "plus") for n, own in enumerate(mine.tolist(), start=1)}
        basic = by_name(said, told, most=500)["plan basic"]
        held += basic.low <= 1000.0 * np.mean(flips[mine]) <= basic.high
    assert 0.90 <= held / made <= 1.0, held


@pytest.mark.parametrize(("flip", "end"), [(0.2, "high"), (0.8, "low")], ids=["none that flips", "none that stays"])
def test_what_a_sample_has_none_of_may_be_there_all_the_same(flip: float, end: str) -> None:
    """A group of a thousand in which nothing of a kind was drawn, of which one stands for ten: up to thirty of it."""
    rng = np.random.default_rng(3)
    flips = rng.random(10_000) < flip
    said = answers(flips)
    picked = sampled(said.number, flips, most=int(min(flips.sum(), (~flips).sum()) / 10))
    alike = flips[picked.number - 1] == (flip > 0.5)
    told = {
        n: known(n, plan="basic" if same else "plus") for n, same in zip(picked.number.tolist(), alike, strict=True)
    }
    basic = {each.name: each for each in segments(said, picked, told).groups}["basic"]
    assert (basic.low < basic.high, getattr(basic, end) != basic.per_1000) == (True, True)


def test_a_sample_does_not_march_in_step_with_the_log() -> None:
    """What comes every fourth decision is a quarter of a sample of one in four."""
    number = np.arange(1, 8001)
    picked = sampled(number, np.full(8000, fill_value=False), most=2000)
    assert 400 < np.sum(picked.number % 4 == 0) < 600


def test_weights_sum_to_all_decisions() -> None:
    """Whatever flips and however few are read."""
    rng = np.random.default_rng(1)
    for most in (1, 7, 100, 5000):
        flips = rng.random(1000) < 0.1
        picked = sampled(np.arange(1000), flips, most=most)
        assert picked.weight.sum() == pytest.approx(1000.0)
        assert np.sum(flips[picked.number]) <= most


def test_records_say_who_and_what_and_erased_ones_say_nothing() -> None:
    """Attributes as they were then, channel and template; a record whose content has gone is left out."""
    text = json.dumps(record())
    actual = read([(1, text), (2, "")])
    assert (list(actual), actual[1].user_id, actual[1].message["channel"]) == ([1], "u-17", "chat")


def test_what_was_not_read_is_in_no_group() -> None:
    """A sample of which some records have gone meanwhile."""
    told = {n: known(n, plan="basic" if n <= 100 else "plus") for n in range(1, 151)}
    found = by_name(answers(np.zeros(200)), told)
    actual = (found["plan basic"].looked_at, found["plan plus"].looked_at)
    assert (actual, len(ACTIONS)) == ((100, 50), 3)


def test_nothing_read_makes_no_group() -> None:
    """An empty past."""
    assert by_name(answers([]), {}) == {}
