from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from serving.analytics.effects import Figure, against_holdout, effect_of, reported, would_contact
from serving.analytics.occasions import OUTCOMES, Occasions
from tests.serving.analytics.drawn import World, occasions

EVERY = frozenset(OUTCOMES)
COMMON = World(customers=220, most=20, base=0.3, gain=-0.1, leaning=0.5, chances=(0.8, 0.5))


def slow(rows: Occasions, name: str, weigh: Any) -> tuple[float, float]:
    """Return the estimate and its error in the plainest way: sums in a loop, and each customer left out in turn."""
    told = list(zip(rows.customer, rows.contacted, rows.chance, rows.labels[name], strict=True))

    def estimate(without: int) -> float:
        means = []
        for arm in (True, False):
            mine = [(weigh(arm, e), y) for who, t, e, y in told if t == arm and who != without]
            means.append(sum(w * y for w, y in mine) / sum(w for w, _ in mine))
        return float(means[0] - means[1])

    everyone = sorted(set(rows.customer))
    whole, groups = estimate(-1), len(everyone)
    return whole, float(np.sqrt((groups - 1) / groups * sum((estimate(one) - whole) ** 2 for one in everyone)))


def figure(rows: Occasions, name: str = "contacted_us") -> Figure:
    """Return the estimate that there must be."""
    found = effect_of(rows, EVERY).figures[name]
    assert found is not None
    return found


def test_with_one_probability_it_is_the_difference_in_means() -> None:
    """60 of 100 contacted against 30 of 100 held out."""
    t = np.arange(200) < 100
    rows = occasions(t, benefit=np.where(t, np.arange(200) < 60, np.arange(200) < 130))
    assert figure(rows, "benefit").estimate == pytest.approx(0.3)


def test_it_is_what_the_slow_way_gives() -> None:
    """Two probabilities, customers of 1 to 20 occasions: weighted means, each customer left out."""
    rows = COMMON.drawn("contacted_us", 7)
    found = figure(rows)
    actual = (found.estimate, found.se)
    assert actual == pytest.approx(slow(rows, "contacted_us", lambda arm, e: 1 / e if arm else 1 / (1 - e)))


def test_what_was_prevented_is_what_the_slow_way_gives() -> None:
    """Minus the effect on those who were contacted, times the contacts: the held out weigh e/(1 − e)."""
    rows = COMMON.drawn("contacted_us", 7)
    prevented, n = effect_of(rows, EVERY).prevented, int(np.sum(rows.contacted))
    estimate, se = slow(rows, "contacted_us", lambda arm, e: 1.0 if arm else e / (1 - e))
    assert prevented is not None
    actual = (prevented.estimate, prevented.se, prevented.contacted)
    assert actual == pytest.approx((-n * estimate, n * se, n))


def test_what_was_prevented_is_of_the_contacts_that_were_made() -> None:
    """Where 95 % are contacted nobody has a reason to write; where 50 % are, contact spares all: it spared 50."""
    t = np.concatenate([np.arange(1000) < 950, np.arange(100) < 50])
    chance = np.where(np.arange(1100) < 1000, 0.95, 0.5)
    rows = occasions(t, chance=chance, contacted_us=(chance == 0.5) & ~t)
    prevented = effect_of(rows, EVERY).prevented
    assert (None if prevented is None else round(prevented.estimate, 6)) == 50.0


@pytest.mark.parametrize("name", ["benefit", "complaint", "contacted_us"])
def test_where_nothing_happened_the_interval_keeps_its_width(name: str) -> None:
    """No event in 500 contacts and 30 held out: up to 11 points less, less than 1 more, and no bell curve's error."""
    found = figure(occasions(np.arange(530) < 500, chance=0.95), name)
    actual = (found.estimate, found.se, -0.12 < found.low < -0.1, 0.005 < found.high < 0.01)
    assert actual == (0.0, None, True, True)


def test_no_opt_out_among_500_contacts_is_less_than_one_in_a_hundred() -> None:
    """Clopper and Pearson: 1 − .025^(1/500); those who were held out cannot opt out because of a message."""
    found = figure(occasions(np.arange(530) < 500, chance=0.95), "opt_out")
    actual = (found.estimate, found.low, round(found.high, 6))
    assert actual == (0.0, 0.0, round(1 - 0.025 ** (1 / 500), 6))


