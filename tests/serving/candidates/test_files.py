import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from model.errors import InvalidInput
from serving.candidates import files as candidate_files
from serving.candidates.files import CandidateFile, open_candidates, without_views
from serving.candidates.scan import Scan
from serving.candidates.scan import scan as scan_into
from tests.serving.candidate_examples import WRITERS, candidate, write_parquet

HEADER = "candidate_id,user.id,purpose,channel,message.text\n"


def scan(file: CandidateFile) -> Scan:
    """Read all of a file, as before decisions become durable."""
    return scan_into(file, file.path.parent, whole=True)


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_file_is_streamed_in_order(tmp_path: Path, name: str) -> None:
    """CSV, CSV.GZ and Parquet give the same rows with the same numbers, in blocks."""
    rows = [candidate(number) for number in range(1, 20_001)]
    file = open_candidates(WRITERS[name](tmp_path / name, rows))

    blocks = list(file.blocks())
    numbers = [number for block in blocks for number in block.numbers]
    ids = [value for block in blocks for value in block.batch.column(0).to_pylist()]

    assert (len(blocks) > 1, numbers, ids) == (True, list(range(1, 20_001)), [row["candidate_id"] for row in rows])


def test_texts_kept_as_views_are_read_as_texts() -> None:
    """A block holds none: of most layouts rows can be picked, of views not."""
    texts = {"candidate_id": pa.array(["c", "d"], pa.string_view()), "user.id": pa.array(["u", "v"])}
    lists = {
        "user.attributes.tags": pa.array([["a"], None], pa.list_(pa.string_view())),
        "user.attributes.deep": pa.array([[["a"]], []], pa.large_list(pa.list_(pa.string_view()))),
        "user.attributes.counts": pa.array([[1], None], pa.list_(pa.int64())),
    }
    batch = pa.RecordBatch.from_pydict(texts | lists)

    actual = without_views(batch)

    assert (actual.schema.types, actual.to_pylist()) == (
        [
            pa.large_string(),
            pa.string(),
            pa.list_(pa.large_string()),
            pa.large_list(pa.list_(pa.large_string())),
            pa.list_(pa.int64()),
        ],
        batch.to_pylist(),
    )


def test_blocks_are_small(tmp_path: Path) -> None:
    """However large the file's row groups are, a block is bounded."""
    path = write_parquet(tmp_path / "c.parquet", [candidate(number) for number in range(30_000)])

    actual = max(block.batch.num_rows for block in open_candidates(path).blocks())

    assert actual == candidate_files.BATCH_ROWS


def test_rows_with_too_few_or_many_cells_keep_their_numbers(tmp_path: Path) -> None:
    """A malformed row is named with its number, blank lines are no rows, and the others keep theirs."""
    path = tmp_path / "c.csv"
    path.write_text(HEADER + 'c1,u,p,chat,hi\nc2,u\n\nc3,u,p,chat,"two\nlines"\nc4,u,p,chat,hi,more\nc5,u,p,chat,hi\n')
    blocks = list(open_candidates(path).blocks())

    numbers = [number for block in blocks for number in block.numbers]
    malformed = [row for block in blocks for row in block.malformed]

    assert (numbers, malformed) == (
        [1, 3, 5],
        [(2, "the row has 2 cells, the header 5"), (4, "the row has 6 cells, the header 5")],
    )


