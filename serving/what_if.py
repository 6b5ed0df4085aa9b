"""What if: a change of limits or of the cut-off, as somebody asks for it, worked out over the newest decisions."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from model.contracts import JSON, Shares
from serving.policy.limits import tighten
from serving.policy.policy import Policy
from serving.readings import Readings
from serving.replayed_effects import Effects, effects
from serving.replaying import Proposal, Replay
from serving.standing import Occasion
from serving.tightening import Recorded, in_force


class Replayable(Recorded, Protocol):
    """A ledger whose past decisions can be read."""

    def newest_records(
        self, *, since: datetime | None, until: datetime | None, count: int
    ) -> Iterator[tuple[list[dict[str, JSON]], tuple[int, int]]]:
        """Yield at most so many records of a period, the newest first, in pages.

        With each page the least and the greatest number of its rows; a record whose content is gone is empty.
        """
        ...

    def occasions_between(self, first: int, last: int, ids: Collection[str]) -> Iterator[Occasion]:
        """Yield the occasions of decisions numbered from `first` to `last`, of those with these ids."""
        ...

    def extent(
        self, *, since: datetime | None, until: datetime | None, newest: int | None = None
    ) -> tuple[int, int] | None:
        """Return the least and the greatest number of the decisions from `since` until before `until`; None: none.

        Of their `newest` so many alone, where it is given. Others may stand between them, decided by another clock.
        """
        ...

    def readings(self, first: int, last: int) -> Iterator[Readings]:
        """Yield what was read of the decisions numbered from `first` to `last`, page by page, in order of number."""
        ...

    def unread(self, first: int, last: int) -> tuple[list[int], list[int]]:
        """Return which of these decisions have no reading: those with a record to read instead, and those without."""
        ...

    def records_of(self, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Yield the records of these decisions, as text, with their numbers, in any order; none that was emptied."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is proposed, as it would be recorded, and over which decisions: the newest `count` of a period."""

    limits: Mapping[str, JSON]
    cutoff: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    count: int = 5_000


def worked_out(
    ledger: Replayable, asked: Asked, *, configured: Policy, shares: Shares, now: datetime
) -> tuple[Replay, Effects]:
    """Decide the decisions again, and weigh what that would have done.

    Raises:
        InvalidInput: a limit that would loosen the configuration.
    """
    limits = tighten(configured.limits, asked.limits)
    proposal = Proposal(policy=in_force(ledger, configured), limits=limits, cutoff=asked.cutoff)
    replay = Replay(proposal, shares)
    ids: set[str] = set()
    ends: list[int] = []
    for records, numbers in ledger.newest_records(since=asked.since, until=asked.until, count=asked.count):
        replay.add(records)
        ids.update(record["decision_id"] for record in records if record)
        ends += numbers
    followed = ledger.occasions_between(min(ends), max(ends), ids) if ends else iter(())
    return replay, effects(followed, replay, as_of=now)
