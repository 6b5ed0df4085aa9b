import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.harm import ABOVE, BELOW, Design, Evidence, ceiling, harm_and_exposure, highest_loss, shares
from model.split import Half
from tests.model.occasions import evidence, ground, half


def rows(e: list[float], contacted: list[int], harmed: list[int]) -> Half:
    """A half of single-row clusters with both harms alike."""
    arm, y = np.array(contacted, dtype=bool), np.array(harmed, dtype=float)
    return Half(
        X=np.zeros((len(e), 1)),
        contacted=arm,
        propensity=np.array(e),
        cluster=np.arange(len(e)),
        benefit=y,
        complaint=y,
        opt_out=y * arm,
    )


def test_shares_are_those_of_the_deployed_rule() -> None:
    """Exploration included: .95 at or above the cut-off, .02 below."""
    assert shares(np.array([-1.0, 0.0, 1.0]), 0.0).tolist() == [BELOW, ABOVE, ABOVE]


@given(st.floats(0.01, 0.99), st.floats(0, 1), st.floats(0, 1), st.booleans(), st.booleans())
def test_no_row_exceeds_the_ceiling(e: float, m1: float, m0: float, contacted: bool, harmed: bool) -> None:  # noqa: FBT001  (drawn by hypothesis)
    """Γ_C ≤ max(1/e, m̄/(1 − e)) = 1/e for every arm, outcome and clipped mean."""
    built = rows([e], [int(contacted)], [int(harmed)])
    design = Design(rows_per_cluster=1, lowest=e, highest=e)
    one = Evidence(half=built, arms=(np.array([m1]), np.array([m0])), kept=np.array([True]), order=np.array([0]))
    top = ceiling("complaint", one, np.array([1.0]), 0.0, design)
    caused, _ = harm_and_exposure("complaint", one, np.array([1.0]), top=top, design=design)
    assert caused[0] <= 1.0 / e + 1e-9
    assert top == pytest.approx(1.0 / e)


@pytest.mark.parametrize("highest", [0.3, 0.5, 0.8, 0.95])
def test_clipping_the_means_adds_nothing_to_the_ceiling(highest: float) -> None:
    """m̄ = min(1, (1 − e_max)/e_max): the held-out side stays at or below 1/e_max."""
    design = Design(rows_per_cluster=1, lowest=0.02, highest=highest)
    e = np.linspace(0.02, highest, 50)
    assert (design.clip / (1.0 - e) <= 1.0 / highest + 1e-12).all()


def test_ceilings_of_the_method() -> None:
    """hi_C = M·max s·(max(1/e, m̄/(1 − e)) − α_C) and hi_A = M·max(s/e)·(1 − α_A), worked out by hand."""
    built = rows([0.5, 0.25], [1, 0], [0, 0])
    design = Design(rows_per_cluster=3, lowest=0.25, highest=0.5)
    score = np.array([1.0, -1.0])
    one = evidence(built)
    complaint = ceiling("complaint", one, score, 0.0, design)
    opt_out = ceiling("opt_out", one, score, 0.0, design)
    assert highest_loss("complaint", top=complaint, alpha=0.01, design=design) == pytest.approx(3 * 0.95 * (4 - 0.01))
    assert highest_loss("opt_out", top=opt_out, alpha=0.01, design=design) == pytest.approx(3 * 0.95 / 0.5 * 0.99)


def test_losses_of_the_method() -> None:
    """L = s·(Γ_C − α_C) and L = s·(T/e)·(A − α_A) for the four kinds of row."""
    kinds = list(itertools.product((1, 0), (1, 0)))
    built = rows([0.5] * 4, [t for t, _ in kinds], [y for _, y in kinds])
    design = Design(rows_per_cluster=1, lowest=0.5, highest=0.5)
    one = Evidence(half=built, arms=(np.full(4, 0.2), np.full(4, 0.1)), kept=np.ones(4, dtype=bool), order=np.arange(4))
    s = np.full(4, ABOVE)
    complaint = np.subtract(*_scaled(harm_and_exposure("complaint", one, s, top=2.0, design=design), 0.01))
    opt_out = np.subtract(*_scaled(harm_and_exposure("opt_out", one, s, top=1.9, design=design), 0.01))
    gamma = [0.1 + 0.8 / 0.5, 0.1 - 0.2 / 0.5, 0.1 - 0.9 / 0.5, 0.1 + 0.1 / 0.5]
    assert complaint.tolist() == pytest.approx([ABOVE * (g - 0.01) for g in gamma])
    assert opt_out.tolist() == pytest.approx([ABOVE * 2 * 0.99, -ABOVE * 2 * 0.01, 0.0, 0.0])


def _scaled(parts: tuple[np.ndarray, np.ndarray], alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Harm and α·exposure."""
    return parts[0], alpha * parts[1]


@pytest.mark.parametrize("harm", ["complaint", "opt_out"])
def test_a_row_that_d1_did_not_foresee_counts_as_harm(harm: str) -> None:
    """A smaller propensity than any on D1 could exceed the ceiling: L = s·(1 − α), whatever happened."""
    built = rows([0.5, 0.1], [1, 1], [0, 0])
    design = Design(rows_per_cluster=1, lowest=0.5, highest=0.5)
    top = 2.0 if harm == "complaint" else ABOVE / 0.5
    caused, exposed = harm_and_exposure(harm, evidence(built), np.full(2, ABOVE), top=top, design=design)
    assert (caused[1], exposed[1]) == (ABOVE, ABOVE)
    assert caused[0] < ABOVE


def test_only_the_first_rows_of_a_cluster_count_and_they_are_summed() -> None:
    """A sum, not a mean: harm that comes with many contacts is not averaged away."""
    built, _ = half(np.random.default_rng(0), 40, size=4)
    whole, two = evidence(built), evidence(built, most=2)
    values = np.arange(40.0)
    assert whole.sums(values)[1] == 4 + 5 + 6 + 7
    assert two.sums(values)[1] == 4 + 5


def test_sums_come_in_the_order_of_the_bets() -> None:
    """The hash places the clusters."""
    built = rows([0.5] * 3, [1, 1, 1], [0, 0, 0])
    one = Evidence(half=built, arms=(np.zeros(3), np.zeros(3)), kept=np.ones(3, dtype=bool), order=np.array([2, 0, 1]))
    assert one.sums(np.array([10.0, 20.0, 30.0])).tolist() == [20.0, 30.0, 10.0]


@pytest.mark.parametrize("harm", ["complaint", "opt_out"])
def test_the_mean_loss_is_zero_at_the_true_rate(harm: str) -> None:
    """E[L_g] = 0 exactly where α is the harm caused per contact."""
    built, score1, score2 = ground(1, rows=400_000, caused=0.02, left=0.02)
    top = ceiling(harm, built.first, score1, 0.1, built.design)
    caused, exposed = harm_and_exposure(harm, built.second, shares(score2, 0.1), top=top, design=built.design)
    assert caused.sum() / exposed.sum() == pytest.approx(0.02, abs=0.002)


def test_exploration_below_the_cut_off_is_part_of_the_harm() -> None:
    """Harm that exists only below q still counts with its .02."""
    built, score1, score2 = ground(2, rows=400_000, left=lambda u: np.where(u < 0.0, 0.5, 0.0))
    top = ceiling("opt_out", built.first, score1, 0.0, built.design)
    caused, exposed = harm_and_exposure("opt_out", built.second, shares(score2, 0.0), top=top, design=built.design)
    assert caused.sum() / exposed.sum() == pytest.approx(0.5 * 0.02 / 0.97, rel=0.1)
