"""The report as one HTML file: one sentence first, then who, why and what it does to them.

Self-contained: bars are inline SVG, there is no script and nothing is loaded from elsewhere. Whatever came from records
is escaped. The same report gives the same bytes.
"""

from collections.abc import Mapping

from markupsafe import Markup, escape

from model.contracts import JSON
from model.in_words.numbers import number
from serving.in_words.contract import capital, of_purpose, of_reason
from serving.in_words.limits import written_in_words
from serving.replay.pages import pages
from serving.replay.pictures import differences
from serving.replay.tables import ACTIONS, LABELS, share, tables
from serving.replay.texts import in_short
from serving.replay.unanswered import proposed_in_vain
from serving.replay.units import unit

LEAST_WHOLE = 10.0


def render(report: Mapping[str, JSON]) -> str:
    """Return the page."""
    environment = pages()
    environment.filters |= {
        "purpose": of_purpose,
        "reason": of_reason,
        "capital": capital,
        "code": _code,
        "many": _many,
    }
    return environment.get_template("report.html.j2").render(
        report=report,
        tables=tables(report),
        changes=changes(report),
        pictures=differences(report["effects"]),
        actions=ACTIONS,
        outcomes=LABELS,
        share=share,
        unit=unit(report["effects"]),
    )


def changes(report: Mapping[str, JSON]) -> list[str]:
    """Say what is proposed, one thing a line."""
    compared = report["compared"]
    limits = {name: pair["after"] for name, pair in compared["limits"].items()}
    said = written_in_words(limits)
    said += [f"{each} (overruled: see below)" for each in written_in_words(proposed_in_vain(compared))]
    said += in_short(compared["templates"], "Text {name}: {how}")
    if report["asked"]:
        said.append(f"Model {compared['model']['after']} for all of them")
    elif compared["cutoff"]["before"] != compared["cutoff"]["after"]:
        said.append(f"Cut-off: {100 * compared['cutoff']['after']:g} per 100 contacts")
    return said or ["Nothing that decisions depend on"]


def _many(expected: float) -> str:
    """Write a count that is to be expected: a small one with a digit behind the point."""
    return number(expected, 0 if expected >= LEAST_WHOLE else 1)


def _code(text: str) -> Markup:
    """Return text, escaped, with what stands in backticks as code."""
    parts = [escape(part) for part in text.split("`")]
    return Markup().join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))
