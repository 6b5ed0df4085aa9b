"""The oracle's clock: when a hold ends, until when an answer may be acted on; found by looking at instants in turn."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from model.contracts import Candidate, Context
from serving.policy.limits import Limits
from tests.oracle import is_outbound, refusals
from tests.oracle_facts import (
    HOLDS,
    ORDER,
    SILENT,
    World,
    clocks,
    counts,
    evidence_limit,
    evidence_suffices,
    last_complaint_holds,
    listed,
    marks,
    over_a_cap,
    quiet_in,
    too_soon,
    zone_exists,
)
from tests.oracle_score import arm_of, score_refusals, would_thank
from tests.oracle_text import the_text, when


@dataclass(frozen=True)
class Expected:
    """What the decision should say."""

    action: str
    codes: tuple[str, ...]
    not_before: datetime | None = None
    expires_at: datetime | None = None
    text: str | None = None
    expects_reply: bool | None = None
    asked: bool = False
    answer: bool | None = None
    arm: str | None = None


LONGEST = timedelta(days=8)  # no hour in which every clock is awake within these: the end is not known


def end_is_known(candidate: Candidate, context: Context, world: World, codes: set[str]) -> bool:
    """Whether every filter that holds ends at a time that can be known."""
    if codes & {"complaint_open", "conversation_open", "awaiting_approval", "breaker_open"}:
        return False
    if "frequency_cap" not in codes:
        return True
    if not is_outbound(candidate, context, world.now):
        return False  # the cap of a session ends with the session
    # of every contact that was counted, its time must be known as well
    return all(seen >= counted for seen, counted in zip(listed(context, world.now), counts(context), strict=True))


def earliest(candidate: Candidate, context: Context, world: World) -> datetime | None:
    """Search for the first instant at which no time-based filter holds."""
    mark = marks(candidate, context)
    limits, now = world.limits, world.now
    outbound = is_outbound(candidate, context, now)

    def holds(at: datetime) -> bool:
        if not mark and last_complaint_holds(context, at, limits):
            return True
        if outbound and over_a_cap(listed(context, at), limits, essential=bool(mark)):
            return True
        if too_soon(candidate, context, world, at):
            return True
        zones = [name for name in clocks(candidate, context) if zone_exists(name)]
        return outbound and mark != "!" and any(quiet_in(name, at, limits) for name in zones)

    moments = of_interest(context, limits, now)
    for place, moment in enumerate(moments):
        if not holds(moment):
            return moment
        for tick in ticks_after(moment, limits, until=min([moment + LONGEST, *moments[place + 1 : place + 2]])):
            if not holds(tick):
                return tick
    return None


def of_interest(context: Context, limits: Limits, now: datetime) -> list[datetime]:
    """Return now and every later instant at which anything but a local clock can change."""
    moments = {now}
    for sent in context.contacts:
        moments |= {sent + timedelta(minutes=60), sent + timedelta(hours=24), sent + timedelta(days=7)}
    session, last = context.session, context.last_complaint_at
    if last is not None:
        moments.add(last + timedelta(days=limits.cooling_off_days))
    if session is not None:
        since = (session.started_at, session.page_since)
        moments |= {at + timedelta(seconds=limits.dwell_seconds) for at in since if at is not None}
    remind_at = when(context.evidence.data.get("remind_at")) if context.evidence is not None else None
    if remind_at is not None:
        moments.add(remind_at)
    return sorted(moment for moment in moments if moment >= now)


def ticks_after(moment: datetime, limits: Limits, *, until: datetime) -> Iterator[datetime]:
    """Yield every later instant, before `until`, at which a local clock can reach or leave the quiet hours.

    Clocks are set, and zones differ, by whole quarters of an hour: beside those, only the odd minutes at which the
    quiet hours begin and end.
    """
    quarter = moment.astimezone(UTC).replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    odd = sorted({0, limits.quiet_start % 15, limits.quiet_end % 15})
    while quarter < until:
        for tick in (quarter + timedelta(minutes=minutes) for minutes in odd):
            if moment < tick < until:
                yield tick
        quarter += timedelta(minutes=15)


def candidate_expiry(candidate: Candidate, context: Context, world: World) -> datetime | None:
    """Return the request's expiry or the evidence's limit, whichever is earlier."""
    ends = [candidate.expires_at] if candidate.expires_at is not None else []
    if evidence_suffices(candidate, context, world.now):
        ends.append(evidence_limit(candidate, context, world.limits))
    return min(ends, default=None)


def next_quiet_start(candidate: Candidate, context: Context, world: World) -> datetime | None:
    """Return the first instant after now at which it begins to be quiet in one of the zones."""
    zones = [name for name in clocks(candidate, context) if zone_exists(name)]
    awake = not any(quiet_in(name, world.now, world.limits) for name in zones)
    for tick in ticks_after(world.now, world.limits, until=world.now + LONGEST):
        quiet = any(quiet_in(name, tick, world.limits) for name in zones)
        if awake and quiet:
            return tick
        awake = awake or not quiet
    return None


def send_expiry(candidate: Candidate, context: Context, world: World, expiry: datetime | None) -> datetime | None:
    """Return until when a send may be acted on: quiet hours end it earlier, unless they are waived."""
    if marks(candidate, context) == "!":
        return expiry
    quiet = next_quiet_start(candidate, context, world)
    return min((moment for moment in (expiry, quiet) if moment is not None), default=None)


def in_order(codes: set[str]) -> tuple[str, ...]:
    """Return the codes as the contract lists them."""
    return tuple(code for code in ORDER if code in codes)


def expected(candidate: Candidate, context: Context, world: World) -> Expected:
    """Return what the decision should be."""
    codes = refusals(candidate, context, world)
    if codes - HOLDS:
        return Expected("deny", in_order(codes))
    expiry = candidate_expiry(candidate, context, world)
    if codes:
        known = end_is_known(candidate, context, world, codes)
        not_before = earliest(candidate, context, world) if known else None
        if not_before is not None and expiry is not None and not_before >= expiry:
            return Expected("deny", in_order(codes | {"expired"}))
        return Expected("hold", in_order(codes), not_before, expiry)
    asked, answer, arm = False, None, None
    if marks(candidate, context) == "":
        codes = score_refusals(world)
        asked, answer, arm = *would_thank(world), arm_of(world)
    if codes:
        return Expected("deny", in_order(codes), asked=asked, answer=answer, arm=arm)
    text = the_text(candidate, world.templates)
    reply = candidate.purpose not in SILENT
    return Expected("send", (), None, send_expiry(candidate, context, world, expiry), text, reply, asked, answer, arm)