def test_an_opt_out_is_never_prevented() -> None:
    """The interval of 25 opt-outs of 30 occasions by few customers would reach below 0."""
    who = np.where(np.arange(400) < 200, np.arange(400), 200 + np.arange(400) % 20)
    t = np.arange(400) < 380
    rows = occasions(t, customer=np.where(t, who, np.arange(400) + 1000), opt_out=t & (np.arange(400) >= 178))
    found = figure(rows, "opt_out")
    assert found.low >= 0.0


@pytest.mark.parametrize(
    ("rows", "reports", "word"),
    [
        (occasions(np.zeros(0)), EVERY, "none"),
        (occasions(np.ones(500)), EVERY, "few"),
        (occasions(np.arange(500) < 19), EVERY, "few"),
        (occasions(np.arange(500) < 481), EVERY, "few"),
        (occasions(np.arange(500) < 250, customer=np.arange(500) % 19), EVERY, "few"),
        (occasions(np.arange(500) < 250, closed=np.arange(500) < 260), EVERY, "open"),
        (occasions(np.arange(500) < 19, closed=np.zeros(500)), EVERY, "few"),
        (occasions(np.arange(500) < 250), frozenset({"complaint"}), "unreported"),
    ],
    ids=["none", "nobody held out", "19 contacted", "19 held out", "19 customers", "10 closed", "few", "unreported"],
)
def test_one_word_says_why_there_is_no_figure(rows: Occasions, reports: frozenset[str], word: str) -> None:
    """And then nothing is said of what was prevented."""
    found = effect_of(rows, reports)
    actual = (found.figures["contacted_us"], found.missing.get("contacted_us"), found.prevented)
    assert actual == (None, word, None)


def test_twenty_customers_in_each_arm_are_enough() -> None:
    """One fewer is not, see above."""
    found = effect_of(occasions(np.arange(40) < 20), EVERY)
    assert dict(found.missing) == {}


def test_rows_whose_window_is_open_are_not_in_a_figure() -> None:
    """They are counted beside it."""
    rows = occasions(np.arange(400) < 200, closed=np.arange(400) % 2 == 0, benefit=np.arange(400) % 2 == 1)
    found = effect_of(rows, EVERY)
    told = figure(rows, "benefit")
    actual = (found.contacted, found.held_out, found.clusters, told.contacted, told.held_out, told.estimate)
    assert actual == (200, 200, 400, 100, 100, 0.0)


def test_harm_counts_as_reported_once_anything_is() -> None:
    """No complaint is good news where engagement is reported, and no news at all where nothing is."""
    t = np.arange(100) < 50
    actual = [sorted(reported(rows)) for rows in (occasions(t), occasions(t, benefit=t))]
    assert actual == [[], ["benefit", "complaint", "opt_out"]]


def test_only_what_the_system_would_contact_is_compared() -> None:
    """At or above the cut-off, and all of an experiment; not what a probability of 1 contacted."""
    rows = occasions(
        [True] * 5,
        above=[1, 0, -1, -1, 1],
        arm=["model", "policy_only", "experiment", "model", "model"],
        chance=[0.95, 0.02, 0.5, 0.5, 1.0],
    )
    assert would_contact(rows).tolist() == [True, False, True, False, False]


def test_an_arm_is_compared_with_the_holdout_alone() -> None:
    """Within a watch its own share is its probability: 93 of 98, and 30 of 40 in another watch."""
    arm = ["model"] * 93 + ["holdout"] * 5 + ["policy_only"] * 2 + ["model"] * 30 + ["holdout"] * 10
    t = np.array(arm) != "holdout"
    rows = occasions(t, arm=arm, chance=0.95, watch=np.arange(140) >= 100)
    found = against_holdout(rows, "model")
    assert found is not None
    actual = (int(found.contacted.sum()), len(found), sorted({round(one, 6) for one in found.chance}))
    assert actual == (123, 138, [0.75, round(93 / 98, 6)])


