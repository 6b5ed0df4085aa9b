"""The policy once more, one candidate at a time and as plainly as can be, written from the contract and not from the code.

Nothing is shared with `serving.policy` but the limits' values and the wording's verdict, which is passed in. It is slow
and repetitive on purpose: whoever doubts a decision reads this first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from model.contracts import Candidate, Context
from serving.policy.limits import Limits

ORDER = """purpose_is_marketing purpose_unknown purpose_switched_off evidence_missing evidence_wrong_type
evidence_of_another_customer evidence_stale expired fact_superseded already_told customer_already_knows
promotional_wording generic_wording facts_missing next_step_missing template_not_approved channel_not_allowed
consent_missing opted_out timezone_unknown session_missing not_their_session contradicts_history dismissed filter_failed
quiet_hours frequency_cap cooling_off complaint_open conversation_open too_soon awaiting_approval breaker_open
score_unavailable no_certificate below_cutoff held_out outranked""".split()
HOLDS = set(ORDER[ORDER.index("quiet_hours") : ORDER.index("score_unavailable")])
MARKETING = "win_back upsell cross_sell cart_abandonment promotion new_feature survey consent_request".split()

# purpose: evidence types, * essential, ! critical
EVIDENCE = {
    "delivery_update": "shipment.delayed shipment.rescheduled shipment.out_for_delivery shipment.delivered shipment.failed*",
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
EVERYWHERE = "chat widget push sms email whatsapp".split()
CHANNELS = {purpose: EVERYWHERE for purpose in EVIDENCE} | {
    "unresolved_followup": ["chat", "widget", "email"],
    "in_session_help": ["widget"],
    "onboarding": ["widget"],
}
WIDGET_PURPOSES = ["in_session_help", "onboarding"]
SILENT = ["progress_update"]


@dataclass(frozen=True)
class Expected:
    """What the decision should say."""

    action: str
    codes: tuple[str, ...]
    not_before: datetime | None
    expires_at: datetime | None
    text: str | None


@dataclass(frozen=True)
class World:
    """What does not come with the candidate: the clock, the rules, the wording's verdict, the score, the draw."""

    now: datetime
    limits: Limits
    templates: Mapping[str, Mapping[str, object]]  # id: purpose, text, facts (names), next_step
    wording: Callable[[str], set[str]]
    net_benefit: float | None = None  # None: no score
    cutoff: float | None = None  # None: no certificate for this
    arm: str = "model"


def marks(candidate: Candidate, context: Context) -> str:
    """Return `` (ordinary), `*` or `!` for the evidence on record."""
    event = context.evidence
    if candidate.evidence is None or event is None or "evidence" in context.unknown:
        return ""
    if candidate.evidence.type != event.type or candidate.evidence.id != event.id:
        return ""
    for kind in EVIDENCE.get(candidate.purpose, "").split():
        if kind.rstrip("*!") == event.type:
            return kind[len(event.type) :]
    return ""


def session_is_live(candidate: Candidate, context: Context, now: datetime) -> bool:
    """Named, on record, not ended, and something happened in it within 30 minutes."""
    session = context.session
    if session is None or candidate.session_id != session.id or "session" in context.unknown:
        return False
    return not session.ended and now - session.last_event_at < timedelta(minutes=30)


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


def when(value: object) -> datetime | None:
    """Read a date of an event's data; without offset it is no date."""
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return parsed if parsed.tzinfo else None


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
        return context.earlier_request and "earlier_request" not in context.unknown
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


def written(value: object) -> str | None:
    """Write a fact as the customer would read it; None where it is no fact."""
    if isinstance(value, str):
        value = value.strip()
        return value if 0 < len(value) <= 160 and value.isprintable() else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(int(value)) if value == int(value) else repr(value)


def the_text(candidate: Candidate, templates: Mapping[str, Mapping[str, object]]) -> str | None:
    """Return the finished text, or None where it cannot be finished."""
    message = candidate.message
    if message.template is not None and message.text is not None:
        return None
    if message.template is not None:
        template = templates.get(message.template)
        if template is None:
            return None
        text, next_step = template["text"], template["next_step"]
        for name in template["facts"]:
            value = message.facts.get(name)
            if (
                not isinstance(value, str)
                or written(value) is None
                or value.strip().lower() in {"null", "none", "unknown"}
            ):
                return None
            text = text.replace("{" + name + "}", value.strip())
    else:
        text, next_step = message.text, message.next_step
    if text is None or not text.strip():
        return None
    if next_step and next_step.strip() not in text:
        text = text + " " + next_step.strip()
    return None if "{" in text or "}" in text else text


