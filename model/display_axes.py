"""What the Displays share: colours that read on light and dark, the scale of benefits, axes, intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON

Floats = NDArray[np.float64]
Axes = Any  # matplotlib has no types here

MODEL, OTHER, GOOD, BAD, QUIET = "#3b82f6", "#d97706", "#16a34a", "#dc2626", "#8a8f98"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """By what benefits are multiplied for people to read, and what they then are."""

    factor: float
    unit: str

    @classmethod
    def of(cls, report: Mapping[str, JSON]) -> Self:
        """Return the scale of a report: only a 0/1 benefit has a Qini by counts."""
        if report["qini_sklift"] is None:
            return cls(factor=1.0, unit="benefit per occasion")
        return cls(factor=100.0, unit="per 100 occasions")


def axes(ax: Axes, *, height: float = 3.4) -> Axes:
    """Return the axes given, or those of a new figure."""
    if ax is None:
        from matplotlib import pyplot as plt  # noqa: PLC0415  (only where no axes are given: it picks a backend)

        ax = plt.subplots(figsize=(7.2, height), layout="constrained")[1]
    else:
        ax.figure.set_size_inches(7.2, height)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def around(estimate: Floats, low: Floats, high: Floats) -> Floats:
    """Return error bars float64[2, k] as matplotlib wants them."""
    return np.stack([np.maximum(estimate - low, 0.0), np.maximum(high - estimate, 0.0)])


def legend(ax: Axes, **options: Any) -> None:
    """Set the legend in one line between title and axes, where it hides nothing."""
    tight = {"handlelength": 1.5, "handletextpad": 0.5, "columnspacing": 1.4, "borderaxespad": 0.2, "frameon": False}
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=4, fontsize="small", **tight, **options)
    ax.set_title(ax.get_title(loc="left"), loc="left", pad=26)


def intervals(ax: Axes, rows: NDArray[Any], figures: tuple[Floats, Floats, Floats], colours: list[str]) -> None:
    """Draw estimates with intervals along horizontal lines, each with its figures in a column on the right."""
    estimate, low, high = figures
    for row, value, start, end, colour in zip(rows, estimate, low, high, colours, strict=True):
        ax.plot([start, end], [row, row], color=colour, linewidth=2.5)
        ax.plot(value, row, "o", color=colour)
        text = f"{value:.2f} ({start:.2f} to {end:.2f})".replace("-", "−")
        place = {"xycoords": ax.get_yaxis_transform(), "xytext": (8, 0), "textcoords": "offset points"}
        ax.annotate(text, (1.0, row), va="center", annotation_clip=False, **place)
