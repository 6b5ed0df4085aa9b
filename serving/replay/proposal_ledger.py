"""A replay under another policy or model, over a whole ledger: what a process opens, and the sum of what they find."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from model.contracts import JSON, Shares
from serving.ledger.looking import looking
from serving.ledger.past import salt_of
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.ledger.store import Store
from serving.policy.policy import Policy
from serving.policy.tightening import in_force
from serving.policy_files.templates import load_policy
from serving.ports import Scorer
from serving.replay.crew import ranges, worked
from serving.replay.judging import Proposal
from serving.replay.proposed import proposed, templates_that_differ
from serving.replay.replaying import Period, replayed
from serving.replay.scored import Heard, Scored
from serving.replay.tallying import Replay
from serving.scorer import load_scorer

SIZE: Final = 20_000  # decisions that a process takes at a time
ALONE: Final = 1_000_000  # decisions that one process has decided again before another one has started
SLOW: Final = 40_000  # the same where records are read: for the features of another model, or under other words


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """Try a policy, a model or both on what is in a ledger from `since` on, under a configuration."""

    ledger: str
    policy: Path | None
    limits: Mapping[str, JSON]
    shares: Shares
    other_policy: Path | None = None
    other_model: Path | None = None
    since: datetime | None = None

    @contextmanager
    def open(self) -> Iterator["Desk"]:
        """Open the ledger to read, with policies and model."""
        scorer = None if self.other_model is None else load_scorer(self.other_model)
        with looking(self.ledger) as store:
            ledger = SqliteTransaction(store)
            yield Desk(job=self, store=store, ledger=ledger, scorer=scorer, policies=self.policies(ledger))

    def policies(self, ledger: SqliteTransaction) -> tuple[Policy, Policy]:
        """Return the policy in force and the one that is tried, both under the limits that people tightened."""
        configured, other = self.configured()
        return in_force(ledger, configured), in_force(ledger, other)

    def configured(self) -> tuple[Policy, Policy]:
        """Return the configuration at hand and the one that is tried, as their files have them."""
        at_hand = load_policy(self.policy, self.limits)
        return at_hand, at_hand if self.other_policy is None else proposed(self.other_policy, at_hand)

    def reads_records(self) -> bool:
        """Whether records are read beside readings: for another model, or other words of a template."""
        return self.other_model is not None or bool(templates_that_differ(*self.configured()))


@dataclass(slots=True)
class Tried:
    """What came of it, and what the model that was tried had to say."""

    replay: Replay = field(default_factory=Replay)
    heard: Heard = field(default_factory=Heard)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a process has opened; `policies` are the one in force and the one that is tried."""

    job: Trying
    store: Store
    ledger: SqliteTransaction
    scorer: Scorer | None
    policies: tuple[Policy, Policy]

    def proposal(self, heard: Heard) -> Proposal:
        """Return what is proposed; what the model says is counted in `heard`."""
        at_hand, other = self.policies
        return Proposal(
            policy=at_hand,
            limits=other.limits,
            templates=other if templates_that_differ(at_hand, other) else None,
            second=None if self.scorer is None else self._second(self.scorer, heard),
        )

    def _second(self, scorer: Scorer, heard: Heard) -> Scored:
        salt = salt_of(self.store)
        return Scored(scorer=scorer, shares=self.job.shares, salt=salt, records=self.ledger.records_of, heard=heard)

    def work(self, numbers: range) -> Tried:
        """Decide the decisions with these numbers again."""
        found = Tried()
        found.replay = replayed(
            self.ledger,
            numbers[0],
            numbers[-1],
            self.proposal(found.heard),
            shares=self.job.shares,
            period=Period(since=self.job.since),
        )
        return found


def tried(job: Trying, first: int, last: int, *, jobs: int, told: Callable[[float], None]) -> Tried:
    """Try it on the decisions numbered from `first` to `last`; `told` hears the share that is done."""
    found = Tried()
    alone = last - first < SLOW or (last - first < ALONE and not job.reads_records())
    for part in worked(job, ranges(first, last, SIZE), 1 if alone else jobs, told):
        found.replay.add(part.replay)
        found.heard.add(part.heard)
    return found
