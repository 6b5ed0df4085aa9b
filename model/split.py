"""Which rows teach and which certify (METHOD section 3), and in which order: by hash, never by seed.

D1 (60 %) is for tuning, selection, calibration, grid and bet variances; D2 (40 %) for the certificate and the gate.
With `time`, D2 is the later period, the window before it is purged, and no cluster is in both.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import InvalidTable
from model.learning.coded import Coded
from model.table import Table

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

PUBLIC = "outreach split 1"  # a constant that everyone may know: nobody can choose the half by choosing a seed
FIRST_SHARE = 0.6
WINDOW = np.timedelta64(14, "D")  # the longest outcome window: later outcomes must not have taught D1
USUAL_SHARE = (0.45, 0.75)  # of the rows used that D1 has; outside it, that is said
LEAST_FIRST, LEAST_SECOND = 0.3, 0.15  # of all rows; below it a split by time has left too little
FEWEST = 5  # clusters in a half: fewer fill no folds
FEW = 40  # clusters of equal size: below it intervals are too narrow more often than they say
ROWS_KEPT = 0.95  # of D1, by the number of rows of a cluster that count


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Row numbers of both halves, in table order; `kind` is `time` or `hash`, `note` says what was done and why.

    `warning`, part of the note, says where D1 is far from its 60 % of the rows, or clusters are few; else it is empty.
    """

    first: Ints
    second: Ints
    kind: str
    note: str
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Half:
    """The rows of one half, n of them: `rows` encoded, `propensity` P(contacted | history), `cluster` 0…G−1.

    `opt_out` counts only what follows a contact (attributable harm); an outcome without a label is None.
    """

    rows: Coded
    contacted: Bools
    propensity: Floats
    cluster: Ints
    benefit: Floats
    complaint: Floats | None
    opt_out: Floats | None


def unit_hash(constant: str, name: str) -> float:
    """Return SHA-256(constant | name) as a number in [0, 1)."""
    return int.from_bytes(sha256(f"{constant}|{name}".encode()).digest()[:8]) / 2.0**64


def split(table: Table) -> Split:
    """Split a table; by time where it has one and both halves remain usable, else by the clusters' hashes.

    Raises:
        InvalidTable: a half has no contacted or no held-out rows, or is made of too few clusters.
    """
    lower = np.array([unit_hash(PUBLIC, name) < FIRST_SHARE for name in table.cluster_names], dtype=np.bool_)
    to_first = lower[table.cluster]
    note = "D1 and D2 are split by SHA-256 of the cluster"
    if table.time is not None:
        by_time = _by_time(table.time, table.cluster, to_first)
        if by_time is not None and _usable(table, by_time):
            return _said(by_time, table.cluster)
        note += ", since a split by time would leave too few rows in one half"
    by_hash = Split(first=np.flatnonzero(to_first), second=np.flatnonzero(~to_first), kind="hash", note=note)
    for name, half in (("D1", by_hash.first), ("D2", by_hash.second)):
        _refuse_few(table, half, name)
        if len(np.unique(table.contacted[half])) < 2:
            raise InvalidTable(
                f"{len(table.contacted)} rows are too few: half {name} has no contacted or no held-out rows; "
                "collect more rows of both"
            )
    return _said(by_hash, table.cluster)


def effective_clusters(cluster: Ints) -> float:
    """Return how many clusters of equal size tell as much as these: n²/Σ n_g² (Kish); 0 without rows."""
    sizes = np.bincount(cluster).astype(np.float64)
    return float(sizes.sum() ** 2 / max(float(sizes @ sizes), 1.0))


def _refuse_few(table: Table, rows: Ints, name: str) -> None:
    """Refuse a half of a handful of clusters, which stay whole in every fold: nothing is left to learn from."""
    count = len(np.unique(table.cluster[rows]))
    if count >= FEWEST:
        return
    if table.roles.cluster is None:
        raise InvalidTable(f"{table.rows} rows are too few: half {name} has {count}; collect more rows of both arms")
    raise InvalidTable(
        f"column `{table.roles.cluster}`: its {len(table.cluster_names)} clusters leave {count} in half {name}, "
        f"fewer than {FEWEST}; name a finer cluster, such as the customer or household, "
        "or leave `cluster` out if rows are independent"
    )


