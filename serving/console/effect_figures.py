"""What writing changed, for people: each figure with its interval beside its limit, or why there is none yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from serving.analytics.effects import Effect, Figure, effect_of, reported, would_contact
from serving.analytics.occasions import BENEFIT, COMPLAINT, OPT_OUT
from serving.in_words.figures import number, per_thousand, signed
from serving.model_card.status import Level
from serving.models.in_use import InUse
from serving.people.looking import Looking

BACK: Final = timedelta(days=30)
MISSING: Final[Mapping[str, str]] = {
    "none": "Nothing was left to chance in these 30 days. It begins with an experiment, or with a certified model.",
    "few": "Too few customers were written to, or left out by chance, to compare them: 20 of each are needed.",
    "open": "It is too early: what customers do is counted for some days after each message.",
    "unreported": "Nobody reports this. Have your chat platform report what customers do to `/v1/outcomes`.",
}
MADE: Final = "whose 14 days are over, made by the model or in an experiment."
LABELS: Final[Mapping[str, str]] = {
    COMPLAINT: "Complaints caused",
    OPT_OUT: "Opt-outs and complaints about a message",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One figure as it is shown; `missing` says why there is none, `limit` is what it may be."""

    label: str
    value: str
    unit: str
    interval: tuple[str, str] | None
    note: str
    tone: Level | None
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """All figures, and whom they compare: so many occasions that were written to, and so many that chance left out."""

    figures: list[Shown]
    contacted: int
    held_out: int
    customers: int
    since: datetime


def effects(looking: Looking, models: InUse, now: datetime) -> Effects:
    """Compare, over the last thirty days."""
    rows = looking.effect_rows(start=now - BACK, end=now + timedelta(microseconds=1), as_of=now)
    told = reported(rows)
    watch = None if models.scorer is None else models.scorer.watch
    own = (rows.above == 1) & rows.named("watch", None if watch is None else watch.key)
    found, certified = effect_of(rows.rows(would_contact(rows)), told), effect_of(rows.rows(own), told)
    complaints, opt_outs = (None, None) if watch is None else (watch.complaint_at_most, watch.opt_out_at_most)
    figures = [
        _benefit(found),
        _harm(found, certified, COMPLAINT, complaints),
        _harm(found, certified, OPT_OUT, opt_outs),
        _prevented(found),
    ]
    return Effects(
        figures=figures,
        contacted=found.contacted,
        held_out=found.held_out,
        customers=found.clusters,
        since=now - BACK,
    )


def _benefit(found: Effect) -> Shown:
    figure = found.figures[BENEFIT]
    tone: Level | None = None if figure is None else "good" if figure.low > 0 else "bad" if figure.high < 0 else "warn"
    note = {
        None: "",
        "good": "More than chance explains.",
        "bad": "Writing does harm here.",
        "warn": "Chance alone could explain it.",
    }[tone]
    return _shown("Customers helped", found, BENEFIT, tone=tone, note=note, unit="more per 1,000 contacts")


def _harm(found: Effect, certified: Effect, name: str, limit: float | None) -> Shown:
    """Show a harm of all contacts, and judge that of those made under the certificate in use, where there is one.

    An experiment may do more harm than a certificate allows: that is what it is for; one before allowed something else.
    """
    tone, note = (
        (None, "No certificate sets a limit now.") if limit is None else _judged(certified.figures[name], limit)
    )
    figure = found.figures[name]
    of = "" if figure is None else f"Of {number(figure.contacted)} contacts {MADE} "
    return _shown(LABELS[name], found, name, tone=tone, note=of + note, unit="per 1,000 contacts")


def _judged(figure: Figure | None, limit: float) -> tuple[Level | None, str]:
    """Compare a harm with the limit of the certificate."""
    allowed = f"The certificate allows at most {per_thousand(limit)}"
    if figure is None:
        return None, f"{allowed}; too few of its own contacts are two weeks old to compare."
    own = f"{allowed}; its own contacts: {per_thousand(figure.estimate)}"
    between = f"({per_thousand(figure.low)} to {per_thousand(figure.high)})"
    if figure.low > limit:
        return "bad", f"{own} {between}. That is more."
    if figure.high <= limit:
        return "good", f"{own} {between}."
    return "warn", f"{own} {between}. It takes more of them to be sure."


def _shown(  # noqa: PLR0913  (the parts of a figure)
    label: str, found: Effect, name: str, *, tone: Level | None, note: str, unit: str
) -> Shown:
    figure = found.figures[name]
    if figure is None:
        why = MISSING[found.missing[name]]
        return Shown(label=label, value="–", unit="", interval=None, note="", tone=None, missing=why)
    return Shown(
        label=label,
        value=signed(figure.estimate) if name != OPT_OUT else per_thousand(figure.estimate),
        unit=unit,
        interval=(per_thousand(figure.low), per_thousand(figure.high)),
        note=note,
        tone=tone,
    )


def _prevented(found: Effect) -> Shown:
    """Say on how many occasions nobody had to write to us, since they were told first."""
    figure, label = found.prevented, "Contacts prevented"
    if figure is None:
        why = MISSING[found.missing.get("contacted_us", "none")]
        return Shown(label=label, value="–", unit="", interval=None, note="", tone=None, missing=why)
    return Shown(
        label=label,
        value=number(figure.estimate),
        unit="occasions on which nobody had to ask",
        interval=(number(figure.low), number(figure.high)),
        note=f"By {number(figure.contacted)} messages whose three days are over.",
        tone="good" if figure.low > 0 else "bad" if figure.high < 0 else "warn",
    )
