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


_EPRIVACY = "Directive 2002/58/EC art. 13"
_ACCURACY = "GDPR art. 5(1)(d), accuracy"
_META = "WhatsApp template categories"
_PRIMARY = "16 CFR 316.3, primary purpose"
_TCPA = "47 CFR 64.1200(c)(1), 8 a.m. to 9 p.m. at the called party's location"
_HOUSE = "a competent agent's practice"
_METHOD = "METHOD section {}"

_DENY = (
    ("purpose_is_marketing", "5", _EPRIVACY, "nothing here: it belongs to the people who own marketing"),
    ("purpose_unknown", "5", _HOUSE, "one of the nine purposes"),
    ("purpose_switched_off", "5", _HOUSE, "the owner of the configuration switching the purpose on again"),
    ("evidence_missing", "5", _PRIMARY, "a recorded event that proves the purpose, complete and found exactly once"),
    ("evidence_wrong_type", "5", _PRIMARY, "evidence that proves this purpose, or the purpose that it proves"),
    ("evidence_of_another_customer", "5", "GDPR art. 5(1)(f), confidentiality", "evidence about this customer"),
    ("evidence_stale", "5", _ACCURACY, "newer evidence"),
    ("expired", "4", _ACCURACY, "a later expiry, where the evidence still allows one"),
    ("fact_superseded", "5", _ACCURACY, "the newest event about the same thing, with its facts"),
    ("already_told", "5", _HOUSE, "a new fact"),
    ("customer_already_knows", "5", _HOUSE, "a new event after the customer's own message"),
    ("promotional_wording", "5", _META, "a text without anything to buy, win, rate, join or spend"),
    ("generic_wording", "5", _META, "a text that says what happened to this customer"),
    ("facts_missing", "5", _ACCURACY, "a text with every place filled from its evidence that says a fact of it"),
    ("next_step_missing", "6", _HOUSE, "a next step that the customer can take"),
    ("template_not_approved", "5", _HOUSE, "an `admin` approval of this template, for this purpose"),
    ("channel_not_allowed", "5", _HOUSE, "a channel of this purpose (a reminder: one they asked for)"),
    ("consent_missing", "5", _EPRIVACY, "the customer's recorded consent for this channel"),
    ("opted_out", "5", "GDPR art. 21", "the customer opting in again"),
    ("timezone_unknown", "5", _TCPA, "a valid IANA time zone for the customer"),
    ("session_missing", "5", _HOUSE, "the customer's own session, live at the time"),
    ("not_their_session", "5", "GDPR art. 5(1)(f), confidentiality", "the session in which they caused the evidence"),
    ("contradicts_history", "5", _ACCURACY, "a purpose that fits what is on record about the customer"),
    ("dismissed", "6", _HOUSE, "the dismissal being more than 30 days ago, {until}"),
    ("filter_failed", "6", "HOUSE promise 2: unknown means no", "the missing input becoming known"),
)  # fmt: skip
_HOLD = (
    ("quiet_hours", "6", _TCPA, "the customer's quiet hours ending, {until}"),
    ("frequency_cap", "6", _HOUSE, "earlier contacts leaving the window, {until}"),
    ("cooling_off", "6", _HOUSE, "the cooling-off after the complaint ending, {until}"),
    ("complaint_open", "5", _HOUSE, "the complaint being closed"),
    ("conversation_open", "6", _HOUSE, "the open conversation being closed"),
    ("too_soon", "5", _HOUSE, "waiting, {until}"),
    ("awaiting_approval", "5", _HOUSE, "an approval of exactly this text by an `admin` key"),
    ("breaker_open", "6", _HOUSE, "the breaker being released by an `admin` key"),
)
_SCORE = (
    ("score_unavailable", "4", _METHOD.format(3), "a verified model that can score this customer"),
    ("no_certificate", "4", _METHOD.format(4), "a certificate in force for this purpose, channel and arms"),
    ("below_cutoff", "4", _METHOD.format(4), "a net benefit at or above the certified cut-off"),
    ("held_out", "4", _METHOD.format(2), "nothing: some occasions are withheld by chance"),
    ("outranked", "7", _HOUSE, "the message that was ranked before it not being in the same request"),
)  # fmt: skip

REASONS: Mapping[str, Entry] = MappingProxyType(
    {row[0]: Entry(row[0], Action.DENY, Question.AGENT, f"CONTRACT section {row[1]}", *row[2:]) for row in _DENY}
    | {row[0]: Entry(row[0], Action.HOLD, Question.AGENT, f"CONTRACT section {row[1]}", *row[2:]) for row in _HOLD}
    | {row[0]: Entry(row[0], Action.DENY, Question.CUSTOMER, f"CONTRACT section {row[1]}", *row[2:]) for row in _SCORE}
)
CATALOGUE: tuple[Entry, ...] = tuple(REASONS.values())
POLICY_CODES = tuple(code for code, entry in REASONS.items() if entry.question is Question.AGENT)
SCORE_CODES = tuple(code for code, entry in REASONS.items() if entry.question is Question.CUSTOMER)
