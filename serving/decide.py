"""The one decision: evidence and policy first, then the score, then chance; every answer with all its reasons.

Pure: time, ids, salt and model are arguments, so any past decision replays to the same answer. The API, the batch
job and replay all call `decide`; there is no second copy of a rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import numpy as np

from model.contracts import (
    Action,
    AgentWouldSend,
    Arm,
    Candidate,
    Context,
    CustomerWouldThank,
    Decision,
    Reason,
)
from serving.arms import LAYER, Exploration, arm, logging_propensity, uniform
from serving.policy.columns import YES, Columns, Floats
from serving.policy.details import Case, explain, failures
from serving.policy.engine import PLACE, REFUSE, VERDICTS, Ruling, rule
from serving.policy.policy import Policy, digest_of
from serving.policy.purposes import ESSENTIAL
from serving.policy.reasons import POLICY_CODES, REASONS, SCORE_CODES
from serving.policy.rows import Row, columns_of
from serving.policy.rules import FILTERS, expiry, not_before
from serving.policy.waivers import waived
from serving.policy.zones import moment, quiet_from, zone
from serving.ports import Decided, Scorer
from serving.thanks import Thanks, ask, explain_score, settle

__all__ = ["decide", "digest_of"]

NOT_ASKED = CustomerWouldThank(asked=False)
ESSENTIAL_SENDS = AgentWouldSend(answer=True)


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
    answer = _Answers(columns, ruling, ends, waits, policy, scorer, exploration, now)
    asked = np.flatnonzero(~ruling.refused.any(axis=0) & (columns.mark < ESSENTIAL)).tolist()
    thanks: list[Thanks | None] = [None] * len(rows)
    heard = ask(scorer, [candidates[row] for row in asked], [contexts[row] for row in asked], now)
    for row, each in zip(asked, heard, strict=True):
        thanks[row] = each
    each_row = zip(candidates, contexts, rows, thanks, ids, strict=True)
    return [answer.to(place, *one) for place, one in enumerate(each_row)]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What every row with the same verdicts shares."""

    codes: tuple[str, ...]
    action: Action
    agent: AgentWouldSend
    verdicts: Mapping[str, str]


@dataclass(slots=True)
class _Answers:
    """Puts answers together; remembers the patterns of verdicts, of which a batch has few."""

    columns: Columns
    ruling: Ruling
    ends: Floats
    waits: Floats
    policy: Policy
    scorer: Scorer | None
    exploration: Exploration | None
    now: datetime
    _patterns: dict[bytes, _Pattern] = field(default_factory=dict)

    def to(  # noqa: PLR0913, PLR0917  (one row of each of the parallel lists)
        self, place: int, candidate: Candidate, context: Context, row: Row, thanks: Thanks | None, decision_id: str
    ) -> Decided:
        """Return the answer to one candidate with what its record keeps."""
        pattern = self._pattern(place)
        drawn = self._draw(candidate, row, thanks)
        score_codes = () if thanks is None else settle(thanks, drawn)
        action = Action.DENY if score_codes else pattern.action
        reasons = self._reasons(place, candidate, context, pattern.codes) if pattern.codes else ()
        if thanks is not None and score_codes:
            reasons = explain_score(thanks, score_codes)
        decision = Decision(
            decision_id=decision_id,
            action=action,
            message=row.message if action is Action.SEND else None,
            agent_would_send=pattern.agent,
            customer_would_thank=NOT_ASKED if thanks is None else thanks.answer(),
            reasons=reasons,
            not_before=moment(float(self.waits[place])) if action is Action.HOLD and self._waits(place) else None,
            expires_at=self._expires(place, row, action),
            arm=drawn,
            logging_propensity=self._propensity(thanks, drawn, action),
            model_version=None if self.scorer is None else self.scorer.version,
            policy_version=self.policy.version,
            decided_at=self.now,
        )
        return Decided(
            decision=decision,
            features={} if thanks is None else thanks.features,
            verdicts=_with_score(pattern.verdicts, score_codes) if thanks is not None else pattern.verdicts,
            fact_key=row.fact_key,
            outbound=bool(self.columns.outbound[place] == YES),
            essential=bool(self.columns.mark[place] >= ESSENTIAL),
        )

    def _pattern(self, place: int) -> _Pattern:
        verdicts = self.ruling.verdicts[:, place]
        key = verdicts.tobytes()
        known = self._patterns.get(key)
        if known is None:
            known = self._patterns[key] = _pattern(verdicts.tolist())
        return known

    def _draw(self, candidate: Candidate, row: Row, thanks: Thanks | None) -> Arm | None:
        if thanks is None or thanks.above is None or self.exploration is None or row.fact_key is None:
            return None
        return arm(uniform(self.exploration.salt, LAYER, candidate.user_id, row.fact_key), self.exploration)

    def _propensity(self, thanks: Thanks | None, drawn: Arm | None, action: Action) -> float | None:
        if thanks is None or drawn is None or self.exploration is None:
            return None
        return logging_propensity(sent=action is Action.SEND, above=thanks.above is True, shares=self.exploration)

    def _waits(self, place: int) -> bool:
        return bool(np.isfinite(self.waits[place]))

    def _expires(self, place: int, row: Row, action: Action) -> datetime | None:
        """Return until when a send may be acted on, or a hold asked again; None on a deny."""
        end = float(self.ends[place])
        if action is Action.SEND and self.columns.outbound[place] == YES and row.sends.zones:
            spared = waived("quiet_hours", self.columns, self.policy.limits)
            if spared is None or not spared[place]:
                known = [each for each in map(zone, row.sends.zones) if each is not None]
                quiet = (self.policy.limits.quiet_start, self.policy.limits.quiet_end)
                starts = quiet_from(self.columns.now, known, quiet)
                end = end if starts is None else min(end, starts)
        return None if action is Action.DENY or not np.isfinite(end) else moment(end)

    def _reasons(
        self, place: int, candidate: Candidate, context: Context, codes: tuple[str, ...]
    ) -> tuple[Reason, ...]:
        one = self.columns.take(np.array([place]))
        return explain(Case(candidate, context, one, self.policy.limits, failures(self.ruling, place)), codes)


def _pattern(verdicts: Sequence[int]) -> _Pattern:
    codes = tuple(code for code, verdict in zip(POLICY_CODES, verdicts, strict=True) if verdict == REFUSE)
    outcomes = {REASONS[code].outcome for code in codes}
    words = {code: VERDICTS[verdict] for code, verdict in zip(POLICY_CODES, verdicts, strict=True)}
    return _Pattern(
        codes=codes,
        action=Action.DENY if Action.DENY in outcomes else Action.HOLD if outcomes else Action.SEND,
        agent=AgentWouldSend(answer=not codes, reasons=codes) if codes else ESSENTIAL_SENDS,
        verdicts=MappingProxyType(words | dict.fromkeys(SCORE_CODES, "not_asked")),
    )


def _with_score(verdicts: Mapping[str, str], refused: tuple[str, ...]) -> Mapping[str, str]:
    score = {code: "refuse" if code in refused else "pass" for code in SCORE_CODES if code != "outranked"}
    return MappingProxyType({**verdicts, **score})
