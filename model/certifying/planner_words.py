"""What the planner found, for whoever starts the experiment: lines for a terminal, and the same as JSON.

Example:
    >>> aim, collect = Aim(alpha=0.005, control_rate=0.004), Collect()
    >>> lines(aim, collect, size(aim, collect))[-2]
    'an experiment with --share 0.5 needs about 23,100 occasions (11,600 contacts)'
"""

import math
from dataclasses import asdict
from decimal import ROUND_CEILING, Context, Decimal

from model.certifying.planner import CERTIFIES, WINDOW, Aim, Collect, Size
from model.certifying.words import HARMS, per_thousand
from model.contracts import JSON

COUNTLESS = 1e15  # beyond it nobody collects, and digits say nothing
OPTIONS = {"complaint": ("--complaint-at-most", "--effect"), "opt_out": ("--opt-out-at-most", "--opt-out-rate")}
ODDS = "at this size a first attempt (6/π² of δ) issues every other time; half as much again makes it about 8 in 10"


def lines(aim: Aim, collect: Collect, found: Size) -> list[str]:
    """Say how many occasions each harm needs, how many in all, and what to start; or what makes it impossible."""
    said = [f"{HARMS[harm] + ':':<12}{_needed(number, collect)}" for harm, number in found.needed.items()]
    said += warnings(aim)
    if not found.possible:
        return [*said, impossible(aim, found)]
    said.append(
        f"in all:     about {about(found.occasions)} occasions: {CERTIFIES:.0%} of them certify, "
        f"{collect.share_above:.0%} lie above the cut-off; {HARMS[found.decides]} decide"
    )
    if found.days is not None:
        said.append(
            f"time:       about {about(found.days - WINDOW)} days at {collect.per_day:g} a day, and {WINDOW} more "
            "until the last window has closed"
        )
    return [*said, summary(collect, found), ODDS]


def summary(collect: Collect, found: Size) -> str:
    """Say in one sentence what to start."""
    how = (
        f"an experiment with --share {collect.above:g} needs"
        if collect.above == collect.below
        else f"contact with {collect.above:g} above the cut-off and {collect.below:g} below needs"
    )
    return f"{how} about {about(found.occasions)} occasions ({about(found.contacts)} contacts)"


def _needed(number: float, collect: Collect) -> str:
    """Say how many occasions one harm needs."""
    if math.isinf(number):
        return "no number of occasions above the cut-off"
    contacts = about(number * collect.above)
    return f"about {about(number)} occasions above the cut-off on the certification half ({contacts} contacts)"


def warnings(aim: Aim) -> list[str]:
    """Say where more is allowed than happens without contact."""
    if aim.alpha <= aim.control_rate:
        return []
    allowed, happens = per_thousand(aim.alpha), f"{1000 * aim.control_rate:.3g}"
    return [f"warning:    {allowed} caused complaints per 1,000 contacts are more than the {happens} without contact"]


def impossible(aim: Aim, found: Size) -> str:
    """Say which harm no experiment can show to be below its limit, and what to change."""
    limits = {"complaint": (aim.alpha, aim.effect), "opt_out": (aim.opt_out_alpha, aim.opt_out_rate)}
    alpha, thought = limits[found.decides]
    limit, assumed = OPTIONS[found.decides]
    return (
        f"no experiment shows {HARMS[found.decides]} to be at most {per_thousand(alpha)} per 1,000 contacts where "
        f"{1000 * thought:.3g} are thought to be caused: raise {limit} above {assumed} {thought:g}, or contact only "
        "those for whom it is smaller"
    )


def about(number: float) -> str:
    """Write a figure to three digits, rounded up.

    Example:
        >>> about(22_841.2), about(11.5)
        ('22,900', '12')
    """
    if number > COUNTLESS:
        return f"more than {COUNTLESS:,.0f}"
    return f"{math.ceil(Context(prec=3, rounding=ROUND_CEILING).create_decimal(Decimal(number))):,}"


def as_json(aim: Aim, collect: Collect, found: Size) -> dict[str, JSON]:
    """Return what was asked and what was found; counts are whole and rounded up, null where no size would do."""
    stated = {
        "aim": asdict(aim),
        "collect": asdict(collect),
        "needed_above_cutoff": {harm: _whole(number) for harm, number in found.needed.items()},
        "decides": found.decides,
        "possible": found.possible,
        "occasions": _whole(found.occasions),
        "contacts": _whole(found.contacts),
        "days": None if found.days is None else _whole(found.days),
        "warnings": [line.removeprefix("warning:").strip() for line in warnings(aim)],
    }
    return stated | {"summary": summary(collect, found) if found.possible else impossible(aim, found)}


def _whole(number: float) -> int | None:
    return math.ceil(number) if math.isfinite(number) else None
