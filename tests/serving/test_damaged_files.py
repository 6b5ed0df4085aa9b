"""Files of candidates that are cut off, damaged or empty, by the command: one line, exit 2, nothing decided."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from shutil import rmtree
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from serving.batch.run import run_batch
from serving.cli import run
from serving.columnar.footers import wrong_extent
from serving.ledger import open_ledger
from serving.policy_files.templates import load_policy
from tests.serving.candidate_examples import NOW, TYPES, candidate, write_csv, write_parquet

AT = NOW.isoformat()
ROWS = [candidate(number) for number in range(300)]
POLICY = load_policy()
HEADER = b"candidate_id,user.id,purpose,channel,message.template\n"
REFUSED = (2, 1, False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a file of three row groups that can be decided."""
    path = write_parquet(tmp_path_factory.mktemp("whole") / "c.parquet", ROWS)
    pa.parquet.write_table(pa.parquet.read_table(path), path, row_group_size=100)
    return path.read_bytes()


def decided(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, int, bool]:
    """Plan a file by the command: its exit code, the lines of text on standard error, whether `_SUCCESS` was left."""
    out = path.parent / "out"
    code = run(["batch", str(path), "--out", str(out), "--at", AT, *options])
    lines = capsys.readouterr().err.splitlines()
    assert not any("Traceback" in line for line in lines)
    text = [line for line in lines if not line.startswith('{"event"')]
    return code, len(text), (out / "_SUCCESS").exists()


