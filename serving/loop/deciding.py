"""From questions to durable answers, inside the one transaction of the decide loop.

A wave is a run of questions about different customers: their contexts are read together and `decide()` is called once.
A second question about the same customer waits for the next wave, where the first one's reservation already counts.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from model.contracts import Candidate, Context, Decision, Event, Shares
from serving.arbitration import outranked
from serving.arms import Exploration
from serving.claims import claimed, with_claim
from serving.decide import decide
from serving.loop.keeping import keep
from serving.models.in_use import InUse
from serving.policy.policy import Policy, digest_of
from serving.policy.tightening import in_force
from serving.ports import Clock, Decided, Ledger, Transaction

MEMORY = timedelta(hours=24)
T = TypeVar("T")
N = TypeVar("N", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatable:
    """An Idempotency-Key: whose, which, and the fingerprint of the body it came with."""

    key_id: str
    name: str
    body_sha256: str

    def part(self, index: int) -> "Repeatable":
        """Return what element `index` of a batch is remembered under, so that a batch cut short can be sent again."""
        return replace(self, name=f"{self.name}#{index}")

    def all_parts(self) -> "Repeatable":
        """Return what says that the key stands for this batch, whatever could be read of it; no part has this name."""
        return replace(self, name=f"{self.name}#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One candidate, with evidence that is to be recorded with it, if it came inline. `trial`: keep nothing."""

    candidate: Candidate
    inline: Event | None = None
    repeatable: Repeatable | None = None
    trial: bool = False

    def of(self, stands_for: Mapping[str, str]) -> "Question":
        """Return it about the customer that its id stands for by now, and so its evidence."""
        candidate, inline = of_customer(stands_for, self.candidate, self.inline)
        same = candidate is self.candidate and inline is self.inline
        return self if same else replace(self, candidate=candidate, inline=inline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The bytes to answer with; `replayed`: they were given before; `other_body`: the key came with another body."""

    body: bytes
    replayed: bool = False
    other_body: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """What deciding needs from outside, and the rule of waves. `encode` writes a decision as the answer's bytes.

    `models` are asked anew for every group: the one in charge, and a challenger for the record alone.
    """

    policy: Policy
    models: InUse
    shares: Shares
    clock: Clock
    new_id: Callable[[datetime], str]
    encode: Callable[[Decision], bytes]

    def answer(self, ledger: Ledger, transaction: Transaction, questions: Sequence[Question]) -> list[Answer]:
        """Answer in order; what is recorded becomes durable with the transaction."""
        exploration = Exploration(shares=self.shares, salt=ledger.salt)
        answers: list[Answer] = []
        stands_for = transaction.customers(ids_of((question.candidate, question.inline) for question in questions))
        now_in_force = self._now_in_force(transaction)
        for wave in waves([question.of(stands_for) for question in questions], names_of):
            answers += now_in_force._wave(transaction, wave, exploration)  # noqa: SLF001  (its own)
        return answers

    def together(
        self, ledger: Ledger, transaction: Transaction, candidates: Sequence[Candidate], *, now: datetime
    ) -> list[Decided]:
        """Decide and keep what one request has for its customers: of several for one of them, one goes on."""
        exploration = Exploration(shares=self.shares, salt=ledger.salt)
        questions = [Question(candidate=candidate) for candidate in candidates]
        now_in_force = self._now_in_force(transaction)
        return now_in_force._decide(transaction, questions, now, exploration)  # noqa: SLF001  (its own)

    def _now_in_force(self, transaction: Transaction) -> "Decider":
        """Return who decides under the limits that are on record in this very transaction."""
        return replace(self, policy=in_force(transaction, self.policy))

    def _wave(self, transaction: Transaction, wave: Sequence[Question], exploration: Exploration) -> list[Answer]:
        now = self.clock()
        answers = [remembered(transaction, question.repeatable, now) for question in wave]
        fresh = [question for question, known in zip(wave, answers, strict=True) if known is None]
        for question in fresh:
            if question.inline is not None:
                transaction.add_event(question.inline, recorded_at=now)
        decided = self._decide(transaction, fresh, now, exploration)
        kept = iter([self._kept(transaction, *pair, now) for pair in zip(fresh, decided, strict=True)])
        return [next(kept) if known is None else known for known in answers]

    def _decide(
        self, transaction: Transaction, fresh: Sequence[Question], now: datetime, exploration: Exploration
    ) -> list[Decided]:
        """Decide and keep all; where a breaker opens on the way, what is left is decided again, knowing it.

        Who goes before whom is settled once, before anything is decided: what is withheld then gives nobody its place.
        """
        done: list[Decided] = []
        behind: list[bool] | None = None
        while len(done) < len(fresh):
            known = self._known(transaction, fresh[len(done) :], now)
            if behind is None:
                behind = outranked(*known, now=now, policy=self.policy)
            done += self._decide_some(transaction, known, now, exploration, behind[len(done) :])
        return done

    def _known(
        self, transaction: Transaction, fresh: Sequence[Question], now: datetime
    ) -> tuple[list[Candidate], list[Context]]:
        """Return the candidates with what their senders claim, and what is known of each, the stricter account."""
        asked = [question.candidate for question in fresh]
        digests = [digest_of(candidate, self.policy) for candidate in asked]
        on_record = transaction.contexts(asked, now=now, digests=digests)
        pairs = zip(fresh, on_record, strict=True)
        candidates = [with_claim(question.candidate, known, question.inline) for question, known in pairs]
        if all(candidate.claim is None for candidate in candidates):
            return candidates, on_record
        return candidates, [claimed(*pair, at=now, now=now) for pair in zip(candidates, on_record, strict=True)]

    def _decide_some(
        self,
        transaction: Transaction,
        known: tuple[list[Candidate], list[Context]],
        now: datetime,
        exploration: Exploration,
        behind: Sequence[bool],
    ) -> list[Decided]:
        """Decide, and return as many as could be kept: all, or those before the one that opened its breaker."""
        candidates, contexts = known
        under = replace(exploration, standing=transaction.standing(now))
        rulings = decide(
            candidates,
            contexts,
            ids=[self.new_id(now) for _ in candidates],
            now=now,
            policy=self.policy,
            scorer=self.models.scorer,
            exploration=under,
            shadow=self.models.shadow,
            outranked=behind,
        )
        rows = list(zip(candidates, contexts, rulings, strict=True))
        return rulings[
            : keep(transaction, rows, scorer=self.models.scorer, exploration=under, limits=self.policy.limits)
        ]

    def _kept(self, transaction: Transaction, question: Question, ruling: Decided, now: datetime) -> Answer:
        told = replace(ruling.decision, recorded=False) if question.trial else ruling.decision
        body = self.encode(told)
        return remember(transaction, question.repeatable, body, now)


def waves(items: Iterable[T], names: Callable[[T], AbstractSet[N]]) -> Iterator[list[T]]:
    """Cut into runs, in order, in which no name appears twice."""
    wave: list[T] = []
    seen: set[N] = set()
    for item in items:
        own = names(item)
        if not seen.isdisjoint(own):
            yield wave
            wave, seen = [], set()
        wave.append(item)
        seen |= own
    if wave:
        yield wave


def ids_of(pairs: Iterable[tuple[Candidate, Event | None]]) -> set[str]:
    """Return every id that candidates and their evidence came in about."""
    ids: set[str] = set()
    for candidate, evidence in pairs:
        ids.add(candidate.user_id)
        if evidence is not None and evidence.subject is not None:
            ids.add(evidence.subject)
    return ids


def of_customer(
    stands_for: Mapping[str, str], candidate: Candidate, evidence: Event | None
) -> tuple[Candidate, Event | None]:
    """Return what came in about the customers that its ids stand for by now."""
    if evidence is not None and evidence.subject is not None and stands_for[evidence.subject] != evidence.subject:
        evidence = replace(evidence, subject=stands_for[evidence.subject])
    user = stands_for[candidate.user_id]
    return candidate if user == candidate.user_id else replace(candidate, user_id=user), evidence


def names_of(question: Question) -> set[tuple[str, ...]]:
    """Return what no two questions of a wave share: a customer, an Idempotency-Key."""
    names: set[tuple[str, ...]] = {("user", question.candidate.user_id)}
    if question.repeatable is not None:
        names.add(("key", question.repeatable.key_id, question.repeatable.name))
    return names


def about_of(question: Question) -> list[str]:
    """Name what deciding a question reads and writes that others could: customer, session, Idempotency-Key."""
    candidate, inline = question.candidate, question.inline
    names = [candidate.user_id, candidate.session_id]
    if inline is not None:
        session = inline.data.get("session")
        names += [inline.subject, session if isinstance(session, str) else None]
    if question.repeatable is not None:
        names.append(f"{question.repeatable.key_id} {question.repeatable.name}")
    return [name for name in names if name is not None]


def stands_for(transaction: Transaction, asked: Repeatable, now: datetime) -> bool:
    """Bind an Idempotency-Key to its body from now on; False where it already stands for another one."""
    known = transaction.remembered(asked.key_id, asked.name, since=now - MEMORY)
    if known is None:
        transaction.remember(asked.key_id, asked.name, asked.body_sha256, b"", at=now)
    return known is None or known[0] == asked.body_sha256


def remember(transaction: Transaction, asked: Repeatable | None, body: bytes, now: datetime) -> Answer:
    """Return a first answer, which is given again to whoever asks with the same key."""
    if asked is not None:
        transaction.remember(asked.key_id, asked.name, asked.body_sha256, body, at=now)
    return Answer(body=body)


def remembered(transaction: Transaction, asked: Repeatable | None, now: datetime) -> Answer | None:
    """Return what was answered to this key before, or that it came with another body; None: this is the first."""
    if asked is None:
        return None
    known = transaction.remembered(asked.key_id, asked.name, since=now - MEMORY)
    if known is None:
        return None
    body_sha256, body = known
    return Answer(body=body, replayed=True, other_body=body_sha256 != asked.body_sha256)
