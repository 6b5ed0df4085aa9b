"""The smallest change by hand: one input behind several codes, what a change brings to light, and when to wait."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model.contracts import Candidate, Context, EvidenceRef, Message
from serving.explaining.case import Case, clocks, instant
from serving.explaining.flipping import Flip, NoFlip, flip_of
from serving.explaining.inputs import BEHIND, HOPED, ORDER
from serving.policy.engine import FAILED
from serving.policy.reading import epoch
from serving.policy.reasons import POLICY_CODES, TEMPLATES
from serving.policy.rules import FILTERS, UNTIL
from tests.occasions import NOW, about, candidate, context, event, on_page, policy, sent_at, session
from tests.serving.explaining.recorded import case

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNAPPROVED = "template_not_approved"
FREE = Message(text="Your parcel A-7 is late.", next_step="Reply to change the address.")


def found(one: Candidate | None = None, known: Context | None = None, **more: Any) -> Flip:
    """Return the change that is named."""
    flip = flip_of(case(one, known, **more))
    assert isinstance(flip, Flip), flip
    return flip


def told(flip: Flip) -> dict[str, tuple[str, ...]]:
    """Return the inputs that change, each with its codes."""
    return {change.input: change.codes for change in flip.changes}


@pytest.mark.parametrize(
    ("fields", "name", "code"),
    [
        ({"consent": False}, "consent", "consent_missing"),
        ({"opted_out": True}, "opt_out", "opted_out"),
        ({"complaint_open": True}, "complaint", "complaint_open"),
        ({"conversation_open": True}, "conversation", "conversation_open"),
        ({"breaker_open": True}, "breaker", "breaker_open"),
        ({"approval": "none"}, "approval", "template_not_approved"),
        ({"approval": "changed"}, "approval", "awaiting_approval"),
        ({"superseded": True}, "evidence", "fact_superseded"),
        ({"already_told": True}, "evidence", "already_told"),
        ({"last_inbound_at": NOW}, "evidence", "customer_already_knows"),
        ({"evidence": None}, "evidence", "evidence_missing"),
        ({"evidence": event("account.fraud_suspected")}, "evidence", "evidence_missing"),
        ({"evidence": event(subject="u-99")}, "evidence", "evidence_of_another_customer"),
        ({"evidence": event(age=2 * DAY)}, "evidence", "evidence_stale"),
    ],
    ids=repr,
)
def test_one_refusal_has_one_input(fields: dict[str, Any], name: str, code: str) -> None:
    """And the second question would be asked once it has changed."""
    flip = found(known=context(**fields))
    actual = (told(flip), flip.leads_to, flip.until)
    assert actual == ({name: (code,)}, "second_question", None)


@pytest.mark.parametrize(
    ("fields", "name", "code"),
    [
        ({"timezone": "Mars/Olympus"}, "time_zone", "timezone_unknown"),
        ({"expires_at": NOW}, "expiry", "expired"),
        ({"message": Message(template="parcel_delayed", facts={"parcel": "A-7"})}, "message", "facts_missing"),
        ({"purpose": "hello"}, "purpose", "purpose_unknown"),
        ({"channel": "fax"}, "channel", "channel_not_allowed"),
    ],
    ids=repr,
)
def test_what_the_sender_can_change(fields: dict[str, Any], name: str, code: str) -> None:
    """The zone, the expiry, the message, and their own words for purpose and channel."""
    actual = found(candidate(**fields))
    assert actual.changes[0].input == name
    assert actual.changes[0].codes == (code,)


def test_one_event_may_lie_behind_several_codes() -> None:
    """A stale, superseded event that was told is one change: a newer one."""
    old = context(evidence=event(age=2 * DAY), superseded=True, already_told=True)
    flip = found(known=old)
    actual = (told(flip), flip.changes[0].change)
    assert actual == (
        {"evidence": ("evidence_stale", "fact_superseded", "already_told")},
        "newer evidence; the newest event about the same thing, with its facts; a new fact",
    )


def test_one_text_may_lie_behind_several_codes_and_needs_its_own_approval() -> None:
    """Another outbound free text is one that nobody has approved yet, whatever the first one was."""
    selling = replace(FREE, text="Just checking in: 20% off on A-7.")
    actual = told(found(candidate(message=selling)))
    assert actual == {"message": ("promotional_wording", "generic_wording"), "approval": ("awaiting_approval",)}


def test_another_text_in_another_language_needs_its_own_approval_on_a_page_too() -> None:
    """A person approved these words, which sell; nobody has approved what would stand there instead."""
    one, known = on_page()
    selling = replace(FREE, text="Rabatt auf pricing!", next_step="Bitte hier fragen.")
    actual = told(found(replace(one, message=selling), replace(known, approval="approved")))
    assert actual == {"message": ("promotional_wording",), "approval": ("awaiting_approval",)}


def test_a_template_with_other_facts_keeps_its_approval() -> None:
    """Only the facts change."""
    actual = told(found(candidate(message=Message(template="parcel_delayed", facts={"parcel": "A-7"}))))
    assert actual == {"message": ("facts_missing",)}


def test_an_essential_message_would_be_sent_at_once() -> None:
    """No score stands after the policy."""
    one, known = about(event("shipment.failed", age=4 * DAY), message=parcel_failed())
    assert found(one, known).leads_to == "send"


def parcel_failed() -> Message:
    """Return the template with facts that the event does not contradict."""
    return Message(template="parcel_failed", facts={"parcel": "A-7", "reason": "nobody was there"})


def test_missing_evidence_brings_its_waivers_along() -> None:
    """Consent is not needed once the failed delivery is on record."""
    one = candidate(evidence=EvidenceRef(type="shipment.failed", id="ev-9"), message=parcel_failed())
    flip = found(one, context(evidence=None, consent=False))
    actual = (told(flip), flip.leads_to)
    assert actual == ({"evidence": ("evidence_missing",)}, "send")


def test_a_reminder_that_is_not_on_record_says_the_channel_as_well() -> None:
    """The request of the customer is behind both codes."""
    one = candidate(
        purpose="requested_reminder",
        evidence=EvidenceRef(type="reminder.requested", id="ev-9"),
        message=Message(template="requested_reminder", facts={"what": "your passport", "due": "1 May"}),
    )
    actual = told(found(one, context(evidence=None)))
    assert actual == {"evidence": ("evidence_missing", "channel_not_allowed")}


def test_another_channel_needs_its_own_consent() -> None:
    """What is on record is about the first; the widget, which needs none, needs a session."""
    one, known = about(
        event("conversation.left_unresolved", data={"conversation": "C-9", "topic": "the invoice"}),
        purpose="unresolved_followup",
        channel="sms",
        message=Message(template="unresolved_followup", facts={"conversation": "C-9", "topic": "the invoice"}),
    )
    flip = found(one, known)
    actual = (told(flip), flip.changes[0].change)
    assert actual == (
        {"channel": ("channel_not_allowed",), "consent": ("consent_missing",)},
        "a channel of this purpose (a reminder: one they asked for): for example `chat`",
    )


def test_a_purpose_that_does_not_exist_becomes_the_one_that_the_evidence_proves() -> None:
    """Not any of the nine."""
    flip = found(candidate(purpose="hello"))
    actual = [change.change for change in flip.changes]
    assert actual == ["one of the nine purposes: for example `delivery_update`"]


def test_without_evidence_it_becomes_that_of_the_template() -> None:
    """And the evidence has to come as well."""
    one = candidate(purpose="hello", evidence=None, message=parcel_failed())
    flip = found(one, context(evidence=None))
    actual = (told(flip), flip.changes[0].change[-18:])
    assert actual == (
        {"purpose": ("purpose_unknown",), "evidence": ("evidence_missing",)},
        " `delivery_update`",
    )


@pytest.mark.parametrize("unknown", ["opted_out", "contacts_24h", "last_inbound_at", "dismissed_at", "superseded"])
def test_what_is_unknown_has_to_become_known(unknown: str) -> None:
    """It is named as the context names it."""
    flip = found(known=context(unknown=frozenset({unknown})))
    actual = [(change.codes, change.change) for change in flip.changes]
    assert actual == [((FAILED,), f"the missing input becoming known: `{unknown}`")]


def test_a_named_session_that_is_unknown_has_to_become_known() -> None:
    """It is named as the context names it; a chat that names none does not ask for one."""
    known = context(unknown=frozenset({"session"}))
    flip = found(candidate(session_id="s-1"), known)
    actual = ([(change.codes, change.change) for change in flip.changes], found(known=known).changes)
    assert actual == ([((FAILED,), "the missing input becoming known: `session`")], ())


def test_each_unknown_input_is_a_change_of_its_own() -> None:
    """Learning one of two does not help."""
    flip = found(known=context(unknown=frozenset({"opted_out", "conversation_open"})))
    actual = [change.input for change in flip.changes]
    assert actual == ["not known: opted_out", "not known: conversation_open"]


def test_time_alone_means_waiting_until_the_caps_and_the_night_have_passed() -> None:
    """A cap that ends inside the quiet hours does not end the wait."""
    evening = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)  # half past eight in Paris
    known = context(evidence=event(time=evening), **sent_at(timedelta(minutes=10), now=evening))
    flip = found(known=known, at=evening)
    morning = datetime(2026, 11, 21, 7, tzinfo=UTC)
    actual = (told(flip), flip.until, flip.changes[0].change)
    assert actual == (
        {"time": ("frequency_cap", "quiet_hours")},
        morning,
        "waiting until 2026-11-21T07:00:00Z (08:00 on Saturday in Europe/Paris)",
    )


def test_a_wait_that_the_evidence_does_not_survive_needs_newer_evidence() -> None:
    """The recorded codes are `expired` and `quiet_hours`; what has to change is the event, and time has to pass."""
    night = datetime(2026, 11, 20, 22, tzinfo=UTC)
    known = context(evidence=event(time=night - timedelta(hours=16)))
    flip = found(known=known, at=night)
    assert case(known=known, at=night).decision().agent_would_send.reasons == ("expired", "quiet_hours")
    assert told(flip) == {"evidence": ("evidence_stale",), "time": ("quiet_hours",)}


def test_a_wait_that_the_request_does_not_survive_needs_a_later_expiry() -> None:
    """The sender's own."""
    night = datetime(2026, 11, 20, 22, tzinfo=UTC)
    one = candidate(expires_at=night + HOUR)
    actual = told(found(one, context(evidence=event(time=night)), at=night))
    assert actual == {"expiry": ("expired",), "time": ("quiet_hours",)}


