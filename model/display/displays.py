"""Pictures of a training's result, as scikit-learn's Displays: made from the report and its curves, drawn on any axes.

The page and the notebooks draw with these and nothing else; `value`, `harm` and `learners` beside this file hold the
others. `train(table).report` has them all by name (`model.report.report`).
Effects are shown per 100 occasions (then they are percentage points); only a benefit that is an amount has its own
unit. Harms by themselves are per 1,000. Bars are 95 % intervals, one by one, from the certification half.

Example:
    >>> train(table).report.deciles.plot()     # doctest: +SKIP
"""

from collections.abc import Mapping, Sequence
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
    intervals,
    legend,
    listed,
    named,
)
from model.display.display import Columns, Display
from model.in_words.rules import Scale, share_named

Floats = NDArray[np.float64]


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class EffectsDisplay(Display):
    """Average effect of contact on each outcome, float64[k] each, coloured by what the interval shows.

    `contacted` and `held_out` are the means that were seen in both arms, NaN where a report does not say. Where the
    propensity varies the effect is doubly robust, so it is not their difference: `method` says which it is. `units`
    are those of each outcome.
    """

    height: ClassVar[float] = 2.2
    names: tuple[str, ...]
    contacted: Floats
    held_out: Floats
    estimate: Floats
    low: Floats
    high: Floats
    method: tuple[str, ...]
    units: tuple[str, ...]

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the labelled outcomes of a report."""
        scale = Scale.of(report)
        found = {name: effect for name, effect in report["average_effect"].items() if effect}
        factor = np.array([scale.of_outcome(name)[0] for name in found])
        columns = {key: factor * np.array([e[key] for e in found.values()]) for key in ("estimate", "low", "high")}
        arms = {
            arm: factor * np.array([e.get("means", {}).get(arm, np.nan) for e in found.values()])
            for arm in ("contacted", "held_out")
        }
        return cls(
            names=tuple(OUTCOME_NAMES[name] for name in found),
            method=tuple(e.get("method", "") for e in found.values()),
            units=tuple(scale.of_outcome(name)[1] for name in found),
            **columns,
            **arms,
        )

    def draw(self, ax: Axes) -> None:
        """Draw one line per outcome with its interval."""
        colours = [_shows(*each) for each in zip(self.names, self.low, self.high, strict=True)]
        intervals(ax, listed(ax, self.names), (self.estimate, self.low, self.high), colours)
        ax.axvline(0.0, color=QUIET, linewidth=1)
        units = "; harms ".join(dict.fromkeys(self.units))
        named(ax, title="Average effect of contact", x=f"difference made by contact, {units}")

    def columns(self) -> Columns:
        """Return one row per outcome: what was seen in both arms, and the effect with how it was found."""
        seen = {"unit": list(self.units), "seen with contact": self.contacted, "seen without": self.held_out}
        found = {"effect": self.estimate, "low": self.low, "high": self.high}
        return "outcome", list(self.names), seen | found | {"how": list(self.method)}


def _grouped(groups: Sequence[Mapping[str, JSON]], factor: float) -> dict[str, Floats]:
    """Return net benefit as it was predicted and found in each group, float64[groups]."""
    ends = {"found": "estimate", "low": "low", "high": "high"}
    found = {name: factor * np.array([group["net_benefit"][key] for group in groups]) for name, key in ends.items()}
    return {"predicted": factor * np.array([group["predicted"] for group in groups])} | found


def _shows(name: str, low: float, high: float) -> str:
    """Return the colour of an effect: good where a benefit rises or a harm falls, bad where it is the other way."""
    if name != OUTCOME_NAMES["benefit"]:
        low, high = -high, -low
    return GOOD if low > 0.0 else BAD if high < 0.0 else QUIET


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class DecilesDisplay(Display):
    """Net benefit by predicted group on the certification half: predicted and found, the highest decile first."""

    height: ClassVar[float] = 3.6
    predicted: Floats
    found: Floats
    low: Floats
    high: Floats
    part: str
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the groups of a report."""
        scale, groups = Scale.of(report), report["groups"]
        return cls(part=share_named(report), unit=scale.unit, **_grouped(groups, scale.factor))

    def draw(self, ax: Axes) -> None:
        """Draw found effects with intervals, coloured by what they show, and what was predicted."""
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
        words = f"{self.part} of occasions, from the highest predicted net benefit to the lowest"
        named(ax, title="Who benefits", x=words, y=f"net benefit of contact, {self.unit}")
        legend(ax)

    def columns(self) -> Columns:
        """Return one row per group, the highest predicted first."""
        found = {f"predicted, {self.unit}": self.predicted, "found": self.found, "low": self.low, "high": self.high}
        return self.part, list(range(1, len(self.found) + 1)), found


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class CalibrationDisplay(Display):
    """Predicted against found net benefit by group, with the fitted slope and the line on which both are equal."""

    height: ClassVar[float] = 4.2
    predicted: Floats
    found: Floats
    low: Floats
    high: Floats
    rows: Floats
    slope: tuple[float, float, float] | None
    part: str
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the groups and the slope of a report."""
        scale, groups, slope = Scale.of(report), report["groups"], report["calibration"]
        return cls(
            rows=np.array([group["rows"] for group in groups], dtype=np.float64),
            slope=None if slope["slope"] is None else (slope["slope"], slope["low"], slope["high"]),
            part=share_named(report),
            unit=scale.unit,
            **_grouped(groups, scale.factor),
        )

    def draw(self, ax: Axes) -> None:
        """Draw the groups with intervals, the 45° line, and the fitted line where the score varies."""
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
        ax.errorbar(self.predicted, self.found, yerr=bars, fmt="o", color=MODEL, label=f"a {self.part} of occasions")
        y_words = f"found net benefit, {self.unit}"
        named(ax, title="Calibration", x=f"predicted net benefit, {self.unit}", y=y_words)
        legend(ax)

    def columns(self) -> Columns:
        """Return one row per group, the highest predicted first."""
        found = {f"predicted, {self.unit}": self.predicted, "found": self.found, "low": self.low, "high": self.high}
        return self.part, list(range(1, len(self.found) + 1)), found | {"rows": self.rows.astype(np.int64)}


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class ScoresDisplay(Display):
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

    def draw(self, ax: Axes) -> None:
        """Draw the histogram between the 0.5th and 99.5th percentile, and the cut-off."""
        low, high = np.quantile(self.score, [0.005, 0.995])
        weights = np.full(len(self.score), 100.0 / len(self.score))
        ends = (low, high) if high > low else (low - 1.0, high + 1.0)
        ax.hist(self.score, bins=40, range=ends, weights=weights, color=MODEL, alpha=0.6)
        x = f"predicted net benefit of contact, {self.unit}"
        named(ax, title="Predicted net benefit", x=x, y="share of occasions, %")
        if self.cutoff is not None:
            ax.axvline(self.cutoff, color=GOOD, linestyle=":", linewidth=2, label="certified cut-off")
            legend(ax)

    def columns(self) -> Columns:
        """Return one row per tenth of the distribution: the score that so many per cent lie at or below."""
        at = list(range(0, 101, 10))
        return "per cent at or below", at, {f"score, {self.unit}": np.quantile(self.score, np.array(at) / 100.0)}