def says_a_fact(text: str, candidate: Candidate, context: Context) -> bool:
    """Whether one of the evidence's facts stands in the text as a word of its own."""
    facts = [written(value) for key, value in context.evidence.data.items() if key not in {"affected", "session"}]
    padded = "".join(letter if letter.isalnum() else " " for letter in text.lower())
    for fact in facts:
        if fact is not None and (len(fact) > 1 or fact.isdigit()):
            words = "".join(letter if letter.isalnum() else " " for letter in fact.lower())
            if f" {words} " in f" {padded} " and fact.lower() in text.lower():
                return True
    return False


def clocks(candidate: Candidate, context: Context) -> list[str]:
    """Return the names of all zones that somebody gave."""
    return [name for name in (candidate.timezone, context.timezone) if name is not None]


def zone_exists(name: str) -> bool:
    """Whether there is such a zone."""
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


def refusals(candidate: Candidate, context: Context, world: World) -> set[str]:
    """Return every code of the policy that refuses, waived ones left out."""
    now, limits, unknown = world.now, world.limits, context.unknown
    codes: set[str] = set()
    failed = False
    mark = marks(candidate, context)
    essential, critical = mark in {"*", "!"}, mark == "!"
    event = context.evidence
    suffices = evidence_suffices(candidate, context, now)
    known_purpose = candidate.purpose in EVIDENCE
    live = session_is_live(candidate, context, now)
    own = session_is_own(candidate, context)
    in_session = candidate.channel == "chat" and live and own is True
    outbound = candidate.channel != "widget" and not in_session

    # purpose
    if candidate.purpose in MARKETING:
        codes.add("purpose_is_marketing")
    elif not known_purpose:
        codes.add("purpose_unknown")
    if candidate.purpose in limits.switched_off:
        codes.add("purpose_switched_off")

    # evidence
    if not suffices:
        codes.add("evidence_missing")
    else:
        right_types = [kind.rstrip("*!") for kind in EVIDENCE.get(candidate.purpose, "").split()]
        if known_purpose and event.type not in right_types:
            codes.add("evidence_wrong_type")
        affected = event.data.get("affected", []) if event.type.startswith("incident.") else []
        if event.subject != candidate.user_id and candidate.user_id not in affected:
            codes.add("evidence_of_another_customer")
        if now >= evidence_limit(candidate, context, limits):
            codes.add("evidence_stale")
        if "superseded" in unknown:
            failed = True
        elif context.superseded or facts_differ(candidate, context) or left_the_page(candidate, context):
            codes.add("fact_superseded")
        if "already_told" in unknown:
            failed = True
        elif context.already_told:
            codes.add("already_told")
        if "last_inbound_at" in unknown:
            failed = True
        elif context.last_inbound_at is not None and context.last_inbound_at > event.time:
            codes.add("customer_already_knows")
    if candidate.expires_at is not None and now >= candidate.expires_at:
        codes.add("expired")

    # message
    text = the_text(candidate, world.templates)
    if text is None:
        codes.add("facts_missing")
    else:
        codes |= world.wording(text)
        if outbound and suffices and not says_a_fact(text, candidate, context):
            codes.add("facts_missing")
    template = world.templates.get(candidate.message.template or "")
    next_step = template["next_step"] if template is not None else candidate.message.next_step
    if candidate.purpose not in SILENT and not (next_step and next_step.strip()):
        codes.add("next_step_missing")
    approval = "unknown" if "approval" in unknown else context.approval
    if candidate.message.template is not None:
        if approval not in {"approved", "changed"} or template is None or template["purpose"] != candidate.purpose:
            codes.add("template_not_approved")
        if approval == "changed":
            codes.add("awaiting_approval")
    elif outbound and approval != "approved":
        codes.add("awaiting_approval")

    # channel and consent
    if candidate.channel not in EVERYWHERE or candidate.channel in limits.channels_off:
        codes.add("channel_not_allowed")
    elif candidate.purpose == "requested_reminder":
        if "requested_channels" in unknown:
            failed = True
        elif candidate.channel not in context.requested_channels:
            codes.add("channel_not_allowed")
    elif known_purpose and candidate.channel not in CHANNELS[candidate.purpose]:
        codes.add("channel_not_allowed")
    if outbound and not essential and (not context.consent or "consent" in unknown):
        codes.add("consent_missing")
    spared = critical and candidate.channel not in limits.opt_out_binds
    if not spared:
        if "opted_out" in unknown:
            failed = True
        elif context.opted_out:
            codes.add("opted_out")
    zones = clocks(candidate, context)
    if outbound and not critical:
        if not zones or "timezone" in unknown or not all(zone_exists(name) for name in zones):
            codes.add("timezone_unknown")
        if any(quiet_in(name, now, limits) for name in zones if zone_exists(name)):
            codes.add("quiet_hours")

    # session and history
    if (candidate.channel == "widget" or candidate.purpose in WIDGET_PURPOSES) and not live:
        codes.add("session_missing")
    if (candidate.channel in {"widget", "chat"} or candidate.purpose in WIDGET_PURPOSES) and own is False:
        codes.add("not_their_session")
    if candidate.purpose == "onboarding":
        if "returning" in unknown:
            failed = True
        elif context.returning:
            codes.add("contradicts_history")
    if not essential:
        if "dismissed_at" in unknown:
            failed = True
        elif context.dismissed_at is not None and now - context.dismissed_at < timedelta(days=limits.dismissal_days):
            codes.add("dismissed")
        if "last_complaint_at" in unknown:
            failed = True
        elif last_complaint_holds(context, now, limits):
            codes.add("cooling_off")
        if "complaint_open" in unknown:
            failed = True
        elif context.complaint_open:
            codes.add("complaint_open")
        if "conversation_open" in unknown:
            failed = True
        elif context.conversation_open:
            codes.add("conversation_open")

    # caps and patience
    if outbound and unknown & {"contacts_60m", "contacts_24h", "contacts_7d"}:
        failed = True
    elif outbound and over_a_cap(context, now, limits, essential=essential):
        codes.add("frequency_cap")
    if (
        candidate.channel == "widget"
        and own is not None
        and context.session.widget_messages >= limits.widget_per_session
    ):
        codes.add("frequency_cap")
    if too_soon(candidate, context, world, now):
        codes.add("too_soon")
    return codes | ({"filter_failed"} if failed else set())


