"""Several processes do what is due on one file, and some of them are killed: each thing is done once."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from serving.ledger import open_ledger
from tests.contracts.ledgers import NOW
from tests.serving.loop.test_timekeeper import EVENING, MORNING, overnight
from tests.serving.timekeeping import company

ROOT = Path(__file__).resolve().parents[3]
HELD = 72
Done = tuple[dict[str, int], dict[str, int]]


@pytest.fixture
def names(tmp_path: Path) -> list[str]:
    """Have messages held over night; return their ids."""
    with company(tmp_path, EVENING) as it:
        return overnight(it, *(f"u-{number}" for number in range(HELD)))


def keeping(folder: Path) -> "subprocess.Popen[str]":
    """Start a process that does what is due in the morning."""
    command = [sys.executable, "-m", "tests.serving.ledger.keeper", f"sqlite:///{folder}/l.db", MORNING.isoformat()]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def done(folder: Path, names: list[str]) -> Done:
    """Return how often each was confirmed, and offered; what was done is sound, and nothing is due any more."""
    ledger = open_ledger(f"sqlite:///{folder}/l.db", now=NOW, salt=b"s", patience=60.0)
    with ledger.transaction() as tx:
        offered = Counter(offer.decision_id for offer in tx.offers(state=None, after=0, limit=999))
        confirmed = Counter({name: len((tx.decision(name) or {})["confirmations"]) for name in names})
        left = tx.next_due()
    ledger.close()
    assert left is None
    return dict(confirmed), dict(offered)


def lines(process: "subprocess.Popen[str]", count: int) -> None:
    """Wait until it has printed so many lines, or is over."""
    assert process.stdout is not None
    for _ in range(count):
        process.stdout.readline()


def test_two_processes_share_what_is_due(tmp_path: Path, names: list[str]) -> None:
    """At the same time: each hold is decided by one of them, and offered once."""
    running = [keeping(tmp_path) for _ in range(2)]
    counts = [int(process.communicate(timeout=120)[0].split()[-1]) for process in running]
    once = dict.fromkeys(names, 1)
    actual = (sum(counts), done(tmp_path, names))
    assert actual == (HELD, (once, once))


def test_killed_in_between_nothing_is_lost_or_repeated(tmp_path: Path, names: list[str]) -> None:
    """`kill -9` between its jobs and within them: whoever comes next does the rest."""
    killed = 0
    for jobs in (1, 2, 3):
        process = keeping(tmp_path)
        lines(process, 1 + jobs)
        process.kill()
        killed += process.wait() == -9
        process.communicate()
    rest = int(keeping(tmp_path).communicate(timeout=120)[0].split()[-1])
    once = dict.fromkeys(names, 1)
    actual = (killed, 0 < rest < HELD, done(tmp_path, names))
    assert actual == (3, True, (once, once))
