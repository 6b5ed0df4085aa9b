"""The past decided again one decision at a time, as plainly as it can be said: what the quick way is held against."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.contracts import JSON, Action, Arm, Shares
from model.errors import InvalidInput
from serving.arms import by_certificate
from serving.judging import judge
from serving.policy.columns import Columns
from serving.policy.limits import Limits
from serving.policy.rows import columns_of
from serving.record.record import Recorded, read_record
from serving.replay.judging import NEVER_ASKED, OTHERWISE, UNREADABLE, Proposal
from serving.thanks import Thanks, settle
from serving.verdicts import Pattern, patterns


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowly:
    """One decision, decided again: the words are those of `serving.replay.judging.Again`."""

    before: Action
    after: Action
    reasons: tuple[str, ...]
    contact: float | None
    delayed: bool


def slowly(record: Mapping[str, JSON], proposal: Proposal, shares: Shares) -> Slowly | str:
    """Decide one decision again; a text says why it is left out."""
    try:
        one = read_record(record)
    except InvalidInput:
        return UNREADABLE
    decision, drawn = one.decided.decision, one.decided.assignment
    read, reread = (
        columns_of([one.candidate], [one.context], now=decision.decided_at, policy=policy).columns
        for policy in (proposal.policy, proposal.templates or proposal.policy)
    )
    (now, _), (then, ends) = _ruled(read, proposal.policy.limits), _ruled(reread, proposal.limits)
    first = decision.action if decision.agent_would_send.reasons else Action.SEND
    if now.codes != decision.agent_would_send.reasons or now.action is not first:
        return OTHERWISE
    found = _after(one, now, then, proposal, shares)
    if isinstance(found, str):
        return found
    after, reasons, contact = found
    delayed = drawn is not None and after is Action.HOLD and ends
    chance = drawn.contact_probability if drawn is not None and delayed else contact
    return Slowly(before=decision.action, after=after, reasons=reasons, contact=chance, delayed=delayed)


def _ruled(c: Columns, limits: Limits) -> tuple[Pattern, bool]:
    judged = judge(c, limits)
    return next(patterns(judged.ruling)), bool(np.isfinite(judged.waits[0]))


def _after(
    one: Recorded, now: Pattern, then: Pattern, proposal: Proposal, shares: Shares
) -> tuple[Action, tuple[str, ...], float | None] | str:
    if then.codes:
        new = tuple(code for code in then.codes if code not in now.codes)
        gone = tuple(code for code in now.codes if code not in then.codes)
        return then.action, new or gone, None if one.decided.assignment is None else 0.0
    if not now.codes:
        return _scored(one, proposal.cutoff, shares)
    return (Action.SEND, now.codes, None) if one.decided.essential else NEVER_ASKED


def _scored(one: Recorded, cutoff: float | None, shares: Shares) -> tuple[Action, tuple[str, ...], float | None] | str:
    decision, drawn, thank = one.decided.decision, one.decided.assignment, one.decided.decision.customer_would_thank
    contact = None if drawn is None else drawn.contact_probability
    by_score = drawn is not None and drawn.arm is not Arm.EXPERIMENT
    if cutoff is None or drawn is None or not by_score or thank.cutoff is None or thank.net_benefit is None:
        return decision.action, (), contact
    at_its_own, at_this = (
        by_certificate(drawn.arm, thank.net_benefit >= each, drawn.watch, shares=shares)
        for each in (thank.cutoff, cutoff)
    )
    if at_its_own.contacted is not (decision.action is Action.SEND):
        return OTHERWISE
    said = settle(Thanks({}, (0.0, 0.0, 0.0, thank.net_benefit), cutoff, above=at_this.above), at_this)
    after = Action.SEND if at_this.contacted else Action.DENY
    return after, said or ("below_cutoff",), at_this.contact_probability
