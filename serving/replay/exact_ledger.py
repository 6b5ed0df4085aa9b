"""Exact replay of a whole ledger: what each process opens, and the sum of what they find."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from model.contracts import JSON, Shares
from serving.ledger.experiments import experiments
from serving.ledger.looking import looking
from serving.ledger.past import every_watch, made_between, salt_of
from serving.ledger.store import Store
from serving.ledger.tightenings import tightenings
from serving.ledger.trips import trips
from serving.policy.tightening import ALL
from serving.policy_files.templates import load_policy
from serving.replay.comparing import Exact
from serving.replay.crew import ranges, worked
from serving.replay.exact import AtHand, again
from serving.replay.then import Then, policies_of
from serving.scorer import load_scorer

SIZE: Final = 5_000  # decisions that a process takes at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The folder of the artefact at hand, and what its answers call it (None: by its bytes)."""

    folder: Path
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exactly:
    """Decide again what is in a ledger from `since` on, under a configuration; `model` is its own, if there is one."""

    ledger: str
    policy: Path | None
    limits: Mapping[str, JSON]
    shares: Shares
    model: Model | None
    since: datetime | None = None

    @contextmanager
    def open(self) -> Iterator["_Desk"]:
        """Open the ledger to read, with policy and model."""
        with looking(self.ledger) as store:
            yield _Desk(store, at_hand(store, self), self.since)


@dataclass(frozen=True, slots=True)
class _Desk:
    store: Store
    hand: AtHand
    since: datetime | None

    def work(self, numbers: range) -> Exact:
        """Decide the decisions with these numbers again, and their confirmations."""
        found = Exact()
        for page in made_between(self.store, numbers[0], numbers[-1]):
            found.add(again(page, self.hand, self.since))
        return found


def at_hand(store: Store, job: Exactly) -> AtHand:
    """Return what there is to decide by: this configuration, this model, and what the ledger knows of then."""
    return AtHand(
        policies=policies_of(load_policy(job.policy, job.limits), tightenings(store, limit=ALL)),
        scorer=None if job.model is None else load_scorer(job.model.folder, version=job.model.version),
        salt=salt_of(store),
        then=Then(
            shares=job.shares,
            trips=trips(store),
            experiments=experiments(store),
            watches=every_watch(store),
        ),
    )


def exactly(job: Exactly, first: int, last: int, *, jobs: int, told: Callable[[float], None]) -> Exact:
    """Decide the decisions numbered from `first` to `last` again; `told` hears the share that is done."""
    found = Exact()
    for part in worked(job, ranges(first, last, SIZE), jobs, told):
        found.add(part)
    return found
