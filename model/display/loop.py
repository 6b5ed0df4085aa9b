"""The picture of a simulated quarter: what each way of contacting truly brought and caused, week by week.

Four pictures from the figures of `outreach demo --loop` (JSON), with one legend: net benefit per 100 occasions beside
what was estimated when a rule was certified (95 % interval) and what that rule is truly worth, its sum per 100
customers, and both harms per 1,000 contacts with the most that the certificate in force promises. True figures have no
intervals: they are known here. The interval speaks of the rule without exploration, and so does the dotted line.

Example:
    >>> draw(figures, Path("loop.png"))     # doctest: +SKIP
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from model.certifying.words import shown_up
from model.display.axes import BAD, GOOD, MODEL, OTHER, QUIET, Axes, named

Figures = Mapping[str, Any]
WEEK = 7
WAYS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "ours": ("experiment, then learn and certify", {"color": MODEL, "linewidth": 2.8, "zorder": 3}),
    "everyone": ("contact all whom the policy permits", {"color": OTHER, "linewidth": 1.8}),
    "experiment": ("experiment for ever, learn nothing", {"color": QUIET, "linewidth": 1.8, "linestyle": "--"}),
}
NOBODY = "essential service alone"
RULE = "the certified rule without exploration, truly"
HARMS = {"complaint": "Complaints that contact causes", "opt_out": "Opt-outs that contact causes"}


def draw(figures: Figures, path: Path) -> None:
    """Write the picture as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (heavy: only where it is drawn)
    from matplotlib.figure import Figure  # noqa: PLC0415  (as above)

    canvas = FigureCanvasAgg(Figure(figsize=(12.6, 8.6), layout="constrained", facecolor="white"))
    grid = canvas.figure.subplots(2, 2)
    for ax in grid.flat:
        ax.spines[["top", "right"]].set_visible(False)
    net_benefit(grid[0, 0], figures)
    summed(grid[0, 1], figures)
    for ax, harm in zip(grid[1], HARMS, strict=True):
        harmed(ax, figures, harm)
    known: dict[str, Any] = {}
    for ax in grid.flat:
        handles, labels = ax.get_legend_handles_labels()
        known |= dict(zip(labels, handles, strict=True))
    canvas.figure.legend(known.values(), known.keys(), loc="outside upper center", ncols=3, frameon=False)
    canvas.figure.savefig(path, dpi=110, metadata={"Software": None})


def net_benefit(ax: Axes, figures: Figures) -> None:
    """Draw true net benefit per 100 occasions by week, and what was estimated of each rule that was promoted."""
    lines(ax, figures, "net_per_100")
    for each in figures["periods"]:
        if each["rule"] is not None:
            true, ends = each["rule"]["net_per_100"], [each["from_day"] / WEEK, each["to_day"] / WEEK]
            ax.plot(ends, [true, true], color=GOOD, linewidth=1.6, linestyle=":", label=RULE)
    shown = "that rule's worth, estimated before (95 % interval)"
    for found in promoted(figures):
        value = {key: 100.0 * found["value"][key] for key in ("estimate", "low", "high")}
        reach = [[value["estimate"] - value["low"]], [value["high"] - value["estimate"]]]
        ax.errorbar(
            found["day"] / WEEK + 0.5, value["estimate"], yerr=reach, fmt="o", color=GOOD, capsize=4, label=shown
        )
    nought(ax)
    learnt(ax, figures, words=True)
    named(ax, title="What contacting truly brought: benefit less harm", x="week", y="per 100 occasions")


def summed(ax: Axes, figures: Figures) -> None:
    """Draw the true net benefit so far per 100 customers, each way's end written beside it."""
    scale = 100.0 / figures["plan"]["customers"]
    for name, (label, style) in WAYS.items():
        weeks = figures["ways"][name]["weeks"]
        net = [each["benefit"] - each["complaint"] - each["opt_out"] for each in weeks]
        total = [0.0, *accumulate(scale * each for each in net)]
        ax.plot(range(len(total)), total, label=label, **style)
        ax.annotate(
            f"{total[-1]:.1f}", (len(weeks), total[-1]), (6, -4), textcoords="offset points", color=style["color"]
        )
    nought(ax)
    learnt(ax, figures)
    named(ax, title="… and its sum so far", x="week", y="per 100 customers")


def harmed(ax: Axes, figures: Figures, harm: str) -> None:
    """Draw a true harm per 1,000 contacts by week, and the most that the certificate in force promises."""
    lines(ax, figures, f"{harm}_per_1000")
    last = None
    for each in figures["periods"]:
        if each["certified"] is not None:
            words = shown_up(each["certified"][harm])
            most, ends = float(words), [each["from_day"] / WEEK, each["to_day"] / WEEK]
            ax.plot(ends, [most, most], color=BAD, linewidth=2.4, label="certified: no more than this")
            if most != last:
                ax.annotate(
                    f"certified at most {words}", (ends[0], most), (4, -14), textcoords="offset points", color=BAD
                )
            last = most
    nought(ax)
    learnt(ax, figures)
    prevents = " (below 0: it prevents them)" if harm == "complaint" else ""
    named(ax, title=HARMS[harm] + prevents, x="week", y="per 1,000 contacts")


def lines(ax: Axes, figures: Figures, key: str) -> None:
    """Draw one rate of every way, in the middle of each week; weeks without contacts are left out."""
    for name, (label, style) in WAYS.items():
        weeks = figures["ways"][name]["weeks"]
        known = [(week + 0.5, each[key]) for week, each in enumerate(weeks) if each[key] is not None]
        if known:
            ax.plot(*zip(*known, strict=True), label=label, marker="o", markersize=3.5, **style)


def nought(ax: Axes) -> None:
    """Draw what nobody contacted comes to."""
    ax.axhline(0.0, color="black", linewidth=1.0, label=NOBODY)


def learnt(ax: Axes, figures: Figures, *, words: bool = False) -> None:
    """Mark when the ledger became a model; `words` say above what decides from then on."""
    ax.set(xlim=(0, figures["plan"]["days"] / WEEK + 0.6))
    place = {"xycoords": ax.get_xaxis_transform(), "xytext": (4, 0), "textcoords": "offset points", "va": "top"}
    if words:
        low, high = ax.get_ylim()
        ax.set(ylim=(low, high + 0.18 * (high - low)))
        ax.annotate("experiment", (0, 0.99), fontsize="small", **place)
    for found in figures["rounds"]:
        ax.axvline(found["day"] / WEEK, color=QUIET, linewidth=0.9, linestyle=":")
        if words:
            version = f"version {found['version']}"
            text = f"{version} decides" if found["promoted"] else f"{version} refused:\n{refusal(found)}"
            ax.annotate(text, (found["day"] / WEEK, 0.99), fontsize="small", **place)


def refusal(found: Figures) -> str:
    """Say in a few words why a version was refused."""
    if not found["certified"]:
        return "no certificate yet"
    return "failed on " + ", ".join(each["name"] for each in found["checks"] if not each["passed"])


def promoted(figures: Figures) -> Sequence[Figures]:
    """Return the rounds whose rule came into charge."""
    return [each for each in figures["rounds"] if each["promoted"] and each["value"] is not None]