def test_contacts_whose_times_nobody_listed_leave_at_an_instant_that_is_not_known() -> None:
    """No date is invented."""
    flip = found(known=context(contacts_60m=1, contacts_24h=1, contacts_7d=1))
    actual = (told(flip), flip.until, flip.changes[0].change)
    assert actual == (
        {"contacts": ("frequency_cap",)},
        None,
        "earlier contacts leaving the window, at an instant that is not known",
    )


def test_a_second_widget_message_needs_another_session() -> None:
    """Waiting does not help."""
    one, known = on_page(session=session(widget_messages=1))
    actual = told(found(one, known))
    assert actual == {"session": ("frequency_cap",)}


def test_a_session_is_one_input() -> None:
    """Neither live nor theirs: their own live session is one change."""
    ended = session(user_id="u-99", ended=True)
    one, known = on_page(session=ended)
    actual = told(found(one, known))
    assert actual == {"session": ("session_missing", "not_their_session")}


def test_a_newcomers_greeting_is_changed_in_the_text() -> None:
    """A welcome of a returning customer by its purpose is not the text's fault."""
    one, known = on_page(returning=True)
    greeting = replace(one, message=Message(text="First time here? Ask us about pricing.", next_step="Ask here."))
    welcome = replace(one, purpose="onboarding", message=Message(template="first_visit"))
    started = replace(known, evidence=event("session.started", age=timedelta(seconds=5), data={"session": "s-1"}))
    welcome = replace(welcome, evidence=EvidenceRef(type="session.started", id="ev-1"))
    actual = (told(found(greeting, known))["message"][-1], told(found(welcome, started, at=NOW))["history"])
    assert actual == ("contradicts_history", ("contradicts_history",))


