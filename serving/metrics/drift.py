"""How far what is scored now lies from what the model learned: counts of the last scored decisions, by bin.

Scored decisions on record are kept until there are some, then encoded and counted together. Older ones fade: of the
counts before, half is left after `HALF` further rows.
Whether there are enough to read is asked of all, faded or not. Another model begins anew; so does a process.
"""

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, Final

import numpy as np

from model.contracts import JSON
from model.drift import MINIMUM, Column, Reference, psi
from model.features import Floats
from serving.loop.witness import Told
from serving.metrics.catalogue import DRIFT_ROWS, FEATURE_PSI, SCORE_PSI
from serving.metrics.states import Reading
from serving.models.in_use import InUse
from serving.ports import Scorer

TOGETHER: Final = 64
HALF: Final = 10_000


class Drift:
    """Counts for the model in use, where that came with a reference."""

    def __init__(self, models: InUse) -> None:
        self._models = models
        self._scorer: Any = None
        self._rows: list[tuple[Mapping[str, JSON], float | None]] = []
        self._counts: list[Floats] = []
        self._seen: list[int] = []
        self._lock = Lock()

    def note(self, told: Iterable[Told]) -> None:
        """Keep what the model read of these decisions, and what it said: called before another model can be put in."""
        scored = [(one.features, _score(one)) for one in told if one.features and not one.again]
        if not scored or reference_of(self._models.scorer) is None:
            return
        with self._lock:
            if self._scorer is not self._models.scorer:
                self._scorer, self._rows, self._counts, self._seen = self._models.scorer, [], [], []
            self._rows += scored
            if len(self._rows) >= TOGETHER:
                self._count()

    def said(self) -> dict[str, JSON] | None:
        """Return the counts as plain JSON, and whose they are; None where there are none."""
        with self._lock:
            if self._rows:
                self._count()
            if not self._counts:
                return None
            counts: list[JSON] = [counts.tolist() for counts in self._counts]
            return {"model": self._scorer.sha256, "counts": counts, "seen": [*self._seen]}

    def _count(self) -> None:
        reference = reference_of(self._scorer)
        rows, self._rows = self._rows, []
        codes, _ = self._scorer.artefact.scorer.encode([features for features, _ in rows])
        scores = np.array([score for _, score in rows if score is not None], dtype=np.float64)
        columns = [*codes.T, scores]
        new = [column.count(values) for column, values in zip(reference or (), columns, strict=True)]
        before = self._seen or [0] * len(columns)
        self._seen = [old + len(values) for old, values in zip(before, columns, strict=True)]
        left = 0.5 ** (len(rows) / HALF)
        self._counts = [left * old + more for old, more in zip(self._counts, new, strict=True)] if self._counts else new


def readings(models: InUse, said: Sequence[Mapping[str, JSON] | None]) -> list[Reading]:
    """Return the drift that all processes with this model have seen together; once `MINIMUM` were scored."""
    reference = reference_of(models.scorer)
    if reference is None:
        return []
    same = [one for one in said if one is not None and one["model"] == getattr(models.scorer, "sha256", None)]
    counts = [
        sum((np.array(one["counts"][j]) for one in same), np.zeros(len(c.counts))) for j, c in enumerate(reference)
    ]
    enough = [sum(one["seen"][j] for one in same) >= MINIMUM for j in range(len(reference))]
    rows: list[Reading] = [(DRIFT_ROWS, (), max((float(one.sum()) for one in counts), default=0.0))]
    found = zip(reference, counts, enough, strict=True)
    pairs = [(column, now) for column, now, told in found if told and column.counts.sum() > 0]
    return rows + [_reading(column, now, last=column is reference[-1]) for column, now in pairs]


def reference_of(scorer: Scorer | None) -> Reference | None:
    """Return what the drift of a model is measured from; None where it has none, or there is no artefact."""
    artefact = getattr(scorer, "artefact", None)
    found: Reference | None = getattr(artefact, "reference", None)
    return found


def _reading(column: Column, now: Floats, *, last: bool) -> Reading:
    value = psi(now, column.counts)
    return (SCORE_PSI, (), value) if last else (FEATURE_PSI, (column.name,), value)


def _score(told: Told) -> float | None:
    """Return what the model said; NaN where it could say nothing, None where an experiment did not ask."""
    thanks = told.decision.customer_would_thank
    if not thanks.asked:
        return None
    return float("nan") if thanks.net_benefit is None else thanks.net_benefit
