"""The sample-ratio test: were as many contacted as the logged propensities promise, wherever one looks?

Overall (one test for both arms, whose sizes add up), per level of e where there are few, per block of time, per day
with enough rows, and per version of what logged the rows. Bonferroni over all of them (for the smallest p: Holm).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from model.contracts import JSON
from model.statistics.draw_sums import drawn_together, p_of_draw

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

MOST_LEVELS = 20  # distinct propensities that are checked one by one
MOST_VERSIONS = 50
BLOCKS = 10  # of time, of about equally many rows
LEAST_SPREAD = 100.0  # Σ e(1 − e) of a block on average: below it the normal tail is no p-value


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Some rows to test, of a kind, by name."""

    kind: str
    name: str
    rows: Bools


def sample_ratio(
    contacted: Bools,
    e: Floats,
    cluster: Ints,
    time: NDArray[Any] | None = None,
    version: NDArray[np.object_] | None = None,
) -> dict[str, JSON]:
    """Return how many were contacted and how many the propensities promise, with a p-value.

    Exact where e is constant and clusters are single rows; else by the design's variance and skew, with what rows of a
    cluster have in common (`p_of_draw`). `worst` is the part with the least p, `tests` how many there are of each kind;
    `p` is theirs times the number of all.
    """
    single = len(np.unique(cluster)) == len(cluster)
    parts = list(_parts(e, time, version, single=single))
    together = drawn_together(contacted, cluster)
    found = [
        _ratio_p(contacted[g], e[g], cluster[g], single=single, together=together)
        for g in (part.rows for part in parts)
    ]
    worst = parts[int(np.argmin(found))]
    kinds = [part.kind for part in parts]
    return {
        "contacted": int(contacted.sum()),
        "expected": float(e.sum()),
        "held_out": int((~contacted).sum()),
        "held_out_expected": float((1.0 - e).sum()),
        "blocks": kinds.count("block"),
        "tests": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        "worst": {
            "kind": worst.kind,
            "name": worst.name,
            "rows": int(worst.rows.sum()),
            "contacted": int(contacted[worst.rows].sum()),
            "expected": float(e[worst.rows].sum()),
        },
        "p": min(1.0, min(found) * len(parts)),
    }


def blocks(time: NDArray[Any], e: Floats) -> list[Bools]:
    """Return up to ten stretches of time as rows, fewer where contact leaves too little to chance; none for one.

    Rows of one instant stay together: a file may be sorted by arm within it.
    """
    most = min(BLOCKS, int(np.sum(e * (1.0 - e)) / LEAST_SPREAD))
    if most < 2:
        return []
    instants = time.astype("datetime64[us]").astype(np.int64)
    cuts = np.quantile(instants, np.arange(1, most) / most, method="inverted_cdf")
    block = np.searchsorted(cuts, instants, side="left")
    found = [block == number for number in np.unique(block)]
    return found if len(found) > 1 else []


def _parts(
    e: Floats, time: NDArray[Any] | None, version: NDArray[np.object_] | None, *, single: bool
) -> Iterator[_Part]:
    """Yield everything that is tested."""
    yield _Part("all", "all rows", np.ones(len(e), dtype=np.bool_))
    levels = np.unique(e)
    if 1 < len(levels) <= MOST_LEVELS:
        yield from (_Part("propensity", f"e = {level:.6g}", e == level) for level in levels)
    if time is not None:
        days = time.astype("datetime64[D]")
        for rows in blocks(time, e):
            yield _Part("block", f"{days[rows].min()} to {days[rows].max()}", rows)
        yield from _enough("day", *_coded(days), e, exact=False)
    if version is not None:
        code, found = _coded(version)
        named = ["rows without a version" if each is None else f"version {each}" for each in found]
        yield from _enough("version", code, named, e, exact=single and len(levels) == 1)


def _coded(values: NDArray[Any]) -> tuple[Ints, list[Any]]:
    """Return each value's code and what the codes stand for, None for a missing one."""
    code, found = pd.factorize(values, use_na_sentinel=False)
    return code, [None if pd.isna(each) else each for each in found]


def _enough(kind: str, code: Ints, names: list[Any], e: Floats, *, exact: bool) -> Iterator[_Part]:
    """Yield the rows of each name that has enough of them for its p-value; a single name is no part."""
    spread = np.bincount(code, weights=e * (1.0 - e))
    largest = np.argsort(-spread, kind="stable")[: MOST_VERSIONS if kind == "version" else len(names)]
    for number in np.sort(largest) if len(names) > 1 else []:
        if exact or spread[number] >= LEAST_SPREAD:
            name = names[number]
            yield _Part(kind, str(name)[:10] if kind == "day" else name, code == number)


def _ratio_p(contacted: Bools, e: Floats, cluster: Ints, *, single: bool, together: bool) -> float:
    """Return the two-sided p-value of Σ(T − e) = 0."""
    if single and np.ptp(e) == 0.0:
        return float(binomtest(int(contacted.sum()), len(e), float(e[0])).pvalue)
    return p_of_draw(np.ones(len(e)), contacted, e, cluster, together=together)
