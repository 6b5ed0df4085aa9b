"""The one decision: evidence and policy first, then the score, then chance; every answer with all its reasons.

Pure: time, ids, salt and model are arguments, so any past decision replays to the same answer. The API and the
batch job both call `decide`; there is no second copy of a rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from model.contracts import NOTHING, Action, Arm, Candidate, Context, CustomerWouldThank, Decision, Reason, Shares
from serving.arms import LAYER, Exploration, arm, logging_propensity, uniform
from serving.policy.columns import YES, equal
from serving.policy.details import Case, explain, failures
from serving.policy.engine import PLACE, REFUSE, Ruling, rule
from serving.policy.policy import Policy, digest_of
from serving.policy.purposes import ESSENTIAL
from serving.policy.rows import Read, columns_of
from serving.policy.rules import FILTERS, expiry, not_before, usable_until
from serving.policy.zones import moment
from serving.ports import Decided, Scorer
from serving.thanks import Thanks, ask, explain_score, settle
from serving.verdicts import Pattern, patterns

__all__ = ["decide", "digest_of"]

SEND, HOLD, DENY = Action
NOT_ASKED = CustomerWouldThank(asked=False)


def decide(  # noqa: PLR0913  (everything that a decision depends on is an argument: promise 8)
    candidates: Sequence[Candidate],
    contexts: Sequence[Context],
    *,
    ids: Sequence[str],
    now: datetime,
    policy: Policy,
    scorer: Scorer | None,
    exploration: Exploration | None,
) -> list[Decided]:
    """Decide each candidate on its own, in order.

    Args:
        candidates: what could be sent; two of one customer belong in two calls, one after the other.
        contexts: what is known about each customer at `now`.
        ids: the decision ids, one each.
        now: aware; the instant of all decisions of this call.
        policy: limits and templates.
        scorer: the verified model; None where there is none (only essential service is sent then).
        exploration: the arms' shares and salt; None is plan mode: no draw, decided as arm `model`.

    Raises:
        ValueError: lengths that differ, or a naive `now`.
    """
    read = columns_of(candidates, contexts, now=now, policy=policy)
    columns = read.columns
    ruling = rule(columns, policy.limits, FILTERS)
    ends = expiry(columns, policy.limits)
    waits = not_before(columns, policy.limits, ruling)
    ruling.verdicts[PLACE["expired"], waits >= ends] = REFUSE  # such a row is held already: it was never asked
    asked = np.flatnonzero(~ruling.denied & ~ruling.held & (columns.mark < ESSENTIAL)).tolist()
    shares = None if exploration is None else exploration.shares
    thanks: list[Thanks | None] = [None] * len(candidates)
    heard = ask(scorer, [candidates[row] for row in asked], [contexts[row] for row in asked], now, shares)
    for row, each in zip(asked, heard, strict=True):
        thanks[row] = each
    call = _Call(
        candidates=candidates,
        contexts=contexts,
        ids=ids,
        read=read,
        ruling=ruling,
        waits=waits.tolist(),
        ends=ends.tolist(),
        until=usable_until(columns, policy.limits, ends).tolist(),
        policy=policy,
        model_version=None if scorer is None else scorer.version,
        exploration=exploration,
        propensity=_propensities(shares),
        outbound=equal(columns.outbound, YES).tolist(),
        essential=(columns.mark >= ESSENTIAL).tolist(),
        now=now,
    )
    return [_answer(call, *row) for row in zip(range(len(ids)), patterns(ruling), thanks, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """What the answers of one call are made of, list by list."""

    candidates: Sequence[Candidate]
    contexts: Sequence[Context]
    ids: Sequence[str]
    read: Read
    ruling: Ruling
    waits: Sequence[float]
    ends: Sequence[float]
    until: Sequence[float]
    policy: Policy
    model_version: str | None
    exploration: Exploration | None
    propensity: Mapping[tuple[bool, bool | None], float]  # by (sent, above)
    outbound: Sequence[bool]
    essential: Sequence[bool]
    now: datetime


def _propensities(shares: Shares | None) -> Mapping[tuple[bool, bool | None], float]:
    """Return the four propensities there are; none in a plan."""
    if shares is None:
        return {}
    both = (False, True)
    return {(sent, above): logging_propensity(sent=sent, above=above, shares=shares) for sent in both for above in both}


def _answer(call: _Call, place: int, pattern: Pattern, thanks: Thanks | None) -> Decided:
    """Put the answer to one candidate together, with what its record keeps."""
    fact_key = call.read.fact_keys[place]
    drawn = None if thanks is None else _draw(call.exploration, thanks, call.candidates[place].user_id, fact_key)
    score_codes = () if thanks is None else settle(thanks, drawn)
    action = DENY if score_codes else pattern.action
    decision = Decision(
        decision_id=call.ids[place],
        action=action,
        message=call.read.messages[place] if action is SEND else None,
        agent_would_send=pattern.agent,
        customer_would_thank=NOT_ASKED if thanks is None else thanks.answer(),
        reasons=_reasons(call, place, pattern.codes, thanks, score_codes),
        not_before=_instant(call.waits[place]) if action is HOLD else None,
        expires_at=None if action is DENY else _instant((call.until if action is SEND else call.ends)[place]),
        arm=drawn,
        logging_propensity=None if thanks is None or drawn is None else call.propensity[action is SEND, thanks.above],
        model_version=call.model_version,
        policy_version=call.policy.version,
        decided_at=call.now,
    )
    return Decided(
        decision=decision,
        features=NOTHING if thanks is None else thanks.features,
        verdicts=pattern.verdicts if thanks is None else pattern.with_score(score_codes),
        fact_key=fact_key,
        outbound=call.outbound[place],
        essential=call.essential[place],
    )


def _draw(exploration: Exploration | None, thanks: Thanks, user_id: str, fact_key: str | None) -> Arm | None:
    """Draw the arm of this occasion; None without a valid score, without evidence, or in a plan."""
    if exploration is None or thanks.above is None or fact_key is None:
        return None
    return arm(uniform(exploration.salt, LAYER, user_id, fact_key), exploration.shares)


def _instant(seconds: float) -> datetime | None:
    return moment(seconds) if abs(seconds) < float("inf") else None


def _reasons(
    call: _Call, place: int, codes: tuple[str, ...], thanks: Thanks | None, score_codes: tuple[str, ...]
) -> tuple[Reason, ...]:
    if thanks is not None:
        return explain_score(thanks, score_codes) if score_codes else ()
    if not codes:
        return ()
    one = call.read.columns.take(slice(place, place + 1))
    failed = failures(call.ruling, place)
    return explain(Case(call.candidates[place], call.contexts[place], one, call.policy.limits, failed), codes)
