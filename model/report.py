"""The report as one HTML file: plain words first, then every figure with its interval and picture.

Self-contained: pictures are inline SVG, there is no script and nothing is loaded from elsewhere. Whatever came from the
user's table is escaped. The same report and curves give the same bytes.

Example:
    >>> write_html(Path("report.html"), trained.report, trained.curves)     # doctest: +SKIP
"""

import io
import re
import tempfile
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray

from model.contracts import JSON
from model.display import (
    DecilesDisplay,
    EffectsDisplay,
    HarmDisplay,
    PoliciesDisplay,
    PolicyValueDisplay,
    QiniDisplay,
    ScoresDisplay,
    policy_names,
)
from model.display_axes import Axes, Scale
from model.report_words import HARMS, SCORERS, number, summary, verdict

Curves = Mapping[str, NDArray[Any]]
INK = "#010203"  # stands for the page's own text colour until the picture is in the page


def write_html(path: Path, report: Mapping[str, JSON], curves: Curves) -> None:
    """Write the page of a `Trained.report` and `Trained.curves`; the file appears complete or not at all.

    Raises:
        OSError: the disk said no.
    """
    page = render(report, curves)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as holder:
        part = Path(holder) / "report.html"
        part.write_text(page, encoding="utf-8")
        part.replace(path)


def render(report: Mapping[str, JSON], curves: Curves) -> str:
    """Return the page as HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"figure": figure, "interval": interval}
    template = environment.from_string(files("model").joinpath("report_template.html.j2").read_text(encoding="utf-8"))
    return template.render(
        report=report,
        verdict=verdict(report),
        points=summary(report, curves),
        pictures=pictures(report, curves),
        scale=Scale.of(report),
        harms=HARMS,
        scorers=SCORERS,
        policies=policy_names(report),
    )


def pictures(report: Mapping[str, JSON], curves: Curves) -> dict[str, Markup]:
    """Return the inline SVG of each picture by name; `harm` only where a certificate has bounds."""
    drawn: dict[str, Callable[[Axes], object]] = {
        "effects": EffectsDisplay.from_report(report).plot,
        "deciles": DecilesDisplay.from_report(report, curves).plot,
        "qini": QiniDisplay.from_report(report, curves).plot,
        "value": PolicyValueDisplay.from_report(report, curves).plot,
        "policies": PoliciesDisplay.from_report(report).plot,
        "scores": ScoresDisplay.from_report(report, curves).plot,
    }
    if report["certificate"]["bounds"]:
        drawn["harm"] = HarmDisplay.from_report(report).plot
    return {name: svg(name, plot) for name, plot in drawn.items()}


def svg(name: str, plot: Callable[[Axes], object]) -> Markup:
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
        canvas = FigureCanvasSVG(Figure(layout="constrained"))
        plot(canvas.figure.add_subplot())
        out = io.StringIO()
        canvas.figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:xlink)?="[^"]*"', "", text)
    text = re.sub(r'( id="|url\(#|xlink:href="#)', rf"\g<1>{name}-", text)
    text = re.sub(r'<svg width="[^"]*" height="[^"]*"|<svg height="[^"]*"( version="[^"]*")? ', "<svg ", text, count=1)
    return Markup(text.replace("<svg", '<svg aria-hidden="true"', 1))  # noqa: S704  (matplotlib escapes every text)


def figure(value: JSON, digits: int = 2, factor: float = 1.0) -> str:
    """Write a number, or a dash where it is not known."""
    return "–" if value is None else number(factor * value, digits)


def interval(value: Mapping[str, JSON] | None, digits: int = 2, factor: float = 1.0) -> str:
    """Write an estimate with its 95 % interval, or a dash."""
    if value is None or value["estimate"] is None:
        return "–"
    low, high = (figure(value[key], digits, factor) for key in ("low", "high"))
    return f"{figure(value['estimate'], digits, factor)} ({low} to {high})"
