import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from model.errors import InvalidInput
from serving.candidates import scan as candidate_scan
from serving.candidates.files import open_candidates
from serving.candidates.scan import Scan, scan
from tests.serving.candidate_examples import WRITERS, Row, candidate, write_csv, write_parquet


@pytest.fixture
def aside(tmp_path: Path) -> Path:
    """Return the folder for what memory shall not hold."""
    (tmp_path / "aside").mkdir()
    return tmp_path / "aside"


def repeating(rows: int) -> list[Row]:
    """Return rows of which every third repeats an earlier id, and some an earlier customer."""
    return [
        candidate(number, user__id=f"u-{number % 97}") if number % 3 else candidate(number // 2)
        for number in range(1, rows + 1)
    ]


@pytest.mark.parametrize("held", [2, 1000])
@pytest.mark.parametrize("name", WRITERS)
def test_rows_and_repeats_of_every_kind_of_file(tmp_path: Path, aside: Path, name: str, held: int) -> None:
    """Rows are counted; ids name their first row, customers of several rows are known; on disk as in memory."""
    rows = repeating(200)
    found = scan(open_candidates(WRITERS[name](tmp_path / name, rows)), aside, held=held)
    first: dict[str, int] = {}
    expected = [first.setdefault(row["candidate_id"], number) for number, row in enumerate(rows, 1)]

    firsts = found.firsts.of(range(1, 201)).tolist()
    users = found.repeated_users.among(pa.array(["u-1", "u-2", "nobody", None])).tolist()

    assert (found.rows, firsts, users) == (
        200,
        [0 if at == row else at for row, at in enumerate(expected, 1)],
        [True, True, False, False],
    )


def test_malformed_rows_of_csv_keep_the_numbers_right(tmp_path: Path, aside: Path) -> None:
    """The row that an id repeats is named by its number in the file."""
    path = tmp_path / "c.csv"
    path.write_text(
        "candidate_id,user.id,purpose,channel,message.text\nc,u,p,chat,hi\nbroken\nd,u,p,chat,hi\nc,v,p,chat,hi\n"
    )
    found = scan(open_candidates(path), aside)

    actual = (found.rows, found.firsts.of([1, 3, 4]).tolist())

    assert actual == (4, [0, 0, 1])


@pytest.mark.parametrize("name", WRITERS)
def test_null_ids_and_customers_are_nobodys(tmp_path: Path, aside: Path, name: str) -> None:
    """They repeat nobody; their rows are rejected where they are read."""
    nobody: dict[str, Any] = {"candidate_id": None, "user.id": None}
    found = scan(open_candidates(WRITERS[name](tmp_path / name, [candidate(1) | nobody] * 3)), aside)

    actual = (found.rows, bool(found.firsts), bool(found.repeated_users))

    assert actual == (3, False, False)


def test_the_hash_is_that_of_the_bytes(tmp_path: Path, aside: Path) -> None:
    """The same bytes under another name are the same input; one more row is another."""
    one = write_csv(tmp_path / "a.csv", [candidate(1)])
    same = write_csv(tmp_path / "b.csv", [candidate(1)])
    other = write_csv(tmp_path / "d.csv", [candidate(1), candidate(2)])

    first, second, third = (scan(open_candidates(path), aside).sha256 for path in (one, same, other))

    assert (first == second, first == third, len(first)) == (True, False, 64)


def test_a_scan_travels_to_another_process(tmp_path: Path, aside: Path) -> None:
    """Workers get paths, and find the same."""
    found = scan(open_candidates(write_parquet(tmp_path / "c.parquet", repeating(300))), aside)
    sent: Scan = pickle.loads(pickle.dumps(found))  # noqa: S301  (our own bytes)

    actual = (sent.rows, sent.sha256, sent.firsts.of(range(1, 301)).tolist(), bool(sent.repeated_users))

    assert actual == (300, found.sha256, found.firsts.of(range(1, 301)).tolist(), True)


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, aside: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Two passes must see the same rows."""
    path = WRITERS[name](tmp_path / name, [candidate(1)])
    real = candidate_scan.Repeats.add

    def growing(repeats: candidate_scan.Repeats, column: pa.Array) -> None:
        with path.open("ab") as stream:
            stream.write(b"\n")
        real(repeats, column)

    monkeypatch.setattr(candidate_scan.Repeats, "add", growing)

    with pytest.raises(InvalidInput, match=r"changed while it was read|cannot be read to its end"):
        scan(open_candidates(path), aside)


def test_only_ids_and_customers_are_read_unless_all_is_asked_for(tmp_path: Path, aside: Path) -> None:
    """A damaged page of another column is found where the whole file is read, before anything is durable."""
    path = write_parquet(tmp_path / "c.parquet", [candidate(number) for number in range(2000)])
    footer = pa.parquet.read_metadata(path)
    names = [footer.schema.column(at).path for at in range(footer.num_columns)]
    chunk = footer.row_group(0).column(names.index("evidence.id"))
    content = bytearray(path.read_bytes())
    content[chunk.data_page_offset : chunk.data_page_offset + 500] = bytes(500)
    path.write_bytes(bytes(content))

    rows = scan(open_candidates(path), aside).rows
    with pytest.raises(InvalidInput, match="cannot be read to its end"):
        scan(open_candidates(path), aside, whole=True)

    assert rows == 2000


def test_a_page_that_no_longer_has_its_checksum_is_refused(tmp_path: Path, aside: Path) -> None:
    """Where the writer left checksums, one flipped bit is found, though the page could still be read."""
    table = pa.table(
        {
            name: [f"{name}-{n}" for n in range(500)]
            for name in ("candidate_id", "user.id", "purpose", "channel", "message.text")
        }
    )
    path = tmp_path / "c.parquet"
    pa.parquet.write_table(table, path, compression="none", use_dictionary=False, write_page_checksum=True)
    content = bytearray(path.read_bytes())
    content[content.index(b"user.id-77")] ^= 1
    path.write_bytes(bytes(content))

    with pytest.raises(InvalidInput, match="cannot be read to its end"):
        scan(open_candidates(path), aside)


def test_many_suspects_are_found_by_partition(tmp_path: Path, aside: Path) -> None:
    """Twenty thousand rows, each id twice and far apart, with room for 64 in memory."""
    table = pa.Table.from_pylist([candidate(1)] * 20_000)
    ids = pa.array([f"c-{number % 10_000}" for number in range(20_000)])
    pa.parquet.write_table(table.set_column(0, "candidate_id", ids), tmp_path / "c.parquet")

    actual = scan(open_candidates(tmp_path / "c.parquet"), aside, held=64).firsts.of(range(1, 20_001))

    assert np.array_equal(actual, np.concatenate([np.zeros(10_000), np.arange(1, 10_001)]))


def test_a_hole_behind_ids_and_customers_is_found(tmp_path: Path, aside: Path) -> None:
    """The footer tells of bytes that are not there, though what is read now is whole."""
    path = write_parquet(tmp_path / "c.parquet", [candidate(number) for number in range(500)])
    content = path.read_bytes()
    end = len(content) - 8 - pa.parquet.read_metadata(path).serialized_size
    path.write_bytes(content[: end - 100] + content[end:])

    with pytest.raises(InvalidInput, match="are not its own"):
        scan(open_candidates(path), aside)
