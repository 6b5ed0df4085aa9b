"""What the Displays share: colours that read on light and dark, axes, intervals, legends.

A picture is drawn on the axes it is given, or on new ones. On a narrow figure (a phone's) lines are broken and
figures beside the marks are left out: the report has them in a table.
"""

from textwrap import fill
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.in_words.numbers import digits, number

Floats = NDArray[np.float64]
Axes = Any  # matplotlib has no types here

MODEL, OTHER, GOOD, BAD, QUIET = "#3b82f6", "#d97706", "#16a34a", "#dc2626", "#8a8f98"
WIDE, NARROW = 7.2, 4.0  # inches
OUTCOME_NAMES = {"benefit": "benefit", "complaint": "complaints", "opt_out": "opt-outs"}


def axes(ax: Axes, *, height: float) -> Axes:
    """Return the axes given, or those of a new figure."""
    if ax is None:
        from matplotlib import pyplot as plt  # noqa: PLC0415  (only where no axes are given: it picks a backend)

        ax = plt.subplots(figsize=(WIDE, height), layout="constrained")[1]
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def narrow(ax: Axes) -> bool:
    """Whether the figure is as narrow as a phone's."""
    return bool(ax.figure.get_figwidth() < 5.0)


def named(ax: Axes, *, title: str, x: str = "", y: str = "") -> None:
    """Set title and labels, broken where the figure is narrow."""
    width = 32 if narrow(ax) else 90
    upright = "\n".join(fill(part, 36) for part in (y.replace(", ", ",\n", 1) if len(y) > 36 else y).split("\n"))
    ax.set(xlabel=fill(x, width), ylabel=upright)
    ax.set_title(fill(title, width), loc="left")


def around(estimate: Floats, low: Floats, high: Floats) -> Floats:
    """Return error bars float64[2, k] as matplotlib wants them."""
    return np.stack([np.maximum(estimate - low, 0.0), np.maximum(high - estimate, 0.0)])


def legend(ax: Axes, **options: Any) -> None:
    """Set the legend between title and axes, where it hides nothing."""
    tight = {"handlelength": 1.5, "handletextpad": 0.5, "columnspacing": 1.4, "borderaxespad": 0.2, "frameon": False}
    labels = ax.get_legend_handles_labels()[1]
    longest = max(len(label) for label in labels)
    columns = max(1, min(4, (46 if narrow(ax) else 100) // (longest + 4)))
    rows = -(-len(labels) // columns)
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, fontsize="small", **tight, **options)
    ax.set_title(ax.get_title(loc="left"), loc="left", pad=9.0 + 16.0 * rows)


def intervals(
    ax: Axes, rows: NDArray[Any], figures: tuple[Floats, Floats, Floats], colours: list[str], *, least: int = 2
) -> None:
    """Draw estimates with intervals along horizontal lines, each with its figures in a column on the right."""
    estimate, low, high = figures
    for row, value, start, end, colour in zip(rows, estimate, low, high, colours, strict=True):
        ax.plot([start, end], [row, row], color=colour, linewidth=2.5)
        ax.plot(value, row, "o", color=colour)
        if narrow(ax):
            continue
        known = np.isfinite([start, end]).all()
        n = digits(start, end, least) if known else least
        text = number(value, n) + (f" ({number(start, n)} to {number(end, n)})" if known else "")
        place = {"xycoords": ax.get_yaxis_transform(), "xytext": (8, 0), "textcoords": "offset points"}
        ax.annotate(text, (1.0, row), va="center", annotation_clip=False, **place)


def listed(ax: Axes, names: tuple[str, ...]) -> NDArray[Any]:
    """Name one horizontal line per entry, the first on top, and return their heights."""
    rows = np.arange(len(names))[::-1]
    shown = [fill(name, 17) for name in names] if narrow(ax) else list(names)
    ax.set(yticks=rows, yticklabels=shown, ylim=(-0.6, len(rows) - 0.4))
    return rows
