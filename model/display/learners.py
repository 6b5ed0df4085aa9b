"""The picture of the scorers that were compared on D1.

Example:
    >>> train(table).report.learners.plot()     # doctest: +SKIP
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.display.axes import MODEL, OTHER, QUIET, Axes, intervals, legend, listed, named
from model.display.display import Columns, Display
from model.in_words.rules import SCORER_NAMES, Scale

Floats = NDArray[np.float64]


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class LearnersDisplay(Display):
    """Every scorer's DR-Qini on D1 with its interval, and the mark that it had to reach to be as good as the best.

    `bar` is Q(best) less one standard error of the paired difference; the simplest at or beyond its bar is taken.
    """

    height: ClassVar[float] = 3.4
    names: tuple[str, ...]
    chosen: tuple[bool, ...]
    estimate: Floats
    low: Floats
    high: Floats
    bar: Floats
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the scorers of a report; one without an interval has none."""
        scale, scorers = Scale.of(report), report["scorers"]
        found = np.array([[each["dr_qini"], each.get("low"), each.get("high")] for each in scorers], dtype=np.float64)
        gaps = [each.get("behind_best") or {} for each in scorers]
        best = found[:, 0].max()
        bar = np.array([best - gap["se"] if gap.get("se") is not None else np.nan for gap in gaps])
        estimate, low, high = scale.factor * found.T
        return cls(
            names=tuple(SCORER_NAMES.get(each["name"], each["name"]) for each in scorers),
            chosen=tuple(bool(each["chosen"]) for each in scorers),
            estimate=estimate,
            low=low,
            high=high,
            bar=scale.factor * bar,
            unit=scale.unit,
        )

    def draw(self, ax: Axes) -> None:
        """Draw one line per scorer, the simplest on top, the chosen one in colour."""
        names = tuple(
            f"{name} (chosen)" if taken else name for name, taken in zip(self.names, self.chosen, strict=True)
        )
        rows = listed(ax, names)
        colours = [MODEL if taken else QUIET for taken in self.chosen]
        intervals(ax, rows, (self.estimate, self.low, self.high), colours)
        ax.plot(self.bar, rows, "|", color=OTHER, markersize=16, markeredgewidth=2.5, label="had to be reached")
        ax.axvline(0.0, color=QUIET, linewidth=1)
        named(ax, title="Scorers compared on D1", x=f"DR-Qini, {self.unit}")
        if np.isfinite(self.bar).any():
            legend(ax, markerscale=0.6)

    def columns(self) -> Columns:
        """Return one row per scorer, the simplest first."""
        found = {f"DR-Qini, {self.unit}": self.estimate, "low": self.low, "high": self.high}
        return "scorer", list(self.names), found | {"had to be reached": self.bar, "chosen": list(self.chosen)}
