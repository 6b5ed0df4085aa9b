"""Pictures of what choosing is worth: Qini, policy value by share, and the named policies side by side.

Bands are 95 %: the darker holds at each share by itself, the lighter for all shares together
(`model.statistics.bands`).

Example:
    >>> train(table).report.qini.plot()     # doctest: +SKIP
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.display.axes import GOOD, MODEL, OTHER, QUIET, Axes, intervals, legend, listed, named
from model.display.display import Columns, Display
from model.in_words.numbers import percent
from model.in_words.rules import Scale, policy_names, rule

Floats = NDArray[np.float64]
SHARE = "share of occasions contacted, %"


def response_points(report: Mapping[str, JSON]) -> tuple[Floats, Floats] | None:
    """Return share and value of contacting likely responders first, from nobody on; None where the model does that."""
    if "response" not in policy_names(report):
        return None
    rows = [row["response"] for row in report["policy_value"]["at_shares"]]
    return tuple(np.array([0.0, *(row[key] for row in rows)]) for key in ("contacted", "estimate"))  # type: ignore[return-value]  # two


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class _Curve(Display):
    """A curve over the share contacted, float64[k] each, both its bands, and likely responders where they differ."""

    height: ClassVar[float] = 3.6
    share: Floats
    value: Floats
    low: Floats
    high: Floats
    all_low: Floats
    all_high: Floats
    response: tuple[Floats, Floats] | None
    everyone: float
    certified: float | None
    unit: str

    @classmethod
    def _read(cls, name: str, report: Mapping[str, JSON], curves: Mapping[str, NDArray[Any]]) -> Self:
        """Read the arrays `name`, `name_low` … of the curves."""
        scale = Scale.of(report)
        ends = {key: scale.factor * curves[f"{name}_{key}"] for key in ("low", "high", "all_low", "all_high")}
        found, everyone = response_points(report), report["policy_value"]["everyone"]["estimate"]
        if found is not None:
            over = found[1] - found[0] * everyone if name == "qini" else found[1]
            found = (found[0], scale.factor * over)
        return cls(
            share=curves["share"],
            value=scale.factor * curves[name],
            response=found,
            everyone=scale.factor * everyone,
            certified=report["certificate"]["share_contacted"],
            unit=scale.unit,
            **ends,
        )

    def _band(self, ax: Axes) -> None:
        """Draw bands, curve, likely responders and the certified share."""
        x = 100.0 * self.share
        label = "95 %: all shares"
        ax.fill_between(x, self.all_low, self.all_high, color=MODEL, alpha=0.13, linewidth=0, label=label)
        ax.fill_between(x, self.low, self.high, color=MODEL, alpha=0.25, linewidth=0, label="95 %: each share")
        ax.plot(x, self.value, color=MODEL, linewidth=2, label="the model’s choice")
        if self.response is not None:
            style = {"color": OTHER, "markersize": 3.5, "linewidth": 1.2}
            ax.plot(100.0 * self.response[0], self.response[1], "s-", label="likely responders", **style)
        if self.certified is not None:
            ax.axvline(100.0 * self.certified, color=GOOD, linestyle=":", linewidth=2, label="certified cut-off")
        ax.set(xlim=(0, 100))

    def columns(self) -> Columns:
        """Return one row per share contacted, with both bands."""
        found = {f"value, {self.unit}": self.value, "low": self.low, "high": self.high}
        together = {"low, all shares": self.all_low, "high, all shares": self.all_high}
        return "contacted, %", list((100.0 * self.share).round(6)), found | together


class QiniDisplay(_Curve):
    """What choosing by the score adds over contacting as many at random, by share contacted."""

    @classmethod
    def from_report(cls, report: Mapping[str, JSON], curves: Mapping[str, NDArray[Any]]) -> Self:
        """Read the curve of gaps, each the paired difference from random choice of the same share."""
        return cls._read("qini", report, curves)

    def draw(self, ax: Axes) -> None:
        """Draw the curve over its bands."""
        self._band(ax)
        ax.axhline(0.0, color=QUIET, linestyle="--", linewidth=1.5, label="random choice")
        named(ax, title="Qini: what choosing adds", x=SHARE, y=f"net benefit over random choice, {self.unit}")
        legend(ax)


class PolicyValueDisplay(_Curve):
    """Net benefit over contacting nobody, by share contacted, with the certified share where there is one."""

    @classmethod
    def from_report(cls, report: Mapping[str, JSON], curves: Mapping[str, NDArray[Any]]) -> Self:
        """Read the curve of values."""
        return cls._read("gain", report, curves)

    def draw(self, ax: Axes) -> None:
        """Draw the value by share over its bands, random choice, and the certified share."""
        self._band(ax)
        ax.plot([0, 100], [0, self.everyone], "--", color=QUIET, linewidth=1.5, label="random choice")
        ax.axhline(0.0, color=QUIET, linewidth=1)
        named(ax, title="Policy value", x=SHARE, y=f"net benefit over contacting nobody, {self.unit}")
        legend(ax)


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class PoliciesDisplay(Display):
    """The named policies side by side, float64[k] each, the rule that would be used first and in colour.

    `gap` float64[3, k]: by how much that rule is better than each, with its paired interval; NaN for the rule itself.
    """

    height: ClassVar[float] = 3.2
    names: tuple[str, ...]
    value: Floats
    low: Floats
    high: Floats
    gap: Floats
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the policies of a report."""
        scale = Scale.of(report)
        named_so = policy_names(report)
        found = {key: rule(report).of(key, report) for key in named_so}
        columns = {"value": "estimate", "low": "low", "high": "high"}
        values = {n: scale.factor * np.array([each[key] for each in found.values()]) for n, key in columns.items()}
        names = tuple(f"{named_so[key]} ({percent(each['contacted'])})" for key, each in found.items())
        used = rule(report)
        gaps = [{} if key == used.key else used.minus(key) for key in found]
        gap = scale.factor * np.array([[each.get(key, np.nan) for each in gaps] for key in columns.values()])
        return cls(names=names, unit=scale.unit, gap=gap, **values)

    def draw(self, ax: Axes) -> None:
        """Draw one line per policy with its interval."""
        rows = listed(ax, self.names)
        intervals(ax, rows, (self.value, self.low, self.high), [MODEL, *[QUIET] * (len(rows) - 1)])
        ax.axvline(0.0, color=QUIET, linewidth=1)
        words = f"net benefit over contacting nobody, {self.unit}"
        named(ax, title="Policies compared (share contacted)", x=words)

    def columns(self) -> Columns:
        """Return one row per policy, the rule that would be used first."""
        found = {f"value, {self.unit}": self.value, "low": self.low, "high": self.high}
        words = ("the first is better by", "at least", "at most")
        return "policy (share contacted)", list(self.names), found | dict(zip(words, self.gap, strict=True))
