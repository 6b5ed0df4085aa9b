"""Pictures of a training's result, as scikit-learn's Displays: made from the report and its curves, drawn on any axes.

The report and the notebook draw with these and nothing else. Effects are shown per 100 occasions where the benefit is
0/1 (then they are percentage points), else in the benefit's own unit; harms per 1,000 contacts. Bands and bars are
95 % intervals, pointwise, from the certification half.

Example:
    >>> QiniDisplay.from_report(trained.report, trained.curves).plot()     # doctest: +SKIP
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.display_axes import BAD, GOOD, MODEL, OTHER, QUIET, Axes, Scale, around, axes, intervals, legend

Floats = NDArray[np.float64]
OUTCOME_NAMES = {"benefit": "benefit", "complaint": "complaints", "opt_out": "opt-outs"}
POLICY_NAMES = {
    "model": "the model’s rule",
    "response": "likely responders first",
    "random": "as many, at random",
    "everyone": "contact everyone",
    "nobody": "contact nobody",
}


def policy_names(report: Mapping[str, JSON]) -> dict[str, str]:
    """Return the policies to compare; where likely responders are the model's own order, they are not a second one."""
    same = any(scorer["chosen"] and scorer["name"] == "response" for scorer in report["scorers"])
    return {key: words for key, words in POLICY_NAMES.items() if not (same and key == "response")}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectsDisplay:
    """Average effect of contact on each outcome, float64[k] each."""

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
        ax = axes(ax, height=2.2)
        rows = np.arange(len(self.names))[::-1]
        colours = [GOOD if name == "benefit" else BAD for name in self.names]
        intervals(ax, rows, (self.estimate, self.low, self.high), colours)
        ax.axvline(0.0, color=QUIET, linewidth=1)
        ax.set(yticks=rows, yticklabels=self.names, ylim=(-0.6, len(rows) - 0.3))
        ax.set(xlabel=f"difference made by contact, {self.unit}")
        ax.set_title("Average effect of contact", loc="left")
        return ax


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecilesDisplay:
    """Net benefit by predicted decile on the certification half: predicted and found, the highest decile first."""

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
        """Draw found effects with intervals, and what was predicted."""
        ax = axes(ax)
        x = np.arange(1, len(self.found) + 1)
        ax.axhline(0.0, color=QUIET, linewidth=1)
        ax.errorbar(x, self.found, yerr=around(self.found, self.low, self.high), fmt="o", color=MODEL, label="found")
        ax.plot(x, self.predicted, "_", color=OTHER, markersize=16, markeredgewidth=2.5, label="predicted")
        ax.set(xticks=x, xlabel="tenth of occasions, from the highest predicted net benefit to the lowest")
        ax.set(ylabel=f"net benefit of contact,\n{self.unit}")
        ax.set_title("Who benefits", loc="left")
        legend(ax)
        return ax


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QiniDisplay:
    """What choosing by the score adds over contacting as many at random, by share contacted."""

    share: Floats
    gain: Floats
    at: Floats
    low: Floats
    high: Floats
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON], curves: Mapping[str, NDArray[Any]]) -> Self:
        """Read the curve from the curves and its band, the paired differences at ten shares, from the report."""
        scale = Scale.of(report)
        rows = report["policy_value"]["at_shares"]
        gaps = [row["differences"]["model_minus_random"] for row in rows]
        band = {key: scale.factor * np.array([0.0, *(gap[key] for gap in gaps)]) for key in ("low", "high")}
        at = np.array([0.0, *(row["model"]["contacted"] for row in rows)])
        gain = scale.factor * (curves["gain"] - curves["gain_random"])
        return cls(share=curves["share"], gain=gain, at=at, unit=scale.unit, **band)

    def plot(self, ax: Axes = None) -> Axes:
        """Draw the curve over its band."""
        ax = axes(ax)
        ax.fill_between(100 * self.at, self.low, self.high, color=MODEL, alpha=0.2, linewidth=0, label="95 % band")
        ax.plot(100 * self.share, self.gain, color=MODEL, label="chosen by the model")
        ax.axhline(0.0, color=QUIET, linestyle="--", linewidth=1.5, label="chosen at random")
        ax.set(xlim=(0, 100), xlabel="share of occasions contacted, %")
        ax.set_title("Qini: what choosing adds", loc="left")
        ax.set(ylabel=f"net benefit over random choice,\n{self.unit}")
        legend(ax)
        return ax


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PolicyValueDisplay:
    """Net benefit over contacting nobody, by share contacted, with the rule's own point where it is certified."""

    share: Floats
    value: Floats
    low: Floats
    high: Floats
    everyone: float
    certified: float | None
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON], curves: Mapping[str, NDArray[Any]]) -> Self:
        """Read values at ten shares, each with its realised share on the certification half."""
        scale = Scale.of(report)
        rows = report["policy_value"]["at_shares"]
        keys = {"value": "value", "low": "value_low", "high": "value_high"}
        values = {name: scale.factor * np.r_[0.0, curves[key]] for name, key in keys.items()}
        return cls(
            share=np.array([0.0, *(row["model"]["contacted"] for row in rows)]),
            everyone=scale.factor * report["policy_value"]["everyone"]["estimate"],
            certified=report["certificate"]["share_contacted"],
            unit=scale.unit,
            **values,
        )

    def plot(self, ax: Axes = None) -> Axes:
        """Draw the value by share over its band, random choice, and the certified share."""
        ax = axes(ax)
        ax.fill_between(100 * self.share, self.low, self.high, color=MODEL, alpha=0.2, linewidth=0, label="95 % band")
        ax.plot(100 * self.share, self.value, "o-", color=MODEL, markersize=4, label="chosen by the model")
        ax.plot([0, 100], [0, self.everyone], "--", color=OTHER, label="chosen at random")
        ax.axhline(0.0, color=QUIET, linewidth=1)
        if self.certified is not None:
            ax.axvline(100 * self.certified, color=GOOD, linestyle=":", linewidth=2, label="certified cut-off")
        ax.set(xlim=(0, 100), xlabel="share of occasions contacted, %")
        ax.set_title("Policy value", loc="left")
        ax.set(ylabel=f"net benefit over contacting nobody,\n{self.unit}")
        legend(ax)
        return ax


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PoliciesDisplay:
    """The named policies side by side, float64[k] each."""

    names: tuple[str, ...]
    value: Floats
    low: Floats
    high: Floats
    unit: str

    @classmethod
    def from_report(cls, report: Mapping[str, JSON]) -> Self:
        """Read the policies of a report."""
        scale = Scale.of(report)
        found = {words: report["policy_value"][key] for key, words in policy_names(report).items()}
        columns = {"value": "estimate", "low": "low", "high": "high"}
        values = {n: scale.factor * np.array([each[key] for each in found.values()]) for n, key in columns.items()}
        names = tuple(f"{words}\n({100 * each['contacted']:.0f} %)" for words, each in found.items())
        return cls(names=names, unit=scale.unit, **values)

    def plot(self, ax: Axes = None) -> Axes:
        """Draw one line per policy with its interval."""
        ax = axes(ax, height=3.2)
        rows = np.arange(len(self.names))[::-1]
        colours = [MODEL, *[QUIET] * (len(rows) - 1)]
        intervals(ax, rows, (self.value, self.low, self.high), colours)
        ax.axvline(0.0, color=QUIET, linewidth=1)
        ax.set(yticks=rows, yticklabels=self.names, ylim=(-0.6, len(rows) - 0.4))
        ax.set_title("Policies compared (share contacted)", loc="left")
        ax.set(xlabel=f"net benefit over contacting nobody, {self.unit}")
        return ax


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HarmDisplay:
    """Each certified harm per 1,000 contacts: estimate, bound, what was allowed, and the rate without contact."""

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
        ax = axes(ax, height=2.4)
        rows = np.arange(len(self.names))[::-1]
        ax.hlines(rows, self.estimate, self.bound, color=MODEL, linewidth=6, alpha=0.35)
        ax.plot(self.estimate, rows, "o", color=MODEL, label="estimate")
        ax.plot(self.bound, rows, "|", color=MODEL, markersize=22, markeredgewidth=3, label="certified bound")
        ax.plot(self.allowed, rows, "|", color=BAD, markersize=30, markeredgewidth=3, label="allowed")
        ax.plot(self.control, rows, "d", color=QUIET, label="rate without contact")
        ax.axvline(0.0, color=QUIET, linewidth=1)
        ax.set(yticks=rows, yticklabels=self.names, ylim=(-0.7, len(rows) - 0.3))
        ax.set(xlabel="per 1,000 contacts")
        ax.set_title("Harm at the certified cut-off", loc="left")
        legend(ax, markerscale=0.55)
        return ax


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoresDisplay:
    """How predicted net benefit is distributed on the certification half."""

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
        ax = axes(ax, height=2.6)
        low, high = np.quantile(self.score, [0.005, 0.995])
        weights = np.full(len(self.score), 100.0 / len(self.score))
        ends = (low, high) if high > low else (low - 1.0, high + 1.0)
        ax.hist(self.score, bins=40, range=ends, weights=weights, color=MODEL, alpha=0.6)
        ax.set(ylabel="share of\noccasions, %", xlabel=f"predicted net benefit of contact, {self.unit}")
        ax.set_title("Predicted net benefit", loc="left")
        if self.cutoff is not None:
            ax.axvline(self.cutoff, color=GOOD, linestyle=":", linewidth=2, label="certified cut-off")
            legend(ax)
        return ax