def facts_differ(candidate: Candidate, context: Context) -> bool:
    """Whether the message says another value than the evidence for the same name."""
    data = context.evidence.data
    return any(
        name in data and data[name] != value and (written(value) is None or written(value) != written(data[name]))
        for name, value in candidate.message.facts.items()
    )


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


def over_a_cap(context: Context, at: datetime, limits: Limits, *, essential: bool) -> bool:
    """Whether a rolling cap is reached, by what was counted or what is listed, whichever is more."""
    hour = max(context.contacts_60m, sends_within(context, at, timedelta(minutes=60)))
    day = max(context.contacts_24h, sends_within(context, at, timedelta(hours=24)))
    week = max(context.contacts_7d, sends_within(context, at, timedelta(days=7)))
    if essential:
        return day >= limits.essential_24h
    return hour >= limits.contacts_60m or day >= limits.contacts_24h or week >= limits.contacts_7d


def too_soon(candidate: Candidate, context: Context, world: World, at: datetime) -> bool:
    """Before the reminder's date, or less than 30 seconds on the page or in the session."""
    event, session = context.evidence, context.session
    if candidate.purpose == "requested_reminder" and evidence_suffices(candidate, context, world.now):
        if event.type == "reminder.requested" and at < when(event.data["remind_at"]):
            return True
    if candidate.channel not in {"widget", "chat"} or session_is_own(candidate, context) is not True:
        return False
    if not session_is_live(candidate, context, world.now):
        return False
    since = session.started_at
    on_page = candidate.purpose in WIDGET_PURPOSES and evidence_on_record(candidate, context)
    if on_page and event.type != "session.started" and event.data and session.page_since is not None:
        since = session.page_since
    return at - since < timedelta(seconds=world.limits.dwell_seconds)


