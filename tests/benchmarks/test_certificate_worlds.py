from dataclasses import replace

import numpy as np
import pytest

from benchmarks.certificate_arms import History, ground
from benchmarks.certificate_worlds import SHAPES, World, rules
from model.certifying.harm import HARMS
from model.certifying.trials import Question, try_rules
from model.contracts import Shares

USUAL = World(truth=(0.02, 0.03), base=0.02)


@pytest.mark.parametrize("shape", ["flat", "rising", "top-heavy", "falling"])
@pytest.mark.parametrize("size", ["one", "more at the top"])
def test_the_truth_asked_for_is_that_of_the_smallest_cut_off(shape: str, size: str) -> None:
    """R(0) of both harms."""
    world = replace(USUAL, shape=shape, size=size)
    assert [world.harm(harm, 0.0) for harm in HARMS] == pytest.approx([0.02, 0.03])


@pytest.mark.parametrize("shape", ["flat", "rising", "top-heavy", "below"])
def test_where_the_smallest_cut_off_is_too_harmful_all_are(shape: str) -> None:
    """R rises with q, so that any certificate at the boundary is a violation."""
    world = World(truth=(0.002, 0.002), base=0.001, shape=shape)
    harm = np.array([world.harm("opt_out", q) for q in np.linspace(0.0, 0.65, 14)])
    assert (harm >= 0.002 * (1 - 1e-9)).all()


def test_the_integral_is_the_one_by_hand() -> None:
    """Harm only in the top tenth: .95·.1 of .95·(.7 − q) + .02·(.3 + q)."""
    world = World(truth=(0.0, 0.05), base=0.0, shape="top-heavy")
    top = 0.05 * (0.95 * 0.7 + 0.02 * 0.3) / (0.95 * 0.1)
    assert world.scale("opt_out") == pytest.approx(top, rel=1e-4)
    assert world.harm("opt_out", 0.4) == pytest.approx(top * 0.95 * 0.1 / (0.95 * 0.3 + 0.02 * 0.7), rel=1e-4)


def test_more_exploration_below_is_another_truth() -> None:
    """The same customers, contacted by other shares."""
    world = replace(USUAL, shape="below", truth=(0.0, 0.002))
    wide = replace(world, shares=Shares(model=0.35, policy_only=0.6, holdout=0.05))
    assert wide.scale("opt_out") < world.scale("opt_out")
    assert wide.harm("opt_out", 0.0) == pytest.approx(0.002)


@pytest.mark.parametrize("e", [0.1, 0.5, (0.95, 0.02)])
@pytest.mark.parametrize("shape", sorted(set(SHAPES) - {"below"}))
def test_the_product_estimates_the_truth(shape: str, e: float | tuple[float, float]) -> None:
    """Both harms per contact at two cut-offs, within five standard errors of 120,000 rows."""
    world = World(truth=(0.05, 0.05), base=0.05, shape=shape, e=e)
    built, u1, u2 = world.ground(np.random.default_rng(3), 120_000)
    limits = dict.fromkeys(HARMS, 0.05)
    family = [replace(rules("one", u1, u2)[0], cutoff=q) for q in (0.0, 0.3)]
    for tried in try_rules(family, built, Question(alpha=limits, delta=0.05)):
        for trial in tried.trials:
            truth = world.harm(trial.harm, tried.rule.cutoff)
            L = trial.caused - truth * trial.exposed
            error = L.std() / np.sqrt(len(L)) / trial.exposed.mean()
            assert abs(trial.estimate - truth) < 5 * error


def test_rates_above_one_are_refused() -> None:
    """Not every shape can carry every harm."""
    with pytest.raises(ValueError, match=r"shape `below`: harm of `0\.05` per contact needs rates above 1"):
        World(truth=(0.0, 0.05), base=0.0, shape="below").scale("opt_out")


def test_twenty_cut_offs_one_and_everyone() -> None:
    """The grid is the product's own."""
    u1, u2 = np.linspace(-0.3, 0.69, 500), np.linspace(-0.3, 0.69, 300)
    found = {kind: rules(kind, u1, u2) for kind in ("grid", "one", "everyone")}
    assert {kind: (len(each), each[0].constant) for kind, each in found.items()} == {
        "grid": (20, False),
        "one": (1, False),
        "everyone": (1, True),
    }


@pytest.mark.parametrize("fixed", [False, True])
def test_the_truth_with_contact_history_is_that_of_the_draw(*, fixed: bool) -> None:
    """Σ s τ/Σ s over the rows that serving's own draw makes eligible."""
    world = History(fixed=fixed)
    built, rule = ground(world, np.random.default_rng(1), 6000)
    half = built.second.half
    seen: dict[int, bool] = {}
    never = []
    for cluster, contacted in zip(half.cluster.tolist(), half.contacted.tolist(), strict=True):
        never.append(not seen.get(cluster, False))
        seen[cluster] = seen.get(cluster, False) or contacted
    s = built.design.contacts(rule.second, 0.0)
    tau = world.first_harm * np.where(never, 1.0, 0.1)
    assert float(s @ tau / s.sum()) == pytest.approx(world.truth(), rel=0.02)


@pytest.mark.parametrize("fixed", [False, True])
def test_logged_propensities_are_those_of_the_arms(*, fixed: bool) -> None:
    """The propensity is .95 or .02 whatever was done; only with a draw per occasion is that how often it was done."""
    world = History(fixed=fixed)
    built, rule = ground(world, np.random.default_rng(2), 3000)
    half = built.second.half
    assert np.allclose(half.propensity, np.where(rule.second >= 0.0, 0.95, 0.02))
    occasion = np.r_[0, np.cumsum(np.diff(half.cluster) < 0)]  # rows come occasion by occasion
    late = (occasion >= 3) & (rule.second >= 0.0)
    assert (late.sum() > 1000, abs(half.contacted[late].mean() - 0.95) < 0.02) == (True, not fixed)
