"""What was before an occasion, and what followed it: counted in sorted times, exactly, in whole microseconds.

The features are those of `model.history`, from the same definitions, strictly before the occasion. Labels look at
[t, t + window), as `serving.ledger_table.labels` does; harm that names the message lies after it.

Every question is how many acts of a customer lie before an instant. A pair (customer, instant) is one whole number
(place of the customer · span + instant), acts are put into its order, so that a binary search answers it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.history import BEFORE_DAYS, COUNTS, HOUR, LATEST, ON_RECORD, OTHER_DAYS
from model.history import DAY as SECONDS
from model.history_table.description import Windows

Ints = NDArray[np.int64]
Column = NDArray[Any]

MICROS = 1_000_000
DAY = int(SECONDS) * MICROS
HOURS = 24
MARGIN = 400 * DAY  # beyond every window
LARGEST = 2**62
CONTACTED_US, UNPROMPTED = "contacted_us", "unprompted"
KINDS: Mapping[str, int] = {
    "contacts": 0,
    "engagements": 1,
    "complaints": 2,
    "opt_outs": 3,
    CONTACTED_US: 4,
    UNPROMPTED: 5,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a table is to say: windows, the benefit, and until when the logs go (microseconds)."""

    windows: Windows
    benefit: str
    as_of: int

    @property
    def harms(self) -> tuple[tuple[str, int], ...]:
        """The windows of benefit and complaint by the stem of their columns."""
        return ((self.benefit, self.windows.benefit), ("complained", self.windows.complaint))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """Occasions of some customers, by customer and time, and their acts in any order; `harmed` is 0 where never."""

    code: Ints
    t: Ints
    contacted: NDArray[np.bool_]
    harmed: Ints  # microseconds
    act_code: Ints
    act_t: Ints
    act_kind: Ints

    def part(self, first: int, end: int) -> "Piece":
        """Return the occasions [first, end), which are whole customers, with their acts."""
        acts = (self.act_code >= self.code[first]) & (self.act_code <= self.code[end - 1])
        mine = slice(first, end)
        return replace(
            self,
            code=self.code[mine],
            t=self.t[mine],
            contacted=self.contacted[mine],
            harmed=self.harmed[mine],
            act_code=self.act_code[acts],
            act_t=self.act_t[acts],
            act_kind=self.act_kind[acts],
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Log:
    """One log beside the occasions: its keys, and how many lie before each customer and each occasion."""

    keys: Ints
    first: Ints
    before: Ints


def counted(piece: Piece, asked: Asked) -> dict[str, Column]:
    """Return features and labels by name; NaN is a missing feature, and NaN among 0 and 1 an open window."""
    begins = np.flatnonzero(np.diff(piece.code, prepend=piece.code[0] - 1))
    low, high = _ends(piece)
    if len(begins) > 1 and (high - low) * len(begins) >= LARGEST:
        middle = int(begins[len(begins) // 2])
        halves = [counted(piece.part(*ends), asked) for ends in ((0, middle), (middle, len(piece.code)))]
        return {name: np.concatenate([half[name] for half in halves]) for name in halves[0]}
    lengths = np.diff(begins, append=len(piece.code))
    start = np.repeat(np.arange(len(begins)) * (high - low) - low, lengths)
    logs = _logs(piece, begins, start + piece.t, (low, high), asked)
    return _features(piece.t, start, logs) | _labels(piece, start, logs, asked)


def _ends(piece: Piece) -> tuple[int, int]:
    """Return instants below and above everything that is asked."""
    times = [each for each in (piece.t, piece.act_t) if len(each)]
    return min(int(each.min()) for each in times) - MARGIN, max(int(each.max()) for each in times) + MARGIN + 1


def _logs(piece: Piece, begins: Ints, at: Ints, ends: tuple[int, int], asked: Asked) -> dict[str, _Log]:
    """Return the logs that are asked for; `begins` are the first occasions of the customers, `at` the keys of all."""
    low, span = ends[0], ends[1] - ends[0]
    customers, lengths = piece.code[begins], np.diff(begins, append=len(at))
    place = _places(customers, piece.act_code)
    known = place >= 0
    keys = place * span + (piece.act_t - low)
    logs = {}
    for name, kind in KINDS.items():
        if name == CONTACTED_US and asked.benefit != "no_contact":
            continue
        own = np.sort(keys[known & (piece.act_kind == kind)])
        first = np.repeat(np.searchsorted(own, np.arange(len(customers)) * span), lengths)
        logs[name] = _Log(own, first, np.searchsorted(own, at))
    return logs


def _places(customers: Ints, codes: Ints) -> Ints:
    """Return the place of each code among the customers, in order; -1 where it is none of them. Codes lie close."""
    least, width = customers[0], customers[-1] - customers[0] + 1
    places = np.full(width + 1, -1)
    places[customers - least] = np.arange(len(customers))
    codes = codes - least
    return places[np.where((codes >= 0) & (codes < width), codes, width)]


def _features(t: Ints, start: Ints, logs: Mapping[str, _Log]) -> dict[str, Column]:
    """Compute the features of `model.history`, in its order."""
    features: dict[str, Column] = {}
    for name, log, days in COUNTS:
        edge = np.searchsorted(logs[log].keys, start + (t - days * DAY), side="right")
        features[name] = (logs[log].before - edge).astype(np.int32)
    for name, log in LATEST:
        features[name] = _days_since(start + t, logs[log], logs[log].before - 1)
    since = [_days_since(start + t, logs[log], logs[log].first) for log in dict.fromkeys(log for _, log in LATEST)]
    features[ON_RECORD] = np.fmax.reduce(since)
    features[HOUR] = (t // (DAY // HOURS) % HOURS).astype(np.int32)
    return features


def _days_since(at: Ints, log: _Log, index: Ints) -> Column:
    """Return the days since the act at `index` of each occasion; NaN where the log has none before it."""
    days = np.full(len(at), np.nan)
    some = np.flatnonzero(log.before > log.first)
    days[some] = (at[some] - log.keys[index[some]]) / float(DAY)
    return days


def _labels(piece: Piece, start: Ints, logs: Mapping[str, _Log], asked: Asked) -> dict[str, Column]:
    """Compute the outcomes in the windows of the labels, in the 14 days before, and in the windows of the checks."""
    at = start + piece.t
    inverted = asked.benefit == "no_contact"
    acts = {asked.benefit: logs[CONTACTED_US if inverted else "engagements"], "complained": logs["complaints"]}

    def within(name: str, days: int) -> Column:
        happened = np.searchsorted(acts[name].keys, at + days * DAY) > acts[name].before
        return ~happened if inverted and name == asked.benefit else happened

    def before(log: _Log) -> Column:
        return log.before > np.searchsorted(log.keys, at - BEFORE_DAYS * DAY)

    labels = {name: within(name, days) for name, days in asked.harms}
    named = (piece.harmed != 0) & (piece.harmed < piece.t + asked.windows.opt_out * DAY)
    labels["opted_out"] = piece.contacted & named
    alone = logs[UNPROMPTED]
    labels["opted_out_held_out"] = np.searchsorted(alone.keys, at + asked.windows.opt_out * DAY) > alone.before
    labels[f"{asked.benefit}_before"] = before(acts[asked.benefit]) ^ inverted
    labels["opted_out_before"] = before(logs["opt_outs"])
    for name, own in asked.harms:
        for days in other_days(own):
            closed = piece.t + days * DAY <= asked.as_of
            labels[f"{name}_{days}d"] = np.where(closed, within(name, days), np.float32(np.nan))
    return labels


def other_days(own: int) -> Sequence[int]:
    """Return the windows of the checks beside a label's own."""
    return [days for days in OTHER_DAYS if days != own]
