"""The report's pictures as inline SVG, each drawn twice: for a page and for a phone, whose text stays readable."""

import io
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from markupsafe import Markup

from model.display.axes import NARROW, WIDE, Axes
from model.display.display import Display
from model.in_words.rules import constant
from model.report.report import Report

INK = "#010203"  # stands for the page's own text colour until the picture is in the page


class Picture(NamedTuple):
    """One picture for both widths."""

    wide: Markup
    narrow: Markup


def pictures(of: Report) -> dict[str, Picture]:
    """Return the inline SVG of each picture by name; those that need a certificate or an order where there is one."""
    drawn: dict[str, Display] = {"effects": of.effects, "policies": of.policies, "learners": of.learners}
    if not constant(of):
        drawn |= {"qini": of.qini, "value": of.policy_value, "scores": of.scores}
    if of.get("groups") and not constant(of):
        drawn |= {"deciles": of.deciles, "calibration": of.calibration}
        drawn |= {"harm_groups": of.harm_groups} if of.harm_groups.names else {}
    if of["certificate"]["bounds"]:
        drawn["harm"] = of.harms
    return {
        name: Picture(
            wide=svg(f"{name}-wide", each.plot, (WIDE, each.height)),
            narrow=svg(f"{name}-narrow", each.plot, (NARROW, 0.7 + 0.9 * each.height)),
        )
        for name, each in drawn.items()
    }


def svg(name: str, plot: Callable[[Axes], object], inches: tuple[float, float]) -> Markup:
    """Return a picture as inline SVG in the page's own text colour, its ids its own, with nothing to load."""
    import matplotlib as mpl  # noqa: PLC0415  (heavy: only where a page is written)
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415  (as above)
    from matplotlib.figure import Figure  # noqa: PLC0415  (as above)

    ink = dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK)
    style: dict[str, Any] = ink | {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "font.size": 10.5,
        "axes.titlesize": 11.5,
    }
    with mpl.rc_context(style):
        canvas = FigureCanvasSVG(Figure(figsize=inches, layout="constrained"))
        plot(canvas.figure.add_subplot())
        out = io.StringIO()
        canvas.figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    return _inline(name, out.getvalue())


def _inline(name: str, text: str) -> Markup:
    """Return matplotlib's SVG as part of a page: paths to a tenth of a point, ids prefixed by the name."""
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:xlink)?="[^"]*"', "", text)
    text = re.sub(r'( id="|url\(#|xlink:href="#)', rf"\g<1>{name}-", text)
    text = re.sub(r'(?<= d=")[^"]*', lambda path: re.sub(r"(\d\.\d)\d+", r"\1", path[0]), text)
    text = re.sub(r'<svg width="[^"]*" height="[^"]*"|<svg height="[^"]*"( version="[^"]*")? ', "<svg ", text, count=1)
    return Markup(text.replace("<svg", '<svg aria-hidden="true"', 1))  # noqa: S704  (matplotlib escapes every text)
