"""What if: recorded decisions decided again, under other limits or at another cut-off, with all else as it was.

Inputs, score and draw are those of the record; only the limits, or the cut-off, are others. Each decision is judged
alone: a message that would not have gone out counts against the caps of later ones all the same, for what would have
come later is on no record. So this shows who would have been told otherwise *first*, not how a month would have gone.

A decision is left out, and counted by why (`LEFT_OUT`), where deciding it again under the policy at hand does not give
what was answered, or where nothing on record says what the second question would have been answered.

Rows that share an instant are judged together, as columns; whatever is proposed, they are read once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

import numpy as np

from model.contracts import JSON, Action, Arm, Shares
from model.errors import InvalidInput
from serving.arms import by_certificate
from serving.judging import judge
from serving.policy.limits import Limits
from serving.policy.policy import Policy
from serving.policy.rows import columns_of
from serving.record import Recorded, read_record
from serving.standing import Assignment
from serving.thanks import Thanks, settle
from serving.verdicts import RANKED_ELSEWHERE, Pattern, patterns

EXAMPLES: Final = 5  # of every group that is shown
UNREADABLE, OTHERWISE, NEVER_ASKED = "unreadable", "otherwise", "never_asked"
LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        UNREADABLE: "their record was deleted, or another version of this program wrote it",
        OTHERWISE: "under the policy at hand they would be answered otherwise than they were, without any change",
        NEVER_ASKED: "the policy would let them pass, and whether the customer would thank us was never asked",
    }
)


Settled = tuple[Action, tuple[str, ...], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The policy at hand, and what is proposed instead; `cutoff` None leaves it as it was."""

    policy: Policy
    limits: Limits
    cutoff: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """One decision, decided again: the action then and under the proposal, and what newly refuses or sends it.

    `contact` is the probability of a contact under the proposal, over the draw; None where nothing was drawn.
    `delayed`: it would only be held, and that ends while the message still holds; it keeps its draw (METHOD section 2).
    """

    decision_id: str
    user_id: str
    purpose: str
    at: datetime
    before: Action
    after: Action
    reasons: tuple[str, ...]
    contact: float | None = None
    delayed: bool = False


@dataclass(slots=True)
class Funnel:
    """How many decisions were answered how, before and after, and who is told otherwise."""

    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    flipped: int = 0

    def add(self, one: Again) -> None:
        """Count one decision."""
        self.before[one.before] += 1
        self.after[one.after] += 1
        self.flipped += one.before != one.after


