"""What a replay would have done to customers, out of a ledger: its occasions, beside the chances that were replayed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from model.contracts import Shares
from serving.analytics.occasions import Occasions
from serving.people.replayable import Replayable
from serving.replay.chances import chances
from serving.replay.effects import FEW, Chances, Effects, effects, effects_by_purpose
from serving.replay.judging import Proposal
from serving.replay.tallying import Replay

TICK: Final = timedelta(microseconds=1)
NEARLY_ALL: Final = 0.9  # of the occasions that change


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What a proposal would have done, in all and by purpose."""

    whole: Effects
    purposes: dict[str, Effects]


def weighed(ledger: Replayable, found: Replay, proposal: Proposal, *, shares: Shares, as_of: datetime) -> Weighed:
    """Weigh what was replayed, by what is on record until `as_of`."""
    return both(*occasions_of(ledger, found, proposal, shares=shares, as_of=as_of))


def both(occasions: Occasions, asked: Chances) -> Weighed:
    """Weigh all of it and each purpose; where nearly all that changes is refused by itself, so is the whole.

    Occasions that do not change make the whole look large enough, and say nothing about those that do.
    """
    whole, purposes = effects(occasions, asked), effects_by_purpose(occasions, asked)
    for name, each in purposes.items():
        if each.missing == FEW and whole.missing is None and each.changed >= NEARLY_ALL * whole.changed:
            said = f"{each.changed} of the {whole.changed} occasions that change are of `{name}`, and there {each.said}"
            whole = replace(whole, missing=FEW, said=said, differences={}, by_outcome={}, net=None)
    return Weighed(whole=whole, purposes=purposes)


def occasions_of(
    ledger: Replayable, found: Replay, proposal: Proposal, *, shares: Shares, as_of: datetime
) -> tuple[Occasions, Chances]:
    """Return the occasions of what was replayed, and the chances of a contact that they have under the proposal."""
    start, end = (as_of, as_of) if found.oldest is None or found.newest is None else (found.oldest, found.newest + TICK)
    occasions = ledger.effect_rows(start=start, end=end, as_of=as_of)
    return occasions, chances(ledger, found, occasions, proposal, shares=shares)
