"""Pictures of both harms: at the certified cut-off, and by predicted group. All are per 1,000.

Example:
    >>> HarmDisplay.from_report(trained.report).plot()     # doctest: +SKIP
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.display.axes import BAD, MODEL, OTHER, OUTCOME_NAMES, QUIET, Axes, around, axes, legend, listed, named

Floats = NDArray[np.float64]
HARMS = ("complaint", "opt_out")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HarmDisplay:
    """Each certified harm per 1,000 contacts: estimate, bound, what was allowed, and the rate without contact."""

    height: ClassVar[float] = 2.6
    names: tuple[str, ...]
    estimate: Floats
    bound: Floats
    allowed: Floats
    control: Floats

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the bounds of a report's certificate."""
        bounds = report["certificate"]["bounds"]
        keys = {"estimate": "estimate", "bound": "bound", "allowed": "alpha", "control": "control_rate"}
        values = {n: 1000.0 * np.array([b[key] for b in bounds], dtype=np.float64) for n, key in keys.items()}
        return cls(names=tuple(f"caused {OUTCOME_NAMES[bound['harm']]}" for bound in bounds), **values)

    def plot(self, ax: Axes = None) -> Axes:
        """Draw a bar up to each bound, with estimate, limit and control rate as marks."""
        ax = axes(ax, height=self.height)
        rows = listed(ax, self.names)
        ax.hlines(rows, self.estimate, self.bound, color=MODEL, linewidth=6, alpha=0.35)
        ax.plot(self.estimate, rows, "o", color=MODEL, label="estimate")
        ax.plot(self.bound, rows, "|", color=MODEL, markersize=22, markeredgewidth=3, label="certified bound")
        ax.plot(self.allowed, rows, "|", color=BAD, markersize=30, markeredgewidth=3, label="allowed")
        ax.plot(self.control, rows, "d", color=QUIET, label="rate without contact")
        ax.axvline(0.0, color=QUIET, linewidth=1)
        named(ax, title="Harm at the certified cut-off", x="per 1,000 contacts")
        legend(ax, markerscale=0.55)
        return ax


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HarmGroupsDisplay:
    """What contact changed in complaints and opt-outs by predicted tenth, float64[harms, groups] each."""

    height: ClassVar[float] = 3.4
    names: tuple[str, ...]
    estimate: Floats
    low: Floats
    high: Floats

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the groups of a report; a harm without a label is left out."""
        groups = report["groups"]
        known = [harm for harm in HARMS if all(group[harm] for group in groups)]
        values = {
            key: 1000.0 * np.array([[group[harm][key] for group in groups] for harm in known], dtype=np.float64)
            for key in ("estimate", "low", "high")
        }
        return cls(names=tuple(OUTCOME_NAMES[harm] for harm in known), **values)

    def plot(self, ax: Axes = None) -> Axes:
        """Draw each harm beside the other in every tenth, with intervals."""
        ax = axes(ax, height=self.height)
        ax.axhline(0.0, color=QUIET, linewidth=1)
        x = np.arange(1, self.estimate.shape[-1] + 1)
        for k, (name, colour, mark) in enumerate(zip(self.names, (MODEL, OTHER), ("o", "s"), strict=False)):
            bars = around(self.estimate[k], self.low[k], self.high[k])
            moved = x + (0.24 * k - 0.12) * (len(self.names) > 1)
            ax.errorbar(moved, self.estimate[k], yerr=bars, fmt=mark, color=colour, elinewidth=2, label=name)
        ax.set(xticks=x)
        words = "tenth of occasions, from the highest predicted net benefit to the lowest"
        named(ax, title="Harm by group", x=words, y="more (or fewer) per 1,000 occasions, if contacted")
        legend(ax)
        return ax
