"""A table built on separate worker processes that have nothing of ours but what is shipped; some of them are killed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from serving.cli import run
from tests.model.history_table.wild import wild
from tests.needs import java
from tests.spark.bare import bare_python, of_the_checkout

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = "local-cluster[2,1,1024]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs in many files, and the table that one process builds of them."""
    java()
    folder = tmp_path_factory.mktemp("table")
    for kind in ("parquet", "csv"):
        (folder / kind).mkdir()
        wild(folder / kind, kind=kind, people=30)
        assert (
            run(["table", "--history", str(folder / kind / "history.toml"), "--out", str(folder / f"{kind}.csv")]) == 0
        )
        (folder / "roles.toml").rename(folder / f"{kind}.roles.toml")
    (folder / "elsewhere").mkdir()
    bare_python(folder)
    return folder


def driven(folder: Path, master: str, kind: str, *more: str) -> dict[str, Any]:
    """Run a driver whose executors have a Python without us; return what it printed."""
    hidden = {"PYTHONPATH", "PYSPARK_PYTHON"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {
        "PYSPARK_PYTHON": str(folder / "python"),
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f"--master {master} --conf spark.executor.memory=512m pyspark-shell",
    }
    out = folder / f"out-{kind}-{len(more)}" / "table.csv"
    out.parent.mkdir()
    script, history = ROOT / "tests/spark/driving_table.py", folder / kind / "history.toml"
    words = [sys.executable, str(script), str(ROOT), str(history), str(out), *more]
    done = subprocess.run(words, env=environment, cwd=folder / "elsewhere", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["code"] == 0, done.stderr[-3000:]
    said["same"] = [
        out.read_bytes() == (folder / f"{kind}.csv").read_bytes(),
        (out.parent / "roles.toml").read_bytes() == (folder / f"{kind}.roles.toml").read_bytes(),
    ]
    said["left"] = sorted(path.name for path in out.parent.iterdir())
    return said


@pytest.mark.timeout(900)  # a cluster starts, loses a process and an executor, and goes on: slow where others work too
def test_on_a_cluster_the_table_is_that_of_one_process_whoever_is_killed(folder: Path) -> None:
    """Executors import us only from what is shipped; a Python process dies, later an executor; CSV in many files."""
    marks = folder / "marks"
    marks.mkdir()
    said = driven(folder, CLUSTER, "csv", str(marks))
    asked = [str(folder / "python"), "-c", "import model"]
    alone = subprocess.run(asked, cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, check=False)
    ours = {place.partition(".zip/")[2] for place, *_ in said["seen"]}
    assert b"No module named 'model'" in alone.stderr
    assert of_the_checkout(said["seen"]) == []
    assert sorted(path.name for path in marks.iterdir()) == ["Customers", "InTime"]
    actual = said["master"], ours, said["same"], said["left"]
    assert actual == (CLUSTER, {"model/history_table/apart/parcels.py"}, [True, True], ["roles.toml", "table.csv"])


@pytest.mark.timeout(900)  # as above
def test_on_one_machine_the_table_is_that_of_one_process(folder: Path) -> None:
    """Parquet in many files."""
    said = driven(folder, "local[2]", "parquet")
    actual = said["master"], said["same"], said["left"]
    assert actual == ("local[2]", [True, True], ["roles.toml", "table.csv"])
