"""What the oracle sees of an occasion: the contract's tables, and one plain answer per question."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from model.contracts import Candidate, Context
from serving.policy.limits import Limits
from tests.oracle_text import Templates, is_json, when

_ORDER = """
purpose_is_marketing purpose_unknown purpose_switched_off evidence_missing evidence_wrong_type
evidence_of_another_customer evidence_stale expired fact_superseded already_told customer_already_knows
promotional_wording generic_wording facts_missing next_step_missing template_not_approved channel_not_allowed
consent_missing opted_out timezone_unknown session_missing not_their_session contradicts_history dismissed
filter_failed quiet_hours frequency_cap cooling_off complaint_open conversation_open too_soon awaiting_approval
breaker_open score_unavailable no_certificate below_cutoff held_out outranked
"""
ORDER = _ORDER.split()
HOLDS = set(ORDER[ORDER.index("quiet_hours") : ORDER.index("score_unavailable")])
_MARKETING = """
win_back upsell cross_sell cart_abandonment promotion new_feature survey consent_request
"""
MARKETING = _MARKETING.split()

# purpose: evidence types, * essential, ! critical
EVIDENCE = {
    "delivery_update": (
        "shipment.delayed shipment.rescheduled shipment.out_for_delivery shipment.delivered shipment.failed*"
    ),
    "appointment_update": "appointment.confirmed appointment.upcoming appointment.changed* appointment.cancelled*",
    "account_event": (
        "account.signed_in_new_device! account.password_changed! account.fraud_suspected! "
        "account.details_changed* account.payment_failed*"
    ),
    "remediation": "incident.update* incident.resolved*",
    "requested_reminder": "reminder.requested*",
    "progress_update": "request.progressed request.completed item.available",
    "unresolved_followup": "conversation.left_unresolved",
    "in_session_help": "page.dwelled exit.intended",
    "onboarding": "session.started",
}
EVERYWHERE = ["chat", "widget", "push", "sms", "email", "whatsapp"]
CHANNELS = dict.fromkeys(EVIDENCE, EVERYWHERE) | {
    "unresolved_followup": ["chat", "widget", "email"],
    "in_session_help": ["widget"],
    "onboarding": ["widget"],
}
WIDGET_PURPOSES = ["in_session_help", "onboarding"]
SILENT = ["progress_update"]


@dataclass(frozen=True)
class World:
    """What does not come with the candidate: the clock, the rules, the wording's verdict, the score, the draw."""

    now: datetime
    limits: Limits
    templates: Templates
    wording: Callable[[str], set[str]]
    greets: Callable[[str], bool] = lambda text: "first visit" in text or "First time" in text
    english: Callable[[str], bool] = lambda text: bool(text.strip()) and "Paket" not in text
    net_benefit: float | None = None  # None: no score
    cutoff: float | None = None  # None: no certificate for this
    arm: str = "model"
    experiment: str | None = None  # what the running experiment draws for this: contacted or held_out; None: none runs
    stopped: bool = False  # the monitor tripped, or nobody reports outcomes
    plan: bool = False  # nothing is drawn: decided as arm `model`, whatever runs or stands still


def is_true(context: Context, name: str) -> bool | None:
    """Whether something is so; None where that was not found out, or is neither yes nor no."""
    value = getattr(context, name)
    return value if name not in context.unknown and isinstance(value, bool) else None


def counts(context: Context) -> tuple[float, float, float] | None:
    """Return what was counted in an hour, a day and a week; None where that is not known, or is no count."""
    names = ("contacts_60m", "contacts_24h", "contacts_7d")
    hour, day, week = (getattr(context, name) for name in names)
    known = not context.unknown & set(names) and all(count >= 0 for count in (hour, day, week))
    return (hour, day, week) if known else None


def nobody_can_read(candidate: Candidate, context: Context) -> bool:
    """Whether a time has no offset, or the evidence holds what JSON does not know: then nothing else can be said."""
    times = [candidate.expires_at, context.last_inbound_at, context.last_complaint_at, context.dismissed_at]
    times += context.contacts
    if evidence_on_record(candidate, context):
        times.append(context.evidence.time)
        if not is_json(context.evidence.data):
            return True
    return any(at is not None and at.tzinfo is None for at in times)


def marks(candidate: Candidate, context: Context) -> str:
    """Return `` (ordinary), `*` or `!` for the evidence on record."""
    event = context.evidence
    if not evidence_on_record(candidate, context):
        return ""
    for kind in EVIDENCE.get(candidate.purpose, "").split():
        if kind.rstrip("*!") == event.type:
            return kind[len(event.type) :]
    return ""


def session_is_live(candidate: Candidate, context: Context, now: datetime) -> bool:
    """Named, on record, not ended, and something happened in it within 30 minutes (a clock may be 5 minutes ahead)."""
    session = context.session
    if session is None or candidate.session_id != session.id or "session" in context.unknown:
        return False
    return not session.ended and timedelta(minutes=-5) <= now - session.last_event_at < timedelta(minutes=30)