def earliest(candidate: Candidate, context: Context, world: World, codes: set[str]) -> datetime | None:
    """Search for the first instant at which no time-based filter holds; None where one has no known end."""
    if codes & {"complaint_open", "conversation_open", "awaiting_approval"}:
        return None
    mark = marks(candidate, context)
    limits, now = world.limits, world.now
    in_session = session_is_live(candidate, context, now) and session_is_own(candidate, context) is True
    outbound = candidate.channel != "widget" and not (candidate.channel == "chat" and in_session)
    if "frequency_cap" in codes and (not outbound or len(context.contacts) < context.contacts_7d):
        return None
    if "frequency_cap" in codes and not over_a_cap_by_list(context, now, limits, essential=bool(mark)):
        return None

    def holds(at: datetime) -> bool:
        if not mark and last_complaint_holds(context, at, limits):
            return True
        if outbound and over_a_cap_by_list(context, at, limits, essential=bool(mark)):
            return True
        if too_soon(candidate, context, world, at):
            return True
        zones = [name for name in clocks(candidate, context) if zone_exists(name)]
        return outbound and mark != "!" and any(quiet_in(name, at, limits) for name in zones)

    moments = {now}
    for sent in context.contacts:
        moments |= {sent + timedelta(minutes=60), sent + timedelta(hours=24), sent + timedelta(days=7)}
    if context.last_complaint_at is not None:
        moments.add(context.last_complaint_at + timedelta(days=limits.cooling_off_days))
    if context.session is not None:
        moments |= {context.session.started_at + timedelta(seconds=limits.dwell_seconds)}
        if context.session.page_since is not None:
            moments.add(context.session.page_since + timedelta(seconds=limits.dwell_seconds))
    remind_at = when(context.evidence.data.get("remind_at")) if context.evidence is not None else None
    if remind_at is not None:
        moments.add(remind_at)
    for moment in sorted(moment for moment in moments if moment >= now):
        if not holds(moment):
            return moment
        # local clocks change their hour on whole quarters of an hour: look at each until the next moment of interest
        quarter = moment.astimezone(UTC).replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
        later = [other for other in moments if other > moment]
        for _ in range(4 * 40):
            quarter += timedelta(minutes=15)
            if later and quarter >= min(later):
                break
            if not holds(quarter):
                return quarter
    return None


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
    quarter = world.now.astimezone(UTC).replace(minute=world.now.minute // 15 * 15, second=0, microsecond=0)
    for _ in range(4 * 40):
        quarter += timedelta(minutes=15)
        if any(quiet_in(name, quarter, world.limits) for name in zones):
            return quarter
    return None


def expected(candidate: Candidate, context: Context, world: World) -> Expected:
    """Return what the decision should be."""
    codes = refusals(candidate, context, world)
    expiry = candidate_expiry(candidate, context, world)
    not_before = None
    if codes and codes <= HOLDS:
        not_before = earliest(candidate, context, world, codes)
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


def score_refusals(world: World) -> set[str]:
    """Return what the second question and the draw refuse."""
    missing = set()
    if world.net_benefit is None:
        missing.add("score_unavailable")
    if world.cutoff is None:
        missing.add("no_certificate")
    if missing or world.arm == "policy_only":
        return missing
    below = {"below_cutoff"} if world.net_benefit < world.cutoff else set()
    return below | ({"held_out"} if world.arm == "holdout" else set())


def send_expiry(candidate: Candidate, context: Context, world: World, expiry: datetime | None) -> datetime | None:
    """Return until when a send may be acted on: quiet hours end it earlier, where they concern it."""
    in_session = session_is_live(candidate, context, world.now) and session_is_own(candidate, context) is True
    outbound = candidate.channel != "widget" and not (candidate.channel == "chat" and in_session)
    if not outbound or marks(candidate, context) == "!":
        return expiry
    quiet = next_quiet_start(candidate, context, world)
    return min(moment for moment in (expiry, quiet) if moment is not None)
