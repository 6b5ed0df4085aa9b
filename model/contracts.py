"""The shared words, one meaning each, as frozen values (standard library only).

Learning and deciding meet here and nowhere else: what serving logs with these words is what learning reads.
Times are aware `datetime`s, rates are fractions, names are snake_case. Nothing here connects, loads or decides.

Example:
    >>> Candidate(user_id="u-17", purpose="delivery_update", channel="chat").purpose
    'delivery_update'
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

JSON = Any  # a decoded JSON value: None, bool, int, float, str, list or dict of the same
NOTHING: Mapping[str, JSON] = MappingProxyType({})
EXACT = 12  # decimal digits of a probability: .93 + .02 is .95


class Action(StrEnum):
    """What the answer says: any deny wins, then any hold, then send."""

    SEND = "send"
    HOLD = "hold"
    DENY = "deny"


class Arm(StrEnum):
    """How an occasion was assigned, drawn afresh per occasion (METHOD section 2)."""

    MODEL = "model"
    POLICY_ONLY = "policy_only"
    HOLDOUT = "holdout"
    EXPERIMENT = "experiment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The shares of the arms, three rates that sum to 1; with them P(contacted) on each side of the cut-off.

    The one definition of .95 and .02: serving draws with it, a certificate is computed for it. Raises `ValueError` for
    a share outside [0, 1], or shares that do not sum to 1.
    """

    model: float = 0.93
    policy_only: float = 0.02
    holdout: float = 0.05

    def __post_init__(self) -> None:
        each = (self.model, self.policy_only, self.holdout)
        if not all(0 <= share <= 1 for share in each):
            raise ValueError(f"`shares` are {each}; model, policy_only and holdout must be rates from 0 to 1")
        if not math.isclose(sum(each), 1, abs_tol=1e-9):
            raise ValueError(f"`shares` sum to {sum(each):g}; model, policy_only and holdout must sum to 1")

    @property
    def above(self) -> float:
        """P(contacted | history) at or above the cut-off: `model` and `policy_only` send."""
        return round(self.model + self.policy_only, EXACT)

    @property
    def below(self) -> float:
        """P(contacted | history) below the cut-off: only `policy_only` sends."""
        return round(self.policy_only, EXACT)


class Channel(StrEnum):
    """Where a message would appear (CONTRACT section 4)."""

    CHAT = "chat"
    WIDGET = "widget"
    PUSH = "push"
    SMS = "sms"
    EMAIL = "email"
    WHATSAPP = "whatsapp"


class Purpose(StrEnum):
    """The nine services; the list is closed, configuration can only switch them off (CONTRACT section 5)."""

    DELIVERY_UPDATE = "delivery_update"
    APPOINTMENT_UPDATE = "appointment_update"
    ACCOUNT_EVENT = "account_event"
    REMEDIATION = "remediation"
    REQUESTED_REMINDER = "requested_reminder"
    PROGRESS_UPDATE = "progress_update"
    UNRESOLVED_FOLLOWUP = "unresolved_followup"
    IN_SESSION_HELP = "in_session_help"
    ONBOARDING = "onboarding"


class MarketingPurpose(StrEnum):
    """Purposes that are refused by name: recorded as a deny, listed for the people who own marketing, never sent."""

    WIN_BACK = "win_back"
    UPSELL = "upsell"
    CROSS_SELL = "cross_sell"
    CART_ABANDONMENT = "cart_abandonment"
    PROMOTION = "promotion"
    NEW_FEATURE = "new_feature"
    SURVEY = "survey"
    CONSENT_REQUEST = "consent_request"


class OutcomeKind(StrEnum):
    """What can be reported after a decision (by `decision_id`) or about a customer (by `user_id`)."""

    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"
    ENGAGED = "engaged"
    THANKED = "thanked"
    COMPLAINED = "complained"
    OPTED_OUT = "opted_out"
    DISMISSED = "dismissed"
    COMPLAINT_CLOSED = "complaint_closed"
    CONTACTED_US = "contacted_us"


