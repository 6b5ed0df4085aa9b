"""The reason catalogue (CONTRACT section 6), in its order: the only list of codes; codes are stable.

`clause` is where the contract says it, `source` the rule or law behind it, `would_change` the smallest change that
would remove it (`{until}` is the instant at which a time-based reason ends).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from model.contracts import Action


class Question(StrEnum):
    """Which of the two questions a reason answers with no."""

    AGENT = "agent_would_send"
    CUSTOMER = "customer_would_thank"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue."""

    code: str
    outcome: Action
    question: Question
    clause: str
    source: str
    would_change: str

    @property
    def in_general(self) -> str:
        """What would change it, where no instant is at hand."""
        return self.would_change.replace(", {until}", "")


_OWN = "our own decision: "
_META_MIX = "Meta, template categories: a template with any marketing in it is marketing"
_META_OWN = "Meta, template categories: a utility message is specific to the user, or asked for by them"
_META_REVIEW = "Meta, template review: a template is approved before it is used"
_CAN_SPAM = "CAN-SPAM, 15 USC 7702(17)(A): {}"
_ICO = "ICO, direct marketing guidance: {}"
_RCS = "Google, RCS for Business rules: {}"
_TCPA = "TCPA hours, 47 CFR 64.1200(c)(1): 8 a.m. to 9 p.m. at the called party's location"
_ACCURATE = "GDPR art. 5(1)(d): what is said about a person is accurate and up to date"
_THEIRS = "GDPR art. 5(1)(f): what is known about one person is not told to another"
_METHOD = "METHOD section {}"

_DENY = (
    (
        "purpose_is_marketing",
        "5",
        _ICO.format("a service message neither advertises nor promotes"),
        "nothing here: it belongs to the people who own marketing",
    ),
    ("purpose_unknown", "5", _OWN + "the list of services is closed", "one of the nine purposes"),
    (
        "purpose_switched_off",
        "5",
        _OWN + "configuration may tighten",
        "the owner of the configuration switching the purpose on again",
    ),
    (
        "evidence_missing",
        "5",
        _CAN_SPAM.format("it belongs to something that the recipient already has with the sender"),
        "a recorded event that proves the purpose, complete and found exactly once",
    ),
    (
        "evidence_wrong_type",
        "5",
        _CAN_SPAM.format("what it is decides, not what it is called"),
        "evidence that proves this purpose, or the purpose that it proves",
    ),
    ("evidence_of_another_customer", "5", _THEIRS, "evidence about this customer"),
    ("evidence_stale", "5", _ACCURATE, "newer evidence"),
    ("expired", "4", _ACCURATE, "a later expiry, where the evidence still allows one"),
    ("fact_superseded", "5", _ACCURATE, "the newest event about the same thing, with its facts"),
    ("already_told", "5", _OWN + "nobody is told the same thing twice", "a new fact"),
    (
        "customer_already_knows",
        "5",
        _OWN + "who wrote about it first gets an answer, not an announcement",
        "a new event after the customer's own message",
    ),
    ("promotional_wording", "5", _META_MIX, "a text without anything to buy, win, rate, join or spend"),
    ("generic_wording", "5", _META_OWN, "a text that says what happened to this customer"),
    ("facts_missing", "5", _META_OWN, "a text with every place filled from its evidence that says a fact of it"),
    (
        "next_step_missing",
        "6",
        _OWN + "a message that needs an answer says how to give it",
        "a next step that the customer can take",
    ),
    (
        "template_not_approved",
        "5",
        _META_REVIEW,
        "an `admin` approval of this template, for this purpose",
    ),
    (
        "channel_not_allowed",
        "5",
        _OWN + "a message stays where it makes sense",
        "a channel of this purpose (a reminder: one they asked for)",
    ),
    (
        "consent_missing",
        "5",
        "Meta, WhatsApp Business messaging policy: contact only who opted in; here on every channel",
        "the customer's recorded consent for this channel",
    ),
    ("opted_out", "5", _RCS.format("an opt-out is honoured; GDPR art. 21"), "the customer opting in again"),
    ("timezone_unknown", "5", _TCPA, "a valid IANA time zone for the customer"),
    (
        "session_missing",
        "5",
        _OWN + "help on a page is for somebody who is there",
        "the customer's own session, live at the time",
    ),
    ("not_their_session", "5", _THEIRS, "the session in which they caused the evidence"),
    ("contradicts_history", "5", _ACCURATE, "a purpose and a text that fit what is on record about the customer"),
    (
        "dismissed",
        "6",
        _OWN + "who closed it does not want it again soon",
        "the dismissal being long enough ago, {until}",
    ),
    ("filter_failed", "6", "HOUSE promise 2: unknown means no", "the missing input becoming known"),
)
_HOLD = (
    ("quiet_hours", "6", _TCPA, "the customer's quiet hours ending, {until}"),
    (
        "frequency_cap",
        "6",
        _OWN + "rolling windows, since a calendar day resets at midnight",
        "earlier contacts leaving the window, {until}",
    ),
    (
        "cooling_off",
        "6",
        _OWN + "who complained is left in peace",
        "the cooling-off after the complaint ending, {until}",
    ),
    ("complaint_open", "5", _OWN + "a person answers a complaint", "the complaint being closed"),
    (
        "conversation_open",
        "6",
        _OWN + "what there is to say is said in the conversation",
        "the open conversation being closed",
    ),
    ("too_soon", "5", _OWN + "not before they asked for it, nor before they had time to look", "waiting, {until}"),
    (
        "awaiting_approval",
        "5",
        _META_REVIEW,
        "an approval of exactly this text by an `admin` key",
    ),
    (
        "breaker_open",
        "6",
        _OWN + "a fault that writes to everybody is stopped first and understood later",
        "the breaker being released by an `admin` key",
    ),
)
_SCORE = (
    ("score_unavailable", "4", _METHOD.format(3), "a verified model that can score this customer"),
    ("no_certificate", "4", _METHOD.format(4), "a certificate in force for this purpose, channel and arms"),
    ("below_cutoff", "4", _METHOD.format(4), "a net benefit at or above the certified cut-off"),
    ("held_out", "4", _METHOD.format(2), "nothing: some occasions are withheld by chance"),
    ("outranked", "7", _OWN + "one at a time", "the message that was ranked before it not being in the same request"),
)  # fmt: skip

REASONS: Mapping[str, Entry] = MappingProxyType(
    {row[0]: Entry(row[0], Action.DENY, Question.AGENT, f"CONTRACT section {row[1]}", *row[2:]) for row in _DENY}
    | {row[0]: Entry(row[0], Action.HOLD, Question.AGENT, f"CONTRACT section {row[1]}", *row[2:]) for row in _HOLD}
    | {row[0]: Entry(row[0], Action.DENY, Question.CUSTOMER, f"CONTRACT section {row[1]}", *row[2:]) for row in _SCORE}
)
CATALOGUE: tuple[Entry, ...] = tuple(REASONS.values())
POLICY_CODES = tuple(code for code, entry in REASONS.items() if entry.question is Question.AGENT)
SCORE_CODES = tuple(code for code, entry in REASONS.items() if entry.question is Question.CUSTOMER)
