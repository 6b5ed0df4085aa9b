"""Each filter as a table: what it answers on the complete grid of its support, under each class of its limits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.policy.columns import CONTACTS_KEPT, NEVER, Columns, Flags, Ints, Mask, Numbers
from serving.policy.engine import Filter
from serving.policy.limits import Limits
from serving.verify.classes import FLAGS, Axis, Tightening, axis, tightenings

SILENT, YES_TO_SEND, NO_TO_SEND, UNJUDGED = 0, 1, 2, 3  # not asked, passes, refuses, cannot be judged
STATES = ("is not asked", "passes", "refuses", "cannot be judged")
ALL_INPUTS = frozenset({*Flags._fields, *Numbers._fields})


def columns(values: Mapping[str, NDArray[Any]], rows: int, now: float) -> Columns:
    """Make columns of these arrays [rows]; all others are constant. Nothing can be written into any of them."""
    made = dict(_constants(rows))
    for name, given in values.items():
        made[name] = np.ascontiguousarray(given, dtype=np.int8 if name in FLAGS else np.float64)
        made[name].flags.writeable = False
    return Columns(**made, now=now, doubtful=ALL_INPUTS)


@lru_cache(maxsize=128)
def _constants(rows: int) -> Mapping[str, Any]:
    """Return all columns as constants, each of one value in memory: no filter that is verified reads them."""
    kinds = dict.fromkeys(Flags._fields, np.int8(1)) | dict.fromkeys(Numbers._fields, np.float64(1))
    made: dict[str, Any] = {name: np.broadcast_to(value, (rows,)) for name, value in kinds.items()}
    sends = {"contacts": np.broadcast_to(np.float64(NEVER), (rows, CONTACTS_KEPT)), "zones": ()}
    return MappingProxyType(made | sends | {"timed": np.broadcast_to(np.bool_(True), (rows,))})


def grid(axes: Mapping[str, Axis]) -> tuple[dict[str, NDArray[Any]], int]:
    """Return every combination of the axes' representatives, and how many there are (1 of none)."""
    shape = tuple(len(each) for each in axes.values())
    arrays = {}
    for place, (name, each) in enumerate(axes.items()):
        kind = np.int8 if name in FLAGS else np.float64
        lying = each.values.astype(kind).reshape([-1 if at == place else 1 for at in range(len(shape))])
        arrays[name] = np.ascontiguousarray(np.broadcast_to(lying, shape)).reshape(-1)
    return arrays, prod(shape)


@dataclass(frozen=True)
class Support:
    """What a filter depends on: columns (in the order of the grid's axes) and limits."""

    columns: tuple[str, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One filter on its grid. `now` is the grid's instant."""

    filter: Filter
    support: Support
    axes: Mapping[str, Axis]
    now: float

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """How many classes each column of the support has."""
        return tuple(len(each) for each in self.axes.values())

    @cached_property
    def rows(self) -> Columns:
        """The grid."""
        return columns(*grid(self.axes), self.now)

    @cached_property
    def asked_and_unknown(self) -> tuple[Mask, Mask]:
        """Where the filter is asked, and where an input that it names is unknown; no limit has a say in that."""
        c, each = self.rows, self.filter
        asked = np.ones(c.rows, dtype=np.bool_) if each.concerns is None else each.concerns(c)
        unknown = np.zeros(c.rows, dtype=np.bool_)
        for name in each.reads:
            unknown |= c.unknown(name)
        return asked, unknown

    def states(self, limits: Limits) -> Ints:
        """Return the filter's own answers before any waiver, in the shape of the grid."""
        asked, unknown = self.asked_and_unknown
        refused = self.filter.test(self.rows, limits)
        return answered(self.filter, refused, asked, unknown).reshape(self.shape)

    def example(self, at: Sequence[int]) -> dict[str, float]:
        """Return the representatives at a place of the grid."""
        return {name: float(each.values[place]) for (name, each), place in zip(self.axes.items(), at, strict=True)}


def answered(each: Filter, refused: Mask, asked: Mask, unknown: Mask) -> Ints:
    """Put a filter's three masks together as the engine does (`serving.verify.composition` checks that it does)."""
    own = each.unknown_as == each.code
    states = np.where(refused | (unknown & own), NO_TO_SEND, YES_TO_SEND).astype(np.int8)
    if not own:
        states[unknown] = UNJUDGED
    states[~asked] = SILENT
    return states


def table(each: Filter, support: Support, now: float, minutes: Sequence[int]) -> Table:
    """Lay the grid of a filter's support."""
    return Table(each, support, {name: axis(name, now, minutes=minutes) for name in support.columns}, now)


@dataclass(frozen=True)
class Setting:
    """One combination of the classes of the limits that a filter reads; `at` are their places."""

    limits: Limits
    at: tuple[int, ...]


def settings(names: Sequence[str]) -> Iterator[Setting]:
    """Yield every combination of these limits' classes, the default first."""
    choices: list[Sequence[Tightening]] = [tightenings(name)[0] for name in names]
    for at in product(*(range(len(each)) for each in choices)):
        changes: dict[str, Any] = {name: each[place] for name, each, place in zip(names, choices, at, strict=True)}
        yield Setting(replace(Limits(), **changes), at)
