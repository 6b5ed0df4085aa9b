"""The oracle's clock: when a hold ends, until when an answer may be acted on; found by looking at instants in turn."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from model.contracts import Candidate, Context
from serving.policy.limits import Limits
from tests.oracle import is_outbound, refusals, score_refusals
from tests.oracle_facts import (
    HOLDS,
    ORDER,
    World,
    clocks,
    evidence_limit,
    evidence_suffices,
    last_complaint_holds,
    marks,
    quiet_in,
    sends_within,
    the_text,
    too_soon,
    when,
    zone_exists,
)


@dataclass(frozen=True)
class Expected:
    """What the decision should say."""

    action: str
    codes: tuple[str, ...]
    not_before: datetime | None
    expires_at: datetime | None
    text: str | None


def end_is_known(candidate: Candidate, context: Context, world: World, codes: set[str]) -> bool:
    """Whether every filter that holds ends at a time that can be known."""
    if codes & {"complaint_open", "conversation_open", "awaiting_approval", "breaker_open"}:
        return False
    if "frequency_cap" not in codes:
        return True
    essential = marks(candidate, context) != ""
    listed = len(context.contacts) >= context.contacts_7d
    listed = listed and over_a_cap_by_list(context, world.now, world.limits, essential=essential)
    return listed and is_outbound(candidate, context, world.now)


def earliest(candidate: Candidate, context: Context, world: World) -> datetime | None:
    """Search for the first instant at which no time-based filter holds."""
    mark = marks(candidate, context)
    limits, now = world.limits, world.now
    outbound = is_outbound(candidate, context, now)

    def holds(at: datetime) -> bool:
        if not mark and last_complaint_holds(context, at, limits):
            return True
        if outbound and over_a_cap_by_list(context, at, limits, essential=bool(mark)):
            return True
        if too_soon(candidate, context, world, at):
            return True
        zones = [name for name in clocks(candidate, context) if zone_exists(name)]
        return outbound and mark != "!" and any(quiet_in(name, at, limits) for name in zones)

    moments = of_interest(context, limits, now)
    for place, moment in enumerate(moments):
        if not holds(moment):
            return moment
        # local clocks change their hour on whole quarters of an hour: look at each until the next moment of interest
        following = moments[place + 1] if place + 1 < len(moments) else None
        for quarter in quarters_after(moment):
            if following is not None and quarter >= following:
                break
            if not holds(quarter):
                return quarter
    return None


def of_interest(context: Context, limits: Limits, now: datetime) -> list[datetime]:
    """Return now and every later instant at which anything but a local clock can change."""
    moments = {now}
    for sent in context.contacts:
        moments |= {sent + timedelta(minutes=60), sent + timedelta(hours=24), sent + timedelta(days=7)}
    if context.last_complaint_at is not None:
        moments.add(context.last_complaint_at + timedelta(days=limits.cooling_off_days))
    if context.session is not None:
        moments.add(context.session.started_at + timedelta(seconds=limits.dwell_seconds))
        if context.session.page_since is not None:
            moments.add(context.session.page_since + timedelta(seconds=limits.dwell_seconds))
    remind_at = when(context.evidence.data.get("remind_at")) if context.evidence is not None else None
    if remind_at is not None:
        moments.add(remind_at)
    return sorted(moment for moment in moments if moment >= now)


def quarters_after(moment: datetime) -> list[datetime]:
    """Return the whole quarters of an hour in the forty hours after a moment."""
    first = moment.astimezone(UTC).replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    return [first + timedelta(minutes=15 * step) for step in range(1, 161)]


def over_a_cap_by_list(context: Context, at: datetime, limits: Limits, *, essential: bool) -> bool:
    """Whether a rolling cap is reached at an instant by the listed sends alone."""
    hour, day, week = (
        sends_within(context, at, window) for window in (timedelta(minutes=60), timedelta(hours=24), timedelta(days=7))
    )
    if essential:
        return day >= limits.essential_24h
    return hour >= limits.contacts_60m or day >= limits.contacts_24h or week >= limits.contacts_7d


def candidate_expiry(candidate: Candidate, context: Context, world: World) -> datetime | None:
    """Return the request's expiry or the evidence's limit, whichever is earlier."""
    ends = [candidate.expires_at] if candidate.expires_at is not None else []
    if evidence_suffices(candidate, context, world.now):
        ends.append(evidence_limit(candidate, context, world.limits))
    return min(ends, default=None)


def next_quiet_start(candidate: Candidate, context: Context, world: World) -> datetime | None:
    """Return the first quarter of an hour after now that is quiet in one of the zones."""
    zones = [name for name in clocks(candidate, context) if zone_exists(name)]
    for quarter in quarters_after(world.now):
        if any(quiet_in(name, quarter, world.limits) for name in zones):
            return quarter
    return None


def send_expiry(candidate: Candidate, context: Context, world: World, expiry: datetime | None) -> datetime | None:
    """Return until when a send may be acted on: quiet hours end it earlier, where they concern it."""
    if not is_outbound(candidate, context, world.now) or marks(candidate, context) == "!":
        return expiry
    quiet = next_quiet_start(candidate, context, world)
    return min(moment for moment in (expiry, quiet) if moment is not None)


def expected(candidate: Candidate, context: Context, world: World) -> Expected:
    """Return what the decision should be."""
    codes = refusals(candidate, context, world)
    expiry = candidate_expiry(candidate, context, world)
    not_before = None
    if codes and codes <= HOLDS:
        known = end_is_known(candidate, context, world, codes)
        not_before = earliest(candidate, context, world) if known else None
        if not_before is not None and expiry is not None and not_before >= expiry:
            codes.add("expired")
    essential = marks(candidate, context) != ""
    if not codes and not essential:
        codes |= score_refusals(world)
    in_order = tuple(code for code in ORDER if code in codes)
    if not codes:
        return Expected(
            "send", (), None, send_expiry(candidate, context, world, expiry), the_text(candidate, world.templates)
        )
    if codes <= HOLDS:
        return Expected("hold", in_order, not_before, expiry, None)
    return Expected("deny", in_order, None, None, None)
