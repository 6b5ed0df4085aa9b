"""`/console/complaints`: who complains, of what, why, and what can be done about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist
from typing import Any, Final

from fastapi import Request, Response

from model.statistics.hybrid_score import exact
from serving.analytics.causes import Causes, Treated, causes, treated
from serving.analytics.segments import LEAST_CONTACTED, LEVEL, Compared
from serving.console.fixes import HARMS, Fix, fixes_of
from serving.console.frame import Views, console_router, page, part, read
from serving.console.periods import PERIODS, Period, period_named
from serving.in_words.contract import of_channel, of_purpose
from serving.people.looking import Looking
from serving.routes.api import api_of
from serving.routes.reading import remembered_beside

router = console_router()
Group = tuple[str, str]  # of customers: what is known of them, and what it is
NEWEST: Final = 20_000  # occasions that are compared
LATELY: Final = 5_000  # occasions since the model is in charge: how it treats those who are annoyed
SHOWN: Final = 40  # groups
LISTED: Final = 30  # complaints
DIMS: Final = ("template", "purpose", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One template, purpose or channel: what went out, how much of it was complained of, and between which rates."""

    kind: str
    name: str
    words: str
    sent: int
    complained: int
    opted_out: int
    low: float
    high: float
    fixes: list[Fix]

    @property
    def few(self) -> bool:
        """Whether too few went out for a rate to say anything."""
        return self.sent < LEAST_CONTACTED

    @property
    def rate(self) -> float:
        """Complaints per contact."""
        return self.complained / self.sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A group of occasions with what can be done about it; of customers, how the model in charge treats them."""

    group: Compared
    treated: Treated | None
    kind: str
    name: str
    fixes: list[Fix]


@router.get("/console/complaints")
async def complaints(request: Request, viewer: Views, period: str | None = None) -> Response:
    """Show who complained of what lately."""
    now, chosen = api_of(request).clock(), period_named(period or "30d")

    def look(looking: Looking) -> dict[str, Any]:
        newest = sorted(looking.reactions(HARMS, limit=LISTED), key=lambda each: each.at, reverse=True)
        return {"rates": _rates(looking, chosen, now), "newest": newest}

    found = await read(request, look)
    return await page(
        request,
        viewer,
        "complaints.html.j2",
        title="Complaints",
        here="complaints",
        period=chosen,
        periods=PERIODS,
        **found,
    )


@router.get("/console/complaints/causes")
async def why(request: Request, viewer: Views) -> Response:
    """Show whom contact annoys: every group that the newest occasions make."""
    api = api_of(request)
    now, scorer = api.clock(), api.models.scorer
    found = await causes_lately(request, now)
    watch = None if scorer is None or scorer.watch is None else scorer.watch.key
    asked = tuple((each.kind, each.name) for each in found.groups if each.sure and each.of == "customer")
    fared = await remembered_beside(
        request, ("treated", watch, asked), now, lambda looking: _treated(looking, watch, asked)
    )
    groups = [_cause(each, fared) for each in found.groups]
    return await part(
        request,
        viewer,
        "complaints_causes.html.j2",
        title="Who is annoyed",
        here="complaints",
        causes=found,
        sure=[each for each in groups if each.group.sure],
        others=[each for each in groups if not each.group.sure][:SHOWN],
    )


async def causes_lately(request: Request, now: datetime) -> Causes:
    """Compare the newest occasions, or remember what they came to."""
    return await remembered_beside(
        request, "causes", now, lambda looking: causes(looking.watched_occasions(now=now, limit=NEWEST))
    )


def _treated(looking: Looking, watch: str | None, groups: Sequence[Group]) -> dict[Group, Treated | None]:
    """Count how groups of customers fared on the newest occasions since the model in charge decides about them."""
    drawn = [] if watch is None or not groups else looking.drawn_occasions(watch=watch, limit=LATELY)
    return {each: treated(drawn, *each) for each in groups}


def _cause(group: Compared, fared: Mapping[Group, Treated | None]) -> Cause:
    words = _words(group.kind, group.name) if group.of == "message" else group.name
    fixes = fixes_of(group.of, group.kind, group.name) if group.sure else []
    own = fared.get((group.kind, group.name)) if group.of == "customer" else None
    return Cause(group=group, treated=own, kind=group.kind.replace("_", " "), name=words, fixes=fixes)


def _words(kind: str, name: str) -> str:
    return of_purpose(name) if kind == "purpose" else of_channel(name) if kind == "channel" else name


def _rates(looking: Looking, period: Period, now: datetime) -> list[Rate]:
    """Return how often each template, purpose and channel was complained of; all intervals hold together."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for dim in DIMS:
        for name, what, n in looking.tallied(dim, period.start(now), period.end(now)):
            counts.setdefault((dim, name), {})[what] = n
    told = {place: each for place, each in counts.items() if each.get("send") and place[1]}
    z = NormalDist().inv_cdf(1.0 - LEVEL / (2 * max(len(told), 1)))
    found = [_rate(*place, each, z) for place, each in told.items()]
    return sorted(
        found, key=lambda each: (DIMS.index(each.kind), each.few, -each.low, -each.rate, -each.sent, each.name)
    )


def _rate(kind: str, name: str, counts: dict[str, int], z: float) -> Rate:
    sent = counts["send"]
    complained = min(counts.get("complained", 0), sent)
    low, high = exact(complained / sent, float(sent), z)
    return Rate(
        kind=kind,
        name=name,
        words=_words(kind, name),
        sent=sent,
        complained=complained,
        opted_out=counts.get("opted_out", 0),
        low=low,
        high=high,
        fixes=fixes_of("message", kind, name) if complained else [],
    )
