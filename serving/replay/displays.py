"""Pictures of a change that was tried on the past, from the report of a replay (`docs/replay_report.md`).

Example:
    >>> FunnelDisplay.from_report(report).plot()     # doctest: +SKIP
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.display.axes import BAD, GOOD, MODEL, OTHER, QUIET, Axes, intervals, legend, listed, named
from model.display.display import Columns, Display
from serving.replay.judgement import BETTER, side
from serving.replay.tables import ACTIONS, LABELS, NET
from serving.replay.units import by_unit, unit

Floats = NDArray[np.float64]
MOST: Final = 6  # reasons that are drawn
COLOURS: Final = {1: GOOD, -1: BAD, 0: QUIET}


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class FunnelDisplay(Display):
    """How many messages were sent, held and not sent, and would have been, float64[3] each."""

    height: ClassVar[float] = 2.8
    names: tuple[str, ...]
    before: Floats
    after: Floats

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the funnel of a report."""
        counts = {end: np.array([report["funnel"][end][key] for key in ACTIONS], float) for end in ("before", "after")}
        return cls(names=tuple(ACTIONS.values()), **counts)

    def draw(self, ax: Axes) -> None:
        """Draw two bars for each answer, with their counts."""
        rows = listed(ax, self.names)
        for values, up, colour, label in ((self.before, 0.2, QUIET, "as it was"), (self.after, -0.2, MODEL, "tried")):
            bars = ax.barh(rows + up, values, height=0.36, color=colour, label=label)
            ax.bar_label(bars, [f"{value:,.0f}" for value in values], padding=4)
        ax.margins(x=0.12)
        named(ax, title="Answers before and after", x="decisions")
        legend(ax)

    def columns(self) -> Columns:
        """Return one row per answer."""
        return "answer", list(self.names), {"as it was": self.before, "tried": self.after}


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class FlipsDisplay(Display):
    """Who is told otherwise, by the reason that is new or gone, float64[k]; the most first, no more than `MOST`."""

    height: ClassVar[float] = 2.2
    names: tuple[str, ...]
    counts: Floats
    decisions: int

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the reasons of a report."""
        found = report["reasons"][:MOST]
        return cls(
            names=tuple(f"{each['code']} → {ACTIONS[each['after']]}" for each in found),
            counts=np.array([each["count"] for each in found], dtype=np.float64),
            decisions=int(report["decisions"]["replayed"]),
        )

    def draw(self, ax: Axes) -> None:
        """Draw a bar for each reason, with its count and its share of all decisions."""
        rows = listed(ax, self.names)
        bars = ax.barh(rows, self.counts, height=0.6, color=OTHER)
        ax.bar_label(bars, [f"{n:,.0f} ({100 * n / self.decisions:.1f} %)" for n in self.counts], padding=4)
        ax.margins(x=0.28)
        named(ax, title="Who is told otherwise, and why", x="decisions (one can have several reasons)")

    def columns(self) -> Columns:
        """Return one row per reason."""
        return "reason", list(self.names), {"decisions": self.counts, "per 1,000": 1000 * self.counts / self.decisions}


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class DifferencesDisplay(Display):
    """What a change does to customers, float64[k] with 95 % intervals; `silent` are outcomes without a figure.

    By 1,000 contacts less or more where the change goes one way, else by 1,000 occasions.
    """

    height: ClassVar[float] = 2.8
    names: tuple[str, ...]
    value: Floats
    low: Floats
    high: Floats
    sides: tuple[int, ...]
    silent: tuple[str, ...]
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the effects of a report."""
        effects = report["effects"]
        found = {NET: effects["net_benefit"], **effects["outcomes"]}
        known = {name: figure for name, each in found.items() if each and (figure := by_unit(each))}
        ends = {n: "estimate" if n == "value" else n for n in ("value", "low", "high")}
        return cls(
            names=tuple(LABELS[name] for name in known),
            sides=tuple(side(each, BETTER[name]) for name, each in known.items()),
            silent=tuple(words for name, words in LABELS.items() if name not in known),
            unit=f"change per 1,000 {unit(effects)}",
            **{n: 1000.0 * np.array([each[end] for each in known.values()], float) for n, end in ends.items()},
        )

    def draw(self, ax: Axes) -> None:
        """Draw a line for each outcome with its interval: green is better, red is worse, grey is not told apart."""
        rows = listed(ax, (*self.names, *(f"{name}: no figure" for name in self.silent)))
        intervals(ax, rows[: len(self.names)], (self.value, self.low, self.high), self.colours(), least=1)
        ax.axvline(0.0, color=QUIET, linewidth=1)
        named(ax, title="What it would have done to customers (95 % intervals)", x=self.unit)

    def columns(self) -> Columns:
        """Return one row per outcome that has a figure."""
        return "outcome", list(self.names), {self.unit: self.value, "95 % low": self.low, "95 % high": self.high}

    def colours(self) -> list[str]:
        """Return green where a whole interval is better, red where it is worse, else grey."""
        return [COLOURS[each] for each in self.sides]
