"""Files beside a ledger that are removed under those who hold it: nobody opens a second log or index beside theirs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.errors import Unavailable
from serving.ledger import holders, open_ledger
from serving.ledger.looking import age
from tests.contracts.ledgers import NOW
from tests.serving.ledger.test_reopening import ids, ledger_file, made, reopened, written

ROOT = Path(__file__).parents[3]
HELD = "another process still holds it so"
CHANGED = "is not the file that was opened"
BESIDE = [("-shm",), ("-wal",), ("-shm", "-wal")]
NAMES = ["index", "log", "both"]
WRITE = """
import sys
from tests.serving.ledger.test_reopening import ledger_file, written
opening, said = ledger_file(sys.argv[1]), ""
for line in sys.stdin:
    try:
        said = written(opening._ledger if said == "written" else opening(), line.strip())
    except Exception as error:
        said = str(error)
    print(said, flush=True)
"""


class Other:
    """A process that holds the ledger; it opens it when it first writes."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITE, f"sqlite:///{path}"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def written(self, identity: str) -> str:
        """Have it record a decision, and say how that went."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{identity}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def killed(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with one decision."""
    made(tmp_path / "l.db")
    return tmp_path / "l.db"


@pytest.fixture
def other(path: Path) -> Iterator[Other]:
    """Another process that has written to it."""
    process = Other(path)
    assert process.written("d-1") == "written"
    yield process
    process.killed()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holders, "WAIT", 0.1)


def removed(path: Path, suffixes: tuple[str, ...]) -> None:
    """Remove what stands beside the ledger."""
    for suffix in suffixes:
        path.with_name(f"{path.name}{suffix}").unlink()


@pytest.mark.parametrize("suffixes", BESIDE, ids=NAMES)
def test_nobody_opens_it_beside_one_who_has_not_noticed(path: Path, other: Other, suffixes: tuple[str, ...]) -> None:
    """Neither to write nor to read, and no file is made; when the other has noticed or ended all of it is there."""
    removed(path, suffixes)
    left = sorted(one.name for one in path.parent.iterdir())
    for opened in (lambda: open_ledger(f"sqlite:///{path}", now=NOW, salt=b"s"), lambda: age(f"sqlite:///{path}")):
        with pytest.raises(Unavailable, match=HELD):
            opened()
    untouched = sorted(one.name for one in path.parent.iterdir()) == left
    said = [CHANGED in other.written("d-2"), other.written("d-3")]
    other.killed()
    assert (untouched, said, ids(ledger_file(path)())) == (True, [True, "written"], ["d-0", "d-1", "d-3"])


@pytest.mark.parametrize("suffixes", BESIDE, ids=NAMES)
def test_one_that_dies_without_having_noticed_keeps_nobody_waiting(
    path: Path, other: Other, suffixes: tuple[str, ...]
) -> None:
    """What it left behind is no living holder: who closed the ledger and waited for it opens it again."""
    mine = ledger_file(path)
    before = written(mine(), "d-2")
    removed(path, suffixes)
    noticed = written(mine._ledger, "d-3")  # type: ignore[arg-type]
    waits = reopened(mine)
    other.killed()
    after = [reopened(mine), written(mine._ledger, "d-4")]  # type: ignore[arg-type]
    actual = (before, CHANGED in noticed, waits, after, ids(mine()))
    assert actual == ("written", True, False, [True, "written"], ["d-0", "d-1", "d-2", "d-4"])


@pytest.mark.parametrize("suffixes", BESIDE, ids=NAMES)
def test_what_goes_in_the_midst_of_a_commit_is_noticed_after_it(path: Path, suffixes: tuple[str, ...]) -> None:
    """It may have been recorded, or not: nobody hears that it was, and what was before stays."""
    mine = ledger_file(path)
    before = written(mine(), "d-1")
    seen: list[str] = []

    def watching(sql: str) -> None:
        if sql == "COMMIT" and not seen:
            seen.append(sql)
            removed(path, suffixes)

    mine._ledger._store._connection.set_trace_callback(watching)  # type: ignore[union-attr, attr-defined]
    said = written(mine._ledger, "d-2")  # type: ignore[arg-type]
    assert (before, "is not known" in said, ids(mine())[:2]) == ("written", True, ["d-0", "d-1"])


def test_an_index_that_another_program_made_anew_is_noticed(path: Path, other: Other) -> None:
    """A tool that opens the file makes one beside ours, and may leave it there; who held it begins anew."""
    removed(path, ("-shm",))
    path.with_name("l.db-shm").touch()
    noticed = other.written("d-2")
    other.killed()
    assert (CHANGED in noticed, ids(ledger_file(path)())) == (True, ["d-0", "d-1"])


def test_many_that_open_it_at_once_do_not_refuse_each_other(path: Path) -> None:
    """None of them finds a log, and each asks whether it is alone."""
    several = [Other(path) for _ in range(4)]
    for number, one in enumerate(several):
        assert one.process.stdin is not None
        one.process.stdin.write(f"d-{number + 1}\n")
        one.process.stdin.flush()
    said = [one.process.stdout.readline().strip() for one in several if one.process.stdout is not None]
    for one in several:
        one.killed()
    assert (said, len(ids(ledger_file(path)()))) == (["written"] * 4, 5)
