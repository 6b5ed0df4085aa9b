"""A plan on separate worker processes that have nothing of ours but what is shipped; some of them are killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving.batch.run import run_batch
from serving.policy_files.templates import load_policy
from serving.scorer import load_scorer
from tests.model.artefacts import written
from tests.model.examples import boosted_scorer
from tests.needs import java
from tests.serving.batch_examples import contents, crowded
from tests.serving.candidate_examples import NOW, write_parquet
from tests.spark.bare import bare_python, of_the_checkout

ROOT = Path(__file__).resolve().parents[2]
SHARD_ROWS = 200
CLUSTER = "local-cluster[2,1,1024]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of repeated customers, ids and wrong cells, a model, and what the local run makes of them."""
    java()
    folder = tmp_path_factory.mktemp("cluster")
    written(folder / "artefact", boosted_scorer())
    write_parquet(folder / "c.parquet", crowded(7, count=3000, customers=400))
    scorer = load_scorer(folder / "artefact")
    options = {"now": NOW, "policy": load_policy(), "scorer": scorer, "shard_rows": SHARD_ROWS}
    run_batch(folder / "c.parquet", folder / "local", **options)  # type: ignore[arg-type]  (named, as they are)
    (folder / "elsewhere").mkdir()
    return folder


def driven(folder: Path, out: str, *more: str) -> dict[str, object]:
    """Run a driver on a cluster whose executors have a Python without us; return what it printed."""
    hidden = {"PYTHONPATH", "PYSPARK_PYTHON"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {
        "PYSPARK_PYTHON": str(bare_python(folder)),
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f"--master {CLUSTER} --conf spark.executor.memory=512m pyspark-shell",
    }
    places = [str(folder / name) for name in ("c.parquet", out, "artefact")]
    words = [
        sys.executable,
        str(ROOT / "tests/spark/driving.py"),
        str(ROOT),
        *places,
        NOW.isoformat(),
        str(SHARD_ROWS),
        *more,
    ]
    done = subprocess.run(words, env=environment, cwd=folder / "elsewhere", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    said: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_a_killed_process_and_a_killed_executor_change_nothing(folder: Path) -> None:
    """One Python process dies while it scores, later an executor with all it runs: others take their tasks over.

    No executor can import us, but for what is shipped; what they write is what the local run writes, byte by byte.
    """
    (folder / "marks").mkdir()
    said = driven(folder, "spark", str(folder / "marks"))
    asked = [str(folder / "python"), "-c", "import serving"]
    alone = subprocess.run(asked, cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, check=False)
    assert b"No module named 'serving'" in alone.stderr
    assert said["master"] == CLUSTER
    assert [place.partition(".zip/")[2] for place, *_ in said["seen"]] == ["serving/batch/run.py"] * 2  # type: ignore[attr-defined]
    assert of_the_checkout(said["seen"]) == []  # type: ignore[arg-type]
    assert sorted(path.name for path in (folder / "marks").iterdir()) == ["executor", "python"]
    assert contents(folder / "spark") == contents(folder / "local")
