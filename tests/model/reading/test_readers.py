import gzip
import hashlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from model.reading.readers import read
from tests.model.tables import message

CSV = b"a,b\n1,x\n2,\n"
COLUMNS = {"a": [1, 2], "b": ["x", None]}


def stored(path: Path, data: bytes) -> Path:
    """Write bytes, folders included, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def parquet_bytes(columns: dict[str, list[object]]) -> bytes:
    """Return columns as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", CSV),
        ("t.csv.gz", gzip.compress(CSV, mtime=0)),
        ("t.csv", gzip.compress(CSV, mtime=0)),
        ("t.tsv", CSV.replace(b",", b"\t")),
        ("t.txt", CSV),
        ("t.parquet", parquet_bytes(COLUMNS)),
        ("t.csv", parquet_bytes(COLUMNS)),
        ("T.PARQUET", parquet_bytes(COLUMNS)),
    ],
)
def test_every_format_gives_the_same_table(tmp_path: Path, name: str, data: bytes) -> None:
    """The content decides, whatever the name says."""
    actual = read(stored(tmp_path / name, data)).table.to_pydict()

    assert actual == COLUMNS


@pytest.mark.parametrize("data", [CSV, gzip.compress(CSV, mtime=0), parquet_bytes(COLUMNS)])
def test_the_hash_is_that_of_the_bytes_on_disk(tmp_path: Path, data: bytes) -> None:
    """The file's SHA-256 as any tool prints it."""
    actual = read(stored(tmp_path / "t", data)).sha256

    assert actual == hashlib.sha256(data).hexdigest()


def test_a_folder_is_read_in_order_of_names(tmp_path: Path) -> None:
    """Part files follow each other by name; Spark's bookkeeping and hidden files are passed over."""
    stored(tmp_path / "part-1.parquet", parquet_bytes({"a": [3]}))
    stored(tmp_path / "part-0.parquet", parquet_bytes({"a": [1, 2]}))
    stored(tmp_path / "_SUCCESS", b"")
    stored(tmp_path / ".part-0.parquet.crc", b"crc")
    stored(tmp_path / "_temporary" / "part-9.parquet", parquet_bytes({"a": [9]}))

    actual = read(tmp_path).table.to_pydict()

    assert actual == {"a": [1, 2, 3]}


def test_a_hive_folder_adds_its_columns(tmp_path: Path) -> None:
    """`day=3/…` is a column of that name, typed like a CSV column, null where Hive says so."""
    stored(tmp_path / "day=3" / "region=a%20b" / "p.parquet", parquet_bytes({"a": [1]}))
    stored(tmp_path / "day=12" / "region=__HIVE_DEFAULT_PARTITION__" / "p.parquet", parquet_bytes({"a": [2]}))

    actual = read(tmp_path).table.to_pydict()

    assert actual == {"a": [2, 1], "day": [12, 3], "region": [None, "a b"]}


def test_files_of_a_folder_may_differ_in_width_of_numbers(tmp_path: Path) -> None:
    """A part whose column is all null, or narrower, joins the others."""
    for name, values in (("a", [1, 2]), ("b", [2.5]), ("c", [None])):
        stored(tmp_path / f"{name}.parquet", parquet_bytes({"a": values}))

    actual = read(tmp_path).table.to_pydict()

    assert actual == {"a": [1.0, 2.0, 2.5, None]}


def test_a_folder_s_hash_tells_names_order_and_bytes(tmp_path: Path) -> None:
    """The same files in the same places have one hash; a renamed file or a moved row has another."""
    one, two = parquet_bytes({"a": [1]}), parquet_bytes({"a": [2]})
    hashes = []
    for folder, parts in (
        ("w", {"p": one, "q": two}),
        ("x", {"q": two, "p": one}),
        ("y", {"p": two, "q": one}),
        ("z", {"p": one, "r": two}),
    ):
        for name, data in parts.items():
            stored(tmp_path / folder / f"{name}.parquet", data)
        hashes.append(read(tmp_path / folder).sha256)

    actual = [each == hashes[0] for each in hashes]
    assert actual == [True, True, False, False]


def test_an_unnamed_pandas_index_is_left_out_and_noted(tmp_path: Path) -> None:
    """A filtered frame saved to Parquet carries its row numbers, which describe no customer."""
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": [1, 2, 3]}).loc[[2, 0, 1]].to_parquet(path)

    source = read(path)

    assert (source.table.to_pydict(), source.notes) == (
        {"a": [3, 1, 2]},
        ("1 unnamed pandas index column(s) left out",),
    )


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    """A wrong path says so, and what would do."""
    path = tmp_path / "none.csv"

    actual = message(lambda: read(path))

    assert actual == (
        f"`{path}` cannot be read: no such file or directory; give a CSV, CSV.GZ, Parquet or folder of Parquet"
    )


