import numpy as np
import pytest

from model.evaluation import cluster_se
from model.policy_value import worth, worth_at_random
from model.statistics.bands import nested


def history(rows: int, clusters: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a score, pseudo-outcomes that it orders a little, and clusters."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=rows)
    return score, 0.3 * score + rng.normal(size=rows), rng.integers(0, clusters, rows)


SCORE, GAMMA, CLUSTER = history(900, 200, 1)
FAMILY = nested(SCORE, GAMMA, CLUSTER, points=20, seed=0)


def test_shares_end_with_everyone() -> None:
    """Twenty rules, each larger than the one before."""
    np.testing.assert_allclose(FAMILY.share, np.arange(1, 21) / 20, atol=1e-12)


@pytest.mark.parametrize("k", [0, 7, 19])
def test_a_point_is_that_rule_with_its_own_interval(k: int) -> None:
    """Value, gap and both standard errors are those of `model.policy_value`, one rule at a time."""
    contacts = (np.sort(SCORE)[::-1][int(np.ceil(FAMILY.share[k] * 900)) - 1] <= SCORE).astype(np.float64)
    rule, chance = worth(contacts, GAMMA), worth_at_random(contacts, GAMMA)
    gap = rule.minus(chance, CLUSTER)
    actual = [FAMILY.value.estimate[k], FAMILY.value.se[k], FAMILY.gap.estimate[k], FAMILY.gap.se[k]]
    expected = [rule.estimate, cluster_se(rule.influence, CLUSTER), gap.estimate, gap.se]
    np.testing.assert_allclose(actual, expected, atol=1e-12)


def test_many_clusters_are_summed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven clusters at a time give what all at once give."""
    monkeypatch.setattr("model.statistics.bands.BLOCK", 7)
    again = nested(SCORE, GAMMA, CLUSTER, points=20, seed=0)
    np.testing.assert_allclose(again.gap.se, FAMILY.gap.se, rtol=1e-10)


def test_a_band_for_the_whole_curve_is_wider() -> None:
    """And not absurdly so: between one standard normal and twenty independent ones."""
    assert (1.96 < FAMILY.gap.critical < 3.1, 1.96 < FAMILY.value.critical < 3.1) == (True, True)


def test_the_band_for_all_holds_as_often_as_it_says() -> None:
    """In 200 histories without effect, the curve leaves the wide band in about 5 %, the narrow one far oftener."""
    left = np.zeros(2)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = nested(rng.normal(size=300), rng.normal(size=300), np.arange(300) // 2, points=20, seed=0).gap
        for i, together in enumerate((False, True)):
            low, high = found.ends(together=together)
            left[i] += bool(((low > 1e-12) | (high < -1e-12)).any())
    assert (left[0] > 30, left[1] <= 22) == (True, True)


def test_equal_scores_are_one_rule() -> None:
    """A constant score leaves only everybody, with nothing to choose and no width."""
    found = nested(np.zeros(50), GAMMA[:50], np.arange(50), points=20, seed=0)
    assert (found.share.tolist(), found.gap.estimate.tolist(), found.gap.se.tolist()) == ([1.0], [0.0], [0.0])


def test_the_same_seed_draws_the_same_band() -> None:
    """Chance comes from the argument."""
    values = [nested(SCORE, GAMMA, CLUSTER, points=20, seed=seed).gap.critical for seed in (0, 0, 1)]
    assert (values[0] == values[1], values[0] == values[2]) == (True, False)


def test_one_cluster_gives_no_band() -> None:
    """Rows of a single household say nothing about others."""
    found = nested(SCORE[:50], GAMMA[:50], np.zeros(50, dtype=np.intp), points=5, seed=0)
    assert np.isinf(found.value.se).all()
