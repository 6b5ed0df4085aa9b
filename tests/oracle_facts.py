"""What the oracle sees of an occasion: the contract's tables, and one plain answer per question."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from model.contracts import Candidate, Context
from serving.policy.limits import Limits

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
    templates: Mapping[str, Mapping[str, object]]  # id: purpose, text, facts (names), next_step
    wording: Callable[[str], set[str]]
    greets: Callable[[str], bool] = lambda text: "first visit" in text or "First time" in text
    net_benefit: float | None = None  # None: no score
    cutoff: float | None = None  # None: no certificate for this
    arm: str = "model"
    experiment: str | None = None  # what the running experiment draws for this: contacted or held_out; None: none runs
    stopped: bool = False  # the monitor tripped, or nobody reports outcomes


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


def nobody_vouches(candidate: Candidate, context: Context) -> bool:
    """Whether the message states a fact unknown to its evidence that is more than a plain word or number."""
    return any(
        name not in context.evidence.data and not is_plain(value) for name, value in candidate.message.facts.items()
    )


def is_plain(value: object) -> bool:
    """A number, or at most 24 characters and three words without link, percentage or money."""
    text = written(value)
    if text is None or not isinstance(value, str):
        return text is not None
    words = text.lower().split()
    money_or_share = ("€", "$", "£", "%", "eur", "euro", "dollar", "percent", "prozent", "@", "://", "www.")
    if any(is_price(word) for word in words):
        return False
    linked = any(letter == "." and text[place + 1 : place + 3].isalpha() for place, letter in enumerate(text))
    return (
        len(text) <= 24 and len(words) <= 3 and not linked and not any(sign in text.lower() for sign in money_or_share)
    )


def is_price(word: str) -> bool:
    """Whether a word is an amount to the cent, such as 912.50; a time such as 9.30 or a date such as 30.11 is none."""
    before, _, after = word.replace(",", ".").partition(".")
    if not (before.isdigit() and after.isdigit() and len(after) == 2):
        return False
    is_time = int(before) < 24 and int(after) < 60
    is_date = int(before) <= 31 and 1 <= int(after) <= 12
    return "," in word or not (is_time or is_date)


def says_a_fact(text: str, context: Context) -> bool:
    """Whether one of the evidence's facts stands in the text as a word of its own; of a page, its name."""
    data = context.evidence.data
    if context.evidence.type.startswith(("page.", "exit.")):
        data = {name: value for name, value in data.items() if name == "page"}
    facts = [written(value) for key, value in data.items() if key not in {"affected", "session"}]
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
    """Whether there is such a zone, and it is the same one on every machine."""
    if name == "localtime":
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
    reminder = candidate.purpose == "requested_reminder" and evidence_suffices(candidate, context, world.now)
    if reminder and event.type == "reminder.requested" and at < when(event.data["remind_at"]):
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
