"""A second try of what schedulers run: after success it changes nothing, after SIGKILL it ends as undisturbed."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from model.beside import LOCKS
from serving.cli import run
from tests.scheduling.page import rows
from tests.scheduling.stage import (
    BATCH,
    FEED,
    FOLDER,
    FROM_LOGS,
    LEDGER,
    REPLAY,
    SCORE,
    TABLE,
    TRAIN,
    candidates,
    events,
    history,
    learned,
    ledger,
    scored,
)

ROOT = Path(__file__).parents[2]
LEDGER_FILE = "ledger.db"
COUNTED = ("decisions", "events", "outcomes")
Case = tuple[Callable[[], None], Sequence[str]]
CASES: dict[str, Case] = {
    "batch --at T": (candidates, BATCH),
    "batch --ledger URL --at T": (candidates, [*BATCH, "--ledger", LEDGER]),
    "table --history": (history, FROM_LOGS),
    "table --ledger URL --as-of T": (ledger, TABLE),
    "train": (learned, [*TRAIN, "--report", "report.html"]),
    "score": (scored, SCORE),
    "replay --ledger URL": (ledger, REPLAY),
    "feed": (events, FEED),
    "monitor status": (ledger, ["monitor", "status", "--ledger", LEDGER, "--json"]),
    "erase": (ledger, ["erase", "u1", "--yes", "--ledger", LEDGER]),
}
KILLED: dict[str, Case] = {
    "batch": CASES["batch --at T"],
    "batch --ledger": CASES["batch --ledger URL --at T"],
    "table": CASES["table --history"],
    "table to a folder": (history, FOLDER),
    "table --ledger": CASES["table --ledger URL --as-of T"],
    "train": (learned, [*TRAIN, "--report", "report.html", "--no-register"]),
    "score": CASES["score"],
    "replay": CASES["replay --ledger URL"],
}
LAST = {"table": 1}  # renames before which it is killed, of most commands 3: the folder's table has the same builder


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder with a registry of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTREACH_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")


def seen() -> dict[str, object]:
    """Return what stands here: files by their bytes, ledger and registry by how much they hold."""
    skipped = ("ledger.db", "mlflow.db", "mlruns", "mlartifacts")
    files = {path for path in Path().rglob("*") if path.is_file() and not path.parts[0].startswith(skipped)}
    return {str(path): path.read_bytes() for path in files if path.name != "issued.json"} | held(LEDGER_FILE, COUNTED)


def held(file: str, tables: Sequence[str]) -> dict[str, object]:
    """Return how many rows these tables of a file have, nothing where it is not there."""
    if not Path(file).exists():
        return {}
    with closing(sqlite3.connect(file)) as opened:
        return {name: opened.execute(f"SELECT COUNT(*) FROM {name}").fetchone() for name in tables}


def test_the_table_names_what_is_seen_here() -> None:
    """What has no case is a promise that nobody saw."""
    actual = [row[0].strip("`") for row in rows("The same command a second time")]
    assert actual == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_second_run_changes_nothing(name: str) -> None:
    """The same bytes in every file, as much in the ledger; of a registry one version, as old as it was."""
    prepare, arguments = CASES[name]
    prepare()
    codes, stood = [], []
    for _ in range(2):
        codes.append(run(list(arguments)))
        stood.append((seen(), held("mlflow.db", ["model_versions"]), issued()))
    assert codes == [0, 0]
    assert stood[0] == stood[1]


def issued() -> bytes | None:
    """Return when the artefact says that it was issued."""
    stated = Path("artefact/issued.json")
    return stated.read_bytes() if stated.exists() else None


def killed(number: int, arguments: Sequence[str]) -> tuple[int, str]:
    """Run a command in a process that dies before a rename; return its exit code and last line."""
    command = [sys.executable, "-m", "tests.scheduling.killed", str(number), *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout.splitlines() or [""])[-1]


@pytest.mark.skipif(not LOCKS, reason="this system has no file locks")
@pytest.mark.parametrize("name", KILLED)
def test_a_killed_run_leaves_nothing_half(name: str, tmp_path: Path) -> None:
    """Killed before each of its last renames, over an earlier result: the next run ends as undisturbed, and tidies."""
    prepare, arguments = KILLED[name]
    prepare()
    before = tmp_path.parent / f"{tmp_path.name}-before"
    shutil.copytree(tmp_path, before)
    code, renames = killed(0, arguments)
    expected = seen()
    assert code == 0
    for number in range(max(1, int(renames) - LAST.get(name, 3) + 1), int(renames) + 1):
        if name.startswith("batch"):  # a folder of decisions that is finished is not made again
            emptied(tmp_path, before)
        died, _ = killed(number, arguments)
        again = run(list(arguments))
        assert (number, died, again, hidden(), seen() == expected) == (number, -9, 0, [], True)


def emptied(here: Path, before: Path) -> None:
    """Let everything be as it was before the first run."""
    for path in here.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(before, here, dirs_exist_ok=True)


def hidden() -> list[str]:
    """Return what a run left beside its results."""
    return sorted(path.name for path in Path().rglob(".*"))
