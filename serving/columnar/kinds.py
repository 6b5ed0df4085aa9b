"""Classes of rows and what was found out about each: one real row of it was read as every row is, once.

Representatives are kept from block to block, as many as `MOST_KEPT`; what could not be proved is kept as such.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model.contracts import Candidate
from serving.batch.contexts import Sent, planned
from serving.candidates.files import Block
from serving.candidates.rows import Row, RowReader
from serving.columnar.forms import Coded, Key, form
from serving.columnar.numbers import Filled
from serving.columnar.proof import Case, holds_for_all
from serving.columnar.spreading import same_rows, spread
from serving.policy.columns import NO, YES, Flags, Numbers
from serving.policy.policy import Policy, digest_of
from serving.policy.rows import Read, columns_of

MOST_KEPT = 4096
FEW = 256  # classes of which even the small ones are read
LEAST_ROWS = 4  # of a class that saves anything where there are many
WIDEST = 2**62  # different keys that one number tells apart
Name = tuple[Key | bool, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A class: its representative, and the flags and numbers of that (those that are filled by column are not used)."""

    candidate: Candidate
    flags: NDArray[np.int8]
    numbers: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """The classes of some rows: `of` [rows] is each row's, `first` the place of each class's first row."""

    of: NDArray[np.int32]
    first: NDArray[np.intp]
    names: Sequence[Name]


def classes_of(cells: Sequence[Coded], some: NDArray[np.intp], *, fold: bool) -> Classes:
    """Sort `some` rows into classes by the cells of their keys; `first` are places in the batch."""
    keys, width = np.zeros(len(some), dtype=np.int64), 1
    for cell in {id(cell): cell for cell in cells}.values():
        if len(cell.values) > 1:
            if width * len(cell.values) > WIDEST:
                keys, width = _narrowed(keys)
            keys = keys * len(cell.values) + cell.codes[some]
            width *= len(cell.values)
    coded = pa.array(keys).dictionary_encode()
    of: NDArray[np.int32] = coded.indices.to_numpy(zero_copy_only=False)
    at = np.zeros(len(coded.dictionary), dtype=np.intp)
    at[of[::-1]] = np.arange(len(some) - 1, -1, -1)
    first = some[at]
    parts = [[cell.values[code] for code in cell.codes[first].tolist()] for cell in cells]
    return Classes(of, first, [(fold, *name) for name in zip(*parts, strict=True)])


def _narrowed(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    coded = pa.array(keys).dictionary_encode()
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), len(coded.dictionary)


@dataclass(slots=True)
class Kinds:
    """What is known of the classes of one file, at one clock, under one policy."""

    reader: RowReader
    policy: Policy
    now: datetime
    known: OrderedDict[Name, Kind | None] = field(default_factory=OrderedDict)
    names: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Note the names of all facts as forms: a value that is one is not said."""
        self.names = frozenset(form(name) for each in self.policy.templates.values() for name in each.facts)

    def of(self, columns: Mapping[str, pa.Array], found: Classes, filled: Filled) -> list[Kind | None]:
        """Return the classes, None where nothing is proved; the new ones are read."""
        sizes = np.bincount(found.of, minlength=len(found.names))
        worth = sizes >= (LEAST_ROWS if len(found.names) > FEW else 1)
        new = [at for at, name in enumerate(found.names) if worth[at] and name not in self.known]
        if new:
            places = found.first[new]
            for at, kind in zip(new, self._read(columns, places, filled, fold=found.names[0][0] is True), strict=True):
                self.known[found.names[at]] = kind
        kinds = [self.known.get(name) for name in found.names]
        for name in found.names:
            if name in self.known:
                self.known.move_to_end(name)
        while len(self.known) > MOST_KEPT:
            self.known.popitem(last=False)
        return kinds

    def _read(
        self, columns: Mapping[str, pa.Array], places: NDArray[np.intp], filled: Filled, *, fold: bool
    ) -> list[Kind | None]:
        """Read one row of each class as every other row is read, and keep what is proved."""
        kinds: list[Kind | None] = [None] * len(places)
        try:
            cells = [columns[name].take(pa.array(places)) for name in self.reader.columns]
            some = pa.RecordBatch.from_arrays(cells, names=self.reader.columns)
            rows, _ = self.reader.read(Block(batch=some, numbers=range(len(places))))
        except (ArithmeticError, ValueError, pa.ArrowException):  # what one cell holds cannot be said
            return kinds
        read = self._columns(rows)
        for at, kind in enumerate(self._kinds(rows, read, places, filled)):
            if kind is not None and (not fold or holds_for_all(self._case(rows[at], read, at), self.names)):
                kinds[rows[at].number] = kind
        return kinds

    def _columns(self, rows: Sequence[Row]) -> Read:
        contexts = [
            planned(
                row,
                self.reader.absent,
                Sent(),
                approved=digest_of(row.candidate, self.policy) is not None,
                now=self.now,
            )
            for row in rows
        ]
        return columns_of([row.candidate for row in rows], contexts, now=self.now, policy=self.policy)

    def _kinds(self, rows: Sequence[Row], read: Read, places: NDArray[np.intp], filled: Filled) -> list[Kind | None]:
        """Return the kinds of representatives, None where what is filled by column is not what was read."""
        columns = read.columns
        flags = np.stack([getattr(columns, name) for name in Flags._fields])
        numbers = np.stack([getattr(columns, name) for name in Numbers._fields])
        at = places[[row.number for row in rows]]
        filled_in = spread(flags, numbers, np.arange(len(rows)), filled, at, columns.instant)
        sure = same_rows(columns, filled_in) & (columns.readable == YES)
        kinds = [Kind(row.candidate, flags[:, place], numbers[:, place]) for place, row in enumerate(rows)]
        return [kind if good else None for kind, good in zip(kinds, sure.tolist(), strict=True)]

    def _case(self, row: Row, read: Read, at: int) -> Case:
        template = self.policy.templates.get(row.candidate.message.template or "")
        sound, inside = bool(read.columns.found[at] == YES), bool(read.columns.outbound[at] == NO)
        return Case(row.candidate, row.evidence, read.messages[at], template, sound, inside)
