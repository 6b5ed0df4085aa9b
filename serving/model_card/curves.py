"""The report's pictures as numbers, for a page that draws them itself: what choosing is worth, and for whom.

Each is a few series over one axis, scaled for people (per 100 occasions where the benefit is yes or no). They come from
the report in the artefact, which knows ten shares and ten groups; the whole curves are in the training's own page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model.contracts import JSON
from model.report_numbers import number
from model.report_rules import Scale, constant, policy_names

POINTS = 10  # shares, and groups, that a report has at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A picture: each of `series` has a value (or None) for each of `x`, and `note` says what to see in it."""

    id: str
    title: str
    unit: str
    across: str
    x: tuple[float, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]
    note: str


def curves(report: Mapping[str, JSON]) -> tuple[Curve, ...]:
    """Return the pictures of a report; none where the model gives everybody the same score."""
    if constant(report):
        return ()
    return (value(report), qini(report), groups(report))


def value(report: Mapping[str, JSON]) -> Curve:
    """Net benefit over contacting nobody, by the share of occasions on which the system contacts."""
    scale, rows = Scale.of(report), report["policy_value"]["at_shares"]
    named = {"model": "the model’s choice", "response": "likely responders first", "random": "as many, at random"}
    known = [name for name in named if name == "model" or name in policy_names(report)]
    series = [(named[name], _over(rows, (name, "estimate"), scale.factor)) for name in known]
    low, high = (_over(rows, ("model", end), scale.factor) for end in ("low", "high"))
    return Curve(
        id="value",
        title="What contact is worth, by how many are contacted",
        unit=_net(scale),
        across="share of occasions contacted, %",
        x=_shares(rows),
        series=(*series, ("model, low end of 95 %", low), ("model, high end of 95 %", high)),
        note="Where the model’s line bends down, contacting more customers would take away from what was gained.",
    )


def qini(report: Mapping[str, JSON]) -> Curve:
    """What the model's choice adds over as many at random (the Qini curve), with its interval."""
    scale, rows = Scale.of(report), report["policy_value"]["at_shares"]
    place = ("differences", "model_minus_random")
    names = {"estimate": "the model’s choice", "low": "low end of 95 %", "high": "high end of 95 %"}
    found = report["qini"]
    area = "" if not found else f" Area under it (Qini): {_range(found, scale.factor)} {scale.unit}."
    return Curve(
        id="qini",
        title="What choosing adds over picking as many at random",
        unit=f"{_net(scale)}, over random choice",
        across="share of occasions contacted, %",
        x=_shares(rows),
        series=tuple((words, _over(rows, (*place, end), scale.factor)) for end, words in names.items()),
        note=f"Where the low end is above 0, the model knows better than chance whom to contact.{area}",
    )


def groups(report: Mapping[str, JSON]) -> Curve:
    """Net benefit in each tenth by the model's order: as predicted, and as found."""
    scale, tenths = Scale.of(report), report["groups"][:POINTS]
    found = {"estimate": "found", "low": "found, low end of 95 %", "high": "found, high end of 95 %"}
    series = [(words, _column(tenths, ("net_benefit", end), scale.factor)) for end, words in found.items()]
    return Curve(
        id="groups",
        title="Whom contact helps: predicted and found",
        unit=_net(scale),
        across="tenth of occasions, the one ranked highest first",
        x=tuple(float(place) for place in range(1, len(tenths) + 1)),
        series=(("predicted", _column(tenths, ("predicted",), scale.factor)), *series),
        note="Found on occasions that the model never saw. Below 0, contact does more harm than good.",
    )


def _net(scale: Scale) -> str:
    """Name the unit of a net benefit: the scale's own word for an amount is `benefit` as well."""
    return f"net benefit {scale.unit.removeprefix('benefit ')}"


def _shares(rows: Sequence[Mapping[str, JSON]]) -> tuple[float, ...]:
    """Return the shares in per cent, from nobody on."""
    return (0.0, *(round(100.0 * float(row["share"]), 6) for row in rows[:POINTS]))


def _over(rows: Sequence[Mapping[str, JSON]], place: Sequence[str], factor: float) -> tuple[float | None, ...]:
    """Return a series over the shares; contacting nobody is worth 0."""
    return (0.0, *_column(rows[:POINTS], place, factor))


def _column(rows: Sequence[Mapping[str, JSON]], place: Sequence[str], factor: float) -> tuple[float | None, ...]:
    return tuple(_scaled(_leaf(row, place), factor) for row in rows)


def _leaf(row: JSON, place: Sequence[str]) -> JSON:
    for name in place:
        row = row[name]
    return row


def _scaled(figure: JSON, factor: float) -> float | None:
    return None if figure is None else factor * float(figure)


def _range(found: Mapping[str, JSON], factor: float) -> str:
    estimate, low, high = (number(factor * float(found[name]), 2) for name in ("estimate", "low", "high"))
    return f"{estimate} ({low} to {high})"
