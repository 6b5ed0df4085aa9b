"""Deciding some rows of a file: as a plan, or in one transaction of a ledger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from model.contracts import Candidate, Context
from serving.arms import Exploration
from serving.batch.contexts import Sends, planned, rounds
from serving.batch.evidence import known_of
from serving.batch.summary import Run
from serving.candidates.rows import Row
from serving.claims import claimed, with_claim
from serving.decide import decide
from serving.loop.deciding import ids_of, of_customer
from serving.loop.keeping import keep
from serving.policy.policy import Policy, digest_of
from serving.policy.tightening import in_force
from serving.ports import Clock, Decided, Ledger, Scorer, Transaction
from serving.record.record import read_record

FORGOTTEN = ("breaker", "experiment")  # by a dry run, from part to part: the ledger alone knows them
TRANSACTION_ROWS = 256  # with a ledger: made durable together; its lock is held some 60 ms, and more rows save nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one run decides with. `ledger` and `exploration` are given together, or the run is a plan.

    `shadow` is a challenger that is asked too, for the record alone. `present` is the real clock, by which a ledger
    ends experiments, trips and finds silence; None: `run.now` is.
    """

    run: Run
    policy: Policy
    scorer: Scorer | None
    ledger: Ledger | None
    exploration: Exploration | None
    dry_run: bool
    shadow: Scorer | None = None
    present: Clock | None = None

    def parts(self, rows: Sequence[Row]) -> list[Sequence[Row]]:
        """Split rows into those that are decided together."""
        size = max(len(rows), 1) if self.ledger is None else TRANSACTION_ROWS
        return [rows[start : start + size] for start in range(0, len(rows), size)]

    def forgotten(self, rows: int) -> tuple[str, ...]:
        """Return what a dry run of so many rows does not see of itself: a real run may send fewer."""
        undone = self.ledger is not None and self.dry_run and rows > TRANSACTION_ROWS
        return FORGOTTEN if undone else ()

    def decide(self, rows: Sequence[Row], absent: frozenset[str], sends: Sends) -> list[Decided]:
        """Decide rows in order; with a ledger, they are durable when this returns (but for a dry run).

        Raises:
            Unavailable: the ledger cannot be written; nothing of these rows is decided.
        """
        exploration = self.exploration
        if self.ledger is None or exploration is None:
            return self._in_turns(rows, lambda some: self._plan(some, absent, sends))
        with self.ledger.transaction() as transaction, transaction.savepoint(keep=not self.dry_run):
            under = replace(exploration, present=self.run.now if self.present is None else self.present())
            stands_for = transaction.customers(ids_of((row.candidate, row.evidence) for row in rows))
            own = [_of_customer(stands_for, row) for row in rows]
            now = replace(self, policy=in_force(transaction, self.policy))  # limits tightened meanwhile count too
            return self._in_turns(own, lambda some: now._record(transaction, some, under))  # noqa: SLF001  (its own)

    def _in_turns(self, rows: Sequence[Row], decide_some: Callable[[Sequence[Row]], list[Decided]]) -> list[Decided]:
        """Decide one customer's rows one after the other."""
        decided: dict[int, Decided] = {}
        for turn in rounds(rows):
            answers = decide_some([rows[index] for index in turn])
            decided |= zip(turn, answers, strict=True)
        return [decided[index] for index in range(len(rows))]

    def _plan(self, rows: Sequence[Row], absent: frozenset[str], sends: Sends) -> list[Decided]:
        """Decide rows of different customers, and count what was sent; a ledger knows that by itself."""
        contexts = [
            planned(
                row,
                absent,
                sends.to(row.candidate.user_id),
                approved=digest_of(row.candidate, self.policy) is not None,
                now=self.run.now,
            )
            for row in rows
        ]
        ids = [self.run.decision_id(row) for row in rows]
        answers = self._decide(ids, [row.candidate for row in rows], contexts, None)
        sends.add([row.candidate.user_id for row in rows], answers)
        return answers

    def _record(self, transaction: Transaction, rows: Sequence[Row], exploration: Exploration) -> list[Decided]:
        """Decide and record rows of different customers; what is recorded already is read back."""
        ids = [self.run.decision_id(row) for row in rows]
        told = [read_record(record).decided for record in transaction.records(ids)]
        known = {one.decision.decision_id: one for one in told}
        fresh = [each for each in zip(rows, ids, strict=True) if each[1] not in known]
        decided: list[Decided] = []
        while len(decided) < len(fresh):
            some, named = zip(*fresh[len(decided) :], strict=True)
            decided += self._record_some(transaction, some, named, exploration)
        answers = iter(decided)
        return [known[identity] if identity in known else next(answers) for identity in ids]

    def _record_some(
        self, transaction: Transaction, rows: Sequence[Row], ids: Sequence[str], exploration: Exploration
    ) -> list[Decided]:
        """Decide, and return as many as could be kept: all, or those before the one that opened its breaker."""
        asked, known = known_of(transaction, rows, now=self.run.now, policy=self.policy)
        said = zip(rows, asked, known, strict=True)
        candidates = [with_claim(one, found, row.evidence, row.says, row.unknown) for row, one, found in said]
        pairs = zip(candidates, known, strict=True)
        contexts = [claimed(*pair, at=self.run.now, now=self.run.now) for pair in pairs]
        under = replace(exploration, standing=transaction.standing(exploration.present or self.run.now))
        decided = self._decide(ids, candidates, contexts, under)
        about = list(zip(candidates, contexts, decided, strict=True))
        kept = keep(transaction, about, scorer=self.scorer, exploration=under, limits=self.policy.limits)
        return decided[:kept]

    def _decide(
        self,
        ids: Sequence[str],
        candidates: Sequence[Candidate],
        contexts: Sequence[Context],
        exploration: Exploration | None,
    ) -> list[Decided]:
        return decide(
            candidates,
            contexts,
            ids=ids,
            now=self.run.now,
            policy=self.policy,
            scorer=self.scorer,
            exploration=exploration,
            shadow=None if exploration is None else self.shadow,
        )


def _of_customer(stands_for: Mapping[str, str], row: Row) -> Row:
    candidate, evidence = of_customer(stands_for, row.candidate, row.evidence)
    same = candidate is row.candidate and evidence is row.evidence
    return row if same else replace(row, candidate=candidate, evidence=evidence)
