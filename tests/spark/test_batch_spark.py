"""A plan on Spark in this process, `local[2]`: the folder is that of the local run, byte by byte."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model.errors import InvalidInput, Unavailable
from serving.batch.desk import FromFiles
from serving.batch.run import run_batch
from serving.cli import run
from serving.policy_files.templates import load_policy
from serving.scorer import load_scorer
from serving.spark import batch as engine
from serving.spark.batch import on_spark
from serving.spark.session import spark_session
from serving.spark.shipping import Shipped
from tests.model.artefacts import written
from tests.model.examples import boosted_scorer
from tests.needs import java
from tests.serving.batch_examples import contents, crowded
from tests.serving.candidate_examples import NOW, candidate, write_csv, write_parquet

SHARD_ROWS = 50
AT = NOW.isoformat()


@pytest.fixture(scope="module", autouse=True)
def spark() -> Iterator[Any]:
    """A session that all tests here share: `on_spark` finds it, and leaves it."""
    java()
    with spark_session("test", {"spark.master": "local[2,4]"}) as session:
        yield session


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model."""
    return written(tmp_path_factory.mktemp("model") / "artefact", boosted_scorer())


def decided(place: str, out: Path | None, artefact: Path, *, spark: bool, **more: Any) -> Any:
    """Decide a file here, or on Spark."""
    options = {"now": NOW, "policy": load_policy(), "scorer": load_scorer(artefact), "shard_rows": SHARD_ROWS} | more
    if not spark:
        return run_batch(Path(place), out, **options)
    with on_spark(place, out, FromFiles(policy=None, limits={}, model=artefact)) as (path, hands):
        return run_batch(path, out, muster=hands, **options)


@pytest.mark.parametrize("name", ["c.parquet", "c.csv", "c.csv.gz", "folder"])
def test_the_folder_is_that_of_the_local_run(tmp_path: Path, artefact: Path, name: str) -> None:
    """Repeated customers, repeated ids, rows that cannot be read, several shares of the customers, any kind of file."""
    rows = crowded(11, count=400, customers=60)
    if name == "folder":
        (tmp_path / name).mkdir()
        write_parquet(tmp_path / name / "a.parquet", rows[:170])
        write_parquet(tmp_path / name / "b.parquet", rows[170:])
    else:
        (write_parquet if name.endswith("parquet") else write_csv)(tmp_path / name, rows)
    place = str(tmp_path / name)
    here, there = (
        decided(place, tmp_path / out, artefact, spark=on, partition_rows=150)
        for out, on in (("here", False), ("there", True))
    )
    assert here.rejected > 0
    assert (there.actions, there.manifest) == (here.actions, here.manifest)
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_a_second_run_decides_nothing_and_a_damaged_shard_is_made_again(tmp_path: Path, artefact: Path) -> None:
    """As of a local run: what is there is proved by its bytes; progress tells of every row."""
    place = str(write_parquet(tmp_path / "c.parquet", crowded(5, count=200, customers=40)))
    told: list[int] = []
    first = decided(place, tmp_path / "out", artefact, spark=True, progress=lambda seen: told.append(seen.done))
    before = contents(tmp_path / "out")
    again = decided(place, tmp_path / "out", artefact, spark=True)
    shard = next((tmp_path / "out").glob("decisions-00001-*"))
    shard.write_bytes(b"damaged")
    decided(place, tmp_path / "out", artefact, spark=True)
    assert (first.finished, again.finished, told[-1]) == (False, True, 200)
    assert contents(tmp_path / "out") == before


