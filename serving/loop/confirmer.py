"""Confirming inside the one transaction of the decide loop: read what stands, decide again where it is due, record."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from model.contracts import Action, Candidate, Context, Decision, Shares
from serving.arms import Exploration
from serving.claims import claimed
from serving.confirming import Confirmable, Confirmation, Confirmed, is_volume, standing_answer
from serving.decide import decide
from serving.loop.keeping import make_known
from serving.models.in_use import InUse
from serving.policy.policy import Policy, digest_of
from serving.policy.tightening import in_force
from serving.ports import Clock, Decided, Ledger, Transaction
from serving.record.record import read_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmer:
    """What confirming needs from outside: the same as deciding. `encode` writes a decision as a confirmation's bytes.

    `models` are asked anew for every job: the one in charge, and a challenger for the record alone.
    """

    policy: Policy
    models: InUse
    shares: Shares
    clock: Clock
    encode: Callable[[Decision], bytes]

    def confirm(
        self, ledger: Ledger, transaction: Transaction, decision_id: str, *, asked: datetime
    ) -> Confirmation | None:
        """Return what was confirmed, new or said before; None where there is no such decision.

        `asked` is when the question came in. What is new becomes durable with the transaction.
        """
        known = transaction.confirmable(decision_id)
        if known is None:
            return None
        now = self.clock()
        stands = standing_answer(known, asked=asked, now=now)
        if stands is not None:
            return stands
        denied = known.action is Action.DENY
        ruled = None if denied else self._again(ledger, transaction, known, decision_id, now)
        decision = read_record(known.record).decided.decision if ruled is None else ruled[2].decision
        return self._said(transaction, decision, ruled, now)

    def still(self, ledger: Ledger, transaction: Transaction, decision_id: str) -> Confirmation | None:
        """Return what stands of a send that is to be delivered: the answer as it was, where as much would be said now.

        Else what is to be said of it now, which is recorded, as a confirmation is. What a repeat may say again until
        its end is decided again here; what is a send no longer, or not for as long, does not stand.
        """
        known = transaction.confirmable(decision_id)
        if known is None:
            return None
        now = self.clock()
        stands = standing_answer(self._confirmed(known), asked=now, now=now)
        if stands is None or stands.action is not Confirmed.SEND:
            return self.confirm(ledger, transaction, decision_id, asked=now)
        under = self._under(ledger, transaction, known, now)
        ruled = self._ruled(transaction, known, decision_id, now, under)
        if ruled[2].decision.trigger:
            if _lasts(ruled[2].decision, stands):
                return stands
            ruled = self._again(ledger, transaction, known, decision_id, now)
        make_known(transaction, [ruled[2]], scorer=self.models.scorer, exploration=under)
        return self._said(transaction, ruled[2].decision, ruled, now)

    def look(self, ledger: Ledger, transaction: Transaction, decision_id: str) -> tuple[Candidate, Decision] | None:
        """Decide afresh, as of now, what is held, and record it as a confirmation that nobody asked for.

        None where it is not held (any more): nothing is recorded then.
        """
        known = transaction.confirmable(decision_id)
        if known is None or not known.held:
            return None
        now = self.clock()
        ruled = self._again(ledger, transaction, known, decision_id, now)
        self._said(transaction, ruled[2].decision, ruled, now, asked=False)
        return ruled[0], ruled[2].decision

    def _confirmed(self, known: Confirmable) -> Confirmable:
        """Return what is on record as if somebody had asked for the newest answer; the first is that decision."""
        first = read_record(known.record).decided.decision
        last = known.last or self._confirmation(first, first.decided_at)
        return replace(known, last=replace(last, asked=True))

    def _confirmation(self, decision: Decision, at: datetime) -> Confirmation:
        """Return a decision as what was said at that time."""
        return Confirmation(
            decision_id=decision.decision_id,
            action=Confirmed.of(decision.action),
            at=at,
            expires_at=decision.expires_at,
            answer=self.encode(decision),
        )

    def _said(
        self,
        transaction: Transaction,
        decision: Decision,
        ruled: tuple[Candidate, Context, Decided] | None,
        now: datetime,
        *,
        asked: bool = True,
    ) -> Confirmation:
        """Record what is said of a decision now, because somebody `asked` or because its time has come."""
        confirmation = replace(self._confirmation(decision, now), asked=asked)
        transaction.add_confirmation(confirmation, ruled)
        return confirmation

    def _again(
        self, ledger: Ledger, transaction: Transaction, known: Confirmable, decision_id: str, now: datetime
    ) -> tuple[Candidate, Context, Decided]:
        """Decide once more, as of now; a send that is no volume yet may open its breaker, and knows that then."""
        under = self._under(ledger, transaction, known, now)
        ruled = self._ruled(transaction, known, decision_id, now, under)
        limits = in_force(transaction, self.policy).limits
        if ruled[2].decision.trigger and not is_volume(known.counted_at, now):
            most, times = limits.breaker_volume, limits.breaker_times
            if not transaction.passing([ruled[0]], now=now, most=most, times=times):
                ruled = self._ruled(transaction, known, decision_id, now, under)
        make_known(transaction, [ruled[2]], scorer=self.models.scorer, exploration=under)
        return ruled

    def _under(self, ledger: Ledger, transaction: Transaction, known: Confirmable, now: datetime) -> Exploration:
        """Return what the draw is made under now: what was drawn is for its own experiment to make, if for any."""
        standing = transaction.standing(now)
        if known.assignment is not None:
            standing = replace(standing, experiment=known.experiment)
        return Exploration(shares=self.shares, salt=ledger.salt, standing=standing)

    def _ruled(
        self, transaction: Transaction, known: Confirmable, decision_id: str, now: datetime, under: Exploration
    ) -> tuple[Candidate, Context, Decided]:
        """Decide without what the decision itself reserved, and with the draw that it had."""
        first = read_record(known.record)
        candidate = replace(first.candidate, user_id=transaction.owner(first.candidate.user_id))
        policy = in_force(transaction, self.policy)
        digests = [digest_of(candidate, policy)]
        (context,) = transaction.contexts([candidate], now=now, digests=digests, without=decision_id)
        context = claimed(candidate, context, at=first.decided.decision.decided_at, now=now)
        if known.reached:
            context = replace(context, already_told=True)
        (decided,) = decide(
            [candidate],
            [context],
            ids=[decision_id],
            now=now,
            policy=policy,
            scorer=self.models.scorer,
            exploration=under,
            shadow=self.models.shadow,
            drawn=[known.assignment],
        )
        return candidate, context, decided


def _lasts(decision: Decision, said: Confirmation) -> bool:
    """Return whether a send may go out for at least as long as was said before."""
    end, before = decision.expires_at, said.expires_at
    return end is not None and before is not None and before <= end
