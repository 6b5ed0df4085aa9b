import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.certifying.harm import HARMS, Design, Evidence, arranged
from model.contracts import Shares
from model.learning.coded import as_coded
from model.split import Half
from tests.model.occasions import evidence, ground, half, losses_of, risk_of

ABOVE, BELOW = 0.95, 0.02  # METHOD section 2
OTHER = Shares(model=0.4, policy_only=0.3, holdout=0.3)


def rows(e: list[float], contacted: list[int], harmed: list[int]) -> Half:
    """A half of single-row clusters with both harms alike."""
    arm, y = np.array(contacted, dtype=bool), np.array(harmed, dtype=float)
    return Half(
        rows=as_coded(np.zeros((len(e), 1))),
        contacted=arm,
        propensity=np.array(e),
        cluster=np.arange(len(e)),
        benefit=y,
        complaint=y,
        opt_out=y * arm,
    )


def test_shares_are_those_of_the_deployed_rule() -> None:
    """Exploration included: .95 at or above the cut-off, .02 below."""
    score = np.array([-1.0, 0.0, 1.0])
    usual, other = (Design(rows_per_cluster=1, highest=0.5, shares=s) for s in (Shares(), OTHER))
    assert usual.contacts(score, 0.0).tolist() == [BELOW, ABOVE, ABOVE]
    assert other.contacts(score, 0.0).tolist() == [0.3, 0.7, 0.7]


@given(st.floats(0.01, 0.99), st.floats(0, 1), st.floats(0, 1), st.booleans(), st.booleans())
def test_no_row_exceeds_the_ceiling(e: float, m1: float, m0: float, contacted: bool, harmed: bool) -> None:  # noqa: FBT001  (drawn by hypothesis)
    """Γ_C ≤ max(1/e, m̄/(1 − e)) = 1/e for every arm, outcome and clipped mean."""
    built = rows([e], [int(contacted)], [int(harmed)])
    design = Design(rows_per_cluster=1, highest=e)
    one = Evidence(half=built, arms=(np.array([m1]), np.array([m0])), kept=np.array([True]), order=np.array([0]))
    found = risk_of("complaint", one, np.ones(1), alpha=0.0, design=design)
    caused = losses_of(found, one, np.ones(1), design=design).caused
    assert caused[0] <= 1.0 / e + 1e-9
    assert found.hi == pytest.approx(1.0 / e)


@pytest.mark.parametrize("highest", [0.3, 0.5, 0.8, 0.95])
def test_clipping_the_means_adds_nothing_to_the_ceiling(highest: float) -> None:
    """m̄ = min(1, (1 − e_max)/e_max): the held-out side stays at or below 1/e_max."""
    design = Design(rows_per_cluster=1, highest=highest)
    e = np.linspace(0.02, highest, 50)
    assert (design.clip / (1.0 - e) <= 1.0 / highest + 1e-12).all()


def test_ceilings_of_the_method() -> None:
    """hi_C = M·max[s·(max(1/e, m̄/(1 − e)) − α_C)] and hi_A = M·max(s/e)·(1 − α_A), worked out by hand."""
    built = rows([0.5, 0.25], [1, 0], [0, 0])
    design = Design(rows_per_cluster=3, highest=0.5)
    s = np.array([ABOVE, BELOW])
    complaint, opt_out = (risk_of(h, evidence(built), s, alpha=0.01, design=design) for h in HARMS)
    assert (complaint.hi, opt_out.hi) == (pytest.approx(3 * 0.95 * (2 - 0.01)), pytest.approx(3 * 0.95 / 0.5 * 0.99))
    assert (complaint.hi_at_zero, opt_out.hi_at_zero) == (pytest.approx(3 * 0.95 * 2), pytest.approx(3 * 0.95 / 0.5))


def test_rare_contacts_below_the_cut_off_do_not_raise_the_ceiling() -> None:
    """Logged with .95 above and .02 below: s/e is 1 everywhere, not .95/.02."""
    built = rows([0.95, 0.02], [1, 1], [0, 0])
    design = Design(rows_per_cluster=1, highest=0.95)
    found = [risk_of(h, evidence(built), np.array([ABOVE, BELOW]), alpha=0.01, design=design).hi for h in HARMS]
    assert max(found) <= 1.0


