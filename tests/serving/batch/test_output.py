import errno
import hashlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from model.errors import InvalidInput, Unavailable
from serving.batch import files as batch_files
from serving.batch.files import DECISIONS, FEW, PLAIN, REJECTS, SHARD_ROWS, Spool
from serving.batch.folder import prepare, workplace
from serving.batch.output import Output
from serving.batch.summary import Run
from serving.folder_lock import LOCKS
from tests.serving.candidate_examples import NOW

RUN = Run(mode="ledger", input_sha256="a", now=NOW, model=None, policy_version="p")
OTHER = replace(RUN, policy_version="q")
SECTION_9 = """candidate_id decision_id action reasons not_before expires_at text benefit complaint_effect opt_out
    net_benefit cutoff arm logging_propensity model_version policy_version"""


@contextmanager
def writing(folder: Path, run: Run = RUN, shard_rows: int = SHARD_ROWS) -> Iterator[Output]:
    """Hold a folder as a run with a ledger does."""
    with workplace(folder) as work:
        prepare(folder, work, run, 99)
        yield Output(folder, work, run.id, shard_rows)


def decisions(first: int, count: int) -> pa.Table:
    """Return rows that hold only an id and an action."""
    ids = [f"c-{number}" for number in range(first, first + count)]
    columns = {name: [None] * count for name in DECISIONS.names} | {"candidate_id": ids, "action": ["deny"] * count}
    return pa.table(columns, schema=DECISIONS)


def rejects(count: int) -> pa.Table:
    """Return rejected rows."""
    columns = {"row": range(count), "candidate_id": [None] * count, "column": ["x"] * count, "rule": ["y"] * count}
    return pa.table(columns, schema=REJECTS)


def names(folder: Path) -> list[str]:
    """List everything in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def test_the_columns_are_those_of_the_contract() -> None:
    """Exactly the columns of CONTRACT section 9, in its order."""
    actual = DECISIONS.names

    assert actual == SECTION_9.split()


def test_a_finished_run_is_shards_manifest_and_success(tmp_path: Path) -> None:
    """Shards of equal size in the order of the rows, the rest last; hashes and counts are in the manifest."""
    with writing(tmp_path, RUN, shard_rows=10) as output:
        for first in range(0, 24, 8):
            output.add(decisions(first, 8))
        manifest = output.finish({"at": "now"})
    shards = [pa.parquet.read_table(tmp_path / shard["file"]) for shard in manifest["shards"]]
    hashes = [hashlib.sha256((tmp_path / shard["file"]).read_bytes()).hexdigest() for shard in manifest["shards"]]

    actual = (
        names(tmp_path),
        [shard.num_rows for shard in shards],
        pa.concat_tables(shards)["candidate_id"].to_pylist() == [f"c-{number}" for number in range(24)],
        [shard["sha256"] for shard in manifest["shards"]] == hashes,
        manifest["rejects"],
    )

    assert actual == (
        ["_SUCCESS", *[f"decisions-0000{at}-{RUN.id[:16]}.parquet" for at in range(3)], "manifest.json"],
        [10, 10, 4],
        True,
        True,
        None,
    )


def test_a_full_last_shard_is_not_followed_by_an_empty_one(tmp_path: Path) -> None:
    """Twenty rows in shards of ten are two shards."""
    with writing(tmp_path, RUN, shard_rows=10) as output:
        output.add(decisions(0, 20))
        manifest = output.finish({})

    actual = [shard["rows"] for shard in manifest["shards"]]

    assert actual == [10, 10]


def test_rejects_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    """Where every row was rejected, the decisions are an empty table, and the rejects are all there."""
    with writing(tmp_path, RUN) as output:
        output.reject(rejects(2))
        output.reject(rejects(1))
        manifest = output.finish({})

    actual = (manifest["shards"][0]["rows"], pa.parquet.read_table(tmp_path / "rejects.parquet").num_rows)

    assert actual == (0, 3)


def test_the_same_run_writes_the_same_bytes(tmp_path: Path) -> None:
    """A second run over the first leaves every file as it was; how the rows came in pieces does not show."""

    def run(folder: Path, size: int) -> dict[str, str]:
        with writing(folder, RUN, shard_rows=10) as output:
            for first in range(0, 24, size):
                output.add(decisions(first, size))
            output.reject(rejects(1))
            output.finish({"at": "now"})
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

    first, again, elsewhere = run(tmp_path / "a", 8), run(tmp_path / "a", 8), run(tmp_path / "b", 3)

    assert (first == again, first == elsewhere) == (True, True)


def test_another_run_is_not_mixed_in(tmp_path: Path) -> None:
    """A folder that holds decisions of another input, clock, model or policy is refused, and stays as it is."""
    with writing(tmp_path, RUN) as output:
        output.add(decisions(0, 3))
        output.finish({})
    before = names(tmp_path)

    with pytest.raises(InvalidInput, match="holds the decisions of another run"), writing(tmp_path, OTHER):
        pass

    assert names(tmp_path) == before


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """`--out` names a folder."""
    (tmp_path / "out").write_text("")

    with pytest.raises(InvalidInput, match="is a file"), writing(tmp_path / "out", RUN):
        pass


def test_success_is_taken_back_before_a_second_attempt(tmp_path: Path) -> None:
    """While the same run writes again, nobody takes the folder for finished."""
    with writing(tmp_path, RUN) as output:
        output.finish({})

    with writing(tmp_path, RUN):
        actual = {"_SUCCESS", "manifest.json"} & set(names(tmp_path))

    assert actual == set()


def test_a_crash_leaves_no_success_and_nothing_half_written(tmp_path: Path) -> None:
    """Full shards that were published stay; the rest, the manifest and `_SUCCESS` are not there."""

    def run() -> None:
        with writing(tmp_path, RUN, shard_rows=10) as output:
            output.add(decisions(0, 15))
            output.reject(rejects(3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()

    actual = names(tmp_path)

    assert actual == [".run", f"decisions-00000-{RUN.id[:16]}.parquet"]


@pytest.mark.parametrize("call", range(1, 12))
def test_a_full_disk_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int) -> None:
    """Whichever write fails, the error says so, nothing is half-written, and there is no `_SUCCESS`."""
    calls = iter(range(1, 1000))
    real = os.fsync

    def full(handle: int) -> None:
        if next(calls) == call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(batch_files.os, "fsync", full)

    def run() -> None:
        with writing(tmp_path, RUN) as output:
            output.add(decisions(0, 5))
            output.reject(rejects(1))
            output.finish({})

    with pytest.raises(Unavailable, match="No space left on device") as refused:
        run()
    left = [*tmp_path.rglob("work-*"), *tmp_path.rglob("_SUCCESS")]

    assert ("\n" in str(refused.value), left) == (False, [])


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """With a limit on the size of files the kernel itself refuses, and Arrow's error becomes the same line."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom model.errors import Unavailable\n"
        "from tests.serving.batch.test_output import decisions, writing\n"
        "try:\n  with writing(Path(sys.argv[1]), shard_rows=10) as output:\n"
        "    output.add(decisions(0, 9999))\n"
        "except Unavailable as error:\n  print(error)\n"
    )

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False, preexec_fn=limited
    )

    assert ("cannot be written" in done.stdout, done.stdout.count("\n"), names(tmp_path)) == (True, 1, [".run"])


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A path below a file cannot become a folder."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Unavailable, match="cannot be written"), writing(tmp_path / "file" / "out", RUN):
        pass


