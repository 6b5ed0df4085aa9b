"""The reason catalogue (CONTRACT section 6), in its order: the only list of codes; codes are stable.

`clause` is where the contract says it, `source` the rule or law behind it, `would_change` the smallest change that
would remove it (`{until}` is the instant at which a time-based reason ends), `who` has to act for that (`WHO`).
`serving.policy.advice` says it more closely where the occasion is at hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from model.contracts import Action

# Who must act: whoever asked, a key of scope `admin`, who runs the program, who answers customers, who trains the
# model; `time` where waiting is enough, `nobody` where nothing that anybody does about this message changes it.
WHO = ("sender", "customer", "admin", "operator", "care team", "data team", "time", "nobody")


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
    who: str  # one of `WHO`, or two of them: `sender or admin`

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

TEMPLATES = "an approved template of this purpose; `GET /v1/approvals` lists them"
PREFERENCES = "`PUT /v1/users/{id}/preferences`"

_DENY = (
    (
        "purpose_is_marketing",
        "5",
        _ICO.format("a service message neither advertises nor promotes"),
        "nothing here: it belongs to the people who own marketing",
        "nobody",
    ),
    ("purpose_unknown", "5", _OWN + "the list of services is closed", "one of the nine purposes", "sender"),
    (
        "purpose_switched_off",
        "5",
        _OWN + "configuration may tighten",
        "the owner of the configuration switching the purpose on again",
        "operator",
    ),
    (
        "evidence_missing",
        "5",
        _CAN_SPAM.format("it belongs to something that the recipient already has with the sender"),
        "a recorded event that proves the purpose, complete and found exactly once",
        "sender",
    ),
    (
        "evidence_wrong_type",
        "5",
        _CAN_SPAM.format("what it is decides, not what it is called"),
        "evidence that proves this purpose, or the purpose that it proves",
        "sender",
    ),
    ("evidence_of_another_customer", "5", _THEIRS, "evidence about this customer", "sender"),
    ("evidence_stale", "5", _ACCURATE, "newer evidence", "sender"),
    (
        "expired",
        "4",
        _ACCURATE,
        "a later `expires_at` where the request's own passed; newer evidence where a hold outlasts the evidence",
        "sender",
    ),
    ("fact_superseded", "5", _ACCURATE, "the newest event about the same thing, with its facts", "sender"),
    ("already_told", "5", _OWN + "nobody is told the same thing twice", "a new fact", "nobody"),
    (
        "customer_already_knows",
        "5",
        _OWN + "who wrote about it first gets an answer, not an announcement",
        "a new event after the customer's own message",
        "nobody",
    ),
    ("promotional_wording", "5", _META_MIX, "a text without anything to buy, win, rate, join or spend", "sender"),
    ("generic_wording", "5", _META_OWN, "a text that says what happened to this customer", "sender"),
    (
        "facts_missing",
        "5",
        _META_OWN,
        "every fact that the text needs, as its evidence has it, and a text that says one of them",
        "sender",
    ),
    (
        "next_step_missing",
        "6",
        _OWN + "a message that needs an answer says how to give it",
        "a next step that the customer can take",
        "sender",
    ),
    (
        "template_not_approved",
        "5",
        _META_REVIEW,
        f"an `admin` approval of this template where that is all it lacks; else {TEMPLATES}",
        "admin or sender",
    ),
    (
        "channel_not_allowed",
        "5",
        _OWN + "a message stays where it makes sense",
        "a channel of this purpose (a reminder: one they asked for)",
        "sender",
    ),
    (
        "consent_missing",
        "5",
        "Meta, WhatsApp Business messaging policy: contact only who opted in; here on every channel",
        "the customer's recorded consent for this channel",
        "customer",
    ),
    (
        "opted_out",
        "5",
        _RCS.format("an opt-out is honoured; GDPR art. 21"),
        "nothing here: an opt-out stands, whatever is consented to later (another channel, if it was of this one)",
        "nobody",
    ),
    (
        "timezone_unknown",
        "5",
        _TCPA,
        f"a valid IANA time zone for the customer, in `user.timezone`, by {PREFERENCES}, or told by `identify`",
        "sender or admin",
    ),
    (
        "session_missing",
        "5",
        _OWN + "help on a page is for somebody who is there",
        "the customer's own session, live at the time",
        "customer",
    ),
    ("not_their_session", "5", _THEIRS, "the session in which they caused the evidence", "sender"),
    ("contradicts_history", "5", _ACCURATE, "a purpose and a text that fit what is on record about them", "sender"),
    ("dismissed", "6", _OWN + "who closed it does not want it again soon", "time passing since then, {until}", "time"),
    (
        "filter_failed",
        "6",
        "HOUSE promise 2: unknown means no",
        "the missing input becoming known",
        "sender or operator",
    ),
)
_HOLD = (
    ("quiet_hours", "6", _TCPA, "the customer's quiet hours ending, {until}", "time"),
    (
        "frequency_cap",
        "6",
        _OWN + "rolling windows, since a calendar day resets at midnight",
        "earlier contacts leaving the window, {until}",
        "time",
    ),
    (
        "cooling_off",
        "6",
        _OWN + "who complained is left in peace",
        "the cooling-off after the complaint ending, {until}",
        "time",
    ),
    ("complaint_open", "5", _OWN + "a person answers a complaint", "the complaint being closed", "care team"),
    (
        "conversation_open",
        "6",
        _OWN + "what there is to say is said in the conversation",
        "the open conversation being closed",
        "care team",
    ),
    (
        "too_soon",
        "5",
        _OWN + "not before they asked for it, nor before they had time to look",
        "waiting, {until}",
        "time",
    ),
    ("awaiting_approval", "5", _META_REVIEW, "an approval of exactly this text by an `admin` key", "admin"),
    (
        "breaker_open",
        "6",
        _OWN + "a fault that writes to everybody is stopped first and understood later",
        "the breaker being released by an `admin` key",
        "admin",
    ),
)
_SCORE = (
    ("score_unavailable", "4", _METHOD.format(3), "a verified model that can score this customer", "data team"),
    (
        "no_certificate",
        "4",
        _METHOD.format(4),
        "a certificate in force for this purpose, channel and arms",
        "data team",
    ),
    ("below_cutoff", "4", _METHOD.format(4), "a net benefit at or above the certified cut-off", "nobody"),
    ("held_out", "4", _METHOD.format(2), "nothing: some occasions are withheld by chance", "nobody"),
    (
        "outranked",
        "7",
        _OWN + "one at a time",
        "the message that was ranked before it not being in the same request",
        "nobody",
    ),
)

REASONS: Mapping[str, Entry] = MappingProxyType(
    {row[0]: Entry(row[0], Action.DENY, Question.AGENT, f"CONTRACT section {row[1]}", *row[2:]) for row in _DENY}
    | {row[0]: Entry(row[0], Action.HOLD, Question.AGENT, f"CONTRACT section {row[1]}", *row[2:]) for row in _HOLD}
    | {row[0]: Entry(row[0], Action.DENY, Question.CUSTOMER, f"CONTRACT section {row[1]}", *row[2:]) for row in _SCORE}
)
CATALOGUE: tuple[Entry, ...] = tuple(REASONS.values())
POLICY_CODES = tuple(code for code, entry in REASONS.items() if entry.question is Question.AGENT)
SCORE_CODES = tuple(code for code, entry in REASONS.items() if entry.question is Question.CUSTOMER)
