"""Pictures of both harms: at the certified cut-off, and by predicted group. All are per 1,000.

Example:
    >>> train(table).report.harms.plot()     # doctest: +SKIP
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.display.axes import BAD, GOOD, MODEL, OTHER, OUTCOME_NAMES, QUIET, Axes, around, legend, listed, named
from model.display.display import Columns, Display
from model.in_words.rules import share_named

Floats = NDArray[np.float64]
HARMS = ("complaint", "opt_out")


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class HarmDisplay(Display):
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

    def draw(self, ax: Axes) -> None:
        """Draw a bar up to each bound, with estimate, limit and control rate as marks."""
        rows = listed(ax, self.names)
        ax.hlines(rows, self.estimate, self.bound, color=MODEL, linewidth=6, alpha=0.35)
        ax.plot(self.estimate, rows, "o", color=MODEL, label="estimate")
        ax.plot(self.bound, rows, "|", color=MODEL, markersize=22, markeredgewidth=3, label="certified bound")
        ax.plot(self.allowed, rows, "|", color=BAD, markersize=30, markeredgewidth=3, label="allowed")
        ax.plot(self.control, rows, "d", color=QUIET, label="rate without contact")
        ax.axvline(0.0, color=QUIET, linewidth=1)
        named(ax, title="Harm at the certified cut-off", x="per 1,000 contacts")
        legend(ax, markerscale=0.55)

    def columns(self) -> Columns:
        """Return one row per harm."""
        found = {"estimate, per 1,000 contacts": self.estimate, "certified bound": self.bound}
        return "harm", list(self.names), found | {"allowed": self.allowed, "without contact": self.control}


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class HarmGroupsDisplay(Display):
    """What contact changed in complaints and opt-outs by predicted group, float64[harms, groups] each."""

    height: ClassVar[float] = 3.4
    names: tuple[str, ...]
    part: str
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
        return cls(names=tuple(OUTCOME_NAMES[harm] for harm in known), part=share_named(report), **values)

    def draw(self, ax: Axes) -> None:
        """Draw each harm beside the other in every group, with intervals."""
        ax.axhline(0.0, color=QUIET, linewidth=1)
        x = np.arange(1, self.estimate.shape[-1] + 1)
        for k, (name, colour, mark) in enumerate(zip(self.names, (MODEL, OTHER), ("o", "s"), strict=False)):
            bars = around(self.estimate[k], self.low[k], self.high[k])
            moved = x + (0.24 * k - 0.12) * (len(self.names) > 1)
            ax.errorbar(moved, self.estimate[k], yerr=bars, fmt=mark, color=colour, elinewidth=2, label=name)
        ax.set(xticks=x)
        words = f"{self.part} of occasions, from the highest predicted net benefit to the lowest"
        named(ax, title="Harm by group", x=words, y="more (or fewer) per 1,000 occasions, if contacted")
        legend(ax)

    def columns(self) -> Columns:
        """Return one row per group, the columns of each harm beside the other's."""
        words = {"change per 1,000 occasions": self.estimate, "low": self.low, "high": self.high}
        found = {f"{name}: {key}": each[k] for k, name in enumerate(self.names) for key, each in words.items()}
        return self.part, list(range(1, self.estimate.shape[-1] + 1)), found


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class CutoffsDisplay(Display):
    """The p-value of each harm at every cut-off that was tried, float64[k] each, by the share that it contacts.

    `limit` is what Holm asks of the larger of both at its rank; `certified` marks the cut-offs that were shown.
    """

    height: ClassVar[float] = 3.8
    contacted: Floats
    cutoff: Floats
    complaint: Floats
    opt_out: Floats
    limit: Floats
    certified: NDArray[np.bool_]
    issued: float | None

    @classmethod
    def from_report(cls, report: Mapping[str, JSON], curves: Mapping[str, NDArray[Any]]) -> Self:
        """Read the rules that could have been issued, in order of the share contacted."""
        which = np.flatnonzero(curves["tried_deployed"])
        which = which[np.argsort(curves["tried_contacted"][which], kind="stable")]
        keys = ("contacted", "cutoff", "complaint", "opt_out", "limit", "certified")
        return cls(issued=report["certificate"]["share_contacted"], **{k: curves[f"tried_{k}"][which] for k in keys})

    def draw(self, ax: Axes) -> None:
        """Draw both p-values on a logarithmic scale, Holm's limits, and the cut-off that was issued."""
        x = 100.0 * self.contacted
        least = max(1e-12, 0.3 * float(np.min([*self.limit, *self.complaint, *self.opt_out, 1.0])))
        for name, values, colour, mark in (
            ("complaints", self.complaint, MODEL, "o"),
            ("opt-outs", self.opt_out, OTHER, "s"),
        ):
            style = {"linewidth": 1.2, "markersize": 5, "color": colour}
            ax.plot(x, np.maximum(values, least), f"{mark}-", label=f"p of {name}", **style)
        ax.plot(x, self.limit, "_", color=BAD, markersize=14, markeredgewidth=2, label="both must be below (Holm)")
        if self.issued is not None:
            ax.axvline(100.0 * self.issued, color=GOOD, linestyle=":", linewidth=2, label="certified cut-off")
        ax.set(yscale="log", ylim=(least / 2.0, 2.0), xlim=(0.0, 103.0))
        words = "share of occasions at or above the cut-off, %"
        named(ax, title="Is the harm below what was allowed?", x=words, y="p-value of “the harm is larger”")
        legend(ax)

    def columns(self) -> Columns:
        """Return one row per cut-off, the one that contacts fewest first."""
        found = {"p of complaints": self.complaint, "p of opt-outs": self.opt_out, "Holm's limit": self.limit}
        shares = {"contacted, %": 100.0 * self.contacted}
        return "cut-off", list(self.cutoff), shares | found | {"certified": self.certified}