def _said(parts: Split, cluster: Ints) -> Split:
    """Add the warning where D1 is far from its 60 % of the rows (large clusters, gaps in time), or clusters are few."""
    share = len(parts.first) / (len(parts.first) + len(parts.second))
    warnings = []
    if not USUAL_SHARE[0] <= share <= USUAL_SHARE[1]:
        why = ": few large clusters, which stay whole" if parts.kind == "hash" else ""
        warnings.append(f"the learning half has {share:.0%} of the rows, not about {FIRST_SHARE:.0%}{why}")
    fewest = min(effective_clusters(cluster[half]) for half in (parts.first, parts.second))
    if fewest < FEW:
        warnings.append(f"a half is worth only {fewest:.1f} clusters of equal size: intervals may be too narrow")
    if not warnings:
        return parts
    warning = "; ".join(warnings)
    return replace(parts, note=f"{parts.note}; {warning}", warning=warning)


def _by_time(time: NDArray[np.datetime64], cluster: Ints, to_first: Bools) -> Split | None:
    """Split at the 60 % quantile of time; straddling clusters go to one side by their hash."""
    cut = np.sort(time)[int(FIRST_SHARE * len(time))]
    early, late = time < cut - WINDOW, time >= cut
    clusters = int(cluster.max()) + 1
    both = (np.bincount(cluster[early], minlength=clusters) > 0) & (np.bincount(cluster[late], minlength=clusters) > 0)
    straddles = both[cluster]
    first, second = early & (~straddles | to_first), late & (~straddles | ~to_first)
    purged, dropped = int(np.sum(~early & ~late)), int(np.sum((early & ~first) | (late & ~second)))
    note = (
        f"D2 is the period from {np.datetime_as_string(cut, unit='s')}Z; {purged} rows of the 14 days before it are "
        f"purged, {dropped} rows of clusters on both sides are left out so that no cluster is in both"
    )
    return Split(first=np.flatnonzero(first), second=np.flatnonzero(second), kind="time", note=note)


def _usable(table: Table, parts: Split) -> bool:
    """Whether both halves are large enough and show both arms, each with benefit and without."""
    rows = len(table.contacted)
    if len(parts.first) < LEAST_FIRST * rows or len(parts.second) < LEAST_SECOND * rows:
        return False
    if min(len(np.unique(table.cluster[half])) for half in (parts.first, parts.second)) < FEWEST:
        return False
    return all(
        len(np.unique(table.benefit[half[table.contacted[half] == arm]] > 0)) == 2
        for half in (parts.first, parts.second)
        for arm in (True, False)
    )


def rank_in_cluster(cluster: Ints, time: NDArray[Any] | None) -> Ints:
    """Return each row's place in its cluster, 0 first: by time, ties and tables without time by row order."""
    rows = np.arange(len(cluster))
    order = np.lexsort((rows, cluster) if time is None else (rows, time, cluster))
    sorted_cluster = cluster[order]
    starts = np.r_[True, sorted_cluster[1:] != sorted_cluster[:-1]] if len(cluster) else np.zeros(0, dtype=np.bool_)
    places = rows - np.maximum.accumulate(np.where(starts, rows, 0))
    rank = np.empty(len(cluster), dtype=np.intp)
    rank[order] = places
    return rank


def rows_per_cluster(rank: Ints) -> int:
    """Return M: the smallest number of first rows per cluster that keeps 95 % of the rows ranked so (of D1)."""
    kept = np.cumsum(np.bincount(rank)) / len(rank)
    return int(np.searchsorted(kept, ROWS_KEPT - 1e-12)) + 1


def hash_order(names: list[str], data_sha256: str) -> Ints:
    """Return the place of each name in the order of SHA-256(data hash, cluster): the order of the bets."""
    digests = [sha256(f"{data_sha256}|{name}".encode()).digest() for name in names]
    place = np.empty(len(names), dtype=np.intp)
    place[sorted(range(len(names)), key=digests.__getitem__)] = np.arange(len(names))
    return place
