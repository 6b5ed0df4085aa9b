"""What a replay would have done to customers, out of a ledger: its occasions, beside the chances that were replayed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from model.contracts import Shares
from serving.analytics.occasions import Occasions
from serving.replay.chances import chances
from serving.replay.effects import Chances, Effects, effects, effects_by_purpose
from serving.replay.judging import Proposal
from serving.replay.replayable import Replayable
from serving.replay.tallying import Replay

TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What a proposal would have done, in all and by purpose."""

    whole: Effects
    purposes: dict[str, Effects]


def weighed(ledger: Replayable, found: Replay, proposal: Proposal, *, shares: Shares, as_of: datetime) -> Weighed:
    """Weigh what was replayed, by what is on record until `as_of`."""
    seen = occasions_of(ledger, found, proposal, shares=shares, as_of=as_of)
    return Weighed(whole=effects(*seen), purposes=effects_by_purpose(*seen))


def occasions_of(
    ledger: Replayable, found: Replay, proposal: Proposal, *, shares: Shares, as_of: datetime
) -> tuple[Occasions, Chances]:
    """Return the occasions of what was replayed, and the chances of a contact that they have under the proposal."""
    start, end = (as_of, as_of) if found.oldest is None or found.newest is None else (found.oldest, found.newest + TICK)
    occasions = ledger.effect_rows(start=start, end=end, as_of=as_of)
    return occasions, chances(ledger, found, occasions, proposal, shares=shares)