@pytest.mark.parametrize(
    ("message", "codes", "said"),
    [
        (Message(template="parcel_late"), ("facts_missing", "next_step_missing", UNAPPROVED), TEMPLATES),
        (
            Message(template="requested_reminder", facts={"what": "A-7", "due": "Friday"}),
            (UNAPPROVED,),
            TEMPLATES,
        ),
        (
            Message(template="parcel_delayed", facts={"parcel": "A-7", "new_eta": "Monday"}),
            ("fact_superseded",),
            "the message saying what its evidence says: `new_eta`",
        ),
    ],
    ids=["no such template", "another purpose's", "another fact"],
)
def test_what_only_another_message_cures_is_one_change_of_it(
    message: Message, codes: tuple[str, ...], said: str
) -> None:
    """No approval makes a template exist, and no newer event is needed where the message misreads its own."""
    flip = found(candidate(message=message))
    assert (told(flip), flip.changes[0].change) == ({"message": codes}, said)


def test_a_purpose_is_switched_on_by_the_owner_of_the_configuration() -> None:
    """The change is in the limits; under them it is ruled again."""
    flip = found(policy=policy({"switched_off": ["delivery_update"]}))
    assert told(flip) == {"configuration": ("purpose_switched_off",)}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"one": candidate(purpose="win_back")}, "nothing here: it belongs to the people who own marketing"),
        ({"known": context(dismissed_at=datetime(2026, 1, 1))}, "the recorded inputs cannot be read"),  # noqa: DTZ001
        ({"policy": policy({"contacts_60m": 0})}, "no change of these inputs would do under this policy"),
        ({"known": context(last_inbound_at=NOW + DAY)}, "no change of these inputs would do under this policy"),
        ({"known": context(last_inbound_at=NOW + timedelta(minutes=4))}, None),
        ({"policy": policy({"channels_off": ["chat"]})}, None),
        (
            {"policy": policy({"channels_off": ["chat", "widget", "push", "sms", "email", "whatsapp"]})},
            "no change of these inputs would do under this policy",
        ),
    ],
    ids=[
        "marketing",
        "unreadable",
        "a cap of none",
        "they wrote tomorrow",
        "they wrote in four minutes",
        "another channel",
        "no channel at all",
    ],
)
def test_what_no_change_flips_says_so(changed: dict[str, Any], why: str | None) -> None:
    """Marketing above all: no evidence makes it a service."""
    flip = flip_of(case(**changed))
    actual = flip.why if isinstance(flip, NoFlip) else None
    assert actual == why


