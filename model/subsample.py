"""On a large table some customers are enough to tune and to select on: whole clusters, by hash (METHOD section 3)."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from model.split import Half

Ints = NDArray[np.intp]

SELECTION_ROWS = 60_000
PUBLIC = "outreach selection 1"  # another order than the split's, equally open


def selection_rows(cluster: Ints, names: Sequence[str] | None = None, most: int = SELECTION_ROWS) -> Ints:
    """Return ≤ `most` rows, in their order: all of them, or whole clusters in the order of SHA-256(constant | name).

    `names` are those of the clusters by code; without them the codes are the names. The first cluster always counts.
    """
    if len(cluster) <= most:
        return np.arange(len(cluster))
    sizes = np.bincount(cluster)
    named = names or [str(code) for code in range(len(sizes))]
    digests = [sha256(f"{PUBLIC}|{name}".encode()).digest() for name in named]
    order = np.array(sorted(range(len(sizes)), key=digests.__getitem__))
    taken = np.zeros(len(sizes), dtype=np.bool_)
    taken[order[(np.cumsum(sizes[order]) <= most)]] = True
    taken[order[0]] = True
    return np.flatnonzero(taken[cluster])


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
