import numpy as np
import pytest

from model.subsample import part_of, selection_rows
from tests.model.occasions import rows_of

CLUSTER = np.repeat(np.arange(100), 3)


def test_a_small_table_selects_with_every_row() -> None:
    """In their order."""
    assert selection_rows(CLUSTER, most=300).tolist() == list(range(300))


def test_whole_clusters_are_taken_and_no_more_rows_than_asked() -> None:
    """A customer's rows are all in or all out."""
    rows = selection_rows(CLUSTER, most=100)
    counts = np.bincount(CLUSTER[rows], minlength=100)
    assert (set(counts), len(rows)) == ({0, 3}, 99)


def test_the_names_choose_not_the_order_of_the_file() -> None:
    """The same customers whatever their codes; other names, other customers."""
    names = [f"u-{code}" for code in range(100)]
    taken = {names[code] for code in CLUSTER[selection_rows(CLUSTER, names, most=90)]}
    turned = names[::-1]
    again = {turned[code] for code in CLUSTER[selection_rows(CLUSTER, turned, most=90)]}
    other = {names[code] for code in CLUSTER[selection_rows(CLUSTER, [f"v-{code}" for code in range(100)], most=90)]}
    assert (taken == again, taken == other) == (True, False)


def test_one_giant_cluster_is_taken_whole() -> None:
    """There is nothing smaller to take."""
    assert len(selection_rows(np.zeros(50, dtype=np.intp), most=10)) == 50


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