def test_files_follow_the_umask(tmp_path: Path) -> None:
    """Decisions are about people: who hides files from others by default gets hidden files."""
    before = os.umask(0o077)
    try:
        with writing(tmp_path, RUN) as output:
            output.finish({})
    finally:
        os.umask(before)

    actual = {(tmp_path / name).stat().st_mode & 0o077 for name in names(tmp_path)}

    assert actual == {0}


def test_few_values_have_a_dictionary_and_texts_no_extremes(tmp_path: Path) -> None:
    """How each column is stored; every reader of Parquet reads both."""
    path = tmp_path / "d.parquet"
    spool = Spool(path, DECISIONS)
    spool.write(DECISIONS.empty_table())
    spool.write(pa.Table.from_pylist([dict.fromkeys(DECISIONS.names) | {"action": "send", "text": "a"}], DECISIONS))
    spool.publish(tmp_path)
    group = pa.parquet.read_metadata(path).row_group(1)
    columns = [group.column(at) for at in range(group.num_columns)]
    coded = {column.path_in_schema for column in columns if "RLE_DICTIONARY" in column.encodings}
    bare = {column.path_in_schema for column in columns if not column.is_stats_set}
    assert (coded, bare) == (set(FEW), set(PLAIN))


@pytest.mark.skipif(not LOCKS, reason="this system has no file locks")
def test_two_at_once_in_one_folder_are_refused(tmp_path: Path) -> None:
    """The second one is told, and takes nothing from the first."""
    with writing(tmp_path) as output:
        output.reject(rejects(1))
        with pytest.raises(Unavailable, match="another process is writing there"), writing(tmp_path):
            pass
        manifest = output.finish({})

    assert (manifest["rejects"]["rows"], "_SUCCESS" in names(tmp_path)) == (1, True)


def test_what_a_killed_attempt_put_aside_goes(tmp_path: Path) -> None:
    """Its half-written files stay as long as nobody comes, and go when somebody does."""
    left = tmp_path / ".run" / "work-dead"
    left.mkdir(parents=True)
    (left / "half.parquet").write_bytes(b"PAR1")

    with writing(tmp_path):
        actual = left.exists()

    assert actual is False


def test_another_run_is_refused_before_there_is_a_shard(tmp_path: Path) -> None:
    """A run with a ledger acts before it publishes: another model, policy, clock or input needs another folder."""
    with writing(tmp_path):
        pass

    with pytest.raises(InvalidInput, match=r"another run \(`run.json`: the policy changed\)"), writing(tmp_path, OTHER):
        pass


def test_a_folder_that_was_made_for_nothing_goes(tmp_path: Path) -> None:
    """Where a run is refused before it is prepared, no empty folder stays."""
    with pytest.raises(ZeroDivisionError), workplace(tmp_path / "out"):
        raise ZeroDivisionError

    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["manifest.json", "rejects.parquet", "_SUCCESS"])
def test_a_file_of_somebody_else_is_never_replaced(tmp_path: Path, name: str) -> None:
    """A model's folder has a `manifest.json` too, an input may be called `rejects.parquet`: both stay as they are."""
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(InvalidInput, match=f"holds a `{name}` and no decisions"), writing(tmp_path):
        pass
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: b"mine"}
