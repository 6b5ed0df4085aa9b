"""What each filter asks, in the words of a customer-care team, and why it may not have been asked at all.

Every question is one whose yes lets the message pass.
"""

from collections.abc import Mapping
from types import MappingProxyType

QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "purpose_is_marketing": "Is it something else than marketing?",
        "purpose_unknown": "Is the purpose one of the nine services?",
        "purpose_switched_off": "Is this service switched on?",
        "evidence_missing": "Is the event behind it on record, complete and found exactly once?",
        "evidence_wrong_type": "Does that event prove this purpose?",
        "evidence_of_another_customer": "Is that event about this customer?",
        "evidence_stale": "Is that event recent enough?",
        "expired": "Is the message still in time?",
        "fact_superseded": "Does it say the newest that is known?",
        "already_told": "Is it the first time that this customer is told exactly this?",
        "customer_already_knows": "Would they learn it from us (they did not write about it first)?",
        "promotional_wording": "Is the text free of everything that sells?",
        "generic_wording": "Does the text say more than what anybody could be told?",
        "facts_missing": "Is the text complete, and does it go with its event, where there is one?",
        "next_step_missing": "Does it say what the customer can do next?",
        "template_not_approved": "Did a person approve this template, for this purpose?",
        "channel_not_allowed": "May this service appear on this channel?",
        "consent_missing": "Did the customer consent to this channel?",
        "opted_out": "Is there no opt-out of this channel?",
        "timezone_unknown": "Is the customer's time zone known?",
        "session_missing": "Is the customer there, in a live session?",
        "not_their_session": "Is it their own session (help on a page: the one in which the event happened)?",
        "contradicts_history": "Does it fit what is on record about them (a welcome is for a first visit)?",
        "dismissed": "Is it long enough since they last closed such a message?",
        "filter_failed": "Could every filter be judged?",
        "quiet_hours": "Is none of the customer's known clocks in the quiet hours?",
        "frequency_cap": "Is there room for one more message to them?",
        "cooling_off": "Have they been left in peace long enough since their last complaint?",
        "complaint_open": "Is no complaint of theirs open?",
        "conversation_open": "Is no conversation with them open?",
        "too_soon": "Is it late enough: the time they asked for, or long enough on the page?",
        "awaiting_approval": "Is it no changed template, and no free text or foreign words that nobody approved?",
        "breaker_open": "Does this text go out about as often as it usually does?",
        "score_unavailable": "Could a verified model score this customer?",
        "no_certificate": "Does a certificate in force permit such messages?",
        "below_cutoff": "Is the net benefit at or above the certified cut-off?",
        "held_out": "Did chance leave the occasion alone?",
        "outranked": "Was it ranked first in its request?",
    }
)
_NO_EVENT = "there is no such event"
_NO_TEXT = "there is no complete text"
_INSIDE = "it does not reach out, the customer is in their own session"
NOT_ASKED: Mapping[str, str] = MappingProxyType(
    {
        "evidence_wrong_type": "there is no such event, or no such purpose",
        **dict.fromkeys(("evidence_of_another_customer", "evidence_stale", "fact_superseded"), _NO_EVENT),
        **dict.fromkeys(("already_told", "customer_already_knows"), _NO_EVENT),
        **dict.fromkeys(("promotional_wording", "generic_wording"), _NO_TEXT),
        "next_step_missing": "this service expects no reply",
        "template_not_approved": "it is a free text",
        "awaiting_approval": "an English free text in the customer's own session needs none",
        **dict.fromkeys(("consent_missing", "timezone_unknown", "quiet_hours", "frequency_cap"), _INSIDE),
        "session_missing": "it needs no session",
        "not_their_session": "no session is concerned",
        "contradicts_history": "it welcomes nobody",
        "outranked": "it was alone",
    }
)
