"""The report as one HTML file: plain words first, then every figure with its interval and picture.

Self-contained: pictures are inline SVG, there is no script and nothing is loaded from elsewhere. Whatever came from the
user's table is escaped. The same report and curves give the same bytes.

Example:
    >>> write_html(Path("report.html"), trained.report)     # doctest: +SKIP
"""

from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined

from model.certifying.words import HARMS
from model.folders import replace_file
from model.in_words.numbers import at_least, figure, interval, percent
from model.in_words.rules import Scale, constant, policy_names
from model.report.checks import checks
from model.report.limits import limits
from model.report.pictures import pictures
from model.report.report import Report
from model.report.tables import tables
from model.report.words import quote, refusal, summary, verdict


def write_html(path: Path, report: Report) -> None:
    """Write the page of a `Trained.report`, which has its curves; the file appears complete or not at all.

    Raises:
        OSError: the disk said no.
    """
    page = render(report)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, page.encode())


def render(report: Report) -> str:
    """Return the page as HTML."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_part)
    )
    environment.filters |= {"figure": figure, "interval": interval, "percent": percent, "at_least": at_least}
    return environment.get_template("page.html.j2").render(
        report=dict(report),  # its keys alone: a template would take `report.qini` for the picture
        verdict=verdict(report),
        constant=constant(report),
        quote=quote(report),
        refusal=refusal(report),
        points=summary(report),
        pictures=pictures(report),
        tables=tables(report),
        checks=checks(report),
        limits=limits(report),
        scale=Scale.of(report),
        harms=HARMS,
        policies=policy_names(report),
    )


def _part(name: str) -> str:
    """Return one part of the page's template."""
    return files("model.report").joinpath("page", name).read_text(encoding="utf-8")
