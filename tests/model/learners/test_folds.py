import numpy as np

from model.learners.folds import make_folds


def dealt(seed: int = 0, *, folds: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Folds of 1,000 rows in clusters of about four; 3 % are held out, 5 % have an outcome."""
    rng = np.random.default_rng(1)
    cluster, contacted, outcome = rng.integers(0, 250, 1000), rng.random(1000) < 0.97, rng.random(1000) < 0.05
    fold = make_folds(cluster, contacted, outcome.astype(float), seed=seed, folds=folds)
    return fold, cluster, contacted, outcome


def test_clusters_stay_whole() -> None:
    """No customer teaches the means that she is measured by."""
    fold, cluster, _, _ = dealt()
    assert all(len(np.unique(fold[cluster == name])) == 1 for name in np.unique(cluster))


def test_clusters_may_have_any_name() -> None:
    """Text is as good as numbers."""
    _, cluster, contacted, outcome = dealt()
    names = np.char.add("customer ", cluster.astype(str))
    assert set(make_folds(names, contacted, outcome.astype(float), seed=0, folds=3)) == {0, 1, 2}


def test_single_rows_are_spread_evenly_over_arm_and_outcome() -> None:
    """Both folds see both arms, with events and without, as equally as can be."""
    _, _, contacted, outcome = dealt()
    fold = make_folds(np.arange(1000), contacted, outcome.astype(float), seed=0, folds=2)
    stratum = 2 * contacted + outcome
    counts = [[np.sum((fold == k) & (stratum == s)) for k in (0, 1)] for s in np.unique(stratum)]
    assert max(abs(a - b) for a, b in counts) <= 1


def test_the_seed_deals() -> None:
    """The same seed the same folds, another seed others."""
    assert np.array_equal(dealt(0)[0], dealt(0)[0])
    assert not np.array_equal(dealt(0)[0], dealt(1)[0])