def test_every_code_of_the_policy_has_an_input_or_time_behind_it() -> None:
    """But marketing, which nothing helps, and what stands for unknown inputs, which are named one by one."""
    actual = {code for code in POLICY_CODES if code not in BEHIND and code not in UNTIL}
    assert actual == {"purpose_is_marketing", "purpose_unknown", FAILED}


def test_every_input_that_a_filter_reads_can_become_known() -> None:
    """So that `filter_failed` always says what is missing."""
    own = {name for each in FILTERS if each.unknown_as != FAILED for name in each.reads}
    actual = {name for each in FILTERS for name in each.reads} - own - set(HOPED)
    assert actual == set()


def test_a_message_changes_before_it_is_approved() -> None:
    """The other way round the approval would be that of the old text."""
    assert ORDER.index("message") < ORDER.index("approval")


def test_the_same_case_later_has_fewer_contacts() -> None:
    """They leave their windows; what was not listed stays."""
    listed = case(known=context(**sent_at(timedelta(minutes=59), timedelta(hours=23))))
    unlisted = case(known=context(contacts_60m=1, contacts_24h=1, contacts_7d=1))
    later = [one.later(NOW + HOUR).context for one in (listed, unlisted)]
    actual = [(each.contacts_60m, each.contacts_24h, each.contacts_7d) for each in later]
    assert actual == [(0, 1, 2), (1, 1, 1)]


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.25, 0.3333333, 0.9999999], ids=str)
def test_an_instant_is_never_before_what_it_stands_for(fraction: float) -> None:
    """Rounded up to a microsecond: a wait that ends too early would still be refused."""
    seconds = NOW.timestamp() + fraction
    at = epoch(instant(seconds))
    assert (at >= seconds, at - seconds < 2e-6) == (True, True)


def test_the_customers_clocks() -> None:
    """Two where two sources differ, none where none is known."""
    actual = [clocks(NOW, zones) for zones in ([], ["Mars/Olympus"], ["UTC", "UTC"], ["Asia/Tokyo", "UTC"])]
    assert actual == [
        "",
        "",
        "11:00 on Friday in UTC",
        "20:00 on Friday in Asia/Tokyo and 11:00 on Friday in UTC",
    ]


def test_a_case_asks_the_first_question_only() -> None:
    """There is no model: whoever passes is not sent by it."""
    one: Case = case()
    again = one.decision()
    assert (again.agent_would_send.answer, [reason.code for reason in again.reasons]) == (
        True,
        ["score_unavailable", "no_certificate"],
    )
