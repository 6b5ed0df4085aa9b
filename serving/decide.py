"""The one decision: evidence and policy first, then the score, then chance; every answer with all its reasons.

Pure: time, ids, salt and model are arguments, so any past decision replays to the same answer. The API, the batch
job and replay all call `decide`; there is no second copy of a rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from model.contracts import Action, Arm, Candidate, Context, CustomerWouldThank, Decision, Reason
from serving.arms import LAYER, Exploration, arm, logging_propensity, uniform
from serving.policy.columns import YES, Columns
from serving.policy.details import Case, explain, failures
from serving.policy.engine import PLACE, REFUSE, Ruling, rule
from serving.policy.policy import Policy, digest_of
from serving.policy.purposes import ESSENTIAL
from serving.policy.rows import Row, columns_of
from serving.policy.rules import FILTERS, expiry, not_before, usable_until
from serving.policy.zones import moment
from serving.ports import Decided, Scorer
from serving.thanks import Thanks, ask, explain_score, settle
from serving.verdicts import Pattern, Patterns

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
    columns, rows = columns_of(candidates, contexts, now=now, policy=policy)
    ruling = rule(columns, policy.limits, FILTERS)
    ends = expiry(columns, policy.limits)
    waits = not_before(columns, policy.limits, ruling)
    ruling.verdicts[PLACE["expired"], waits >= ends] = REFUSE
    asked = np.flatnonzero(~ruling.refused.any(axis=0) & (columns.mark < ESSENTIAL)).tolist()
    thanks: list[Thanks | None] = [None] * len(rows)
    heard = ask(scorer, [candidates[row] for row in asked], [contexts[row] for row in asked], now)
    for row, each in zip(asked, heard, strict=True):
        thanks[row] = each
    call = _Call(columns, ruling, policy, None if scorer is None else scorer.version, exploration, now)
    until = usable_until(columns, policy.limits, ends).tolist()
    patterns = Patterns(ruling)
    each_row = zip(candidates, contexts, rows, thanks, ids, patterns, waits.tolist(), ends.tolist(), until, strict=True)
    return [_answer(call, place, *one) for place, one in enumerate(each_row)]


@dataclass(frozen=True, slots=True)
class _Call:
    """What all answers of one call share."""

    columns: Columns
    ruling: Ruling
    policy: Policy
    model_version: str | None
    exploration: Exploration | None
    now: datetime


def _answer(  # noqa: PLR0913, PLR0917  (one row of each of the parallel lists of `decide`)
    call: _Call,
    place: int,
    candidate: Candidate,
    context: Context,
    row: Row,
    thanks: Thanks | None,
    decision_id: str,
    pattern: Pattern,
    wait: float,
    end: float,
    until: float,
) -> Decided:
    drawn = None if thanks is None else _draw(call.exploration, thanks, candidate.user_id, row.fact_key)
    score_codes = () if thanks is None else settle(thanks, drawn)
    action = DENY if score_codes else pattern.action
    decision = Decision(
        decision_id=decision_id,
        action=action,
        message=row.message if action is SEND else None,
        agent_would_send=pattern.agent,
        customer_would_thank=NOT_ASKED if thanks is None else thanks.answer(),
        reasons=_reasons(call, place, candidate, context, pattern.codes)
        if thanks is None
        else explain_score(thanks, score_codes),
        not_before=_instant(wait) if action is HOLD else None,
        expires_at=None if action is DENY else _instant(until if action is SEND else end),
        arm=drawn,
        logging_propensity=_propensity(call.exploration, thanks, drawn, action),
        model_version=call.model_version,
        policy_version=call.policy.version,
        decided_at=call.now,
    )
    return Decided(
        decision=decision,
        features={} if thanks is None else thanks.features,
        verdicts=pattern.verdicts if thanks is None else pattern.with_score(score_codes),
        fact_key=row.fact_key,
        outbound=row.flags.outbound == YES,
        essential=row.flags.mark >= ESSENTIAL,
    )


def _draw(exploration: Exploration | None, thanks: Thanks, user_id: str, fact_key: str | None) -> Arm | None:
    """Draw the arm of this occasion; None without a valid score, without evidence, or in a plan."""
    if exploration is None or thanks.above is None or fact_key is None:
        return None
    return arm(uniform(exploration.salt, LAYER, user_id, fact_key), exploration)


def _propensity(
    exploration: Exploration | None, thanks: Thanks | None, drawn: Arm | None, action: Action
) -> float | None:
    if exploration is None or thanks is None or drawn is None:
        return None
    return logging_propensity(sent=action is SEND, above=thanks.above is True, shares=exploration)


def _instant(seconds: float) -> datetime | None:
    return moment(seconds) if abs(seconds) < float("inf") else None


def _reasons(
    call: _Call, place: int, candidate: Candidate, context: Context, codes: tuple[str, ...]
) -> tuple[Reason, ...]:
    if not codes:
        return ()
    one = call.columns.take(slice(place, place + 1))
    return explain(Case(candidate, context, one, call.policy.limits, failures(call.ruling, place)), codes)
