"""Pictures of a training's result, as scikit-learn's Displays: made from the report and its curves, drawn on any axes.

The report and the notebook draw with these and nothing else; `value` and `harm` beside it hold the others.
Effects are shown per 100 occasions where the benefit is 0/1 (then they are percentage points), else in the benefit's
own unit; harms per 1,000. Bars are 95 % intervals, one by one, from the certification half.

Example:
    >>> DecilesDisplay.from_report(trained.report, trained.curves).plot()     # doctest: +SKIP
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.display.axes import (
    BAD,
    GOOD,
    MODEL,
    OTHER,
    OUTCOME_NAMES,
    QUIET,
    Axes,
    around,
    axes,
    intervals,
    legend,
    listed,
    named,
)
from model.report.rules import SCORER_NAMES, Scale

Floats = NDArray[np.float64]
Z = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectsDisplay:
    """Average effect of contact on each outcome, float64[k] each, coloured by what the interval shows."""

    height: ClassVar[float] = 2.2
    names: tuple[str, ...]
    estimate: Floats
    low: Floats
    high: Floats
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the labelled outcomes of a report."""
        scale = Scale.of(report)
        found = {name: effect for name, effect in report["average_effect"].items() if effect}
        columns = {
            key: scale.factor * np.array([e[key] for e in found.values()]) for key in ("estimate", "low", "high")
        }
        return cls(names=tuple(OUTCOME_NAMES[name] for name in found), unit=scale.unit, **columns)

    def plot(self, ax: Axes = None) -> Axes:
        """Draw one line per outcome with its interval."""
        ax = axes(ax, height=self.height)
        colours = [_shows(*each) for each in zip(self.names, self.low, self.high, strict=True)]
        intervals(ax, listed(ax, self.names), (self.estimate, self.low, self.high), colours)
        ax.axvline(0.0, color=QUIET, linewidth=1)
        named(ax, title="Average effect of contact", x=f"difference made by contact, {self.unit}")
        return ax