def session_is_own(candidate: Candidate, context: Context) -> bool | None:
    """Whether the named session is this customer's and holds the evidence; None where there is no such session."""
    session, event = context.session, context.evidence
    if session is None or candidate.session_id != session.id or "session" in context.unknown:
        return None
    if session.user_id != candidate.user_id:
        return False
    if candidate.purpose in WIDGET_PURPOSES and evidence_on_record(candidate, context):
        named = event.data.get("session")
        return named == session.id if named is not None else event.time >= session.started_at
    return True


def evidence_on_record(candidate: Candidate, context: Context) -> bool:
    """Whether the event that the candidate names is the one that was found."""
    ref, event = candidate.evidence, context.evidence
    if ref is None or event is None or "evidence" in context.unknown:
        return False
    return ref.type == event.type and ref.id == event.id and (ref.source is None or ref.source == event.source)


def evidence_suffices(candidate: Candidate, context: Context, now: datetime) -> bool:
    """On record, not in the future, with what its purpose needs."""
    if not evidence_on_record(candidate, context):
        return False
    event = context.evidence
    if event.time > now + timedelta(minutes=5):
        return False
    if candidate.purpose == "requested_reminder" and event.type == "reminder.requested":
        return when(event.data.get("remind_at")) is not None and when(event.data.get("due_at")) is not None
    if candidate.purpose == "progress_update" and event.type == "item.available":
        return is_true(context, "earlier_request") is True
    return True


def evidence_limit(candidate: Candidate, context: Context, limits: Limits) -> datetime:
    """Return when the evidence becomes stale."""
    event = context.evidence
    if candidate.purpose == "requested_reminder" and event.type == "reminder.requested":
        return when(event.data["due_at"])
    if candidate.purpose in WIDGET_PURPOSES:
        return event.time + timedelta(minutes=limits.widget_minutes)
    if marks(candidate, context):
        return event.time + timedelta(hours=limits.essential_hours)
    return event.time + timedelta(hours=limits.evidence_hours)


def clocks(candidate: Candidate, context: Context) -> list[str]:
    """Return the names of all zones that somebody gave."""
    return [name for name in (candidate.timezone, context.timezone) if name is not None]


def zone_exists(name: str) -> bool:
    """Whether there is such a zone, and it is the same one on every machine."""
    if name in {"localtime", "posixrules", "Factory"} or name.startswith(("posix/", "right/")):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def quiet_in(name: str, at: datetime, limits: Limits) -> bool:
    """Whether the local clock stands in the quiet hours."""
    local = at.astimezone(ZoneInfo(name))
    minute = local.hour * 60 + local.minute
    return minute >= limits.quiet_start or minute < limits.quiet_end


def sends_within(context: Context, at: datetime, window: timedelta) -> int:
    """Count the listed sends with `at − t < window`."""
    return sum(at - sent < window for sent in context.contacts)


def left_the_page(candidate: Candidate, context: Context) -> bool:
    """Whether the customer is on another page than the evidence of help on a page."""
    if candidate.purpose not in WIDGET_PURPOSES or session_is_own(candidate, context) is None:
        return False
    page, then = context.session.page, context.evidence.data.get("page")
    return bool(page and then and page != then and context.evidence.type != "session.started")


def last_complaint_holds(context: Context, at: datetime, limits: Limits) -> bool:
    """Whether the cooling-off holds."""
    last = context.last_complaint_at
    return last is not None and at - last < timedelta(days=limits.cooling_off_days)


def listed(context: Context, at: datetime) -> tuple[int, int, int]:
    """Count the listed sends of the hour, the day and the week before an instant."""
    windows = (timedelta(minutes=60), timedelta(hours=24), timedelta(days=7))
    hour, day, week = (sends_within(context, at, window) for window in windows)
    return hour, day, week


def over_a_cap(sends: tuple[float, float, float], limits: Limits, *, essential: bool) -> bool:
    """Whether so many sends in an hour, a day and a week reach a rolling cap."""
    hour, day, week = sends
    if essential:
        return day >= limits.essential_24h
    return hour >= limits.contacts_60m or day >= limits.contacts_24h or week >= limits.contacts_7d


def too_soon(candidate: Candidate, context: Context, world: World, at: datetime) -> bool:
    """Before the reminder's date, or less than 30 seconds on the page or in the session."""
    event, session = context.evidence, context.session
    reminder = candidate.purpose == "requested_reminder" and evidence_suffices(candidate, context, world.now)
    if reminder and event.type == "reminder.requested" and at < when(event.data["remind_at"]):
        return True
    if candidate.channel not in {"widget", "chat"} or session_is_own(candidate, context) is not True:
        return False
    if not session_is_live(candidate, context, world.now):
        return False
    since = session.started_at
    on_page = candidate.purpose in WIDGET_PURPOSES and evidence_on_record(candidate, context)
    if on_page and event.type != "session.started" and session.page_since is not None:
        since = session.page_since
    return at - since < timedelta(seconds=world.limits.dwell_seconds)
