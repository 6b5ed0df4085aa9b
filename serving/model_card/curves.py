"""The report's pictures as numbers, for a page that draws them itself: what choosing is worth, and for whom.

Each is a few series over one axis, scaled for people (per 100 occasions where the benefit is yes or no). They come from
the report in the artefact, which knows ten shares and ten groups; the whole curves are in the training's own page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from model.contracts import JSON
from model.in_words.numbers import interval, percent
from model.in_words.rules import Scale, constant, policy_names, share_named

Figures = tuple[float | None, ...]
POINTS: Final = 10  # shares, and groups, that a report has at most
DIGITS: Final = 3
NOBODY: Final = MappingProxyType({"estimate": 0.0, "low": 0.0, "high": 0.0})  # contacting nobody is worth nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A series: a value for each place, between `low` and `high` (95 %) where both are there; None: not known."""

    label: str
    tone: str
    values: Figures
    low: Figures | None = None
    high: Figures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A picture over the places `x`, which are words; `across` says what they are, `note` what to see in it."""

    id: str
    title: str
    unit: str
    across: str
    x: tuple[str, ...]
    lines: tuple[Line, ...]
    note: str


def curves(report: Mapping[str, JSON]) -> tuple[Curve, ...]:
    """Return the pictures of a report; none where the model gives everybody the same score."""
    if constant(report):
        return ()
    return (value(report), qini(report), groups(report))


def value(report: Mapping[str, JSON]) -> Curve:
    """Net benefit over contacting nobody, by the share of occasions on which the system contacts."""
    scale, rows = Scale.of(report), report["policy_value"]["at_shares"][:POINTS]
    others = (("response", "likely responders first", "hold"), ("random", "as many, at random", "soft"))
    known = [each for each in others if each[0] in policy_names(report)]
    return Curve(
        id="value",
        title="What contact is worth, by how many are contacted",
        unit=_net(scale),
        across="Contacted",
        x=_shares(rows),
        lines=(
            _line("the model’s choice", "accent", [NOBODY, *(row["model"] for row in rows)], scale.factor),
            *(
                Line(label=label, tone=tone, values=_of([NOBODY, *(row[name] for row in rows)], scale.factor))
                for name, label, tone in known
            ),
        ),
        note="Where the model’s line bends down, contacting more customers takes away from what was gained.",
    )


def qini(report: Mapping[str, JSON]) -> Curve:
    """What the model's choice adds over as many at random (the Qini curve), with its interval."""
    scale, rows = Scale.of(report), report["policy_value"]["at_shares"][:POINTS]
    gaps = [NOBODY, *(row["differences"]["model_minus_random"] for row in rows)]
    area = f"{interval(report['qini'], 2, scale.factor)} {scale.unit}"
    return Curve(
        id="qini",
        title="What choosing adds over picking as many at random",
        unit=f"{_net(scale)}, over random choice",
        across="Contacted",
        x=_shares(rows),
        lines=(_line("the model’s choice", "accent", gaps, scale.factor),),
        note="Where the whole band lies above 0, the model knows better than chance whom to contact. "
        f"On average over all shares it adds {area}.",
    )


def groups(report: Mapping[str, JSON]) -> Curve:
    """Net benefit in each group by the model's order: as predicted, and as found."""
    scale, found, part = Scale.of(report), report["groups"][:POINTS], share_named(report)
    predicted = tuple(_scaled(group["predicted"], scale.factor) for group in found)
    return Curve(
        id="groups",
        title="Whom contact helps: predicted and found",
        unit=_net(scale),
        across=f"{part.capitalize()} of occasions, ranked highest first",
        x=tuple(str(place) for place in range(1, len(found) + 1)),
        lines=(
            _line("found", "accent", [group["net_benefit"] for group in found], scale.factor),
            Line(label="predicted", tone="limit", values=predicted),
        ),
        note=f"1 is the {part} of occasions that it ranks highest. Found on occasions that the model never saw. "
        "Below 0, contact does more harm than good.",
    )


def _net(scale: Scale) -> str:
    """Name the unit of a net benefit: the scale's own word for an amount is `benefit` as well."""
    return f"net benefit {scale.unit.removeprefix('benefit ')}"


def _shares(rows: Sequence[Mapping[str, JSON]]) -> tuple[str, ...]:
    """Return the shares in words, from nobody on."""
    return ("0 %", *(percent(float(row["share"])) for row in rows))


def _line(label: str, tone: str, found: Sequence[Mapping[str, JSON]], factor: float) -> Line:
    """Return estimates with their intervals."""
    low, high = _of(found, factor, "low"), _of(found, factor, "high")
    return Line(label=label, tone=tone, values=_of(found, factor), low=low, high=high)


def _of(found: Sequence[Mapping[str, JSON]], factor: float, name: str = "estimate") -> Figures:
    return tuple(_scaled(each[name], factor) for each in found)


def _scaled(figure: JSON, factor: float) -> float | None:
    return None if figure is None else round(factor * float(figure), DIGITS)
