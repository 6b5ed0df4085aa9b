"""What another policy, other limits, another cut-off or another model would have done (METHOD section 8).

Rows are the occasions of the replayed decisions that reached the draw and whose longest window has closed. The
evaluation policy contacts a row with the probability that it has under the proposal: 0 where a limit newly refuses it
for good, that of its side of the cut-off otherwise. What is newly held until a time at which it still holds keeps its
draw and goes out later: no chance delays anybody, so what a delay does is on no record, and such a row counts as it
was (`delayed` says how many). Difference to the policy as it was logged: doubly robust, with the means of
purpose and channel (apart where a chance changes), cross-fitted by customer; two-sided 95 %, clustered by customer,
asymptotic. The other estimators stand beside it in `by_outcome`.

Refused by `model.off_policy.evaluate` below an effective sample size of 200, or outside of what was ever tried.
Besides, there is no figure where the rows that change are too few to carry one (`serving.replay.gates`). The net
benefit v·benefit − λC·complaint − λA·opt-out (CONTRACT section 3) is judged like an outcome: its parts move together,
so that its interval is not to be had from theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.contracts import Interval
from model.errors import InvalidInput, Unanswerable
from model.off_policy.evaluate import Log, OffPolicy, evaluate, support, with_part_means
from model.off_policy.support import PartSupport
from serving.analytics.occasions import BENEFIT, COMPLAINT, OPT_OUT, WINDOW_DAYS, Occasions
from serving.ledger.instants import DAY, instant
from serving.replay.draws import drawn_otherwise
from serving.replay.gates import LEAST_CHANGED, Tally, changed_size, tallied

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

ASKED: Final = (BENEFIT, COMPLAINT, OPT_OUT)
LONGEST: Final = max(ASKED, key=lambda outcome: WINDOW_DAYS[outcome])
WEIGHTS: Final[Mapping[str, float]] = {BENEFIT: 1.0, COMPLAINT: 1.0, OPT_OUT: 1.0}  # of CONTRACT section 3
WHERE: Final = ", where something would change"  # a part of its own: the answer rests on it (decision 12)
NONE, NOTHING, OPEN, DELAYED, FEW = "none", "nothing", "open", "delayed", "few"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chances:
    """What the draw would do with replayed decisions: columns of one length, by `number` of decision, ascending.

    `contact` is P(contacted) under the proposal. `delayed`: it would go out later, and keeps its draw. `confirmed`: the
    decision was held at first, and drawn as it was confirmed; it is that draw which was looked at.
    """

    number: Ints
    contact: Floats
    delayed: Bools
    confirmed: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Differences per occasion, proposal minus what was logged; None where there is none, and `missing` says why.

    `missing`: `none` (no such occasion), `nothing` (no chance of a contact changes), `open` (some do, and their windows
    are not over), `delayed` (some messages would go out later, and that is all), or `few` (the log cannot answer, and
    `said` why). `rows` are the occasions, `changed` those whose chance of a contact changes, `delayed` those that would
    be contacted later; `confirmed` are those of both that were held at first, and drawn and decided again as they were
    confirmed. `open` are no rows: their windows are not over (`open_changed` and `open_delayed` of them are concerned;
    the last of those at `over_at`).

    `more` and `less` are contacts to be expected beside those of the log, and instead of them. `by_outcome` has every
    estimator for those outcomes that have a difference, and `net` the same of the net benefit; `tallies` what there is
    of each outcome among the rows that change, and `size` their effective sample size in customers; `outside` the parts
    in which the proposal does what was never tried.
    """

    rows: int
    customers: int
    changed: int
    drawn_otherwise: int = 0  # of those that change: by an experiment, or under another model than the newest
    delayed: int = 0
    confirmed: int = 0
    open: int = 0
    open_changed: int = 0
    open_delayed: int = 0
    over_at: datetime | None = None
    more: float = 0.0
    less: float = 0.0
    differences: Mapping[str, Interval | None] = field(default_factory=dict)
    by_outcome: Mapping[str, OffPolicy] = field(default_factory=dict)
    net: OffPolicy | None = None
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    size: float = 0.0
    outside: tuple[PartSupport, ...] = ()
    missing: str | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Occasions, and the evaluation policy there."""

    seen: Occasions
    contact: Floats
    delayed: Bools
    confirmed: Bools

    @property
    def changed(self) -> Bools:
        return np.asarray(self.contact != self.seen.chance)

    def rows(self, which: Bools) -> "_Rows":
        """Return those that are picked."""
        return _Rows(self.seen.rows(which), self.contact[which], self.delayed[which], self.confirmed[which])

    def of_purpose(self, number: int) -> "_Rows":
        """Return those of one purpose."""
        return self.rows(self.seen.names["purpose"] == number)


def effects(occasions: Occasions, chances: Chances) -> Effects:
    """Return what the proposal would have done; occasions that were not replayed are no rows."""
    return _weighed(*_rows(occasions, chances))


def effects_by_purpose(occasions: Occasions, chances: Chances) -> dict[str, Effects]:
    """Return the same of each purpose in which something changes, by itself; each interval stands by itself, too."""
    rows, still = _rows(occasions, chances)
    purposes = rows.seen.words["purpose"]
    concerned = rows.changed | rows.delayed
    found = {}
    for number in np.unique(rows.seen.names["purpose"][concerned]).tolist():
        found[str(purposes[number])] = _weighed(rows.of_purpose(number), still.of_purpose(number))
    return dict(sorted(found.items(), key=lambda each: (-each[1].changed, each[0])))


def _rows(occasions: Occasions, chances: Chances) -> tuple[_Rows, _Rows]:
    """Return the occasions that were replayed, each with its chance under the proposal: those that are over, and not.

    Over is the longest window; only then an occasion counts.
    """
    place = np.searchsorted(chances.number, occasions.decision)
    place[place == len(chances.number)] = 0
    known = np.zeros(len(occasions), dtype=np.bool_)
    if len(chances.number):
        known = (chances.number[place] == occasions.decision) & ~np.isnan(chances.contact[place])
    at, over = place[known], occasions.closed[LONGEST][known]
    every = _Rows(occasions.rows(known), chances.contact[at], chances.delayed[at], chances.confirmed[at])
    return every.rows(over), every.rows(~over)


def _weighed(rows: _Rows, still: _Rows) -> Effects:
    found = _counted(rows, still)
    if not found.changed:
        return replace(found, missing=_missing(found))
    log = _log(rows)
    outside = tuple(part for part in support(log, rows.contact) if part.share > 0.0)
    found = replace(found, tallies={name: _tallied(rows, name) for name in ASKED}, outside=outside, size=_size(rows))
    try:
        by_outcome = {name: _judged(log, rows.seen.labels[name], rows.contact) for name in ASKED}
    except (InvalidInput, Unanswerable) as error:
        return replace(found, missing=FEW, said=str(error))
    if found.size < LEAST_CHANGED:
        said = f"the effective sample size of what changes is {found.size:.1f}, below {LEAST_CHANGED:.0f}"
        return replace(found, missing=FEW, said=said)
    enough = {name: each for name, each in by_outcome.items() if found.tallies[name].enough}
    differences = {name: enough[name].against_logging.doubly_robust if name in enough else None for name in ASKED}
    net = _judged(log, _net(rows.seen), rows.contact) if BENEFIT in enough else None
    return replace(found, differences=differences, by_outcome=enough, net=net)


def _counted(rows: _Rows, still: _Rows) -> Effects:
    """Return how many occasions there are, and what chances change; those in `still` are not over."""
    apart = rows.contact - rows.seen.chance
    return Effects(
        rows=len(rows.seen),
        customers=len(np.unique(rows.seen.customer)),
        changed=int(rows.changed.sum()),
        drawn_otherwise=int(np.sum(rows.changed & drawn_otherwise(rows.seen))),
        delayed=int(rows.delayed.sum()),
        confirmed=int((rows.confirmed & (rows.delayed | rows.changed)).sum()),
        open=len(still.seen),
        open_changed=int(still.changed.sum()),
        open_delayed=int(still.delayed.sum()),
        over_at=_over_at(still),
        more=float(np.sum(np.maximum(apart, 0.0))),
        less=float(np.sum(np.maximum(-apart, 0.0))),
    )


def _over_at(still: _Rows) -> datetime | None:
    """Return when the last of those that would be contacted otherwise, or later, is over."""
    concerned = still.seen.at[still.changed | still.delayed]
    return instant(int(concerned.max()) + WINDOW_DAYS[LONGEST] * DAY) if concerned.size else None


def _missing(found: Effects) -> str:
    """Return why there is no figure where no chance changes among those that are over."""
    if found.open_changed:
        return OPEN
    return DELAYED if found.delayed or found.open_delayed else NOTHING if found.rows else NONE


def _log(rows: _Rows) -> Log:
    """Return the rows as a log, with outcomes still to come."""
    part, names = _parts(rows)
    return Log(
        contacted=rows.seen.contacted,
        propensity=rows.seen.chance,
        outcome=np.zeros(len(rows.seen)),
        cluster=rows.seen.customer,
        part=part,
        part_names=names,
    )


def _net(seen: Occasions) -> Floats:
    """Return the net benefit of each row: v·benefit − λC·complaint − λA·opt-out."""
    good, *harms = (WEIGHTS[name] * seen.labels[name] for name in ASKED)
    return np.asarray(good - sum(harms), dtype=np.float64)


def _judged(log: Log, happened: Bools | Floats, contact: Floats) -> OffPolicy:
    """Judge the evaluation policy by one outcome, or by the net benefit.

    Raises:
        InvalidInput: fewer customers than two.
        Unanswerable: too little like it was ever tried.
    """
    bounds = (0.0, 1.0) if happened.dtype == np.bool_ else (-WEIGHTS[COMPLAINT] - WEIGHTS[OPT_OUT], WEIGHTS[BENEFIT])
    return evaluate(with_part_means(replace(log, outcome=happened.astype(np.float64), bounds=bounds)), contact)


def _parts(rows: _Rows) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return each row's part as a number, and their names: purpose and channel, apart where a chance changes."""
    purposes, channels = (rows.seen.words[name] for name in ("purpose", "channel"))
    purpose, channel = (rows.seen.names[name] for name in ("purpose", "channel"))
    part = (purpose * len(channels) + channel) * 2 + rows.changed
    names = [f"{one} by {other}{where}" for one in purposes for other in channels for where in ("", WHERE)]
    return part.astype(np.intp), tuple(names)


def _tallied(rows: _Rows, name: str) -> Tally:
    seen = rows.seen
    return tallied(seen.labels[name], seen.contacted, seen.chance, rows.changed, both=name != OPT_OUT)


def _size(rows: _Rows) -> float:
    """Return the effective sample size of the rows that change."""
    seen = rows.seen.rows(rows.changed)
    return changed_size(rows.contact[rows.changed], seen.chance, seen.contacted, seen.customer)
