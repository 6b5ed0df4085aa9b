"""Rows whose scores every load computes again, and whether rows score alike alone and together."""

import numpy as np
from numpy.typing import NDArray

from model.feature_rows import encode_rows
from model.features import UNSEEN, encode, from_json, to_json
from model.learning.coded import Coded
from model.scorer import Scorer
from model.table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

QUANTILES = 17  # golden rows from the columns' quantiles: nobody's own row leaves the table
THRESHOLDS = 8  # of the trees per feature: rows that stand on them, and rows just above
PROBED = 64


def golden_rows(rows: Coded, scorer: Scorer | None = None) -> Floats:
    """Return at least 35 rows of codes: what a scorer can meet, and nobody's own row.

    Every column's quantiles 0, 1/16 … 1, each column turned by its own number; the same with gaps and levels that were
    never seen; a row of nothing but gaps; and rows at, and just above, thresholds of the scorer's trees.
    """
    kinds = [feature.kind for feature in rows.features]
    columns = [np.roll(_spread(rows.codes[:, j], kind == "number"), j) for j, kind in enumerate(kinds)]
    plain = np.stack(columns, axis=1) if columns else np.zeros((QUANTILES, 0))
    category = np.array([kind == "category" for kind in kinds], dtype=np.bool_)
    turn = np.add.outer(np.arange(QUANTILES), np.arange(len(kinds))) % 3
    holed = np.where(turn == 0, np.nan, np.where((turn == 1) & category, UNSEEN, plain))
    blank = np.full((1, len(kinds)), np.nan)
    return np.ascontiguousarray(np.concatenate([plain, holed, blank, *_at_thresholds(plain, scorer)]))


def _spread(codes: Floats, continuous: bool) -> Floats:  # noqa: FBT001  (numbers may lie between those seen)
    """Return 17 quantiles of what was seen in a column; zeros where nothing was."""
    seen = codes[~np.isnan(codes)]
    steps = np.linspace(0.0, 1.0, QUANTILES)
    halved = seen / 2.0 if len(seen) else np.zeros(1)  # so that the span of very large numbers stays finite
    return 2.0 * np.quantile(halved, steps, method="linear" if continuous else "nearest")


def _at_thresholds(plain: Floats, scorer: Scorer | None) -> list[Floats]:
    """Return rows that stand on thresholds of the trees, and the same rows a last bit above; none without trees."""
    if scorer is None or scorer.forest is None:
        return []
    feature, threshold, numeric = scorer.forest.questions()
    on, above = plain[:THRESHOLDS].copy(), plain[:THRESHOLDS].copy()
    for j in np.unique(feature[numeric]).tolist():
        asked = np.unique(threshold[numeric & (feature == j)])
        picked = asked[np.linspace(0, len(asked) - 1, THRESHOLDS).round().astype(np.intp)]
        on[:, j] = np.roll(picked, j)
        above[:, j] = np.minimum(np.nextafter(on[:, j], np.inf), np.finfo(np.float64).max)
    return [on, above]


def schema_problems(scorer: Scorer, table: Table, rows: Ints) -> list[str]:
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
    whole = scorer.predict(X).stacked()
    apart = [scorer.predict(alone[i : i + 1]).stacked() for i in range(count)]
    if not np.array_equal(whole, np.concatenate([np.zeros((0, 4)), *apart])):
        problems.append("a row scores differently alone than within its column")
    if not np.isfinite(whole).all():
        problems.append("a score is not finite")
    return problems
