"""What the words of the contract are for people who never read it: purposes, channels, outcomes, reasons, filters.

A word that is not ours (a sender's purpose or channel may be any text) is shown as it came.

Example:
    >>> of_purpose("delivery_update"), of_purpose("win_back"), of_channel("sms")
    ('news of a delivery', 'winning customers back', 'SMS')
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PURPOSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "delivery_update": "news of a delivery",
        "appointment_update": "news of an appointment",
        "account_event": "something about their account",
        "remediation": "news of a fault that hit them",
        "requested_reminder": "a reminder they asked for",
        "progress_update": "news of their own request",
        "unresolved_followup": "coming back to an open question",
        "in_session_help": "help on the page they look at",
        "onboarding": "first steps",
    }
)
MARKETING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "win_back": "winning customers back",
        "upsell": "selling them more",
        "cross_sell": "selling them something else",
        "cart_abandonment": "a basket they left",
        "promotion": "an offer",
        "new_feature": "praise of something new",
        "survey": "a survey",
        "consent_request": "asking for their consent",
    }
)
CHANNELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "chat": "chat",
        "widget": "a box on the page",
        "push": "push notification",
        "sms": "SMS",
        "email": "email",
        "whatsapp": "WhatsApp",
    }
)
OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "delivered": "The message arrived",
        "not_delivered": "The message could not be delivered",
        "engaged": "They answered or acted on it",
        "thanked": "They said thank you",
        "complained": "They complained",
        "opted_out": "They asked not to be written to any more",
        "dismissed": "They closed the message",
        "complaint_closed": "Their complaint was settled",
        "contacted_us": "They wrote to us",
    }
)
ACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"send": "sent", "hold": "held", "deny": "not sent", "cancel": "cancelled"}
)
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "purpose_is_marketing": "it is marketing",
        "purpose_unknown": "it is none of the nine services",
        "purpose_switched_off": "this service is switched off",
        "evidence_missing": "nothing on record proves it",
        "evidence_wrong_type": "what happened does not prove this purpose",
        "evidence_of_another_customer": "it happened to another customer",
        "evidence_stale": "it happened too long ago",
        "expired": "it would come too late",
        "fact_superseded": "there is newer news of it",
        "already_told": "they were told already",
        "customer_already_knows": "they wrote about it first",
        "promotional_wording": "the text sells something",
        "generic_wording": "the text says nothing of this customer",
        "facts_missing": "the text lacks a fact",
        "next_step_missing": "the text names no next step",
        "template_not_approved": "nobody approved the text",
        "channel_not_allowed": "this service may not use this channel",
        "consent_missing": "they did not agree to this channel",
        "opted_out": "they asked not to be written to",
        "timezone_unknown": "their time zone is not known",
        "session_missing": "they are not on the page any more",
        "not_their_session": "the visit is not theirs",
        "contradicts_history": "it does not fit what is known of them",
        "dismissed": "they closed such a message lately",
        "filter_failed": "something could not be checked",
        "quiet_hours": "it is night where they are",
        "frequency_cap": "they were written to enough lately",
        "cooling_off": "they complained lately",
        "complaint_open": "a complaint of theirs is open",
        "conversation_open": "a conversation with them is open",
        "too_soon": "it is too early",
        "awaiting_approval": "the text waits for a person's approval",
        "breaker_open": "the text went out unusually often",
        "score_unavailable": "no score could be worked out",
        "no_certificate": "no certificate permits it",
        "below_cutoff": "it would not help this customer enough",
        "held_out": "chance left it out, to measure what writing does",
        "outranked": "another message came first",
    }
)
GROUPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Is it service, and is it proved?": (
            *("purpose_is_marketing", "purpose_unknown", "purpose_switched_off", "evidence_missing"),
            *("evidence_wrong_type", "evidence_of_another_customer", "evidence_stale", "expired"),
        ),
        "Is it news to them?": ("fact_superseded", "already_told", "customer_already_knows", "contradicts_history"),
        "Are the words right?": (
            *("promotional_wording", "generic_wording", "facts_missing", "next_step_missing"),
            *("template_not_approved", "awaiting_approval", "breaker_open"),
        ),
        "May we reach them here?": (
            *("channel_not_allowed", "consent_missing", "opted_out", "timezone_unknown", "session_missing"),
            *("not_their_session", "dismissed"),
        ),
        "Is it a good moment?": (
            *("quiet_hours", "frequency_cap", "cooling_off", "complaint_open", "conversation_open", "too_soon"),
        ),
        "Could everything be checked?": ("filter_failed",),
    }
)
SCORED: Final = ("outranked", "score_unavailable", "no_certificate", "below_cutoff", "held_out")


def of_purpose(word: str) -> str:
    """Say what a message is for."""
    return PURPOSES.get(word) or MARKETING.get(word, word)


def of_channel(word: str) -> str:
    """Say where a message appears."""
    return CHANNELS.get(word, word)


def of_reason(code: str) -> str:
    """Say why not, in half a sentence."""
    return REASONS.get(code, code)


def capital(text: str) -> str:
    """Begin with a capital; what follows stays.

    Example:
        >>> capital("news by SMS")
        'News by SMS'
    """
    return text[:1].upper() + text[1:]
