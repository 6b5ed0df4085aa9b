import numpy as np
import pytest

from benchmarks.figures import Held, Paired, judged, paired, pehe, regret, selected
from model.qini import dr_qini, qini_sklift


def held(*, truth: np.ndarray | None = None, sklift: bool = True) -> Held:
    """Two hundred rows of D2 whose effect follows a score."""
    chance = np.random.default_rng(0)
    contacted = chance.random(200) < 0.5
    y = (chance.random(200) < 0.4).astype(float)
    return Held(y=y, contacted=contacted, gamma=np.linspace(-1, 1, 200), truth=truth, sklift=sklift)


def test_the_corrected_error_by_its_formula() -> None:
    """(1/J + n_test/n_train)·s², with the sample variance of the differences."""
    differences = [0.1, 0.4, -0.2, 0.3]
    expected = np.sqrt((1 / 4 + 0.4 / 0.6) * np.var(differences, ddof=1))
    assert paired(differences, ratio=0.4 / 0.6) == Paired(0.15, pytest.approx(expected))


def test_overlapping_repeats_are_no_new_data() -> None:
    """With many repeats the naive error goes to nothing, the corrected one to √ratio·s."""
    differences = np.random.default_rng(0).normal(size=10_000)
    assert paired(differences, ratio=2 / 3).se == pytest.approx(np.sqrt(2 / 3), rel=0.03)


def test_one_repeat_proves_nothing() -> None:
    """Its error is infinite, so that nothing is refuted either."""
    found = paired([-5.0], ratio=2 / 3)
    assert (found.mean, found.se, found.not_below(), found.not_above()) == (-5.0, float("inf"), True, True)


@pytest.mark.parametrize(
    ("mean", "not_below", "not_above"),
    [(-1.01, False, True), (-1.0, True, True), (0.0, True, True), (1.0, True, True), (1.01, True, False)],
    ids=["far below", "at the lower edge", "equal", "at the upper edge", "far above"],
)
def test_one_standard_error_is_the_line(mean: float, not_below: bool, not_above: bool) -> None:  # noqa: FBT001  (cases)
    """A difference of exactly one error still counts as met."""
    found = Paired(mean, 1.0)
    assert (found.not_below(), found.not_above()) == (not_below, not_above)


def test_pehe_by_hand() -> None:
    """√mean (τ̂ − τ)²."""
    assert pehe(np.array([1.0, 2.0]), np.array([1.0, 5.0])) == pytest.approx(np.sqrt(4.5))


def test_regret_counts_missed_gains_and_harm_done() -> None:
    """Contacting a row with effect −2 costs 2, leaving out one with effect 3 costs 3; four rows."""
    score, truth = np.array([1.0, -1.0, 1.0, -1.0]), np.array([-2.0, 3.0, 1.0, -1.0])
    assert regret(score, truth) == pytest.approx(5.0 / 4.0)


def test_the_best_rule_has_no_regret() -> None:
    """Scores that are the truth lose nothing."""
    truth = np.random.default_rng(0).normal(size=100)
    assert regret(truth, truth) == pytest.approx(0.0)


def test_every_measure_of_a_score() -> None:
    """Each is the model's own function of the same arrays; those with the truth need it."""
    truth = np.linspace(-0.5, 0.5, 200)
    seen, score = held(truth=truth), np.linspace(-1, 2, 200)
    expected = {
        "qini": qini_sklift(seen.y, score, seen.contacted),
        "dr_qini": dr_qini(score, seen.gamma).estimate,
        "value": float(np.mean(seen.gamma * (score >= 0))),
        "true_qini": dr_qini(score, truth).estimate,
        "regret": regret(score, truth),
        "pehe": pehe(score, truth),
    }
    assert judged(score, seen) == expected


def test_what_does_not_apply_is_missing() -> None:
    """No truth, no experiment: no figure is invented."""
    found = judged(np.linspace(-1, 1, 200), held(sklift=False))
    assert {name for name, value in found.items() if np.isnan(value)} == {"qini", "true_qini", "regret", "pehe"}


def test_a_learner_that_failed_has_no_figures() -> None:
    """A gap in its scores is not scored as a low rank."""
    score = np.linspace(-1, 1, 200)
    score[3] = np.nan
    assert all(np.isnan(value) for value in judged(score, held()).values())


def test_the_best_on_d1_is_selected_per_repeat() -> None:
    """Learners that failed are never chosen."""
    quality = np.array([[0.1, 0.3, np.nan], [np.nan, -0.2, -0.1]])
    assert selected(quality).tolist() == [1, 2]
