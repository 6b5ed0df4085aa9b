"""How far what is scored now lies from what the model learned, in words: the readings of `serving.metrics.drift`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from model.drift import MINIMUM
from serving.metrics.catalogue import DRIFT_ROWS, FEATURE_PSI, SCORE_PSI
from serving.metrics.states import Reading

WORTH_A_LOOK: Final = 0.1  # by custom: below it no change to speak of
LARGE: Final = 0.25
SCORE: Final = "the score itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One column: its stability index, and in words how far it moved; `tone` is good, warn or bad."""

    name: str
    psi: float
    words: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Over how many scored decisions (older ones count less), and each column, the farthest first.

    `enough` says whether there are any to read; `least` is how many that takes.
    """

    rows: int
    shifts: tuple[Shift, ...]
    least: int = MINIMUM

    @property
    def enough(self) -> bool:
        """Whether anything can be read yet."""
        return bool(self.shifts)


def moved_of(readings: Iterable[Reading]) -> Moved | None:
    """Return the drift; None where the model says nothing of what it learned from."""
    rows, found = None, []
    for metric, labels, value in readings:
        if metric is DRIFT_ROWS:
            rows = int(value)
        elif metric in (FEATURE_PSI, SCORE_PSI):
            found.append(_shift(labels[0] if labels else SCORE, value))
    if rows is None:
        return None
    return Moved(rows=rows, shifts=tuple(sorted(found, key=lambda one: -one.psi)))


def _shift(name: str, psi: float) -> Shift:
    if psi >= LARGE:
        return Shift(name=name, psi=psi, words="changed a lot", tone="bad")
    if psi >= WORTH_A_LOOK:
        return Shift(name=name, psi=psi, words="changed: worth a look", tone="warn")
    return Shift(name=name, psi=psi, words="hardly changed", tone="good")
