"""A plan is the same, whatever its shards, its shares of customers, its processes and its kind of file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from model.errors import InvalidInput
from serving.batch.contexts import Sends
from serving.batch.deciding import Job
from serving.batch.desk import counts_for
from serving.batch.files import DECISIONS, REJECTS
from serving.batch.summary import Run, decisions_table, rejects_table
from serving.candidates.files import open_candidates
from serving.candidates.rows import RowReader, late_reject
from serving.candidates.scan import scan
from tests.serving.batch_examples import POLICY, SCORER, Shipped, contents, crowded, decisions, plan
from tests.serving.candidate_examples import NOW, WRITERS, candidate, write_csv, write_parquet


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are looked at, not whether the disk has them: many small shards wait long for it."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def told_in_turn(path: Path, folder: Path) -> tuple[pa.Table, pa.Table, Mapping[str, Any]]:
    """Decide a file as one would by hand: one row after the other, everything in memory."""
    file = open_candidates(path)
    found = scan(file, folder)
    run = Run.of(found.sha256, now=NOW, policy=POLICY, scorer=SCORER, ledger=False)
    job = Job(run=run, policy=POLICY, scorer=SCORER, ledger=None, exploration=None, dry_run=False)
    reader = RowReader(file.columns, file.csv, {name: one.facts for name, one in POLICY.templates.items()})
    sends, counts = Sends(found.repeated_users), counts_for(SCORER)
    first: dict[str, int] = {}
    tables, rejected = [DECISIONS.empty_table()], []
    for block in file.blocks():
        rows, rejects = reader.read(block)
        ids = block.batch.column("candidate_id").to_pylist()
        for name, number in zip(ids, block.numbers, strict=True):
            first.setdefault(name, number)
        late = [row for row in rows if first[row.candidate_id] != row.number]
        rejected += rejects + [late_reject(row, first[row.candidate_id]) for row in late]
        for row in rows:
            if row not in late:
                decided = job.decide([row], reader.absent, sends)
                counts.add([row], decided)
                tables.append(decisions_table([row], decided))
    counts.reject(rejected)
    refused = rejects_table(sorted(rejected, key=lambda one: one.row))
    return pa.concat_tables(tables), refused, counts.to_json()


def published(out: Path) -> tuple[pa.Table, pa.Table]:
    """Read what a run left."""
    shards = [pa.parquet.read_table(shard) for shard in sorted(out.glob("decisions-*.parquet"))]
    there = (out / "rejects.parquet").exists()
    rejects = pa.parquet.read_table(out / "rejects.parquet") if there else REJECTS.empty_table()
    return pa.concat_tables(shards), rejects


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_one_row_after_the_other_gives(tmp_path: Path, seed: int, name: str) -> None:
    """Whatever repeats, for any size of shards and shares of customers: the decisions, the rejects, the counts."""
    path = WRITERS[name](tmp_path / name, crowded(seed))
    table, rejects, counts = told_in_turn(path, tmp_path)
    wrong = []
    for shard_rows, partition_rows in ((1, 12), (2, 24), (7, 3), (1000, 1000)):
        out = tmp_path / f"{shard_rows}"
        manifest = plan(path, out, shard_rows=shard_rows, partition_rows=partition_rows).manifest
        counted = {key: manifest[key] for key in ("decided", "rejected", "actions", "reasons", "decisive")}
        expected = {key: counts[key] for key in counted} | {"actions": {"hold": 0, "deny": 0, **counts["actions"]}}
        if published(out) != (table, rejects) or counted != expected:
            wrong.append(shard_rows)

    assert wrong == []


def test_the_examples_are_crowded(tmp_path: Path) -> None:
    """What is compared above has sends, holds and denials of one customer, rejects, and ids that came before."""
    tables = [told_in_turn(write_parquet(tmp_path / "c.parquet", crowded(seed)), tmp_path)[:2] for seed in range(4)]
    codes = {code for table, _ in tables for row in table["reasons"].to_pylist() for code in row}
    rules = {rule.split()[0] for _, rejects in tables for rule in rejects["rule"].to_pylist()}

    actual = (
        {action for table, _ in tables for action in table["action"].to_pylist()},
        {"frequency_cap", "already_told"} <= codes,
        rules,
    )

    assert actual == ({"send", "hold", "deny"}, True, {"stands", "`pigeon`"})


def test_processes_change_no_byte(tmp_path: Path) -> None:
    """Two processes write what one writes, customers with several rows among them."""
    path = write_csv(tmp_path / "c.csv", crowded(7, 60))
    options: dict[str, Any] = {"shard_rows": 7, "partition_rows": 9, "origin": Shipped()}
    plan(path, tmp_path / "one", jobs=1, **options)
    plan(path, tmp_path / "two", jobs=2, **options)

    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")

    assert (len(one), one) == (9 + 3, two)


def test_a_dry_run_in_shards_counts_the_same_and_writes_nothing(tmp_path: Path) -> None:
    """It has nothing to write to."""
    path = write_parquet(tmp_path / "c.parquet", crowded(8, 40))
    dry = plan(path, None, dry_run=True, shard_rows=9, partition_rows=9)
    left = [file.name for file in tmp_path.iterdir()]
    wet = plan(path, tmp_path / "out")

    actual = (dry.funnel(), dict(dry.reasons), left)

    assert actual == (wet.funnel(), dict(wet.reasons), ["c.parquet"])


def test_where_row_groups_begin_does_not_matter(tmp_path: Path) -> None:
    """Shards are cut by rows, row groups wherever the writer liked."""
    rows = crowded(9, 50)
    written = pa.parquet.read_table(write_parquet(tmp_path / "one.parquet", rows))
    plan(tmp_path / "one.parquet", tmp_path / "one", shard_rows=8)
    expected = decisions(tmp_path / "one")
    for size in (1, 3, 8, 11, 49):
        path = tmp_path / f"{size}.parquet"
        pa.parquet.write_table(written, path, row_group_size=size)
        plan(path, tmp_path / f"{size}", shard_rows=8)

        assert decisions(tmp_path / f"{size}") == expected


def test_rows_without_cells_go_to_their_shard(tmp_path: Path) -> None:
    """Rows of CSV that have too few cells are rejected under their number, wherever they stand."""
    header, *lines = write_csv(tmp_path / "c.csv", [candidate(number) for number in range(6)]).read_text().splitlines()
    lines[1:1] = ["broken", "broken,too"]
    lines += ["broken"]
    (tmp_path / "c.csv").write_text("\n".join([header, *lines, ""]))
    for shard_rows in (1, 2, 3, 100):
        summary = plan(tmp_path / "c.csv", tmp_path / f"{shard_rows}", shard_rows=shard_rows)
        table, rejects = published(tmp_path / f"{shard_rows}")

        actual = (summary.rows, table["candidate_id"].to_pylist(), rejects["row"].to_pylist())

        assert actual == (9, [f"c-{number}" for number in range(6)], [2, 3, 9])


def test_dictionaries_are_read_as_what_they_stand_for(tmp_path: Path) -> None:
    """A file whose texts are encoded by dictionaries that differ from batch to batch gets the same answers."""
    rows = crowded(10, 30)
    written = pa.parquet.read_table(write_parquet(tmp_path / "one.parquet", rows))
    encoded = [column.dictionary_encode() if pa.types.is_string(column.type) else column for column in written.columns]
    pa.parquet.write_table(pa.table(encoded, names=written.column_names), tmp_path / "two.parquet", row_group_size=7)
    plan(tmp_path / "one.parquet", tmp_path / "one", shard_rows=8, partition_rows=10)
    plan(tmp_path / "two.parquet", tmp_path / "two", shard_rows=8, partition_rows=10)

    assert decisions(tmp_path / "two") == decisions(tmp_path / "one")


@pytest.mark.parametrize("text", [pa.string_view(), pa.large_string()], ids=str)
def test_texts_in_another_layout_are_read_as_texts(tmp_path: Path, text: pa.DataType) -> None:
    """Views, and lists of them, have no rows that can be picked: customers and ids that repeat need that."""
    written = pa.parquet.read_table(write_parquet(tmp_path / "c.parquet", crowded(11, 30)))
    tags = [["a", "b"], None, []] * 10
    for name, one in (("one", pa.string()), ("two", text)):
        columns = [column.cast(one) if pa.types.is_string(column.type) else column for column in written.columns]
        table = pa.table(columns, names=written.column_names)
        for column, each in (("tags", tags), ("deep", [None if tag is None else [tag] for tag in tags])):
            stored = pa.list_(one) if column == "tags" else pa.large_list(pa.list_(one))
            table = table.append_column(f"user.attributes.{column}", pa.array(each, type=stored))
        pa.parquet.write_table(table, tmp_path / f"{name}.parquet", row_group_size=7)
        plan(tmp_path / f"{name}.parquet", tmp_path / name, shard_rows=8, partition_rows=10)

    actual = published(tmp_path / "two")

    assert actual == published(tmp_path / "one")


def test_a_file_that_changes_while_it_is_decided_is_refused(tmp_path: Path) -> None:
    """What was scanned is what is decided."""
    path = write_parquet(tmp_path / "c.parquet", crowded(11))

    def change(_: object) -> None:
        path.touch()

    with pytest.raises(InvalidInput, match="changed while it was decided"):
        plan(path, tmp_path / "out", shard_rows=5, progress=change)

    assert (tmp_path / "out" / "_SUCCESS").exists() is False
