"""The zones' names of rows, each combination kept once: what depends on them alone is found out once for all rows.

A few rows carry their names in a tuple; many rows are better kept as `Zones`. Both read the same.

Example:
    >>> zones = Zones.of([("UTC",), (), ("UTC",)])
    >>> zones.kinds, zones.place.tolist(), zones[2]
    ((('UTC',), ()), [0, 1, 0], ('UTC',))
    >>> per_zone(zones, len).tolist() == per_zone(tuple(zones), len).tolist() == [1.0, 0.0, 1.0]
    True
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Names = tuple[str, ...]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """The names of n rows: `kinds` are the combinations that there are, `place` [n] says which of them each row has."""

    kinds: tuple[Names, ...]
    place: NDArray[np.intp]

    @classmethod
    def of(cls, names: Iterable[Names]) -> Self:
        """Find the combinations among these rows."""
        known: dict[Names, int] = {}
        place = [known.setdefault(each, len(known)) for each in names]
        return cls(tuple(known), np.array(place, dtype=np.intp))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.place)

    def __getitem__(self, row: int) -> Names:
        """Return the names of one row."""
        return self.kinds[self.place[row]]

    def __iter__(self) -> Iterator[Names]:
        """Yield the names row by row."""
        return map(self.kinds.__getitem__, self.place.tolist())

    def take(self, rows: NDArray[np.intp] | slice) -> Self:
        """Return these rows only."""
        return type(self)(self.kinds, self.place[rows])


ZoneNames = tuple[Names, ...] | Zones


def some_of(zones: ZoneNames, rows: NDArray[np.intp] | slice) -> ZoneNames:
    """Return the zones of these rows only."""
    if isinstance(zones, Zones):
        return zones.take(rows)
    return zones[rows] if isinstance(rows, slice) else tuple(zones[row] for row in rows)


def per_zone(zones: ZoneNames, of: Callable[[Names], float]) -> Floats:
    """Return `of(names)` of each row, found once for each combination of names."""
    if isinstance(zones, Zones):
        return np.array([of(names) for names in zones.kinds], dtype=np.float64)[zones.place]
    known = {names: of(names) for names in set(zones)}
    return np.array([known[names] for names in zones], dtype=np.float64)


def per_zone_and_instant(zones: ZoneNames, at: Floats, of: Callable[[Names, float], float]) -> Floats:
    """Return `of(names, at)` of each row, found once for each pair that there is."""
    if isinstance(zones, Zones) and len(at) and (at == at[0]).all():
        when = float(at[0])
        return per_zone(zones, lambda names: of(names, when))
    asked = list(zip(zones, at.tolist(), strict=True))
    known = {pair: of(*pair) for pair in dict.fromkeys(asked)}
    return np.array([known[pair] for pair in asked], dtype=np.float64)
