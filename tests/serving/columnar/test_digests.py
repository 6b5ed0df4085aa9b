import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from serving.columnar import digests
from serving.columnar.cells import LONG, SHORT
from serving.columnar.digests import decision_id, decision_ids, row_digests
from serving.system import id_of
from tests.serving.candidate_examples import NOW, TYPES, candidate

ZONED = pa.timestamp("us", tz="UTC")
STEM = bytes(range(7, 39))


def batch(**columns: pa.Array) -> pa.RecordBatch:
    """Return columns as a batch; names have `__` for a dot."""
    names = [name.replace("__", ".") for name in columns]
    return pa.RecordBatch.from_arrays(list(columns.values()), names=names)


def told(one: pa.RecordBatch) -> list[bytes]:
    """Return the digests as bytes."""
    return [row.tobytes() for row in row_digests(one)]


def varied(rows: int) -> pa.RecordBatch:
    """Draw rows of every kind of cell, with nulls, NaN, texts of every length class and numbers beyond 2^63."""
    rng = np.random.default_rng(5)
    lengths = rng.choice([0, 1, 20, SHORT - 1, SHORT, 3000, LONG - 1, LONG], rows)
    floats = np.where(rng.random(rows) < 0.3, np.nan, rng.random(rows))

    def gaps() -> Any:
        return rng.random(rows) < 0.3

    return batch(
        text=pa.array(["x" * size for size in lengths.tolist()], mask=gaps()),
        word=pa.array([f"w-{number}" for number in rng.integers(0, 5, rows).tolist()], mask=gaps()),
        truth=pa.array(rng.random(rows) < 0.5, mask=gaps()),
        whole=pa.array(rng.integers(-9, 9, rows), mask=gaps()),
        large=pa.array(rng.integers(0, 2**64, rows, dtype=np.uint64), mask=gaps()),
        number=pa.array(floats, mask=gaps()),
        time=pa.array(rng.integers(0, 2**50, rows), type=pa.int64(), mask=gaps()).cast(ZONED),
        day=pa.array(rng.integers(0, 9999, rows).astype(np.int32), mask=gaps()).cast(pa.date32()),
        listed=pa.array([["a", str(number)] for number in range(rows)], mask=gaps()),
        nothing=pa.nulls(rows),
    )


def spelled(row: Mapping[str, Any]) -> str:
    """Say a row in JSON, as it is read: what two rows share this they must share their digest, and only they."""
    cells = {name: value for name, value in row.items() if value is not None and value == value}  # noqa: PLR0124  (NaN)
    return json.dumps([[name, type(value).__name__, str(value)] for name, value in sorted(cells.items())])


def test_rows_share_a_digest_where_they_say_the_same() -> None:
    """Six hundred rows, each there twice: as many digests as rows that differ in what they say."""
    one = varied(600)
    both = pa.Table.from_batches([one, one]).combine_chunks().to_batches()[0]
    said = [spelled(row) for row in both.to_pylist()]
    known: dict[str, bytes] = dict(zip(said, told(both), strict=True))

    actual = (told(both) == [known[one] for one in said], len(set(known.values())))

    assert actual == (True, len(set(said)))


