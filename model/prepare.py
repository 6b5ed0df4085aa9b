"""From a checked table to two halves, encoded and with the propensity of each row: what all statistics start from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from model.coded import Coded
from model.crossfit import Nuisance, cross_fit, cross_fit_propensity, make_folds
from model.features import Feature, encode, fit_features
from model.selection import labels
from model.split import Half, Split, split
from model.table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """Both halves of a table, `names` of D2's clusters by code, D1's folds, and whether e had to be estimated."""

    split: Split
    features: tuple[Feature, ...]
    first: Half
    second: Half
    names: list[str]
    folds: Ints
    estimated: bool


def prepare(table: Table, *, seed: int) -> Prepared:
    """Split, learn the encoding on D1, encode both halves and find the propensity; only the folds know the seed."""
    parts = split(table)
    columns = {str(name): table.features[name].to_numpy() for name in table.features}
    one, two = ({name: values[rows] for name, values in columns.items()} for rows in (parts.first, parts.second))
    features = fit_features(one)
    rows1, rows2 = (
        Coded(features=features, codes=encode(features, half, len(rows)))
        for half, rows in ((one, parts.first), (two, parts.second))
    )
    cluster1, _ = _codes(table, parts.first)
    cluster2, names = _codes(table, parts.second)
    contacted = table.contacted[parts.first]
    folds = make_folds(cluster1, contacted, table.benefit[parts.first], seed=seed)
    if table.propensity is None:
        e1, e2 = cross_fit_propensity(rows1.design, contacted, rows2.design, folds=folds)
    else:
        e1, e2 = table.propensity[parts.first], table.propensity[parts.second]
    return Prepared(
        split=parts,
        features=features,
        first=_half(table, parts.first, rows1, e1, cluster1),
        second=_half(table, parts.second, rows2, e2, cluster2),
        names=names,
        folds=folds,
        estimated=table.propensity is None,
    )


def nuisances(prepared: Prepared, *, binary: bool, jobs: int) -> dict[str, Nuisance]:
    """Cross-fit every outcome that has a label; `binary` says whether the benefit is 0/1."""
    named = labels(prepared.first)
    links = {name: "logistic" if binary or name != "benefit" else "identity" for name in named}
    fitted = Parallel(n_jobs=jobs, prefer="threads")(
        delayed(cross_fit)(prepared.first, y, folds=prepared.folds, link=links[name]) for name, y in named.items()
    )
    return dict(zip(named, fitted, strict=True))


def _codes(table: Table, rows: Ints) -> tuple[Ints, list[str]]:
    """Return the clusters of some rows as codes 0…G−1, and their names."""
    found, codes = np.unique(table.cluster[rows], return_inverse=True)
    return codes.astype(np.intp), [table.cluster_names[code] for code in found]


def _half(table: Table, rows: Ints, coded: Coded, e: Floats, cluster: Ints) -> Half:
    """Return one half; an opt-out without contact is not attributable to it."""

    def taken(values: NDArray[Any] | None) -> Floats | None:
        return None if values is None else values[rows]

    contacted = table.contacted[rows]
    opt_out = taken(table.opt_out)
    return Half(
        rows=coded,
        contacted=contacted,
        propensity=e,
        cluster=cluster,
        benefit=table.benefit[rows],
        complaint=taken(table.complaint),
        opt_out=None if opt_out is None else opt_out * contacted,
    )