def test_a_file_that_is_cut_off_anywhere(tmp_path: Path, whole: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """Fifty places, the first and the last byte among them: refused before there is a folder for decisions."""
    places = np.random.default_rng(9).integers(1, len(whole), 48).tolist()
    seen = []
    for place in [0, *places, len(whole) - 1]:
        (tmp_path / "c.parquet").write_bytes(whole[:place])
        seen.append((decided(tmp_path / "c.parquet", capsys), (tmp_path / "out").exists()))

    assert seen == [(REFUSED, False)] * 50


def test_a_file_with_a_hole_where_a_block_is_missing(
    tmp_path: Path, whole: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy that lost some middle part has a footer, which tells of bytes that are no longer there."""
    seen = []
    for place in np.random.default_rng(4).integers(4, len(whole) // 3, 20).tolist():
        (tmp_path / "c.parquet").write_bytes(whole[:place] + whole[place + len(whole) // 3 :])
        seen.append((decided(tmp_path / "c.parquet", capsys), (tmp_path / "out").exists()))

    assert seen == [(REFUSED, False)] * 20


def test_damage_anywhere_is_refused_or_harmless(
    tmp_path: Path, whole: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sixty-four bytes are noise, at thirty places: one line and no `_SUCCESS`, or a file that can still be read."""
    rng = np.random.default_rng(2)
    seen = set()
    for place in rng.integers(0, len(whole) - 64, 30).tolist():
        (tmp_path / "c.parquet").write_bytes(whole[:place] + rng.bytes(64) + whole[place + 64 :])
        code, lines, success = decided(tmp_path / "c.parquet", capsys)
        seen.add((code, lines if code else None, success))
        rmtree(tmp_path / "out", ignore_errors=True)

    assert seen <= {REFUSED, (0, None, True)}
    assert REFUSED in seen


def test_a_damaged_page_decides_nothing_with_a_ledger(
    tmp_path: Path, whole: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where decisions become durable the whole file is read first: not one row of it is recorded."""
    monkeypatch.chdir(tmp_path)
    footer = pa.parquet.ParquetFile(pa.BufferReader(whole)).metadata
    chunk = next(
        footer.row_group(2).column(at)
        for at in range(footer.num_columns)
        if footer.row_group(2).column(at).path_in_schema == "evidence.id"
    )
    damaged = bytearray(whole)
    damaged[chunk.data_page_offset : chunk.data_page_offset + 100] = bytes(100)
    (tmp_path / "c.parquet").write_bytes(bytes(damaged))

    said = decided(tmp_path / "c.parquet", capsys, "--ledger", "sqlite:///l.db")

    ledger = open_ledger("sqlite:///l.db", now=NOW, salt=b"s" * 32)
    with ledger.transaction() as transaction:
        recorded = transaction.decisions(action=None, user=None, since=None, after=None, limit=9)
    ledger.close()
    assert (said, recorded) == (REFUSED, [])


def folder(path: Path) -> None:
    """Write a folder of files whose columns have other types."""
    path.mkdir()
    write_parquet(path / "1.parquet", [candidate(1)])
    write_parquet(path / "2.parquet", [candidate(2, context__contacts_7d="0")], context__contacts_7d=pa.string())


def no_row_groups(path: Path) -> None:
    """Write a schema and not one row group."""
    schema = pa.schema([(name, TYPES.get(name, pa.string())) for name in candidate()])
    pa.parquet.ParquetWriter(path, schema).close()


def no_rows(path: Path) -> None:
    """Write a row group without rows."""
    write_parquet(path, [candidate()])
    pa.parquet.write_table(pa.parquet.read_table(path).slice(0, 0), path)


def header_alone(path: Path) -> None:
    """Write the names of columns as CSV."""
    write_csv(path, [candidate()])
    path.write_text(path.read_text().splitlines()[0])


WRONG: Mapping[str, Callable[[Path], object]] = {
    "folder.parquet": folder,
    "no-row-groups.parquet": no_row_groups,
    "no-rows.parquet": no_rows,
    "header.csv": header_alone,
    "empty.csv": lambda path: path.write_bytes(b""),
    "empty.parquet": lambda path: path.write_bytes(b""),
    "footer-of-nothing.parquet": lambda path: path.write_bytes(b"PAR1\x00\x00\x00\x00PAR1"),
    "endless-footer.parquet": lambda path: path.write_bytes(b"PAR1" + b"\xff" * 4 + b"PAR1"),
    "no-footer.parquet": lambda path: path.write_bytes(b"PAR1" + bytes(range(256)) + b"\x20\0\0\0PAR1"),
    "csv.parquet": partial(write_csv, rows=[candidate()]),
    "not-utf-8.csv": lambda path: path.write_bytes(HEADER + b"c,u\xff,p\n"),
    "late.csv": lambda path: path.write_bytes(HEADER + b"c,u,delivery_update,push,t\n" * 200_000 + b"c,\xff\n"),
    "half-a-letter.csv": lambda path: path.write_bytes(HEADER + b"c,u,delivery_update,push,t\xc3"),
    "parquet.csv": partial(write_parquet, rows=[candidate()]),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Folders of mixed schemas, files without rows, and what only has the name of a file of candidates."""
    WRONG[name](tmp_path / name)

    said = decided(tmp_path / name, capsys)

    assert (said, (tmp_path / "out").exists()) == (REFUSED, False)


def of_type(stored: pa.DataType | None, cell: Any) -> pa.Table:
    """Return three rows in which every cell is `cell`."""
    names = list(candidate())
    return pa.table({name: pa.array([cell] * 3, type=stored or TYPES.get(name, pa.string())) for name in names})


EMPTY: Mapping[str, pa.Table] = {
    "only nulls": of_type(None, None),
    "columns of type null": of_type(pa.null(), None),
    "empty texts": of_type(None, None).set_column(0, "candidate_id", pa.array(["", "", ""])),
    "blank customers": of_type(None, None).set_column(1, "user.id", pa.array([" ", "", None])),
}


@pytest.mark.parametrize("case", EMPTY)
def test_rows_of_nothing_are_rejected(tmp_path: Path, case: str) -> None:
    """Each row is rejected for a cell; none is decided, and nothing falls over."""
    pa.parquet.write_table(EMPTY[case], tmp_path / "c.parquet")
    summary = run_batch(tmp_path / "c.parquet", tmp_path / "out", now=NOW, policy=POLICY)

    actual = (summary.rows, summary.rejected, summary.decided, (tmp_path / "out" / "_SUCCESS").exists())

    assert actual == (3, 3, 0, True)


def test_one_row_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The smallest file that can be decided is."""
    code, _, success = decided(write_parquet(tmp_path / "c.parquet", [candidate()]), capsys)

    assert (code, success) == (0, True)


def test_a_time_beyond_any_calendar_is_rejected_in_every_unit(tmp_path: Path) -> None:
    """A time that no count of microseconds can hold rejects its row, like any other that does not exist."""
    rejected = []
    for unit in ("ms", "us"):
        table = pa.parquet.read_table(write_parquet(tmp_path / "c.parquet", [candidate(1), candidate(2)]))
        far = pa.array([2**62, 1_790_000_000], pa.timestamp(unit, tz="UTC"))
        pa.parquet.write_table(table.append_column("expires_at", far), tmp_path / "c.parquet")
        rejected.append(run_batch(tmp_path / "c.parquet", None, now=NOW, policy=POLICY, dry_run=True).rejected)

    assert rejected == [1, 1]


def footer(**changes: Any) -> Any:
    """Return the footer of a file of 200 bytes with one row group of two columns, one of lists; some things changed."""
    chunk = {"path_in_schema": "a", "num_values": 5, "total_compressed_size": 60}
    chunk |= {"has_dictionary_page": True, "dictionary_page_offset": 4, "data_page_offset": 20}
    chunk |= changes
    listed = {**chunk, "path_in_schema": "b.list.element", "num_values": 9, "data_page_offset": 70}
    listed |= {"has_dictionary_page": False, "dictionary_page_offset": None, "total_compressed_size": 50}
    chunks = [SimpleNamespace(**chunk), SimpleNamespace(**listed)]
    columns = [
        SimpleNamespace(path="a", max_repetition_level=0),
        SimpleNamespace(path="b.list.element", max_repetition_level=1),
    ]
    return SimpleNamespace(
        num_rows=changes.get("num_rows", 5),
        num_row_groups=1,
        serialized_size=60,
        row_group=lambda _: SimpleNamespace(num_rows=5, num_columns=2, column=chunks.__getitem__),
        schema=SimpleNamespace(column=columns.__getitem__),
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"num_rows": 6}, "5 rows in its parts, 6 in its footer"),
        ({"num_values": 4}, "row group 1, column `a`: 4 cells in 5 rows"),
        ({"path_in_schema": "z"}, "row group 1, column `z`: the schema has `a` there"),
        ({"dictionary_page_offset": 2}, "row group 1, column `a`: bytes 2 to 62 are not its own"),
        ({"total_compressed_size": 129}, "row group 1, column `a`: bytes 4 to 133 are not its own"),
        ({"total_compressed_size": -1}, "row group 1, column `a`: bytes 4 to 3 are not its own"),
    ],
)
def test_a_footer_is_held_against_the_file(changes: dict[str, Any], problem: str | None) -> None:
    """Chunks lie between the magic and the footer, have the rows of their group, and the columns of the schema."""
    assert wrong_extent(footer(**changes), 200) == problem


def test_a_table_without_rows_is_told_so_however_it_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Libraries write one empty row group for no rows: there is nothing to decide, and nothing is cut off."""
    path = write_parquet(tmp_path / "c.parquet", ROWS)
    pa.parquet.write_table(pa.parquet.read_table(path).slice(0, 0), path)
    assert run(["batch", str(path), "--out", str(tmp_path / "out"), "--at", AT]) == 2
    assert "has no rows; give a file with a candidate on each" in capsys.readouterr().err
