"""The policy once more, one candidate at a time and as plainly as can be: written from the contract, not from the code.

Nothing is shared with `serving.policy` but the limits' values and the wording's verdict, which is passed in. It is slow
and repetitive on purpose: whoever doubts a decision reads this first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from model.contracts import Candidate, Context
from tests.oracle_facts import (
    CHANNELS,
    EVERYWHERE,
    EVIDENCE,
    MARKETING,
    SILENT,
    WIDGET_PURPOSES,
    World,
    clocks,
    counts,
    evidence_limit,
    evidence_suffices,
    is_true,
    last_complaint_holds,
    left_the_page,
    listed,
    marks,
    nobody_can_read,
    over_a_cap,
    quiet_in,
    session_is_live,
    session_is_own,
    too_soon,
    zone_exists,
)
from tests.oracle_sales import a_fact_sells
from tests.oracle_text import facts_differ, nobody_vouches, says_a_fact, the_text


@dataclass(frozen=True)
class Case:
    """One occasion, with the answers that several rules ask for."""

    candidate: Candidate
    context: Context
    world: World
    mark: str
    outbound: bool
    suffices: bool

    @property
    def essential(self) -> bool:
        """Whether the evidence has a mark."""
        return self.mark != ""


def is_outbound(candidate: Candidate, context: Context, now: datetime) -> bool:
    """Everything but the widget, and the chat in the customer's own live session."""
    own_and_live = session_is_live(candidate, context, now) and session_is_own(candidate, context) is True
    return candidate.channel != "widget" and not (candidate.channel == "chat" and own_and_live)


def refusals(candidate: Candidate, context: Context, world: World) -> set[str]:
    """Return every code of the policy that refuses, waived ones left out."""
    if nobody_can_read(candidate, context):
        return {"filter_failed"}
    case = Case(
        candidate,
        context,
        world,
        marks(candidate, context),
        is_outbound(candidate, context, world.now),
        evidence_suffices(candidate, context, world.now),
    )
    themes = (about_purpose, about_evidence, about_facts, about_text, about_approval, about_breaker, about_channel)
    more = (about_consent, about_clock, about_session, about_history, about_caps)
    return set().union(*(theme(case) for theme in themes + more))


def either(unknown: bool, refuses: bool, code: str) -> set[str]:  # noqa: FBT001  (two answers, not switches)
    """An unknown input fails the filter; a known one refuses or not."""
    if unknown:
        return {"filter_failed"}
    return {code} if refuses else set()


def if_so(context: Context, name: str, code: str) -> set[str]:
    """Refuse where something is so; not knowing fails the filter."""
    so = is_true(context, name)
    return either(so is None, so is True, code)


def about_purpose(case: Case) -> set[str]:
    """The word itself."""
    purpose = case.candidate.purpose
    codes = {"purpose_switched_off"} if purpose in case.world.limits.switched_off else set()
    if purpose in MARKETING:
        return codes | {"purpose_is_marketing"}
    return codes if purpose in EVIDENCE else codes | {"purpose_unknown"}


def about_evidence(case: Case) -> set[str]:
    """The event and its age."""
    candidate, event, now = case.candidate, case.context.evidence, case.world.now
    codes = {"expired"} if candidate.expires_at is not None and now >= candidate.expires_at else set()
    if not case.suffices:
        return codes | {"evidence_missing"}
    right_types = [kind.rstrip("*!") for kind in EVIDENCE.get(candidate.purpose, "").split()]
    if right_types and event.type not in right_types:
        codes.add("evidence_wrong_type")
    affected = event.data.get("affected") if event.type.startswith("incident.") else None
    among = isinstance(affected, list) and candidate.user_id in affected
    if event.subject != candidate.user_id and not among:
        codes.add("evidence_of_another_customer")
    if now >= evidence_limit(candidate, case.context, case.world.limits):
        codes.add("evidence_stale")
    return codes


def about_facts(case: Case) -> set[str]:
    """Whether it is still so, and still news."""
    candidate, context, unknown = case.candidate, case.context, case.context.unknown
    if not case.suffices:
        return set()
    newer = is_true(context, "superseded")
    superseded = newer is True or facts_differ(candidate, context) or left_the_page(candidate, context)
    inbound = context.last_inbound_at
    return (
        either(newer is None, superseded, "fact_superseded")
        | if_so(context, "already_told", "already_told")
        | either(
            "last_inbound_at" in unknown,
            inbound is not None and inbound > context.evidence.time,
            "customer_already_knows",
        )
    )


def about_text(case: Case) -> set[str]:
    """What the customer would read."""
    candidate, templates = case.candidate, case.world.templates
    codes = set()
    text = the_text(candidate, templates)
    if text is None:
        codes.add("facts_missing")
    else:
        codes |= case.world.wording(text)
        codes |= {"promotional_wording"} if a_fact_sells(candidate, case.context) else set()
        free_or_outbound = case.outbound or candidate.message.template is None
        if case.suffices and free_or_outbound and not says_a_fact(text, case.context):
            codes.add("facts_missing")
    if case.suffices and nobody_vouches(candidate, case.context):
        codes.add("facts_missing")
    template = templates.get(candidate.message.template or "")
    next_step = template["next_step"] if template is not None else candidate.message.next_step
    if candidate.purpose not in SILENT and not (next_step and next_step.strip()):
        codes.add("next_step_missing")
    return codes