def test_malformed_rows_are_found_over_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers stay right where the text is parsed in many pieces, and malformed rows at the end are not lost."""
    monkeypatch.setattr(candidate_files, "BLOCK_BYTES", 256)
    path = tmp_path / "c.csv"
    broken = {3, 50, 51, 199, 200}
    lines = [f"c{n},u\n" if n in broken else f"c{n},u,p,chat,some text\n" for n in range(1, 201)]
    path.write_text(HEADER + "".join(lines))
    file = open_candidates(path)
    blocks = list(file.blocks())

    named = [(n, i) for block in blocks for n, i in zip(block.numbers, block.batch.column(0).to_pylist(), strict=True)]
    malformed = {row for block in blocks for row, _ in block.malformed}

    assert (named, malformed, scan(file).rows) == (
        [(n, f"c{n}") for n in range(1, 201) if n not in broken],
        broken,
        200,
    )


def test_an_empty_cell_is_null_and_quotes_make_an_empty_text(tmp_path: Path) -> None:
    """CSV says null by nothing at all."""
    path = tmp_path / "c.csv"
    path.write_text(HEADER + 'c1,u,p,,""\n')

    actual = next(open_candidates(path).blocks()).batch.to_pylist()[0]

    assert (actual["channel"], actual["message.text"]) == (None, "")


def test_a_byte_order_mark_is_no_name(tmp_path: Path) -> None:
    """A spreadsheet's UTF-8 with a mark is read like any other."""
    path = tmp_path / "c.csv"
    path.write_bytes(b"\xef\xbb\xbf" + HEADER.encode() + b"c1,u,p,chat,hi\n")

    actual = open_candidates(path).columns[0]

    assert actual == "candidate_id"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.csv", b"", "is empty; it needs a header"),
        ("c.csv", HEADER.encode(), "has no rows"),
        ("c.csv", HEADER.encode() + b"c1,u,p,chat,\xff\xfe\n", "is not UTF-8"),
        (
            "c.csv.gz",
            gzip.compress(HEADER.encode() + b"c1,u,p,chat,hi\n" * 999, mtime=0)[:-30],
            "cannot be read to its end",
        ),
        ("c.csv", HEADER.encode() + b"c1,u,p,chat,a\0b\nc2,u,p,chat,hi\n", "byte [0-9]+ is NUL"),
        ("c.csv.gz", gzip.compress(HEADER.encode() + b"c1,u,p,chat,a\0b\n", mtime=0), "byte [0-9]+ is NUL"),
        ("c.csv.gz", b"no gzip at all", "cannot be read to its end"),
        ("c.parquet", b"", "cannot be read to its end"),
        ("c.parquet", b"PAR1 but then nothing", "cannot be read to its end"),
        ("c.xlsx", b"anything", "is not named as candidates are"),
    ],
)
def test_files_that_cannot_be_read_are_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """An empty, truncated, mistaken or garbled file is refused in one line before anything is decided."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(InvalidInput, match=message) as refused:
        scan(open_candidates(path))

    assert "\n" not in str(refused.value)


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    """A copy that was cut off has no footer."""
    path = write_parquet(tmp_path / "c.parquet", [candidate(1)])
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(InvalidInput, match="cannot be read to its end"):
        open_candidates(path)


def test_a_parquet_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    """A writer can call any bytes a string; nobody could read them."""
    path = write_parquet(tmp_path / "c.parquet", [candidate(1, message__facts__new_eta="Fridayy")])
    table = pa.parquet.read_table(path)
    garbled = pa.array([b"\xff\xfe"]).view(pa.string())
    pa.parquet.write_table(table.set_column(table.schema.get_field_index("purpose"), "purpose", garbled), path)

    with pytest.raises(InvalidInput, match="UTF8"):
        scan(open_candidates(path))


def test_a_damaged_parquet_page_is_refused(tmp_path: Path) -> None:
    """A footer that survived does not save pages that did not: the first pass reads them."""
    path = write_parquet(tmp_path / "c.parquet", [candidate(number) for number in range(2000)])
    content = bytearray(path.read_bytes())
    content[4:2000] = bytes(1996)
    path.write_bytes(bytes(content))

    with pytest.raises(InvalidInput, match="cannot be read to its end"):
        scan(open_candidates(path))


@pytest.mark.parametrize(("name", "message"), [("gone.csv", "is not there"), ("folder.csv", "is a folder")])
def test_a_path_that_is_no_file_is_refused(tmp_path: Path, name: str, message: str) -> None:
    """A missing file and a folder are told apart."""
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(InvalidInput, match=message):
        open_candidates(tmp_path / name)


def test_wrong_columns_and_types_are_refused_at_once(tmp_path: Path) -> None:
    """A column of another type refuses the file: mixed types never reach a decision."""
    path = write_parquet(tmp_path / "c.parquet", [candidate(1, context__consent="yes")], context__consent=pa.string())

    with pytest.raises(InvalidInput, match=r"`context\.consent` holds `string`"):
        open_candidates(path)