def test_losses_of_the_method() -> None:
    """L = s·(Γ_C − α_C) and L = s·(T/e)·(A − α_A) for the four kinds of row."""
    kinds = list(itertools.product((1, 0), (1, 0)))
    built = rows([0.5] * 4, [t for t, _ in kinds], [y for _, y in kinds])
    design = Design(rows_per_cluster=1, highest=0.5)
    one = Evidence(half=built, arms=(np.full(4, 0.2), np.full(4, 0.1)), kept=np.ones(4, dtype=bool), order=np.arange(4))
    s = np.full(4, ABOVE)
    found = []
    for harm in HARMS:
        risk = risk_of(harm, one, s, alpha=0.01, design=design)
        each = losses_of(risk, one, s, design=design)
        found.append((each.caused - 0.01 * each.exposed).tolist())
    gamma = [0.1 + 0.8 / 0.5, 0.1 - 0.2 / 0.5, 0.1 - 0.9 / 0.5, 0.1 + 0.1 / 0.5]
    assert found[0] == pytest.approx([ABOVE * (g - 0.01) for g in gamma])
    assert found[1] == pytest.approx([ABOVE * 2 * 0.99, -ABOVE * 2 * 0.01, 0.0, 0.0])


@pytest.mark.parametrize("harm", HARMS)
def test_a_row_that_d1_did_not_foresee_counts_as_harm(harm: str) -> None:
    """A smaller propensity than any on D1 could exceed the ceiling: L = s·(1 − α), whatever happened."""
    design = Design(rows_per_cluster=1, highest=0.5)
    s = np.full(2, ABOVE)
    risk = risk_of(harm, evidence(rows([0.5, 0.5], [1, 1], [0, 0])), s, alpha=0.01, design=design)
    found = losses_of(risk, evidence(rows([0.5, 0.1], [1, 1], [0, 0])), s, design=design)
    assert (found.caused[1], found.exposed[1]) == (ABOVE, ABOVE)
    assert found.caused[0] < ABOVE
    assert found.caused[1] - 0.01 * found.exposed[1] <= risk.hi


@pytest.mark.parametrize("harm", HARMS)
def test_rows_that_d1_did_not_foresee_are_counted_and_not_estimated(harm: str) -> None:
    """Half of D2 logged with another propensity: the harm per contact is that of the other half."""
    design = Design(rows_per_cluster=1, highest=0.5)
    s = np.full(8, ABOVE)
    risk = risk_of(harm, evidence(rows([0.5] * 8, [1, 0] * 4, [0] * 8)), s, alpha=0.01, design=design)
    seen = losses_of(risk, evidence(rows([0.5] * 4, [1, 0] * 2, [1, 0, 0, 0])), s[:4], design=design)
    both = evidence(rows([0.5] * 4 + [0.1] * 4, [1, 0] * 4, [1, 0, 0, 0, 1, 0, 0, 0]))
    found = losses_of(risk, both, s, design=design)
    assert (found.unforeseen, seen.unforeseen) == (0.5, 0.0)
    assert found.estimate == seen.estimate == pytest.approx(float(seen.caused.sum() / seen.exposed.sum()))


def test_only_the_first_rows_of_a_cluster_count_and_they_are_summed() -> None:
    """A sum, not a mean: harm that comes with many contacts is not averaged away."""
    built, _ = half(np.random.default_rng(0), 40, size=4)
    design = Design(rows_per_cluster=4, highest=0.5)
    whole, two = arranged(evidence(built), design), arranged(evidence(built, most=2), design)
    values = np.arange(40.0)
    assert whole.sums(whole.of(values))[1] == 4 + 5 + 6 + 7
    assert two.sums(two.of(values))[1] == 4 + 5


