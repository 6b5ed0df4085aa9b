"""Rows of named values to codes, as requests bring them; what depends on the features alone is prepared once.

numpy and the standard library only: this module is on the request path.

Example:
    >>> from model.features import fit_features
    >>> features = fit_features({"age": np.array([20.0, 40.0]), "plan": np.array(["basic", "plus"], dtype=object)})
    >>> encode_rows(features, [{"age": 30, "plan": "plus"}, {"age": "thirty", "plan": "basic"}])[0].tolist()
    [[30.0, 1.0], [nan, 0.0]]
    >>> encode_rows(features, [{"age": 30, "plan": "plus"}, {"age": "thirty", "plan": "basic"}])[1].tolist()
    [False, True]
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from model.contracts import JSON
from model.features import Bools, Feature, Floats, is_missing, reader_of

PLAIN = frozenset({float, int, type(None)})  # what nearly every number is: numpy reads them all in one call


def encode_rows(features: Sequence[Feature], rows: Sequence[Mapping[str, JSON]]) -> tuple[Floats, Bools]:
    """Encode rows of named values: codes float64[n, f], and which rows hold a wrong type (encoded as missing).

    Absent or null is missing, an unknown name is ignored.
    """
    return Encoder.of(features).encode(rows)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encoder:
    """How rows are read: which names are numbers, and what reads each of them and each of the others."""

    width: int
    numbers: tuple[str, ...]
    others: tuple[tuple[str, Callable[[Any], float]], ...]
    order: tuple[int, ...] | None  # where each feature stands among numbers, then others; None where that is its place

    @classmethod
    def of(cls, features: Sequence[Feature]) -> Self:
        """Sort the features by how they are read."""
        numbers = [j for j, feature in enumerate(features) if feature.kind == "number"]
        others = [j for j, feature in enumerate(features) if feature.kind != "number"]
        read = [*numbers, *others]
        return cls(
            width=len(features),
            numbers=tuple(features[j].name for j in numbers),
            others=tuple((features[j].name, reader_of(features[j])) for j in others),
            order=None if read == sorted(read) else tuple(read.index(j) for j in range(len(read))),
        )

    def encode(self, rows: Sequence[Mapping[str, JSON]]) -> tuple[Floats, Bools]:
        """Return codes float64[n, f], and which rows hold a wrong type; see `encode_rows`."""
        flat = self._numbers([row.get(name) for name in self.numbers for row in rows])
        if self.others:
            each = [read_each(reader, [row.get(name) for row in rows]) for name, reader in self.others]
            flat = np.concatenate([flat, *each])
        columns = flat.reshape(self.width, len(rows))
        return told_apart(np.ascontiguousarray((columns if self.order is None else columns[list(self.order)]).T))

    @staticmethod
    def _numbers(values: list[Any]) -> Floats:
        """Read numbers: all in one call, or one after the other where there is anything odd among them."""
        if PLAIN.issuperset(map(type, values)):
            try:
                return np.array(values, dtype=np.float64)
            except OverflowError:  # an integer that is no float
                pass
        return read_each(NUMBER, values)


NUMBER = reader_of(Feature(name="", kind="number"))


def told_apart(codes: Floats) -> tuple[Floats, Bools]:
    """Return codes float64[n, f], read so that infinite is wrong, with missing instead; and the rows that hold such."""
    bad = np.isinf(codes)
    if not bad.any():
        return codes, np.zeros(len(codes), dtype=np.bool_)
    codes[bad] = np.nan
    return codes, np.asarray(bad.any(axis=1), dtype=np.bool_)


def read_each(reader: Callable[[Any], float], values: Sequence[Any]) -> Floats:
    """Read one value after the other: NaN is missing, infinite is wrong."""
    read = [math.nan if value is None or is_missing(value) else reader(value) for value in values]
    return np.array(read, dtype=np.float64)