def test_candidates_of_another_file_system_are_copied_and_the_copy_goes(
    tmp_path: Path, artefact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only Spark can read gives the run of the same bytes read here, whether it is decided or refused."""
    place = write_parquet(tmp_path / "c.parquet", crowded(2, count=60))
    decided(str(place), tmp_path / "here", artefact, spark=False)
    decided(place.as_uri(), tmp_path / "named", artefact, spark=True)
    monkeypatch.setattr(engine, "is_remote", lambda _: True)  # `file:` stands for `s3a:` here: one code copies both
    decided(place.as_uri(), tmp_path / "there", artefact, spark=True)
    with pytest.raises(InvalidInput, match="cannot be read through Spark"):
        decided((tmp_path / "none.parquet").as_uri(), tmp_path / "refused", artefact, spark=True)
    assert contents(tmp_path / "there") == contents(tmp_path / "named") == contents(tmp_path / "here")
    assert not (tmp_path / "refused").exists()


@pytest.mark.parametrize(
    ("address", "expected", "says"),
    [
        ("hdfs://nobody.invalid:8020/c.parquet", 1, "UnknownHostException: nobody.invalid"),
        ("http://localhost:1/c.parquet", 1, "ConnectException: Connection refused"),
        ("foo://place/c.parquet", 2, 'UnsupportedFileSystemException: No FileSystem for scheme "foo"'),
        ("s3a://place/c.parquet", 2, "ClassNotFoundException: Class"),
    ],
)
def test_what_a_second_try_cannot_mend_is_wrong_input(
    address: str, expected: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A host that does not answer may answer later; one line says which, and no folder is left."""
    code = run(["batch", address, "--out", str(tmp_path / "out"), "--engine", "spark"])
    (line,) = capsys.readouterr().err.splitlines()
    assert (code, (tmp_path / "out").exists()) == (expected, False)
    assert line.startswith(f"outreach: `{address}` cannot be read through Spark (")
    assert says in line


@pytest.mark.parametrize("name", ["c.csv", "none.csv", "file:{}/c.csv", "file://{}/none.csv"])
def test_both_name_a_file_alike(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it was given; the address of a place on disk is its path for both."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.csv").write_text("candidate_id,purpose\n1,x\n")
    address, said = name.format(tmp_path), []
    for engine_name in ("local", "spark"):
        code = run(["batch", address, "--out", "out", "--engine", engine_name, "--at", AT])
        said.append((code, capsys.readouterr().err.splitlines()[-1]))
    assert said[0] == said[1]
    assert said[0][0] == 2
    assert said[0][1].startswith(f"outreach: `{address.removeprefix('file://').removeprefix('file:')}`")


def test_executors_that_do_not_see_the_folder_are_told_apart(tmp_path: Path, artefact: Path, spark: Any) -> None:
    """A folder of the driver alone is named, with the machine that does not see it; nothing is called finished."""
    place = write_parquet(tmp_path / "c.parquet", crowded(2, count=60))
    gone = engine.muster(spark, Shipped.of(policy=None, limits={}, model=artefact))

    def elsewhere(plan: Any, compiling: Any) -> Any:
        hands: Any = gone(plan, compiling)
        object.__setattr__(hands.plan, "work", tmp_path / "not there")
        return hands

    options = {"now": NOW, "policy": load_policy(), "scorer": load_scorer(artefact), "shard_rows": SHARD_ROWS}
    with pytest.raises(Unavailable, match="must be a folder that all machines of the cluster share"):
        run_batch(place, tmp_path / "out", muster=elsewhere, **options)  # type: ignore[arg-type]
    assert not (tmp_path / "out" / "_SUCCESS").exists()


def test_the_command_decides_on_spark(
    tmp_path: Path, artefact: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same lines on standard output, the same folder, and one line where it cannot be."""
    monkeypatch.chdir(tmp_path)
    write_parquet(tmp_path / "c.parquet", [candidate(number) for number in range(9)])
    words = ["batch", "c.parquet", "--model", str(artefact), "--at", AT]
    codes, said = [], []
    for more in (["--out", "here"], ["--out", "there", "--engine", "spark"], ["--dry-run", "--engine", "spark"]):
        codes.append(run([*words, *more]))
        said.append(capsys.readouterr().out)
    refused = run([*words, "--out", "x", "--engine", "spark", "--ledger", "sqlite:///l.db"])
    assert (codes, refused) == ([0, 0, 0], 2)
    assert said[0] == said[1] == said[2]
    assert "a ledger has one order" in capsys.readouterr().err
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_without_java_one_line_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written, and the exit code is that of wrong input."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    write_parquet(tmp_path / "c.parquet", [candidate(1)])
    code = run(["batch", str(tmp_path / "c.parquet"), "--out", str(tmp_path / "out"), "--engine", "spark"])
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("{")]
    assert (code, len(lines)) == (2, 1)
    assert "needs Java" in lines[0]