def test_below_the_cut_off_only_exploration_contacts() -> None:
    """`policy_only` is compared on all occasions, `model` on those that it would contact."""
    arm = ["policy_only", "holdout", "model"] * 2
    above = [1, 1, 1, 0, 0, 0]
    rows = occasions([True, False, True, True, False, False], arm=arm, above=above, chance=[0.95] * 3 + [0.02] * 3)
    found = [against_holdout(rows, name) for name in ("policy_only", "model", "holdout", None)]
    actual = [None if one is None else len(one) for one in found]
    assert actual == [4, 2, None, None]


def test_an_arm_that_met_no_holdout_says_nothing() -> None:
    """Its occasions are left out: nobody stands beside them."""
    rows = occasions(np.ones(50), arm=["model"] * 50, chance=0.95)
    found = against_holdout(rows, "model")
    assert (None if found is None else len(found)) == 0


COVERED = [
    ("contacted_us", World(2000, 20, 0.2, -0.05, 0.5, (0.95,))),
    ("contacted_us", World(1000, 20, 0.2, -0.05, 0.9, (0.5, 0.95))),
    ("complaint", World(1000, 20, 0.006, 0.004, 0.8, (0.95,))),
    ("complaint", World(500, 20, 0.006, 0.0, 0.8, (0.5,))),
    ("benefit", World(300, 20, 0.1, 0.1, 0.9, (0.5, 0.95))),
    ("opt_out", World(1500, 20, 0.0, 0.004, 0.5, (0.95,))),
    ("opt_out", World(500, 20, 0.0, 0.03, 0.9, (0.5, 0.95))),
]


@pytest.mark.parametrize(("name", "world"), COVERED, ids=[f"{name} {world.gain}" for name, world in COVERED])
def test_the_intervals_hold_the_truth(name: str, world: World) -> None:
    """In 400 repeats at least 92 of 100: customers of 1 to 20 occasions that move together, rare harms and common."""
    hits = []
    for seed in range(400):
        found = figure(world.drawn(name, seed), name)
        hits.append(found.low <= world.gain <= found.high)
    assert np.mean(hits) >= 0.92


MIXED = [World(3000, 1, 0.06, -0.02, 0.0, (0.5, 0.95)), World(1700, 1, 0.06, -0.02, 0.0, (0.5, 0.5, 0.95))]


@pytest.mark.parametrize("world", MIXED, ids=["3000", "1700"])
def test_the_intervals_hold_the_truth_where_an_experiment_and_a_certificate_share_a_period(world: World) -> None:
    """A few of those held out stand for nineteen or twenty others each: their outcomes are fewer than they look."""
    hits, prevented = [], []
    for seed in range(250):
        rows = world.drawn("contacted_us", seed)
        found = figure(rows)
        hits.append(found.low <= world.gain <= found.high)
        whole = effect_of(rows, EVERY).prevented
        prevented.append(whole is not None and whole.low <= -world.gain * whole.contacted <= whole.high)
    assert (np.mean(hits) >= 0.92, np.mean(prevented) >= 0.92) == (True, True), (np.mean(hits), np.mean(prevented))


def test_outcomes_that_weigh_much_count_for_few() -> None:
    """Forty outcomes are enough where all held out weigh alike, and none of them where ten weigh nineteen times."""
    number = np.arange(1_000)
    t, rare = (number >= 400) & (number < 990), number >= 990
    told = np.where(t, number % 2, number < 40) > 0
    actual = [
        figure(occasions(t, chance=np.where(rare, e, 0.5), contacted_us=told)).se is not None for e in (0.5, 0.99)
    ]
    assert actual == [True, False]


def test_rows_taken_for_independent_do_not_hold_it() -> None:
    """So the test above can fail: the same intervals miss far more often where each occasion is its own customer."""
    world = World(150, 200, 0.0, 0.3, 1.0, (0.5,))
    hits = []
    for seed in range(200):
        rows = world.drawn("opt_out", seed)
        found = figure(replace(rows, customer=np.arange(len(rows))), "opt_out")
        hits.append(found.low <= world.gain <= found.high)
    assert np.mean(hits) < 0.88
