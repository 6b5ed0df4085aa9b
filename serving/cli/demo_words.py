"""What the demo says: who writes to whom, what was learned, each moment with its answer, and where to look next."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from model.contracts import MarketingPurpose
from model.in_words.numbers import number, percent

Figures = Mapping[str, Any]
WIDTH = 100  # signs; wider is hard to read
MARGIN = "   "
DID = {"benefit": "engaged", "complaint": "complained", "opt_out": "opted out"}
COLOURS = {"send": "green", "hold": "yellow", "deny": "red"}

OPENING = (
    "A shop wants to write to its customers first: a parcel is late, a payment looks odd. A policy answers: would a "
    "competent agent send this, today, unprompted? A model that learned from the past answers: would the customer "
    "thank us? Both yes, or it is not sent."
)


def wrapped(text: str, width: int = WIDTH) -> str:
    """Return a paragraph whose every line begins at the margin; its markup stays text."""
    lines = textwrap.wrap(text, width, initial_indent=MARGIN, subsequent_indent=MARGIN, break_on_hyphens=False)
    return escape("\n".join(lines))


def learned(report: Figures, expires: datetime, version: str | None, width: int = WIDTH) -> Iterator[str]:
    """Tell what contact causes, who was found to decide, what is certified, and who is in charge from here on."""
    from model.in_words.rules import SCORER_NAMES
    from model.manifest import quotable

    certificate, alpha = report["certificate"], report["certificate"]["alpha"]
    yield wrapped(
        f"In {report['rows']:,} past occasions a coin decided whether the shop wrote "
        f"({percent(report['contacted_rate'])}). So the difference is what writing caused, per 1,000 contacts, "
        "with 95 % intervals:",
        width,
    )
    for name, effect in report["average_effect"].items():
        if effect:
            yield f"{MARGIN}  {DID[name]:10}  {_effect(effect)}{_over(effect, alpha.get(name))}"
    chosen = next(SCORER_NAMES[scorer["name"]] for scorer in report["scorers"] if scorer["chosen"])
    competed = len(report["scorers"])
    yield wrapped(f"So a model picks whom to write to: of {competed} that competed, {chosen} did best.", width)
    issued = "issued" if certificate["issued"] else f"not issued; {certificate['reason']}"
    yield wrapped(f"certificate: {issued}. {quotable(certificate, expires)}", width)
    failed = [check["name"] for check in report["gate"]["checks"] if not check["passed"]]
    gate = f"failed ({', '.join(failed)})" if failed else "passed"
    yield wrapped(f"gate: {gate}; version {version} is the champion, promoted by demo", width)


def _effect(effect: Figures) -> str:
    """Write an effect and its interval per 1,000 contacts."""
    estimate, low, high = (1000 * effect[key] for key in ("estimate", "low", "high"))
    about = f"{number(low, signed=True)} to {number(high, signed=True)}"
    return f"{number(estimate, signed=True):>5}  ({about})"


def _over(effect: Figures, limit: float | None) -> str:
    """Say of a harm whether writing to everybody would cause more of it than the certificate allows."""
    return "  more than the shop allows itself" if limit is not None and effect["estimate"] > limit else ""


def lived(rows: Iterable[Figures]) -> str:
    """Count a month of answers, and what of it was marketing: rows of `GET /v1/analytics` by purpose."""
    listed = list(rows)
    wanted, sent, held, denied = (sum(row[key] for row in listed) for key in ("volume", "send", "hold", "deny"))
    marketing = sum(row["volume"] for row in listed if row["purpose"] in set(MarketingPurpose))
    refused = f"{denied:,} refused, {marketing:,} of them marketing"
    return f"{wanted:,} messages were wanted: {sent:,} sent, {held:,} still held, {refused}"


def moments(told: Sequence[tuple[str, Figures]]) -> Table:
    """Lay out what happened, what was answered and why, a row each."""
    shown = Table("", "what happened", "answer", "why", box=None, padding=(0, 2, 0, 0), pad_edge=False, expand=True)
    shown.columns[1].ratio, shown.columns[3].ratio = 7, 9
    for row, (title, answer) in enumerate(told, 1):
        action = answer["action"]
        shown.add_row(str(row), title, f"[{COLOURS[action]}]{action}[/]", escape(why(answer)))
    return shown


def why(answer: Figures) -> str:
    """Put an answer in words: the text that goes out with what the model says, or the reasons, the first in full."""
    if answer["action"] == "send":
        return f"“{answer['message']['text']}”\n{_thanks(answer['customer_would_thank'])}"
    first, *rest = answer["reasons"]
    lines = [f"{first['code']}: {_low(answer) if first['code'] == 'below_cutoff' else first['detail']}"]
    if rest:
        lines.append(f"also {', '.join(reason['code'] for reason in rest)}")
    if answer["not_before"]:
        lines.append(f"not before {answer['not_before']}")
    return "\n".join(lines)


def _thanks(asked: Figures) -> str:
    """Say what the model expects, or that nobody asked it."""
    if not asked["asked"]:
        return "essential: no model is asked"
    return f"the model expects a net benefit of {number(asked['net_benefit'], 4, signed=True)}"


def _low(answer: Figures) -> str:
    """Say what the model expects, and from where on it is sent; the record has more digits."""
    asked = answer["customer_would_thank"]
    return f"{_thanks(asked)}, below the cut-off of {number(asked['cutoff'], 4, signed=True)}"


def onward(places: Mapping[str, str], explained: str) -> Iterator[str]:
    """Say where to look next, each place by its name, and how to have one decision explained."""
    for name, place in places.items():
        yield f"{name}: {escape(place)}"
    yield f"one decision, step by step: {escape(explained)}"
