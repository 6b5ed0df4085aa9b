import numpy as np
import pytest

from model.learning.subsample import drawn, part_of, selection_rows
from tests.model.occasions import rows_of

CLUSTER = np.repeat(np.arange(100), 3)


def test_a_small_table_selects_with_every_row() -> None:
    """In their order."""
    assert selection_rows(CLUSTER, most=300).tolist() == list(range(300))


def test_whole_clusters_are_taken_and_no_more_rows_than_asked() -> None:
    """A customer's rows are all in or all out."""
    rows = selection_rows(CLUSTER, most=151)
    counts = np.bincount(CLUSTER[rows], minlength=100)
    assert (set(counts), len(rows)) == ({0, 3}, 150)


def test_the_names_choose_not_the_order_of_the_file() -> None:
    """The same customers whatever their codes; other names, other customers."""
    names = [f"u-{code}" for code in range(100)]
    taken = {names[code] for code in CLUSTER[selection_rows(CLUSTER, names, most=150)]}
    turned = names[::-1]
    again = {turned[code] for code in CLUSTER[selection_rows(CLUSTER, turned, most=150)]}
    other = {names[code] for code in CLUSTER[selection_rows(CLUSTER, [f"v-{code}" for code in range(100)], most=150)]}
    assert (taken == again, taken == other) == (True, False)


def test_a_cluster_that_does_not_fit_is_skipped() -> None:
    """A giant takes neither the place of the others nor ends the sample where it falls."""
    cluster = np.r_[np.zeros(500, dtype=np.intp), np.repeat(np.arange(1, 101), 3)]
    rows = selection_rows(cluster, most=200)
    assert (len(rows), 0 in cluster[rows], len(np.unique(cluster[rows]))) == (198, False, 66)


@pytest.mark.parametrize("clusters", [1, 8, 30], ids=lambda count: f"{count} clusters")
def test_of_large_clusters_a_share_of_the_rows_of_each_is_taken(clusters: int) -> None:
    """Fewer than forty would be left whole: every cluster keeps its share, so that every fold has rows."""
    cluster = np.repeat(np.arange(clusters), 100)
    taken = np.bincount(cluster[selection_rows(cluster, most=clusters * 20)], minlength=clusters)
    assert taken.tolist() == [20] * clusters


def test_a_fold_that_would_lose_an_arm_keeps_it() -> None:
    """Whole clusters by hash may leave out the few that were held out; a share of each does not."""
    contacted = CLUSTER > 2
    folds = CLUSTER % 3
    rows = selection_rows(CLUSTER, most=150, arms=(contacted, folds))
    kept = {(fold, arm) for fold, arm in zip(folds[rows].tolist(), contacted[rows].tolist(), strict=True)}
    assert kept == {(fold, arm) for fold in range(3) for arm in (False, True)}
    assert len(rows) <= len(CLUSTER)


@pytest.mark.parametrize(
    ("most", "expected"),
    [(300, "all of them"), (150, "whole clusters, by hash"), (100, "a share of each cluster, by hash")],
)
def test_how_the_rows_were_drawn_is_told(most: int, expected: str) -> None:
    """The report says which of the three it was."""
    assert drawn(CLUSTER, selection_rows(CLUSTER, most=most)) == expected


@pytest.mark.parametrize("labelled", [True, False], ids=["three labels", "one label"])
def test_a_part_has_the_rows_asked_for(labelled: bool) -> None:  # noqa: FBT001  (whether harms have labels)
    """Clusters are numbered anew, labels that are not there stay away."""
    y = np.arange(300.0)
    harm = y if labelled else None
    built = rows_of(y[:, None], y % 2 > 0, y, e=y / 300, cluster=CLUSTER, complaint=harm, opt_out=harm)
    rows = np.arange(30, 60)
    found = part_of(built, rows)
    assert found.rows.codes[:, 0].tolist() == found.benefit.tolist() == rows.tolist()
    assert found.cluster.tolist() == np.repeat(np.arange(10), 3).tolist()
    assert [each is not None for each in (found.complaint, found.opt_out)] == [labelled, labelled]