BY_DECISION = frozenset(
    {
        OutcomeKind.DELIVERED,
        OutcomeKind.NOT_DELIVERED,
        OutcomeKind.ENGAGED,
        OutcomeKind.THANKED,
        OutcomeKind.COMPLAINED,
        OutcomeKind.OPTED_OUT,
        OutcomeKind.DISMISSED,
    }
)
BY_USER = frozenset(
    {
        OutcomeKind.ENGAGED,
        OutcomeKind.COMPLAINED,
        OutcomeKind.COMPLAINT_CLOSED,
        OutcomeKind.CONTACTED_US,
        OutcomeKind.OPTED_OUT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened: the evidence for a message. `(source, id)` is its identity, `subject` the customer."""

    source: str
    id: str
    type: str
    time: datetime
    subject: str | None = None
    data: Mapping[str, JSON] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRef:
    """Which recorded event a candidate points to. `source` is needed only where `(type, id)` is not unique."""

    type: str
    id: str
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What would be said: a template with its facts, or a free text."""

    template: str | None = None
    facts: Mapping[str, JSON] = field(default_factory=lambda: NOTHING)
    text: str | None = None
    next_step: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a sender says beside the ledger, as of the decision: fields of `Context`, and the evidence told anew.

    It can only forbid. The default says nothing; `unknown` names what the sender could not find out.
    """

    evidence: Event | None = None
    superseded: bool = False
    already_told: bool = False
    last_inbound_at: datetime | None = None
    consent: bool = True
    opted_out: bool = False
    contacts_60m: int = 0
    contacts_24h: int = 0
    contacts_7d: int = 0
    last_complaint_at: datetime | None = None
    complaint_open: bool = False
    conversation_open: bool = False
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A message that could be sent. `purpose` is the sender's word, `matched` the trigger that made it of an event."""

    user_id: str
    purpose: str
    channel: str
    message: Message = field(default_factory=Message)
    evidence: EvidenceRef | None = None
    timezone: str | None = None
    attributes: Mapping[str, JSON] = field(default_factory=lambda: NOTHING)
    expires_at: datetime | None = None
    session_id: str | None = None
    claim: Claim | None = None
    matched: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A visit in the widget or the chat. `user_id` is None while the visitor is anonymous."""

    id: str
    user_id: str | None
    started_at: datetime
    last_event_at: datetime
    ended: bool = False
    page: str | None = None
    page_since: datetime | None = None
    widget_messages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known about the customer at decision time. The default is a customer about whom nothing is on record.

    A name in `unknown` says that the field could not be found out (a column absent from a file): the policy reads
    unknown as no. A time that is None means *never*; `contacts` are the outbound sends of the last seven days, newest
    first, `contacts_60m/24h/7d` their rolling counts; `history` holds the numbers of `model.history`.
    """

    evidence: Event | None = None
    superseded: bool = False
    already_told: bool = False
    last_inbound_at: datetime | None = None
    consent: bool = False
    opted_out: bool = False
    timezone: str | None = None
    contacts: tuple[datetime, ...] = ()
    contacts_60m: int = 0
    contacts_24h: int = 0
    contacts_7d: int = 0
    last_complaint_at: datetime | None = None
    complaint_open: bool = False
    conversation_open: bool = False
    session: Session | None = None
    dismissed_at: datetime | None = None
    returning: bool = False
    requested_channels: frozenset[str] = frozenset()
    earlier_request: bool = False
    approval: str = "none"
    breaker_open: bool = False
    history: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One filter's no: a stable code, what it does to the answer, why here, and what would change it."""

    code: str
    outcome: Action
    detail: str
    would_change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMessage:
    """The text as the customer would read it."""

    text: str
    expects_reply: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWouldSend:
    """First question: would a competent human agent send this, today, unprompted? `reasons` are codes."""

    answer: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerWouldThank:
    """Second question: would the customer thank us? Figures are per contact, in the units of the labels."""

    asked: bool
    answer: bool | None = None
    benefit: float | None = None
    complaint_effect: float | None = None
    opt_out: float | None = None
    net_benefit: float | None = None
    cutoff: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer to one candidate (CONTRACT section 4). `logging_propensity` is that of the logged action."""

    decision_id: str
    action: Action
    message: RenderedMessage | None
    agent_would_send: AgentWouldSend
    customer_would_thank: CustomerWouldThank
    reasons: tuple[Reason, ...]
    not_before: datetime | None
    expires_at: datetime | None
    arm: Arm | None
    logging_propensity: float | None
    model_version: str | None
    policy_version: str
    decided_at: datetime
    recorded: bool = True

    @property
    def trigger(self) -> bool:
        """Whether to send now."""
        return self.action is Action.SEND


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What followed, about a decision or about a customer (exactly one of the two ids)."""

    kind: OutcomeKind
    time: datetime
    decision_id: str | None = None
    user_id: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its two-sided interval and standard error."""

    estimate: float
    low: float
    high: float
    se: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmBound:
    """One certified harm: `harm` is `complaint` or `opt_out`, `bound` its upper bound per contact at the cut-off."""

    harm: str
    estimate: float
    bound: float
    alpha: float
    control_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A statement with its level: at `cutoff`, with probability ≥ 1 − `delta`, each harm caused ≤ its `alpha`.

    `expires` is None until the artefact is issued (`issued.json` carries the dates); `scope` holds the
    (purpose, channel) pairs seen on the certification half. It holds for a system that contacts with `contact_above`
    at or above the cut-off and with `contact_below` below it: other shares of the arms cause another harm.
    """

    issued: bool
    reason: str
    cutoff: float | None
    share_contacted: float | None
    bounds: tuple[HarmBound, ...]
    alpha: Mapping[str, float]
    delta: float
    n: int
    scope: tuple[tuple[str, str], ...]
    expires: datetime | None
    method: str
    assumptions: tuple[str, ...]
    scorer_sha256: str | None
    contact_above: float = Shares().above
    contact_below: float = Shares().below


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One condition of the gate, with its figures in `detail`."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Whether a scorer may become champion: every check passed."""

    promoted: bool
    checks: tuple[Check, ...]