def test_a_folder_without_parquet_is_refused(tmp_path: Path) -> None:
    """A folder of CSV is not read file by file."""
    stored(tmp_path / "t.csv", CSV)

    actual = message(lambda: read(tmp_path))

    assert actual == f"folder `{tmp_path}` holds no Parquet file; give the folder of *.parquet, or one file"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("t.csv", b"", "is empty (0 bytes); write a header line and one row per occasion"),
        (
            "t.csv.gz",
            gzip.compress(CSV * 50, mtime=0)[:-9],
            (
                "is truncated or damaged gzip (Compressed file ended before the end-of-stream marker was reached); "
                "copy or export the file again"
            ),
        ),
        (
            "t.parquet",
            CSV,
            "is not a Parquet file (it does not begin with PAR1); export the table again",
        ),
        (
            "t.parquet",
            parquet_bytes(COLUMNS)[:-20],
            "is a truncated Parquet file (its end is missing); copy or export it again",
        ),
        (
            "t.parquet",
            b"PAR1",
            "is a truncated Parquet file (its end is missing); copy or export it again",
        ),
        (
            "t.csv.gz",
            gzip.compress(gzip.compress(CSV, mtime=0), mtime=0),
            "is gzip inside gzip; unpack it once with `gunzip` and give what comes out",
        ),
        (
            "t.parquet.gz",
            gzip.compress(parquet_bytes(COLUMNS), mtime=0),
            "is Parquet inside gzip; unpack it once with `gunzip` and give what comes out",
        ),
    ],
)
def test_an_empty_or_truncated_file_is_refused(tmp_path: Path, name: str, data: bytes, expected: str) -> None:
    """The refusal names the file and the next step."""
    path = stored(tmp_path / name, data)

    actual = message(lambda: read(path))

    assert actual == f"`{path}` {expected}"


@pytest.mark.parametrize("flip", [0, 1, 2, 3])
def test_a_damaged_gzip_is_refused(tmp_path: Path, flip: int) -> None:
    """A bit that flipped in transit fails the checksum or the stream, never passes as data."""
    data = bytearray(gzip.compress(CSV * 50, mtime=0))
    data[-12 + flip] ^= 0xFF
    path = stored(tmp_path / "t.csv.gz", bytes(data))

    actual = message(lambda: read(path))

    assert actual.startswith(f"`{path}` is truncated or damaged gzip (")


def test_a_damaged_parquet_is_refused(tmp_path: Path) -> None:
    """A footer that is no footer is a refusal in one line, not a trace."""
    data = bytearray(parquet_bytes(COLUMNS))
    data[-60:-8] = b"\xff" * 52
    path = stored(tmp_path / "t.parquet", bytes(data))

    actual = message(lambda: read(path))

    assert actual.startswith(f"`{path}` is damaged Parquet: ")


def test_duplicate_parquet_columns_are_refused(tmp_path: Path) -> None:
    """Parquet allows two columns of one name; a role would not say which is meant."""
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table([[1], [2]], names=["a", "a"]), sink)
    path = stored(tmp_path / "t.parquet", bytes(sink.getvalue()))

    actual = message(lambda: read(path))

    assert actual == f"`{path}`: columns named twice: `a`; give each column a name of its own"


@pytest.mark.parametrize(
    ("second", "expected"),
    [({"a": [1]}, "lacks column `b`"), ({"a": [1], "b": ["x"], "c": [2]}, "alone has column `c`")],
)
def test_files_with_other_columns_are_refused(tmp_path: Path, second: dict[str, list[object]], expected: str) -> None:
    """A column absent from one part would read as missing values."""
    stored(tmp_path / "0.parquet", parquet_bytes(COLUMNS))
    stored(tmp_path / "1.parquet", parquet_bytes(second))

    actual = message(lambda: read(tmp_path))

    assert actual == f"`{tmp_path}/1.parquet` {expected}; write all files with the same columns"


def test_files_with_other_types_are_refused(tmp_path: Path) -> None:
    """Text and numbers in one column are two exports, not one table."""
    stored(tmp_path / "0.parquet", parquet_bytes({"a": [1]}))
    stored(tmp_path / "1.parquet", parquet_bytes({"a": ["x"]}))

    actual = message(lambda: read(tmp_path))

    assert (actual.startswith(f"folder `{tmp_path}`: files differ in type: "), actual.endswith("with one schema")) == (
        True,
        True,
    )


def test_a_partition_that_repeats_a_column_is_refused(tmp_path: Path) -> None:
    """The folder's word and the file's column could disagree."""
    stored(tmp_path / "a=1" / "p.parquet", parquet_bytes({"a": [2]}))

    actual = message(lambda: read(tmp_path))

    assert actual == f"`{tmp_path}/a=1/p.parquet`: columns named twice: `a`; give each column a name of its own"