@dataclass(slots=True)
class Flips:
    """The decisions that one reason answers otherwise; the newest as examples."""

    count: int = 0
    examples: list[Again] = field(default_factory=list)

    def add(self, one: Again) -> None:
        """Count one decision."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(one)


@dataclass(slots=True)
class Replay:
    """What came of a proposal so far: decisions are added in any order, the newest first for the examples' sake."""

    proposal: Proposal
    shares: Shares
    whole: Funnel = field(default_factory=Funnel)
    purposes: dict[str, Funnel] = field(default_factory=lambda: defaultdict(Funnel))
    reasons: dict[tuple[str, Action], Flips] = field(default_factory=lambda: defaultdict(Flips))
    left_out: Counter[str] = field(default_factory=Counter)
    contacts: dict[str, float] = field(default_factory=dict)
    delayed: set[str] = field(default_factory=set)
    newest: datetime | None = None
    oldest: datetime | None = None

    def add(self, records: Iterable[Mapping[str, JSON]]) -> None:
        """Decide these records again."""
        for one in self.again(records):
            if isinstance(one, str):
                self.left_out[one] += 1
                continue
            self.whole.add(one)
            self.purposes[one.purpose].add(one)
            self.newest = one.at if self.newest is None else max(one.at, self.newest)
            self.oldest = one.at if self.oldest is None else min(one.at, self.oldest)
            if one.contact is not None:
                self.contacts[one.decision_id] = one.contact
            if one.delayed:
                self.delayed.add(one.decision_id)
            if one.before != one.after:
                for code in one.reasons:
                    self.reasons[code, one.after].add(one)

    def again(self, records: Iterable[Mapping[str, JSON]]) -> list[Again | str]:
        """Return each decided again, or why it is left out; those of one instant stand together."""
        together: dict[datetime, list[Recorded]] = defaultdict(list)
        found: list[Again | str] = []
        for record in records:
            try:
                one = read_record(record)
            except InvalidInput:
                found.append(UNREADABLE)
                continue
            together[one.decided.decision.decided_at].append(one)
        for at, rows in together.items():
            found += self._at(at, rows)
        return found

    def _at(self, at: datetime, rows: Sequence[Recorded]) -> list[Again | str]:
        """Decide rows of one instant again; a row that is left out is why."""
        policy = self.proposal.policy
        asked = [one.candidate for one in rows], [one.context for one in rows]
        columns = columns_of(*asked, now=at, policy=policy).columns
        behind = [RANKED_ELSEWHERE in _codes(one) for one in rows]
        now, then = (judge(columns, limits, behind) for limits in (policy.limits, self.proposal.limits))
        ends = np.isfinite(then.waits).tolist()
        return [self._one(*row) for row in zip(rows, patterns(now.ruling), patterns(then.ruling), ends, strict=True)]

    def _one(self, one: Recorded, now: Pattern, then: Pattern, ends: bool) -> Again | str:  # noqa: FBT001  (a column's)
        """Decide one row again; `ends`: what holds it under the proposal ends at a known time, before its expiry."""
        decision = one.decided.decision
        if now.codes != decision.agent_would_send.reasons or now.action is not _first(one):
            return OTHERWISE
        found = self._after(one, now, then)
        if isinstance(found, str):
            return found
        after, reasons, contact = found
        drawn = one.decided.assignment
        delayed = drawn is not None and after is Action.HOLD and ends
        return Again(
            decision_id=decision.decision_id,
            user_id=one.candidate.user_id,
            purpose=one.candidate.purpose,
            at=decision.decided_at,
            before=decision.action,
            after=after,
            reasons=reasons,
            contact=drawn.contact_probability if drawn is not None and delayed else contact,
            delayed=delayed,
        )

    def _after(self, one: Recorded, now: Pattern, then: Pattern) -> Settled | str:
        """Return the action under the proposal, what changed it, and the probability of a contact."""
        drawn = one.decided.assignment
        if then.codes:
            new = tuple(code for code in then.codes if code not in now.codes)
            gone = tuple(code for code in now.codes if code not in then.codes)
            return then.action, new or gone, None if drawn is None else 0.0
        if not now.codes:
            return self._scored(one)
        return (Action.SEND, now.codes, None) if one.decided.essential else NEVER_ASKED

    def _scored(self, one: Recorded) -> Settled | str:
        """Settle the second question at the proposed cut-off, with the recorded score and draw."""
        decision, drawn, cutoff = one.decided.decision, one.decided.assignment, self.proposal.cutoff
        thank = decision.customer_would_thank
        contact = None if drawn is None else drawn.contact_probability
        by_score = drawn is not None and drawn.arm is not Arm.EXPERIMENT
        if cutoff is None or drawn is None or not by_score or thank.cutoff is None or thank.net_benefit is None:
            return decision.action, (), contact
        at_its_own, at_this = (
            by_certificate(drawn.arm, thank.net_benefit >= each, drawn.watch, shares=self.shares)
            for each in (thank.cutoff, cutoff)
        )
        if at_its_own.contacted is not (decision.action is Action.SEND):
            return OTHERWISE
        said = _refused(thank.net_benefit, cutoff, at_this) or ("below_cutoff",)
        return Action.SEND if at_this.contacted else Action.DENY, said, at_this.contact_probability


def _refused(net_benefit: float, cutoff: float, drawn: Assignment) -> tuple[str, ...]:
    """Return what score and chance refuse at a cut-off."""
    return settle(Thanks({}, (0.0, 0.0, 0.0, net_benefit), cutoff, above=drawn.above), drawn)


def _codes(one: Recorded) -> frozenset[str]:
    return frozenset(reason.code for reason in one.decided.decision.reasons)


def _first(one: Recorded) -> Action:
    """Return what the first question alone made of it."""
    decision = one.decided.decision
    return decision.action if decision.agent_would_send.reasons else Action.SEND