def about_approval(case: Case) -> set[str]:
    """Who approved it."""
    candidate, context = case.candidate, case.context
    approval = "unknown" if "approval" in context.unknown else context.approval
    a_person_judged_it = approval == "approved"
    unread = not a_person_judged_it and not nobody_else_has_to(case)
    if candidate.message.template is None:
        return {"awaiting_approval"} if unread or (case.outbound and not a_person_judged_it) else set()
    template = case.world.templates.get(candidate.message.template)
    codes = {"awaiting_approval"} if unread or approval == "changed" else set()
    if approval not in {"approved", "changed"} or template is None or template["purpose"] != candidate.purpose:
        codes.add("template_not_approved")
    return codes


def nobody_else_has_to(case: Case) -> bool:
    """Whether the words of the message itself, what is filled in left out, are English, or there are none."""
    message = case.candidate.message
    text, next_step = message.text, message.next_step
    template = case.world.templates.get(message.template or "")
    if template is not None:
        text, next_step = template["text"], template["next_step"]
    return text is None or case.world.english(f"{text} {next_step or ''}")


def about_breaker(case: Case) -> set[str]:
    """Too much of it went out at once; what is critical goes all the same."""
    if case.mark == "!":
        return set()
    return if_so(case.context, "breaker_open", "breaker_open")


def about_channel(case: Case) -> set[str]:
    """Where it would appear."""
    candidate, context = case.candidate, case.context
    allowed = [name for name in EVERYWHERE if name not in case.world.limits.channels_off]
    if candidate.purpose != "requested_reminder":
        fitting = candidate.channel in allowed and candidate.channel in CHANNELS.get(candidate.purpose, EVERYWHERE)
        return set() if fitting else {"channel_not_allowed"}
    asked_for = candidate.channel in allowed and candidate.channel in context.requested_channels
    return either("requested_channels" in context.unknown, not asked_for, "channel_not_allowed")


def about_consent(case: Case) -> set[str]:
    """What the customer said yes and no to."""
    context = case.context
    codes = set()
    if case.outbound and not case.essential and is_true(context, "consent") is not True:
        codes.add("consent_missing")
    spared = case.mark == "!" and case.candidate.channel not in case.world.limits.opt_out_binds
    return codes if spared else codes | if_so(context, "opted_out", "opted_out")


def about_clock(case: Case) -> set[str]:
    """The customer's own clocks; both of them, where two sources differ."""
    if not case.outbound or case.mark == "!":
        return set()
    zones = clocks(case.candidate, case.context)
    codes = set()
    if not zones or "timezone" in case.context.unknown or not all(zone_exists(name) for name in zones):
        codes.add("timezone_unknown")
    if any(quiet_in(name, case.world.now, case.world.limits) for name in zones if zone_exists(name)):
        codes.add("quiet_hours")
    return codes


def about_session(case: Case) -> set[str]:
    """The visit in which it would appear."""
    candidate, context = case.candidate, case.context
    codes = set()
    needed = candidate.channel == "widget" or candidate.purpose in WIDGET_PURPOSES
    if needed and not session_is_live(candidate, context, case.world.now):
        codes.add("session_missing")
    if (needed or candidate.channel == "chat") and session_is_own(candidate, context) is False:
        codes.add("not_their_session")
    if candidate.channel == "chat" and candidate.session_id is not None and "session" in context.unknown:
        codes.add("filter_failed")  # whose it is, and whether they are in it, was not found out
    text = the_text(candidate, case.world.templates)
    if candidate.purpose == "onboarding" or (text is not None and case.world.greets(text)):
        codes |= if_so(context, "returning", "contradicts_history")
    return codes


def about_history(case: Case) -> set[str]:
    """What happened between us; essential service is not held up by it."""
    context, now, limits, unknown = case.context, case.world.now, case.world.limits, case.context.unknown
    if case.essential:
        return set()
    dismissed = context.dismissed_at
    lately = dismissed is not None and now - dismissed < timedelta(days=limits.dismissal_days)
    return (
        either("dismissed_at" in unknown, lately, "dismissed")
        | either("last_complaint_at" in unknown, last_complaint_holds(context, now, limits), "cooling_off")
        | if_so(context, "complaint_open", "complaint_open")
        | if_so(context, "conversation_open", "conversation_open")
    )


def about_caps(case: Case) -> set[str]:
    """How much was sent, and how soon this would come."""
    candidate, context, world = case.candidate, case.context, case.world
    codes = set()
    if case.outbound:
        counted = counts(context)
        either_of_them = [sends for sends in (counted, listed(context, world.now)) if sends is not None]
        over = any(over_a_cap(sends, world.limits, essential=case.essential) for sends in either_of_them)
        codes |= either(counted is None, over, "frequency_cap")
    if candidate.channel == "widget":
        on_record = session_is_own(candidate, context) is not None
        shown = context.session.widget_messages if on_record else 0
        codes |= either(shown < 0, shown >= world.limits.widget_per_session, "frequency_cap")
    return codes | ({"too_soon"} if too_soon(candidate, context, world, world.now) else set())
