import math
from dataclasses import replace

import numpy as np
import pytest

from model.certifying.planner import GRID
from model.certifying.trials import Question, cutoffs, try_rules
from model.statistics.betting import attempt_level, binomial_p
from tests.model.occasions import ground, rules, trial

QUESTION = Question(alpha={"complaint": 0.05, "opt_out": 0.05}, delta=0.05)
QS = (-0.5, -0.2, 0.0, 0.2)


def test_the_level_of_an_attempt() -> None:
    """δ is shared out over attempts on the same data."""
    later = Question(alpha=QUESTION.alpha, delta=0.05, attempt=3)
    assert later.level == attempt_level(0.05, 3) < QUESTION.level < 0.05


def test_cut_offs_are_quantiles_at_or_above_zero() -> None:
    """At most twenty, each a score that exists, the smallest the smallest useful one."""
    score = np.linspace(-1, 1, 2001)
    found = cutoffs(score)
    assert len(found) == GRID
    assert set(found) <= set(score.tolist())
    assert (found[0], found == sorted(set(found))) == (0.0, True)


@pytest.mark.parametrize(
    ("score", "expected"),
    [([-2.0, -1.0], []), ([0.3] * 9, [0.0]), ([-0.3] * 9, []), ([-1.0, 0.5, 0.5, 0.5], [0.5])],
)
def test_few_cut_offs(score: list[float], expected: list[float]) -> None:
    """Nobody useful: none. A constant scorer: everyone. Ties: once."""
    assert cutoffs(np.array(score)) == expected


def test_harmless_contact_is_certified() -> None:
    """Power: no caused harm, α far above it, 4,000 rows."""
    built, one, two = ground(1)
    assert all(each.certified for each in try_rules(rules(one, two, QS), built, QUESTION))


@pytest.mark.parametrize("harm", ["caused", "left"])
def test_one_harm_is_enough_to_close(harm: str) -> None:
    """The larger p of both harms decides: each must be shown."""
    built, one, two = ground(2, **{harm: 0.1})
    assert not any(each.certified for each in try_rules(rules(one, two, QS), built, QUESTION))


def test_harm_below_the_cut_off_spares_the_rules_above_it() -> None:
    """Customers who would complain are not contacted at q = 0: certified there, not at "everyone"."""
    built, one, two = ground(3, rows=8000, left=lambda u: np.where(u < 0.0, 0.3, 0.0))
    found = {each.rule.cutoff: each.certified for each in try_rules(rules(one, two, (-0.5, 0.05)), built, QUESTION)}
    assert found == {-0.5: False, 0.05: True}


def test_harm_below_the_cut_off_shows_in_the_estimate() -> None:
    """R(q) is of the rule as deployed: its exploration contacts them too."""
    built, one, two = ground(3, rows=8000, left=lambda u: np.where(u < 0.0, 0.9, 0.0))
    (rule,) = rules(one, two, (0.05,))
    found = trial("opt_out", rule, built, alpha=0.05, log_level=6.0)
    assert found.estimate == pytest.approx(0.9 * 0.02 * 0.5 / (0.95 * 0.45 + 0.02 * 0.55), rel=0.2)


@pytest.mark.parametrize("e", [0.5, 0.9, (0.95, 0.02)])
def test_validity_at_the_boundary(e: float | tuple[float, float]) -> None:
    """Both harms at 1.02 α, Holm over four cut-offs: a certificate in at most δ of 100 repeats (two cases over)."""
    wrong = 0
    for seed in range(100):
        built, one, two = ground(seed, rows=1500, e=e, caused=0.051, left=0.051)
        wrong += any(each.certified for each in try_rules(rules(one, two, QS), built, QUESTION))
    assert wrong <= 100 * QUESTION.level + 2 * math.sqrt(100 * QUESTION.level)


def test_validity_where_harm_comes_with_cluster_size() -> None:
    """Customers with six contacts carry all the harm: per contact it is 1.02 α, a mean per customer would be .6 α."""
    wrong = 0
    for seed in range(60):
        built, one, two = ground(seed, rows=2000, size=(1, 6), left=lambda u: np.where(u >= 0.0, 0.051 * 7 / 6, 0.0))
        wrong += any(each.certified for each in try_rules(rules(one, two, (-0.5,)), built, QUESTION))
    assert wrong <= 60 * QUESTION.level + 2 * math.sqrt(60 * QUESTION.level)


