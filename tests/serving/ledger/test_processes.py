import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np

from serving.ledger import open_ledger
from serving.ports import Ledger
from tests.contracts.drawn import TRIAL, WATCH, counts
from tests.contracts.ledgers import NOW, candidate, context

ROOT = Path(__file__).resolve().parents[3]
KILLS = 12
MANY = 1_000_000  # more than any writer lives to append


def writer(url: str, name: str, *, count: int, cap: int) -> "subprocess.Popen[str]":
    """Start a process that appends decisions and prints each id when it is durable."""
    command = [sys.executable, "-m", "tests.serving.ledger.writer", url, name, str(count), str(cap)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def opened(url: str) -> Ledger:
    """Open the ledger with patience for the writers."""
    return open_ledger(url, now=NOW, salt=b"s", patience=60.0)


def acknowledged_until_killed(url: str, name: str, seconds: float) -> list[str]:
    """Let a writer work for a while after its first words, kill it without warning, return what it acknowledged."""
    process = writer(url, name, count=MANY, cap=MANY)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    threading.Timer(seconds, process.kill).start()
    said = process.stdout.read()
    process.stdout.close()
    assert process.wait(timeout=60) == -signal.SIGKILL
    return [line for line in said.split("\n")[:-1] if line]


def test_what_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    """Promise 7: twelve writers are killed at random; every id they printed is found and counted, the file is whole."""
    url = f"sqlite:///{tmp_path}/l.db"
    waits = np.random.default_rng(0).uniform(0.0, 0.25, KILLS)
    acknowledged = [
        name for number, wait in enumerate(waits) for name in acknowledged_until_killed(url, f"w{number}", wait)
    ]
    ledger = opened(url)
    with ledger.transaction() as tx:
        lost = [name for name in acknowledged if tx.decision(name) is None]
        count = context(tx, candidate()).contacts_7d
        drawn = sum(counts(tx).values())
    ledger.close()
    with sqlite3.connect(tmp_path / "l.db") as file:
        whole = file.execute("PRAGMA integrity_check").fetchall() + file.execute("PRAGMA foreign_key_check").fetchall()
    file.close()
    near = len(acknowledged) <= count <= len(acknowledged) + KILLS
    actual = (lost, whole, len(acknowledged) >= KILLS, near, drawn == count)
    assert actual == ([], [("ok",)], True, True, True)


def test_two_writing_processes_lose_nothing_and_keep_a_cap_exactly(tmp_path: Path) -> None:
    """Reading and writing are one transaction: a cap of five is five, and every decision is there."""
    url = f"sqlite:///{tmp_path}/l.db"
    writers = [writer(url, name, count=60, cap=5) for name in ("a", "b")]
    said = [process.communicate(timeout=120)[0].split() for process in writers]
    ledger = opened(url)
    with ledger.transaction() as tx:
        sent = tx.decisions(action="send", user="u", since=None, after=None, limit=1000)
        made = tx.decisions(action=None, user="u", since=None, after=None, limit=1000)
    ledger.close()
    actual = (len(sent), len(made), [len(lines) for lines in said], [process.returncode for process in writers])
    assert actual == (5, 120, [61, 61], [0, 0])


def test_two_writing_processes_keep_an_experiment_to_its_size(tmp_path: Path) -> None:
    """Its contacts are counted in the transaction that makes them: seven are seven, and then it is over."""
    url = f"sqlite:///{tmp_path}/l.db"
    ledger = opened(url)
    with ledger.transaction() as tx:
        tx.start_experiment(replace(TRIAL, max_contacts=7))
    writers = [writer(url, name, count=40, cap=MANY) for name in ("a", "b")]
    codes = [(len(process.communicate(timeout=120)[0].split()), process.returncode) for process in writers]
    with ledger.transaction() as tx:
        trial = tx.experiments()[0]
        made = (sum(counts(tx, TRIAL.id).values()), sum(counts(tx, WATCH.key).values()))
    ledger.close()
    actual = (codes, trial.contacts, trial.why, made)
    assert actual == ([(41, 0)] * 2, 7, "all its contacts are made", (7, 73))