def test_sums_come_in_the_order_of_the_bets() -> None:
    """The hash places the clusters."""
    built = rows([0.5] * 3, [1, 1, 1], [0, 0, 0])
    one = Evidence(half=built, arms=(np.zeros(3), np.zeros(3)), kept=np.ones(3, dtype=bool), order=np.array([2, 0, 1]))
    rows_in_order = arranged(one, Design(rows_per_cluster=1, highest=0.5))
    assert rows_in_order.sums(rows_in_order.of(np.array([10.0, 20.0, 30.0]))).tolist() == [20.0, 30.0, 10.0]


@pytest.mark.parametrize("harm", HARMS)
def test_the_mean_loss_is_zero_at_the_true_rate(harm: str) -> None:
    """E[L_g] = 0 exactly where α is the harm caused per contact."""
    built, score1, score2 = ground(1, rows=400_000, caused=0.02, left=0.02)
    risk = risk_of(harm, built.first, built.design.contacts(score1, 0.1), alpha=0.02, design=built.design)
    found = losses_of(risk, built.second, built.design.contacts(score2, 0.1), design=built.design)
    assert found.estimate == found.caused.sum() / found.exposed.sum() == pytest.approx(0.02, abs=0.002)


def test_exploration_below_the_cut_off_is_part_of_the_harm() -> None:
    """Harm that exists only below q still counts with its .02."""
    built, score1, score2 = ground(2, rows=400_000, left=lambda u: np.where(u < 0.0, 0.5, 0.0))
    risk = risk_of("opt_out", built.first, built.design.contacts(score1, 0.0), alpha=0.02, design=built.design)
    found = losses_of(risk, built.second, built.design.contacts(score2, 0.0), design=built.design)
    assert found.estimate == pytest.approx(0.5 * 0.02 / 0.97, rel=0.1)


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("e", [0.5, (0.95, 0.02), (0.3, 0.7)])
def test_no_cluster_exceeds_the_ceiling(harm: str, e: float | tuple[float, float]) -> None:
    """Whatever D2 holds, no loss is above hi: the wealth cannot turn negative."""
    built, score1, score2 = ground(3, rows=8000, e=e, size=2, caused=0.3, left=0.3)
    for cutoff in (-0.4, 0.0, 0.3):
        risk = risk_of(harm, built.first, built.design.contacts(score1, cutoff), alpha=0.02, design=built.design)
        found = losses_of(risk, built.second, built.design.contacts(score2, cutoff), design=built.design)
        assert (found.caused - 0.02 * found.exposed).max() <= risk.hi * (1 + 1e-9)
        assert found.caused.max() <= risk.hi_at_zero * (1 + 1e-9)


@pytest.mark.parametrize("size", [1, 3])
def test_rows_in_another_order_are_the_same_bets(size: int) -> None:
    """Shuffled rows of shuffled clusters: each cluster's sum stands at its place, and nothing else has changed."""
    rng = np.random.default_rng(4)
    built, _ = half(rng, 60, size=size, caused=0.3)
    design = Design(rows_per_cluster=size, highest=0.5)
    mixed, order = rng.permutation(60), rng.permutation(60 // size)
    assert (built.complaint is not None, built.opt_out is not None) == (True, True)
    other = Half(
        rows=built.rows,
        contacted=built.contacted[mixed],
        propensity=built.propensity[mixed],
        cluster=built.cluster[mixed],
        benefit=built.benefit,
        complaint=np.asarray(built.complaint)[mixed],
        opt_out=np.asarray(built.opt_out)[mixed],
    )
    arms = (np.full(60, 0.1), np.full(60, 0.1))
    plain, moved = (
        Evidence(half=each, arms=arms, kept=np.ones(60, dtype=bool), order=placed)
        for each, placed in ((built, np.arange(60 // size)), (other, order))
    )
    s = np.where(np.arange(60) < 30, ABOVE, BELOW)
    risk = risk_of("complaint", plain, s, alpha=0.01, design=design)
    expected = losses_of(risk, plain, s, design=design).caused
    actual = losses_of(risk, moved, s[mixed], design=design).caused
    assert np.allclose(actual[order], expected)