def test_twenty_unrelated_rules_are_not_twenty_chances() -> None:
    """Each certifies a twentieth of the customers, all at the boundary: some p is ≤ δ in a third of the repeats."""
    wrong = uncorrected = 0
    question = Question(alpha={"complaint": 0.2, "opt_out": 0.2}, delta=0.05)
    for seed in range(60):
        built, one, two = ground(seed, rows=6000, left=0.2)
        rng = np.random.default_rng(seed)
        groups = rng.integers(0, 20, len(one)), rng.integers(0, 20, len(two))
        family = [rules(*(np.where(group == k, 1.0, -1.0) for group in groups), (0.0,))[0] for k in range(20)]
        found = try_rules(family, built, question)
        wrong += any(each.certified for each in found)
        uncorrected += any(each.p <= question.level for each in found)
    assert uncorrected >= 15
    assert wrong <= 60 * question.level + 2 * math.sqrt(60 * question.level)


def test_the_bets_know_how_many_rules_there_are() -> None:
    """λ = √(2·ln(K/δ)/(n·v)) with K the whole family and δ that of the attempt; so does the planner's figure."""
    built, one, two = ground(12, caused=0.02)
    question = replace(QUESTION, attempt=2)
    found = try_rules(rules(one, two, QS), built, question)[-1].trials[0]
    expected, alone = (
        trial("complaint", rules(one, two, QS)[-1], built, alpha=0.05, log_level=math.log(k / question.level))
        for k in (len(QS), 1)
    )
    assert (found.p, found.clusters_needed) == (expected.p, expected.clusters_needed)
    assert np.array_equal(found.stake, expected.stake)
    assert not np.array_equal(found.stake, alone.stake)


def test_constant_rules_use_the_exact_binomial_tail_for_opt_outs() -> None:
    """Constant s and e, single rows: harmed among the contacted against α."""
    built, one, two = ground(5, left=0.01)
    (rule,) = rules(np.full(len(one), 0.3), np.full(len(two), 0.3), (0.0,))
    found = trial("opt_out", rule, built, alpha=0.02, log_level=6.0)
    half = built.second.half
    assert half.opt_out is not None
    counts = (int(half.opt_out.sum()), int(half.contacted.sum()))
    assert (found.counts, found.p) == (counts, binomial_p(*counts, 0.02))
    assert found.bound(0.05) > found.estimate == counts[0] / counts[1]


@pytest.mark.parametrize("change", ["scores", "clusters", "propensity", "harm"])
def test_elsewhere_it_bets(change: str) -> None:
    """The binomial tail holds for nothing else."""
    built, one, two = ground(6, size=2 if change == "clusters" else 1, e=(0.6, 0.4) if change == "propensity" else 0.5)
    if change != "scores":
        one, two = np.full(len(one), 0.3), np.full(len(two), 0.3)
    (rule,) = rules(one, two, (0.0,))
    assert trial("complaint" if change == "harm" else "opt_out", rule, built, alpha=0.02, log_level=6.0).counts is None


def test_the_bound_covers_the_estimate_and_falls_with_the_level() -> None:
    """A bound at a bolder level is tighter."""
    built, one, two = ground(7, caused=0.01)
    (rule,) = rules(one, two, (0.0,))
    found = trial("complaint", rule, built, alpha=0.05, log_level=6.0)
    assert found.estimate < found.bound(0.1) < found.bound(0.001) <= 1.0


def test_the_net_benefit_is_that_of_the_rows_above() -> None:
    """The mean of Γu where the rule contacts, with the share that it contacts."""
    built, one, two = ground(8)
    (found,) = try_rules(rules(one, two, (0.0,)), built, QUESTION)
    assert (found.benefit.estimate, found.contacted) == (pytest.approx(1.0), np.mean(two >= 0.0))


def test_no_rules_are_no_trials() -> None:
    """Nothing to certify."""
    built, _, _ = ground(9, rows=200)
    assert try_rules([], built, QUESTION) == []


def test_more_rows_are_needed_when_fewer_are_there() -> None:
    """The planner's figure is about the same from half the data, and about what certifies."""
    needed = []
    for seed, rows in ((10, 4000), (11, 16_000)):
        built, one, two = ground(seed, rows=rows, caused=0.02)
        (rule,) = rules(one, two, (0.0,))
        needed.append(trial("complaint", rule, built, alpha=0.05, log_level=6.0).clusters_needed)
    assert needed[0] == pytest.approx(needed[1], rel=1.0)
