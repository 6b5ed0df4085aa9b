"""From a checked table to two halves, encoded and with the propensity of each row: what all statistics start from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.diagnostics.overlap import refuse_certain, refuse_thin
from model.features import Feature, encode, fit_features
from model.learners.folds import make_folds
from model.learning.coded import Coded
from model.learning.subsample import SELECTION_ROWS, selection_rows
from model.propensity import Propensity, estimate
from model.segments import FEWEST
from model.split import Half, Split, split
from model.table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """Both halves of a table, `names` of D2's clusters by code, D1's folds, and whether e had to be estimated.

    `first_names` are those of D1's clusters; `clipped` counts the rows whose estimated e was cut to [.01, .99],
    `learned` says how it was estimated (empty where it was logged).
    """

    split: Split
    features: tuple[Feature, ...]
    first: Half
    second: Half
    names: list[str]
    folds: Ints
    estimated: bool
    first_names: list[str]
    clipped: int = 0
    learned: str = ""


def prepare(table: Table, *, seed: int, jobs: int = 1) -> Prepared:
    """Split, learn the encoding on D1, encode both halves and find the propensity; only the folds know the seed.

    Raises:
        InvalidTable: a half lacks an arm, or an arm counts for too few rows (`model.diagnostics.overlap`).
    """
    parts = split(table)
    rows1, rows2 = encoded(table, parts.first, parts.second)
    cluster1, first_names = _codes(table, parts.first)
    cluster2, names = _codes(table, parts.second)
    contacted = table.contacted[parts.first]
    folds = make_folds(cluster1, contacted, table.benefit[parts.first], seed=seed)
    if table.propensity is None:
        tuning = selection_rows(cluster1, first_names, SELECTION_ROWS, arms=(contacted, folds))
        e = estimate(rows1, contacted, rows2, folds=folds, selection=tuning, jobs=jobs)
    else:
        logged = table.propensity
        e = Propensity(first=logged[parts.first], second=logged[parts.second], clipped=0, learned="")
    used = np.concatenate([parts.first, parts.second])
    both, column = np.concatenate([e.first, e.second]), table.roles.contacted.column
    refuse_thin(table.contacted[used], both, column=column)
    if table.propensity is None:
        refuse_certain(table.contacted[used], both, column=column)
    return Prepared(
        split=parts,
        features=rows1.features,
        first=half_of(table, parts.first, rows1, e.first, cluster1),
        second=half_of(table, parts.second, rows2, e.second, cluster2),
        names=names,
        folds=folds,
        estimated=table.propensity is None,
        first_names=first_names,
        clipped=e.clipped,
        learned=e.learned,
    )


def encoded(table: Table, first: Ints, second: Ints) -> tuple[Coded, Coded]:
    """Return the features of some rows and of others in the encoding that the first alone have taught.

    A word that few rows have could tell who they are, and teaches nothing: it stays out of the artefact.
    """
    columns = {str(name): table.features[name].to_numpy() for name in table.features}
    one, two = ({name: values[rows] for name, values in columns.items()} for rows in (first, second))
    features = fit_features(one, least=FEWEST)
    return (
        Coded(features=features, codes=encode(features, one, len(first))),
        Coded(features=features, codes=encode(features, two, len(second))),
    )


def _codes(table: Table, rows: Ints) -> tuple[Ints, list[str]]:
    """Return the clusters of some rows as codes 0…G−1, and their names."""
    found, codes = np.unique(table.cluster[rows], return_inverse=True)
    return codes.astype(np.intp), [table.cluster_names[code] for code in found]


def half_of(table: Table, rows: Ints, coded: Coded, e: Floats, cluster: Ints) -> Half:
    """Return some rows of a table as a half: encoded, with their propensity and their clusters 0…G−1.

    An opt-out without contact is not attributable to it.
    """

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