def _shows(name: str, low: float, high: float) -> str:
    """Return the colour of an effect: good where a benefit rises or a harm falls, bad where it is the other way."""
    if name != OUTCOME_NAMES["benefit"]:
        low, high = -high, -low
    return GOOD if low > 0.0 else BAD if high < 0.0 else QUIET


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecilesDisplay:
    """Net benefit by predicted decile on the certification half: predicted and found, the highest decile first."""

    height: ClassVar[float] = 3.6
    predicted: Floats
    found: Floats
    low: Floats
    high: Floats
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON], curves: Mapping[str, NDArray[Any]]) -> Self:
        """Read the groups of a report's curves."""
        scale = Scale.of(report)
        keys = {"predicted": "group_predicted", "found": "group_effect", "low": "group_low", "high": "group_high"}
        return cls(unit=scale.unit, **{name: scale.factor * curves[key] for name, key in keys.items()})

    def plot(self, ax: Axes = None) -> Axes:
        """Draw found effects with intervals, coloured by what they show, and what was predicted."""
        ax = axes(ax, height=self.height)
        x = np.arange(1, len(self.found) + 1)
        ax.axhline(0.0, color=QUIET, linewidth=1)
        shows = {
            "found: contact helps": (self.low > 0.0, GOOD),
            "found: not clear": ((self.low <= 0.0) & (self.high >= 0.0), QUIET),
            "found: contact harms": (self.high < 0.0, BAD),
        }
        for label, (which, colour) in shows.items():
            if which.any():
                bars = around(self.found, self.low, self.high)[:, which]
                style = {"fmt": "o", "color": colour, "elinewidth": 2.5, "markersize": 7}
                ax.errorbar(x[which], self.found[which], yerr=bars, label=label, **style)
        ax.plot(x, self.predicted, "_", color=OTHER, markersize=16, markeredgewidth=2.5, label="predicted")
        ax.set(xticks=x)
        words = "tenth of occasions, from the highest predicted net benefit to the lowest"
        named(ax, title="Who benefits", x=words, y=f"net benefit of contact, {self.unit}")
        legend(ax)
        return ax


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CalibrationDisplay:
    """Predicted against found net benefit by tenth, with the fitted slope and the line on which both are equal."""

    height: ClassVar[float] = 4.2
    predicted: Floats
    found: Floats
    low: Floats
    high: Floats
    rows: Floats
    slope: tuple[float, float, float] | None
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the groups and the slope of a report."""
        scale, groups, slope = Scale.of(report), report["groups"], report["calibration"]
        keys = {"found": "estimate", "low": "low", "high": "high"}
        return cls(
            predicted=scale.factor * np.array([group["predicted"] for group in groups]),
            rows=np.array([group["rows"] for group in groups], dtype=np.float64),
            slope=None if slope["slope"] is None else (slope["slope"], slope["low"], slope["high"]),
            unit=scale.unit,
            **{n: scale.factor * np.array([g["net_benefit"][key] for g in groups]) for n, key in keys.items()},
        )

    def plot(self, ax: Axes = None) -> Axes:
        """Draw the tenths with intervals, the 45° line, and the fitted line where the score varies."""
        ax = axes(ax, height=self.height)
        ends = np.array([self.predicted.min(), self.predicted.max()])
        ax.axhline(0.0, color=QUIET, linewidth=1)
        ax.axvline(0.0, color=QUIET, linewidth=1)
        ax.axline((0.0, 0.0), slope=1.0, color=QUIET, linestyle="--", label="found as predicted (45°)")
        if self.slope is not None:
            x, y = (np.average(each, weights=self.rows) for each in (self.predicted, self.found))
            slope, low, high = self.slope
            words = f"slope {slope:.2f} ({low:.2f} to {high:.2f})".replace("-", "−")
            ax.plot(ends, y + slope * (ends - x), color=OTHER, linewidth=2, label=words)
        bars = around(self.found, self.low, self.high)
        ax.errorbar(self.predicted, self.found, yerr=bars, fmt="o", color=MODEL, label="a tenth of occasions")
        y_words = f"found net benefit, {self.unit}"
        named(ax, title="Calibration", x=f"predicted net benefit, {self.unit}", y=y_words)
        legend(ax)
        return ax


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoresDisplay:
    """How predicted net benefit is distributed on the certification half."""

    height: ClassVar[float] = 2.8
    score: Floats
    cutoff: float | None
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON], curves: Mapping[str, NDArray[Any]]) -> Self:
        """Read the scores and the certified cut-off."""
        scale, cutoff = Scale.of(report), report["certificate"]["cutoff"]
        shown = None if cutoff is None else scale.factor * cutoff
        return cls(score=scale.factor * curves["score"], cutoff=shown, unit=scale.unit)

    def plot(self, ax: Axes = None) -> Axes:
        """Draw the histogram between the 0.5th and 99.5th percentile, and the cut-off."""
        ax = axes(ax, height=self.height)
        low, high = np.quantile(self.score, [0.005, 0.995])
        weights = np.full(len(self.score), 100.0 / len(self.score))
        ends = (low, high) if high > low else (low - 1.0, high + 1.0)
        ax.hist(self.score, bins=40, range=ends, weights=weights, color=MODEL, alpha=0.6)
        x = f"predicted net benefit of contact, {self.unit}"
        named(ax, title="Predicted net benefit", x=x, y="share of occasions, %")
        if self.cutoff is not None:
            ax.axvline(self.cutoff, color=GOOD, linestyle=":", linewidth=2, label="certified cut-off")
            legend(ax)
        return ax


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearnersDisplay:
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
        """Read the scorers of a report; one without an interval of its own has that of its standard error."""
        scale, scorers = Scale.of(report), report["scorers"]
        found = np.array([[each["dr_qini"], each["se"]] for each in scorers], dtype=np.float64)
        gaps = [each.get("behind_best") or {} for each in scorers]
        best = found[:, 0].max()
        bar = np.array([best - gap["se"] if gap.get("se") is not None else np.nan for gap in gaps])
        estimate, reach = scale.factor * found[:, 0], scale.factor * Z * found[:, 1]
        return cls(
            names=tuple(SCORER_NAMES.get(each["name"], each["name"]) for each in scorers),
            chosen=tuple(bool(each["chosen"]) for each in scorers),
            estimate=estimate,
            low=estimate - reach,
            high=estimate + reach,
            bar=scale.factor * bar,
            unit=scale.unit,
        )

    def plot(self, ax: Axes = None) -> Axes:
        """Draw one line per scorer, the simplest on top, the chosen one in colour."""
        ax = axes(ax, height=self.height)
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
        return ax
