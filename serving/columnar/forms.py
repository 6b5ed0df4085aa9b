"""What a class of rows agrees in, cell by cell: its exact value, or a text with its figures made 5 (its *form*).

A form stands for every text like it where each is sure to be read alike; `serving.columnar.proof` says the rest of it.
Of a number or time in the evidence that no fact of the message repeats, only that it is there is held.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from serving.candidates.columns import DATA, FACTS
from serving.columnar.letters import Mask, letters_of, with_letters
from serving.columnar.plain import present, said_in_json
from serving.policy.alike import FIVES
from serving.policy.columns import Floats
from serving.policy.facts import LONGEST_FACT
from serving.policy.selling_facts import harmless

FIGURE = "5"  # every figure of a form
WORDS = ("purpose", "channel", "evidence.type", "message.template", "message.next_step")  # held as they are
THERE = ("evidence.id", "evidence.time", "evidence.subject", "session.id")  # of which it only matters whether they are
TEXT = "message.text"
EXACT = (f"{DATA}channel", f"{DATA}channels")  # where a reminder was asked for
Key = str | int | None


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """One cell of the key for each row: `codes` [rows] are places in `values`; `refused` rows have none, None: no row.

    Two rows with the same value agree in this cell as far as the key goes.
    """

    codes: NDArray[np.int32]
    values: Sequence[Key]
    refused: Mask | None = None


def form(text: str) -> str:
    """Return a text with its figures made 5.

    Example:
        >>> form("A-7123")
        'A-5555'
    """
    return text.encode("utf-8", "surrogatepass").translate(FIVES).decode("utf-8", "surrogatepass")


def key_cells(
    columns: Mapping[str, pa.Array], dates: Mapping[str, Floats], rows: int, *, fold: bool
) -> Iterator[Coded]:
    """Yield what a class of rows agrees in; `columns` are dense, by name. Without `fold` every text is held exactly.

    `dates` are the dates of reminders, NaN for none: whether there is one is held, which one is filled in by row.
    """
    for date in dates.values():
        yield _bits(~np.isnan(date))
    for name in WORDS:
        if name in columns:
            yield _texts(columns[name], "", fold=False)
    for name in THERE:
        if name in columns:
            yield _bits(present(columns[name]))
    if "evidence.subject" in columns:
        yield _equal(columns["evidence.subject"], columns["user.id"])
    if TEXT in columns:
        yield _texts(columns[TEXT], TEXT, fold=fold)
    yield from _facts_and_data(columns, rows, fold=fold)


def _facts_and_data(columns: Mapping[str, pa.Array], rows: int, *, fold: bool) -> Iterator[Coded]:
    """Yield what the message says, what the evidence says, and where both say the same text."""
    facts = {name.removeprefix(FACTS): column for name, column in columns.items() if name.startswith(FACTS)}
    said = {name: _said(columns, f"{FACTS}{name}", column, rows, fold=fold) for name, column in facts.items()}
    yield from said.values()
    for name, column in columns.items():
        if name.startswith(DATA):
            same = _same(facts.get(name.removeprefix(DATA)), column)
            alike = same is not None and len(same.values) == 1 and name not in EXACT  # what holds for the fact does
            yield said[name.removeprefix(DATA)] if alike else _said(columns, name, column, rows, fold=fold)
            if same is not None:
                yield same


def _same(fact: pa.Array | None, data: pa.Array) -> Coded | None:
    """Return where a text of the message is the one on record; None where either is no column of texts."""
    if fact is None or not (pa.types.is_string(fact.type) and pa.types.is_string(data.type)):
        return None
    return _equal(fact, data)


def _said(columns: Mapping[str, pa.Array], name: str, column: pa.Array, rows: int, *, fold: bool) -> Coded:
    """Return the key of a fact, or of a cell of the evidence."""
    types, stored = pa.types, column.type
    if types.is_null(stored):
        return Coded(np.zeros(rows, dtype=np.int32), [None])
    if types.is_string(stored):
        return _texts(column, name, fold=fold and not _repeats_another_kind(columns, name))
    alone = name.startswith(DATA) and f"{FACTS}{name.removeprefix(DATA)}" not in columns
    figure = types.is_integer(stored) or types.is_floating(stored) or types.is_timestamp(stored)
    if fold and alone and figure and "." not in name.removeprefix(DATA):
        there = present(column)
        if types.is_floating(stored):  # NaN is null
            there &= ~np.isnan(column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False))
        return _bits(there, refused=~said_in_json(column))
    whole = _bitwise(column)
    if whole is None:
        return Coded(np.zeros(rows, dtype=np.int32), [None], present(column))
    return _encoded(whole)


def _repeats_another_kind(columns: Mapping[str, pa.Array], name: str) -> bool:
    """Whether the evidence has no text where the message has one, or the other way round: a day is read as a text."""
    fact = name.startswith(FACTS)
    other = columns.get(f"{DATA}{name.removeprefix(FACTS)}" if fact else f"{FACTS}{name.removeprefix(DATA)}")
    return other is not None and not (pa.types.is_string(other.type) or pa.types.is_null(other.type))


def _bitwise(column: pa.Array) -> pa.Array | None:
    """Return values as whole numbers, equal where they are the same; None for lists and what is no number at all."""
    types, stored = pa.types, column.type
    if types.is_integer(stored):
        return column
    if types.is_boolean(stored):
        return column.cast(pa.int8())
    if types.is_floating(stored) or types.is_decimal(stored):
        return column.cast(pa.float64()).view(pa.int64())  # 0.0 and -0.0 are two
    if types.is_timestamp(stored) or types.is_date64(stored):
        return column.view(pa.int64())
    return column.view(pa.int32()) if types.is_date32(stored) else None


def _texts(column: pa.Array, name: str, *, fold: bool) -> Coded:
    """Return texts as they are, or their forms; `refused` are forms that do not stand for every text like them."""
    if not pa.types.is_string(column.type):  # all null
        return Coded(np.zeros(len(column), dtype=np.int32), [None], present(column))
    if not fold or name in EXACT:
        return _encoded(column)
    letters = letters_of(column)
    coded = _encoded(with_letters(column, letters, letters.bytes.tobytes().translate(FIVES)))
    sure = np.array([value is None or _stands(str(value), name) for value in coded.values], dtype=np.bool_)
    return coded if sure.all() else Coded(coded.codes, coded.values, ~sure[coded.codes])


def _stands(value: str, name: str) -> bool:
    """Whether a form stands for every text that has it, and is read by itself as each of them is."""
    if FIGURE not in value:
        return True
    if not (value.isascii() and value.isprintable() and value.strip() == value):
        return False
    if name == TEXT:
        return True
    nested = "." in name.removeprefix(DATA).removeprefix(FACTS)
    return not nested and len(value) <= LONGEST_FACT and (name.startswith(DATA) or harmless(value))


def _encoded(column: pa.Array) -> Coded:
    coded = column.dictionary_encode(null_encoding="encode")
    return Coded(coded.indices.to_numpy(zero_copy_only=False), coded.dictionary.to_pylist())


def _equal(first: pa.Array, second: pa.Array) -> Coded:
    if not (pa.types.is_string(first.type) and pa.types.is_string(second.type)):
        return Coded(np.zeros(len(first), dtype=np.int32), [0])
    return _bits(pc.equal(first, second).fill_null(False).to_numpy(zero_copy_only=False))


def _bits(mask: Mask, refused: Mask | None = None) -> Coded:
    odd = refused if refused is not None and refused.any() else None
    if mask.all():
        return Coded(np.zeros(len(mask), dtype=np.int32), [1], odd)
    return Coded(mask.astype(np.int32), [0, 1], odd)