CHANGES: Mapping[str, tuple[pa.RecordBatch, pa.RecordBatch]] = {
    "a character moved to the next cell": (
        batch(a=pa.array(["ab"]), b=pa.array(["c"])),
        batch(a=pa.array(["a"]), b=pa.array(["bc"])),
    ),
    "a character moved to the next column's name": (batch(ab=pa.array(["c"])), batch(a=pa.array(["bc"]))),
    "null and empty": (batch(a=pa.array([""])), batch(a=pa.array([None], pa.string()))),
    "number and text": (batch(a=pa.array([1])), batch(a=pa.array(["1"]))),
    "number and its bytes": (batch(a=pa.array([65])), batch(a=pa.array(["A" + "\0" * 7]))),
    "whole and not": (batch(a=pa.array([1])), batch(a=pa.array([1.0]))),
    "truth and number": (batch(a=pa.array([True])), batch(a=pa.array([1]))),
    "truth and text": (batch(a=pa.array([True])), batch(a=pa.array(["true"]))),
    "time and number": (batch(a=pa.array([5], ZONED)), batch(a=pa.array([5]))),
    "day and number": (batch(a=pa.array([date(1970, 1, 6)])), batch(a=pa.array([5]))),
    "day and text": (batch(a=pa.array([date(1970, 1, 6)])), batch(a=pa.array(["1970-01-06"]))),
    "list and text": (batch(a=pa.array([["b"]])), batch(a=pa.array(['["b"]']))),
    "lists that join alike": (batch(a=pa.array([["b", "c"]])), batch(a=pa.array([['b", "c']]))),
    "null in a list and none": (batch(a=pa.array([["b", None]])), batch(a=pa.array([["b"]]))),
    "decimals in a list and texts": (batch(a=pa.array([[Decimal("1.5")]])), batch(a=pa.array([["1.5"]]))),
    "a column renamed": (batch(a=pa.array(["x"])), batch(b=pa.array(["x"]))),
    "values swapped": (
        batch(a=pa.array(["x"]), b=pa.array(["y"])),
        batch(a=pa.array(["y"]), b=pa.array(["x"])),
    ),
    "numbers swapped beside a null": (
        batch(a=pa.array([None], pa.int64()), b=pa.array([2])),
        batch(a=pa.array([2]), b=pa.array([None], pa.int64())),
    ),
    "the signs of zero": (batch(a=pa.array([0.0])), batch(a=pa.array([-0.0]))),
    "beyond 2^63 and below zero": (batch(a=pa.array([2**64 - 1], pa.uint64())), batch(a=pa.array([-1]))),
    "a microsecond": (batch(a=pa.array([NOW])), batch(a=pa.array([NOW + timedelta(microseconds=1)]))),
    "the end of a long text": (batch(a=pa.array(["x" * LONG])), batch(a=pa.array(["x" * (LONG - 1) + "y"]))),
    "a long text and a longer one": (batch(a=pa.array(["x" * LONG])), batch(a=pa.array(["x" * (LONG + 1)]))),
    "a decimal and the next": (batch(a=pa.array([Decimal("1.5")])), batch(a=pa.array([Decimal("1.6")]))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_says_something_else_has_another_digest(change: str) -> None:
    """Cells have kinds, names and lengths: none can be read as another."""
    one, other = CHANGES[change]

    actual = told(one) == told(other)

    assert actual is False


WORDS = ["a", None, "bc", "", "a"]
SAME: Mapping[str, tuple[pa.Array, pa.Array]] = {
    "int8": (pa.array([1, None, -3]), pa.array([1, None, -3], pa.int8())),
    "int32": (pa.array([1, None, -3]), pa.array([1, None, -3], pa.int32())),
    "uint16": (pa.array([1, None, 3]), pa.array([1, None, 3], pa.uint16())),
    "uint64": (pa.array([1, None, 3]), pa.array([1, None, 3], pa.uint64())),
    "float32": (pa.array([1.5, None, -0.25]), pa.array([1.5, None, -0.25], pa.float32())),
    "float16": (
        pa.array([1.5, None, -0.25]),
        pa.array(np.array([1.5, 0, -0.25], np.float16), mask=np.array([0, 1, 0], bool)),
    ),
    "decimal": (pa.array([1.5, None]), pa.array([Decimal("1.50"), None])),
    "dictionary": (pa.array(WORDS), pa.array(WORDS).dictionary_encode()),
    "large text": (pa.array(WORDS), pa.array(WORDS, pa.large_string())),
    "text view": (pa.array(WORDS), pa.array(WORDS, pa.string_view())),
    "dictionary of numbers": (pa.array([5, 7, 5]), pa.array([5, 7, 5]).dictionary_encode()),
    "seconds": (
        pa.array([datetime(2026, 1, 1, tzinfo=UTC)], ZONED),
        pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("s", "UTC")),
    ),
    "nanoseconds": (pa.array([5], ZONED), pa.array([5999], pa.timestamp("ns", tz="UTC"))),
    "another zone": (pa.array([5], ZONED), pa.array([5], pa.timestamp("us", tz="Asia/Tokyo"))),
    "date64": (pa.array([date(2026, 1, 1)]), pa.array([date(2026, 1, 1)], pa.date64())),
    "list of int32": (pa.array([[1, 2], None]), pa.array([[1, 2], None], pa.list_(pa.int32()))),
    "large list": (pa.array([["a"], []]), pa.array([["a"], []], pa.large_list(pa.string()))),
    "NaN and null": (pa.array([1.0, None]), pa.array([1.0, float("nan")])),
    "a null column": (pa.nulls(3), pa.nulls(3, pa.string())),
}


@pytest.mark.parametrize("stored", SAME)
def test_how_a_column_is_stored_does_not_matter(stored: str) -> None:
    """The same values in another width, unit, zone or layout: the same digests."""
    one, other = SAME[stored]

    assert told(batch(a=one)) == told(batch(a=other))


def shuffled(one: pa.RecordBatch) -> pa.RecordBatch:
    """Return the columns backwards."""
    return one.select(one.schema.names[::-1])


def sliced(one: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows as a slice, at an offset that is not whole bytes of a bitmap, of a larger batch."""
    more = pa.Table.from_batches([one.slice(0, 13), one, one.slice(0, 5)]).combine_chunks().to_batches()[0]
    return more.slice(13, one.num_rows)


def without_nulls_alone(one: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch without its column of nulls."""
    return one.drop_columns(["nothing"])


@pytest.mark.parametrize("change", [shuffled, sliced, without_nulls_alone])
def test_a_batch_laid_out_otherwise_has_the_same_digests(change: Callable[[pa.RecordBatch], pa.RecordBatch]) -> None:
    """Column order, offsets and columns that hold nothing do not matter."""
    one = varied(300)

    assert told(change(one)) == told(one)


def test_chunks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row by row, by seven, all together, and where bytes force smaller parts."""
    one = varied(150)
    whole = told(one)
    alone = [digest for at in range(150) for digest in told(one.slice(at, 1))]
    monkeypatch.setattr(digests, "CHUNK_ROWS", 7)
    by_seven = told(one)
    monkeypatch.setattr(digests, "CHUNK_BYTES", 1000)

    assert (alone, by_seven, told(one)) == (whole, whole, whole)


def test_many_columns_with_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which cells are there is told apart over more columns than a number has bits."""
    monkeypatch.setattr(digests, "CODED", 4)
    rng = np.random.default_rng(1)
    columns = {f"c{at}": pa.array(np.ones(400, int), mask=rng.random(400) < 0.5) for at in range(70)}
    one = batch(**columns)
    said = [spelled(row) for row in one.to_pylist()]

    actual = (len(set(told(one))), told(one.slice(17, 1)) == told(one)[17:18])

    assert actual == (len(set(said)), True)


def test_bytes_below_a_null_do_not_matter() -> None:
    """What a writer left under a null is not read, of a number, a truth or a text."""
    dirty = batch(
        n=pa.Array.from_buffers(pa.int64(), 2, [pa.py_buffer(b"\x02"), pa.py_buffer(np.array([99, 5]))]),
        t=pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x02"), *pa.array(["secret", "b"]).buffers()[1:]]),
    )

    assert told(dirty) == told(batch(n=pa.array([None, 5]), t=pa.array([None, "b"])))


def test_a_time_beyond_any_calendar_has_a_digest() -> None:
    """Its row is rejected where it is read; nothing falls over before."""
    far = pa.array([2**62], pa.timestamp("s", tz="UTC"))

    assert len(told(batch(a=far))) == 1


def test_no_rows_have_no_digests_and_no_ids() -> None:
    """An empty batch is nothing special."""
    none = row_digests(varied(5).slice(0, 0))

    actual = (none.shape, len(decision_ids(none, STEM, NOW)))

    assert actual == ((0, 20), 0)


def test_the_digest_of_a_row_stays_what_it_is() -> None:
    """Ids that a ledger holds are found again after an upgrade: a change here is a change of format."""
    row = candidate(1)
    one = pa.RecordBatch.from_pydict(
        {name: pa.array([cell], TYPES.get(name, pa.string())) for name, cell in row.items()}
    )

    actual = (told(one)[0].hex(), decision_ids(row_digests(one), STEM, NOW).to_pylist())

    assert actual == ("cb7e67b5d46dbcc9908c26d85b841360c7179dc4", ["01M7WD7TG0SHV6XFYZC6RWF7WW"])


def test_ids_of_a_column_are_those_of_its_rows() -> None:
    """By column or row by row, the same ULID: the clock, then 80 bits."""
    some = row_digests(varied(500))

    actual = decision_ids(some, STEM, NOW).to_pylist()

    assert actual == [decision_id(one.tobytes(), STEM, NOW) for one in some]


@pytest.mark.parametrize("number", [0, 1, 2**80 - 1, 2**79, 0x0123456789ABCDEF0123])
def test_an_id_spells_its_bits_as_every_ulid_does(number: int) -> None:
    """With nothing to turn them, the digest's 80 bits are the id's."""
    digest = np.frombuffer(number.to_bytes(10) + bytes(10), dtype=np.uint8).reshape(1, 20)

    actual = decision_ids(digest, bytes(10), NOW).to_pylist()

    assert actual == [id_of(NOW, number)]


def test_another_clock_model_or_policy_gives_other_ids() -> None:
    """No row has the id that it, or any other row, has in another run."""
    some = row_digests(varied(200))
    runs = [(STEM, NOW), (bytes(reversed(STEM)), NOW), (STEM, NOW + timedelta(milliseconds=1))]

    ids = {one for stem, now in runs for one in decision_ids(some, stem, now).to_pylist()}

    assert len(ids) == 3 * len({row.tobytes() for row in some})
