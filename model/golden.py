"""Rows whose scores every load computes again, and whether rows score alike alone and together."""

import numpy as np
from numpy.typing import NDArray

from model.coded import Coded
from model.features import encode, encode_rows, from_json, to_json
from model.linear import LinearScorer
from model.table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

QUANTILES = 17  # golden rows from the columns' quantiles: nobody's own row leaves the table
PROBED = 64
LARGEST = 1e12  # of a code: an artefact takes no larger number, and a quantile between ±1e308 is none


def golden_rows(rows: Coded) -> Floats:
    """Return 17 rows of codes: every column's quantiles 0, 1/16 … 1, each column turned by its own number."""
    columns = [
        np.roll(_spread(rows.codes[:, j], feature.kind == "number"), j) for j, feature in enumerate(rows.features)
    ]
    return np.ascontiguousarray(np.stack(columns, axis=1))


def _spread(codes: Floats, continuous: bool) -> Floats:  # noqa: FBT001  (numbers may lie between those seen)
    """Return 17 quantiles of what was seen in a column; zeros where nothing was."""
    seen = np.clip(codes[~np.isnan(codes)], -LARGEST, LARGEST)
    steps = np.linspace(0.0, 1.0, QUANTILES)
    return np.quantile(seen if len(seen) else np.zeros(1), steps, method="linear" if continuous else "nearest")


def schema_problems(scorer: LinearScorer, table: Table, rows: Ints) -> list[str]:
    """Return what is wrong with a scorer's schema, probed on some rows of the table; empty where all is well."""
    columns = {str(name): table.features[name].to_numpy()[rows[:PROBED]] for name in table.features}
    count = len(rows[:PROBED])
    X = encode(scorer.features, columns, count)
    alone, wrong = encode_rows(
        from_json(to_json(scorer.features)),
        [
            {
                name: values[i].item() if isinstance(values[i], np.generic) else values[i]
                for name, values in columns.items()
            }
            for i in range(count)
        ],
    )
    problems = []
    if wrong.any() or not np.array_equal(X, alone, equal_nan=True):
        problems.append("a row encodes differently alone than within its column")
    if not np.array_equal(scorer.predict(X).stacked(), scorer.predict(alone).stacked()):
        problems.append("a row scores differently alone than within its column")
    if not np.isfinite(scorer.predict(X).stacked()).all():
        problems.append("a score is not finite")
    return problems
