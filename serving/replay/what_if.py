"""What if: a change of limits or of the cut-off, as somebody asks for it, worked out over the newest decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from model.contracts import JSON, Shares
from serving.people.replayable import Replayable
from serving.policy.limits import tighten
from serving.policy.policy import Policy
from serving.policy.tightening import in_force
from serving.replay.effects import Effects, effects
from serving.replay.judging import Proposal
from serving.replay.replaying import Period, replayed
from serving.replay.tallying import Replay
from serving.replay.weighing import occasions_of


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
) -> tuple[Proposal, Replay, Effects]:
    """Decide the decisions again, and weigh what that would have done.

    Raises:
        InvalidInput: a limit that would loosen the configuration.
    """
    limits = tighten(configured.limits, asked.limits)
    proposal = Proposal(policy=in_force(ledger, configured), limits=limits, cutoff=asked.cutoff)
    extent = ledger.extent(since=asked.since, until=asked.until, newest=asked.count)
    period = Period(since=asked.since, until=asked.until)
    found = Replay() if extent is None else replayed(ledger, *extent, proposal, shares=shares, period=period)
    found.named(ledger.records_of)
    return proposal, found, effects(*occasions_of(ledger, found, proposal, shares=shares, as_of=now))
