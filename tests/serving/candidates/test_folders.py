"""A folder of Parquet files is decided as one file of all their rows, in the order of the names."""

from pathlib import Path

import pyarrow as pa
import pytest

from model.errors import InvalidInput
from serving.candidates.files import open_candidates
from tests.serving.batch_examples import crowded, decisions, plan
from tests.serving.candidate_examples import candidate, write_csv, write_parquet


def test_a_folder_gives_the_decisions_of_one_file(tmp_path: Path) -> None:
    """Shards cross the files, customers and ids repeat from file to file, and files that are hidden are not read."""
    rows = crowded(3, count=60)
    folder = tmp_path / "candidates.parquet"
    folder.mkdir()
    for name, part in (("b", rows[25:26]), ("a", rows[:25]), ("c", rows[26:])):
        write_parquet(folder / f"part-{name}.parquet", part)
    (folder / "_SUCCESS").touch()
    write_parquet(tmp_path / "one.parquet", rows)
    summaries = [
        plan(path, tmp_path / out, shard_rows=7) for path, out in ((folder, "many"), (tmp_path / "one.parquet", "one"))
    ]
    actual = decisions(tmp_path / "many")
    assert actual == decisions(tmp_path / "one")
    assert summaries[0].rejected == summaries[1].rejected > 0


def test_what_is_no_folder_of_one_schema_is_refused(tmp_path: Path) -> None:
    """A column that one file lacks would be unknown there, and an opt-out that only one tells of would be lost."""
    said = []
    for name, files in {
        "empty": [],
        "mixed": [("a.parquet", write_parquet, [candidate(1)]), ("b.csv", write_csv, [candidate(2)])],
        "other": [
            ("a.parquet", write_parquet, [candidate(1)]),
            ("b.parquet", write_parquet, [candidate(2, context__note="x")]),
        ],
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        for file, write, rows in files:
            write(folder / file, rows)
        with pytest.raises(InvalidInput) as caught:
            open_candidates(folder)
        said.append(str(caught.value).replace(str(tmp_path), ""))
    assert said == [
        "`/empty` is a folder and holds none; give one file, or a folder of .parquet files alone",
        "`/mixed` is a folder and holds `b.csv`; give one file, or a folder of .parquet files alone",
        "`/other/b.parquet`: its columns or their types are not those of `a.parquet`; write all with one schema",
    ]


def test_a_file_that_changes_in_a_folder_is_noticed(tmp_path: Path) -> None:
    """The stamp is that of every file."""
    folder = tmp_path / "c"
    folder.mkdir()
    for name in ("a", "b"):
        write_parquet(folder / f"{name}.parquet", [candidate(1)])
    file = open_candidates(folder)
    before = file.stamp(), file.sha256()
    write_parquet(folder / "b.parquet", [candidate(1), candidate(2)])
    assert file.stamp() != before[0]
    assert file.sha256() != before[1]
    assert pa.parquet.read_metadata(folder / "b.parquet").num_rows == 2
