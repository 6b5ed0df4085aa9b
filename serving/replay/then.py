"""What stood in the way at an instant of the past, and under which shares chance drew, as the ledger tells it.

The kill switch and the experiments have their times on record, the shares their watch. Since when nobody had reported
an outcome is on no record but the decision's own: there it is believed. At the very instant at which something began or
ended, the ledger cannot say which came first, and what the decision says is believed as well.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from model.contracts import EXACT, Arm, Shares
from model.monitor.detector import Watch
from serving.policy.policy import Policy
from serving.policy.tightening import Tightening, in_force
from serving.ports import Decided
from serving.standing import Assignment, Experiment, Standing, Trip

TRIPPED, SILENT = "tripped", "silent"
SINCE: Final = re.compile(r"messages went out for 14 days, since (\S+), and no outcome")  # `serving.score_reasons`
EVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What is on record of trips, experiments and watches; `shares` are those at hand."""

    shares: Shares
    trips: Sequence[Trip] = ()
    experiments: Sequence[Experiment] = ()
    watches: Mapping[str, Watch]

    def standing(self, was: Decided, *, before: Assignment | None = None, epoch: int | None = None) -> Standing:
        """Return what stood when this was decided; `before` is the draw that it found, of that `epoch`."""
        at = was.decision.decided_at
        trip = next(
            (one for one in self.trips if _held(one.at, one.released_at, at, said=was.stopped == TRIPPED)), None
        )
        silent = _silent_since(was) if trip is None and was.stopped == SILENT else None
        experiment = self._running(at, was) if before is None else self._that_drew(at, before, epoch)
        return Standing(experiment=experiment, trip=trip, silent_since=silent)

    def shares_of(self, was: Decided) -> Shares:
        """Return the shares that chance drew with: those of the certificate's watch, else those at hand."""
        drawn = was.assignment
        watch = None if drawn is None or drawn.arm is Arm.EXPERIMENT else self.watches.get(drawn.watch)
        if watch is None or (watch.contact_above, watch.contact_below) == (self.shares.above, self.shares.below):
            return self.shares
        above, below = watch.contact_above, watch.contact_below
        return Shares(model=round(above - below, EXACT), policy_only=below, holdout=round(1 - above, EXACT))

    def _running(self, at: datetime, was: Decided) -> Experiment | None:
        drew = None if was.assignment is None else was.assignment.watch
        return next(
            (_open(one) for one in self.experiments if _held(one.started_at, _end(one), at, said=drew == one.id)), None
        )

    def _that_drew(self, at: datetime, before: Assignment, epoch: int | None) -> Experiment | None:
        """Return the experiment that counted this contact, where it might still make it then."""
        drew = next((one for one in self.experiments if one.id == before.watch), None)
        released = sum(one.released_at is not None and one.released_at <= at for one in self.trips)
        if drew is None or epoch != released:
            return None
        cut_short = drew.stopped_at is not None and drew.stopped_at <= at and drew.contacts < drew.max_contacts
        return None if cut_short else _open(drew)


def _open(one: Experiment) -> Experiment:
    """Return an experiment as it was while it ran; that its contacts were not all made is what its times say."""
    return replace(one, stopped_at=None, contacts=0)


def _end(one: Experiment) -> datetime:
    return one.until if one.stopped_at is None else min(one.until, one.stopped_at)


def _held(start: datetime, end: datetime | None, at: datetime, *, said: bool) -> bool:
    """Whether something stood at an instant; at its own first and last one as it is `said`."""
    return start < at < (end or EVER) or (said and at in {start, end})


def _silent_since(was: Decided) -> datetime | None:
    found = (SINCE.match(reason.detail) for reason in was.decision.reasons)
    return next((datetime.fromisoformat(one[1]) for one in found if one is not None), None)


def policies_of(configured: Policy, tightened: Sequence[Tightening]) -> dict[str, Policy]:
    """Return, by version, every policy that the configuration at hand has been: alone, and under what was tightened.

    `tightened` are those on record, the newest first.
    """
    each = (in_force(_Until(tightened[place:]), configured) for place in range(len(tightened)))
    return {one.version: one for one in (configured, *each)}


@dataclass(frozen=True, slots=True)
class _Until:
    """What was on record at a time."""

    rows: Sequence[Tightening]

    def tightenings(self, *, limit: int) -> list[Tightening]:
        """Return the newest ones of then."""
        return list(self.rows[:limit])
