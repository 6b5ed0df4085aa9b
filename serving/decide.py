"""The one decision: evidence and policy first, then the score, then chance; every answer with all its reasons.

Pure: time, ids, salt and model are arguments, so any past decision replays to the same answer. The API and the
batch job both call `decide`; there is no second copy of a rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from model.construction import constructor
from model.contracts import NOTHING, Action, Candidate, Context, Decision, Reason
from serving.arms import EXPERIMENT, Draws, Exploration, drawn_before, logged
from serving.judging import instants, judge
from serving.policy.columns import YES, equal
from serving.policy.details import Case, explain, failures
from serving.policy.engine import FAILED, Ruling
from serving.policy.policy import Policy, digest_of
from serving.policy.rows import Read, columns_of
from serving.policy.saying import Ends
from serving.policy.waivers import is_essential
from serving.policy.zones import moment
from serving.ports import Decided, Scorer
from serving.record.kept import Kept, kept_of
from serving.score_reasons import explain_experiment, explain_outranked, explain_score
from serving.shadow import opinions
from serving.standing import Assignment, Standing
from serving.thanks import NOT_ASKED, Thanks, ask, settle
from serving.verdicts import RANKED_ELSEWHERE, Pattern, patterns

__all__ = ["decide", "digest_of"]

SEND, _, DENY = Action
OUTRANKED = (RANKED_ELSEWHERE,)
DECISION, DECIDED = constructor(Decision), constructor(Decided)
END = float("inf")


def decide(  # noqa: PLR0913  (everything that a decision depends on is an argument: promise 8)
    candidates: Sequence[Candidate],
    contexts: Sequence[Context],
    *,
    ids: Sequence[str],
    now: datetime,
    policy: Policy,
    scorer: Scorer | None,
    exploration: Exploration | None,
    shadow: Scorer | None = None,
    drawn: Sequence[Assignment | None] | None = None,
    outranked: Sequence[bool] | None = None,
) -> list[Decided]:
    """Decide each candidate on its own, in order; only the contacts of an experiment are counted over all of them.

    Args:
        candidates: what could be sent; two of one customer belong in two calls, one after the other.
        contexts: what is known about each customer at `now`.
        ids: the decision ids, one each.
        now: aware; the instant of all decisions of this call.
        policy: limits and templates.
        scorer: the verified model; None where there is none (only essential service is sent then).
        exploration: the arms' shares and salt, what stands in the way now, and the real clock where `now` is another
            one; None is plan mode: no draw, decided as arm `model`, without experiment or monitor.
        shadow: a challenger that is asked about the same rows once all is decided, and only recorded.
        drawn: what chance did with each occasion before, one each (None: nothing yet); such a row is not drawn again.
        outranked: whether another candidate of the same customer and request goes first, one each
            (`serving.arbitration`): such a row is asked nothing more, and is denied where no filter refuses it.

    Raises:
        ValueError: lengths that differ, or a naive `now`.
    """
    read = columns_of(candidates, contexts, now=now, policy=policy)
    columns = read.columns
    judged = judge(columns, policy.limits, outranked)
    asked = judged.asked.tolist()
    standing = Standing() if exploration is None else exploration.standing
    shares, present = (None, None) if exploration is None else (exploration.shares, exploration.present)
    thanks: list[Thanks | None] = [None] * len(candidates)
    stopped = standing.stopped
    about = [candidates[row] for row in asked], [contexts[row] for row in asked], now, shares
    draws = None if exploration is None else Draws(exploration, now)
    before = [None] * len(candidates) if drawn is None else drawn
    over = [draws is not None and draws.over(one) for one in before]
    for row, each in zip(asked, ask(scorer, *about, present=present), strict=True):
        thanks[row] = each.withheld() if stopped is not None or over[row] else each
    call = CALL(
        candidates=candidates,
        contexts=contexts,
        ids=ids,
        read=read,
        kept=kept_of(read, candidates, policy),
        ruling=judged.ruling,
        waits=judged.waits.tolist(),
        ends=judged.ends.tolist(),
        refused=Ends(columns, policy.limits),
        until=judged.until.tolist(),
        policy=policy,
        model_version=None if scorer is None else scorer.version,
        standing=standing,
        stopped=stopped,
        draws=draws,
        drawn=before,
        over=over,
        behind=judged.behind.tolist(),
        outbound=equal(columns.outbound, YES).tolist(),
        essential=is_essential(columns).tolist(),
        now=now,
    )
    decided = [_answer(call, *row) for row in zip(range(len(ids)), patterns(judged.ruling), thanks, strict=True)]
    if shadow is not None:
        for row, opinion in zip(asked, opinions(shadow, *about, present=present), strict=True):
            decided[row] = replace(decided[row], shadow=opinion)
    return decided


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """What the answers of one call are made of, list by list."""

    candidates: Sequence[Candidate]
    contexts: Sequence[Context]
    ids: Sequence[str]
    read: Read
    kept: Sequence[Kept | None]
    ruling: Ruling
    waits: Sequence[float]
    ends: Sequence[float]
    refused: Ends
    until: Sequence[float]
    policy: Policy
    model_version: str | None
    standing: Standing
    stopped: str | None
    draws: Draws | None
    drawn: Sequence[Assignment | None]
    over: Sequence[bool]
    behind: Sequence[bool]
    outbound: Sequence[bool]
    essential: Sequence[bool]
    now: datetime


CALL = constructor(_Call)


def _answer(call: _Call, place: int, pattern: Pattern, thanks: Thanks | None) -> Decided:
    """Put the answer to one candidate together, with what its record keeps."""
    fact_key = call.read.fact_keys[place]
    before = call.drawn[place]
    drawn = None if thanks is None else _draw(call, place, thanks)
    refused = settle(thanks, drawn) if thanks is not None else OUTRANKED if call.behind[place] else ()
    drawn = drawn and (before or drawn)  # what was done once is what is logged: intention to treat
    asked = None if drawn is not None and drawn.arm is EXPERIMENT else thanks  # an experiment asks no score
    action = DENY if refused else pattern.action
    waits, ends = instants(action, call.waits[place], call.ends[place], call.until[place])
    decision = DECISION(
        decision_id=call.ids[place],
        action=action,
        message=call.read.messages[place] if action is SEND else None,
        agent_would_send=pattern.agent,
        customer_would_thank=NOT_ASKED if asked is None else asked.answer(),
        reasons=_reasons(call, place, pattern.codes, asked, refused),
        not_before=_instant(waits),
        expires_at=_instant(ends),
        arm=None if drawn is None else drawn.arm,
        logging_propensity=None if drawn is None else logged(drawn.contact_probability, sent=drawn.contacted),
        model_version=call.model_version,
        policy_version=call.policy.version,
        decided_at=call.now,
    )
    return DECIDED(
        decision=decision,
        features=NOTHING if thanks is None else thanks.features,
        verdicts=_verdicts(call, place, pattern, thanks, refused, asked=asked is not None),
        fact_key=fact_key,
        outbound=call.outbound[place],
        essential=call.essential[place],
        assignment=drawn,
        stopped=None if thanks is None else call.stopped,
        read=call.kept[place],
    )


def _verdicts(  # noqa: PLR0913  (the parts of one answer)
    call: _Call, place: int, pattern: Pattern, thanks: Thanks | None, refused: tuple[str, ...], *, asked: bool
) -> Mapping[str, str]:
    if call.behind[place]:
        return pattern.ranked_behind()
    return pattern.verdicts if thanks is None else pattern.with_score(refused, asked=asked)


def _draw(call: _Call, place: int, thanks: Thanks) -> Assignment | None:
    """Draw this occasion: by its arm under a certificate, else by the experiment; None in a plan, or where neither is.

    A row that a certificate covers and that cannot be scored is no row of the experiment.
    """
    user_id, fact_key, before = call.candidates[place].user_id, call.read.fact_keys[place], call.drawn[place]
    if call.draws is None or fact_key is None:
        return None
    if before is not None:
        return drawn_before(before, above=thanks.above, over=call.over[place])
    if thanks.cutoff is None:
        return call.draws.by_experiment(user_id, fact_key)
    if thanks.above is None or thanks.watch is None:
        return None
    return call.draws.by_arm(user_id, fact_key, above=thanks.above, watch=thanks.watch)


def _instant(seconds: float | None) -> datetime | None:
    return moment(seconds) if seconds is not None and -END < seconds < END else None


def _reasons(
    call: _Call, place: int, codes: tuple[str, ...], asked: Thanks | None, refused: tuple[str, ...]
) -> tuple[Reason, ...]:
    if call.behind[place]:
        return explain_outranked()
    if refused:
        over = call.drawn[place] if call.over[place] else None
        return explain_experiment() if asked is None else explain_score(asked, refused, call.standing, over=over)
    if not codes:
        return ()
    about = call.candidates[place], call.contexts[place], call.read.columns, call.policy
    failed = failures(call.ruling, place) if FAILED in codes else ()
    return explain(Case(*about, failed, call.waits[place], place, call.refused), codes)
