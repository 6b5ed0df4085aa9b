"""The second question by column: what the scorer says of rows, and what follows, once for each way it can come out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeGuard

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model.contracts import NOTHING, Candidate
from model.features import Bools, Feature, Floats
from serving.columnar.features import Places, encoded
from serving.ports import Scorer, Scores
from serving.thanks import FIGURES, cutoff_of, figures_of, said_by, settle, thanked


class CodeScorer(Scorer, Protocol):
    """A scorer that can be told the codes of rows instead of their values."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features that it reads, in its order."""
        ...

    def score_codes(self, codes: Floats, wrong: Bools) -> Scores:
        """Score codes float64[n, f] of `features`; `wrong` [n] are the rows with a value of a wrong type."""
        ...


def scores_codes(scorer: Scorer) -> TypeGuard[CodeScorer]:
    """Whether this scorer can be told codes."""
    return callable(getattr(scorer, "score_codes", None))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """What became of the second question about n rows.

    `figures` float64[4, n] in the order of `FIGURES` where `known` [n]; `cutoff` float64[n] (NaN: nothing permits);
    `refused` are the ways it came out, as codes of the score, and `way` [n] is that of each row.
    """

    figures: Floats
    known: Bools
    cutoff: Floats
    refused: Sequence[tuple[str, ...]]
    way: NDArray[np.intp]


def ask_columns(  # noqa: PLR0913  (what is asked about, and when)
    scorer: CodeScorer | None,
    batch: pa.RecordBatch,
    rows: Places,
    *,
    kinds: Sequence[Candidate],
    kind: Places,
    now: datetime,
) -> Asked:
    """Ask about these rows of a batch, as `thanks.ask` does in a plan; `kind` [n] is the class of each."""
    if scorer is None or not len(rows):
        return _settled(None, np.full(len(rows), np.nan))
    try:
        features = scorer.features
    except Exception:  # noqa: BLE001  (a scorer that cannot name its features cannot score: refused as score_unavailable)
        return _settled(None, np.full(len(rows), np.nan))
    codes, wrong = encoded(batch, rows, features, kinds=kinds, kind=kind)
    table = said_by(lambda: scorer.score_codes(codes, wrong), len(rows))
    scopes = {
        (one.purpose, one.channel): np.nan
        for one in (kinds[each] for each in np.flatnonzero(np.bincount(kind)).tolist())
    }
    for scope in scopes:
        cutoff = cutoff_of(scorer, *scope, (now,))
        scopes[scope] = np.nan if cutoff is None else cutoff
    permitted = np.array([scopes.get((one.purpose, one.channel), np.nan) for one in kinds])
    return _settled(table, permitted[kind])


def _settled(table: Floats | None, cutoff: Floats) -> Asked:
    """Settle rows: each way that figures and cut-off can stand to each other once, on the first row that has it."""
    rows = len(cutoff)
    figures = np.full((len(FIGURES), rows), np.nan) if table is None else table
    known = np.logical_and.reduce(np.isfinite(figures), axis=0)
    permitted = ~np.isnan(cutoff)
    stands = known + 2 * permitted + 4 * (figures[-1] >= cutoff)  # 0 to 7
    seen = np.full(8, -1, dtype=np.intp)
    seen[stands[::-1]] = np.arange(rows)[::-1]  # the first row that stands so, written last
    first = seen[seen >= 0]
    way = (np.cumsum(seen >= 0) - 1)[stands]
    said = figures_of(figures[:, first], len(first))
    refused = [
        settle(thanked(NOTHING, each, limit if leave else None), None)
        for each, limit, leave in zip(said, cutoff[first].tolist(), permitted[first].tolist(), strict=True)
    ]
    return Asked(figures=figures, known=known, cutoff=cutoff, refused=refused, way=way)
