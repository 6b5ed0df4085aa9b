import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serving.ledger import open_ledger, turns
from serving.ledger.turns import NEXT, NOW, SUFFIX, Turn
from tests.serving.served import NOON

# Another process: it takes its turn (or one range), says so, and keeps it until a line comes.
HOLD = """
import sys
from pathlib import Path
from serving.ledger.turns import Turn
turn = Turn(Path(sys.argv[1]), patience=30)
turn.take()
if len(sys.argv) > 2:
    turn._locked(int(sys.argv[2]))
print("mine", flush=True)
sys.stdin.readline()
turn.give_back()
print("given back", flush=True)
sys.stdin.readline()
"""


@contextmanager
def another(ledger: Path, *more: str, waits: bool = False) -> Iterator["subprocess.Popen[str]"]:
    """Run a process that takes the turn; with `waits`, do not wait until it has it."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(ledger), *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            if not waits:
                assert process.stdout is not None
                assert process.stdout.readline() == "mine\n"
            yield process
        finally:
            process.kill()


def told(process: "subprocess.Popen[str]", line: str) -> str:
    """Send a line and return what is said next."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line)
    process.stdin.flush()
    return process.stdout.readline()


def test_a_turn_is_waited_for(tmp_path: Path) -> None:
    """While another process has it, nobody else does; given back, it is free at once."""
    turn = Turn(tmp_path / "l.db", patience=0.0)
    with another(tmp_path / "l.db") as process:
        turn.take()
        while_held = turn._locked(NOW)
        said = told(process, "\n")

        turn.take()

        assert (while_held, said, turn._locked(NOW)) == (False, "given back\n", True)


def test_a_killed_process_has_no_turn(tmp_path: Path) -> None:
    """The kernel frees what it held."""
    turn = Turn(tmp_path / "l.db", patience=30.0)
    with another(tmp_path / "l.db") as process:
        process.kill()

        turn.take()

    assert turn._locked(NOW)


def test_who_has_just_written_waits_behind_who_is_next(tmp_path: Path) -> None:
    """Nobody is overtaken: with somebody in the queue, a second turn comes only after theirs."""
    turn = Turn(tmp_path / "l.db", patience=30.0)
    turn.take()
    with another(tmp_path / "l.db", waits=True) as process:
        probe = Turn(tmp_path / "l.db", patience=0.0)
        assert probe is not turn
        while turn._locked(NEXT):  # this process's own lock never keeps it out: it sees the other one's
            turn._free(NEXT)
            time.sleep(0.01)

        turn.give_back()
        assert process.stdout is not None
        first = process.stdout.readline()
        told(process, "\n")
        turn.take()

        assert (first, turn._locked(NOW)) == ("mine\n", True)


def test_a_turn_that_is_kept_too_long_holds_nobody_up(tmp_path: Path) -> None:
    """It is order, not safety: after their patience others write all the same."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'l.db'}", now=NOON, salt=b"s", patience=0.05)
    with another(tmp_path / "l.db"), ledger.transaction() as transaction:
        wrote = transaction.keys()
    ledger.close()

    assert wrote == []


@pytest.mark.parametrize("why", ["no folder to write in", "no locks on this system"])
def test_without_such_locks_writers_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    """SQLite's own lock is the one that counts."""
    path = tmp_path / "missing" / "l.db"
    if why == "no locks on this system":
        path = tmp_path / "l.db"
        monkeypatch.setattr(turns, "fcntl", None)
    turn = Turn(path, patience=0.0)

    turn.take()
    turn.give_back()
    turn.close()

    assert [*tmp_path.rglob("*" + SUFFIX)] == []


def test_a_ledger_gives_its_turn_back_whatever_happens(tmp_path: Path) -> None:
    """After a commit, after an error, and where the transaction could not even begin."""
    url = f"sqlite:///{tmp_path / 'l.db'}"
    ledger = open_ledger(url, now=NOON, salt=b"s", patience=0.05)
    with ledger.transaction():
        pass
    with pytest.raises(KeyError), ledger.transaction():
        raise KeyError
    ledger.close()

    with another(tmp_path / "l.db") as process:
        assert told(process, "\n") == "given back\n"
