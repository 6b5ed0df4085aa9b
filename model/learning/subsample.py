"""On a large table some rows are enough to tune and teach: whole clusters by hash, if those do (METHOD section 3)."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from model.split import Half, effective_clusters, rank_in_cluster, unit_hash

Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

SELECTION_ROWS = 60_000
LEAST_WORTH = 40.0  # clusters of equal size that whole clusters must be worth
PUBLIC = "outreach selection 1"  # another order than the split's, equally open


def selection_rows(
    cluster: Ints,
    names: Sequence[str] | None = None,
    most: int = SELECTION_ROWS,
    *,
    arms: tuple[Bools, Ints] | None = None,
) -> Ints:
    """Return the rows that tune and teach, in their order: all of them where there are ≤ `most`.

    Else ≤ `most` rows: whole clusters in the order of SHA-256(constant | name), those that do not fit skipped. Where
    these are worth fewer than `LEAST_WORTH` clusters, or leave a fold without an arm that it had (`arms` are who was
    contacted, and the folds), a share of the rows of every cluster, at least one of each (so that very many clusters
    beside a giant one may make it more than `most`); and where that fails too, all rows.
    `names` are those of the clusters by code; without them the codes are the names.
    """
    everyone = np.arange(len(cluster))
    if len(cluster) <= most:
        return everyone
    named = names or [str(code) for code in range(int(cluster.max()) + 1)]
    whole = _whole(cluster, named, most)
    if effective_clusters(cluster[whole]) >= LEAST_WORTH and _teaches(whole, arms):
        return whole
    share = _within(cluster, named, most / len(cluster))
    return share if _teaches(share, arms) else everyone


def drawn(cluster: Ints, rows: Ints) -> str:
    """Return in words how `selection_rows` drew these rows."""
    if len(rows) == len(cluster):
        return "all of them"
    touched = np.isin(cluster, cluster[rows])
    return "whole clusters, by hash" if np.count_nonzero(touched) == len(rows) else "a share of each cluster, by hash"


def _whole(cluster: Ints, named: Sequence[str], most: int) -> Ints:
    """Return the rows of whole clusters that fit."""
    sizes = np.bincount(cluster)
    digests = [sha256(f"{PUBLIC}|{name}".encode()).digest() for name in named]
    taken, room = np.zeros(len(sizes), dtype=np.bool_), most
    for code in sorted(range(len(sizes)), key=digests.__getitem__):
        if sizes[code] <= room:
            taken[code], room = True, room - int(sizes[code])
    return np.flatnonzero(taken[cluster])


def _within(cluster: Ints, named: Sequence[str], share: float) -> Ints:
    """Return a share of the rows of every cluster, at least one, in the order of SHA-256(constant | name | place)."""
    place = rank_in_cluster(cluster, None)
    pairs = zip(cluster.tolist(), place.tolist(), strict=True)
    hashed = np.array([unit_hash(PUBLIC, f"{named[code]}|{nth}") for code, nth in pairs])
    order = np.lexsort((hashed, cluster))
    rank = np.empty(len(cluster), dtype=np.intp)
    rank[order] = place[np.argsort(cluster, kind="stable")]
    kept = np.maximum(1, np.floor(share * np.bincount(cluster) + 1e-9))
    return np.flatnonzero(rank < kept[cluster])


def _teaches(rows: Ints, arms: tuple[Bools, Ints] | None) -> bool:
    """Whether every fold has kept the arms that it had."""
    if arms is None:
        return True
    code = 2 * arms[1] + arms[0]
    return np.unique(code[rows]).size == np.unique(code).size


def part_of(half: Half, rows: Ints) -> Half:
    """Return some rows of a half, clusters numbered anew."""
    return Half(
        rows=half.rows.take(rows),
        contacted=half.contacted[rows],
        propensity=half.propensity[rows],
        cluster=np.unique(half.cluster[rows], return_inverse=True)[1].astype(np.intp),
        benefit=half.benefit[rows],
        complaint=None if half.complaint is None else half.complaint[rows],
        opt_out=None if half.opt_out is None else half.opt_out[rows],
    )
