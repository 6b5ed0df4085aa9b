"""The exit codes of docs/scheduling.md: each that the table names comes about, and no command is left out."""

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from serving.cli import COMMANDS, learn, run, table_history
from serving.folder_lock import alone
from tests.scheduling.page import rows
from tests.scheduling.stage import (
    AWAY,
    BATCH,
    FEED,
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

COLUMNS = (0, 1, 2)
SHIPPED = Path(__file__).parents[2] / "serving" / "policy" / "shipped"
BY_PEOPLE = {"completion", "demo", "experiment", "explain", "keys", "plan", "promote", "rollback", "serve"}
REAL = [*BATCH, "--ledger", LEDGER]
OTHER = [*BATCH[:-1], "2026-11-20T13:00:00Z"]


def nothing() -> None:
    """Prepare nothing."""


def decided() -> None:
    """Decide the candidates at another clock."""
    candidates()
    assert run(OTHER) == 0


def wrong_events() -> None:
    """Have a line that is no event."""
    Path("events.jsonl").write_text("{}\n")


def policy() -> None:
    """Have a folder with a template that sells."""
    Path("policy").mkdir()
    text = "templates:\n  - id: a\n    purpose: delivery_update\n    text: 'Parcel {parcel}: buy now, 20 % off!'\n"
    Path("policy/a.yaml").write_text(f"{text}    facts: {{ parcel: string }}\n    next_step: Reply.\n")


ERASE = ["erase", "u1", "--yes", "--ledger"]
STOPPED = "stopped"
Case = tuple[Callable[[], None], Sequence[str]]
CASES: dict[tuple[str, int], Case] = {
    ("batch", 0): (candidates, BATCH),
    ("batch", 1): (candidates, [*BATCH[:2], "--out", "busy"]),
    ("batch", 2): (nothing, BATCH),
    ("batch --ledger", 0): (candidates, REAL),
    ("batch --ledger", 1): (candidates, [*BATCH, "--ledger", AWAY]),
    ("batch --ledger", 2): (decided, REAL),
    ("table --history", 0): (history, FROM_LOGS),
    ("table --history", 1): (history, [*FROM_LOGS, STOPPED]),
    ("table --history", 2): (history, [*FROM_LOGS, "--as-of", "2026-01-02T00:00:00Z"]),
    ("table --ledger", 0): (ledger, TABLE),
    ("table --ledger", 1): (nothing, ["table", "--ledger", AWAY, "--out", "table.parquet"]),
    ("table --ledger", 2): (ledger, [*TABLE[:-1], "2026-06-02T00:00:00Z"]),
    ("train", 0): (learned, [*TRAIN, "--no-register"]),
    ("train", 1): (learned, [*TRAIN, STOPPED]),
    ("train", 2): (nothing, TRAIN),
    ("score", 0): (scored, SCORE),
    ("score", 1): (scored, [*SCORE, STOPPED]),
    ("score", 2): (nothing, SCORE),
    ("replay", 0): (ledger, REPLAY),
    ("replay", 1): (nothing, ["replay", "--ledger", AWAY, "--out", "replay.html"]),
    ("replay", 2): (nothing, REPLAY),
    ("feed", 0): (events, FEED),
    ("feed", 1): (events, ["feed", "events.jsonl", "--ledger", AWAY]),
    ("feed", 2): (wrong_events, FEED),
    ("monitor status", 0): (ledger, ["monitor", "status", "--ledger", LEDGER]),
    ("monitor status", 1): (nothing, ["monitor", "status", "--ledger", AWAY]),
    ("monitor status", 2): (nothing, ["monitor", "status", "--ledger", LEDGER]),
    ("policy lint", 0): (nothing, ["policy", "lint", str(SHIPPED)]),
    ("policy lint", 1): (policy, ["policy", "lint", "policy"]),
    ("policy lint", 2): (nothing, ["policy", "lint", "nowhere"]),
    ("erase", 0): (ledger, [*ERASE, LEDGER]),
    ("erase", 1): (nothing, [*ERASE, AWAY]),
    ("erase", 2): (ledger, ["erase", "nobody", "--yes", "--ledger", LEDGER]),
    ("doctor", 0): (nothing, ["doctor"]),
    ("doctor", 1): (lambda: Path("outreach.toml").write_text('policy = "nowhere"\n') and None, ["doctor"]),
    ("doctor", 2): (nothing, ["doctor", "--nonsense"]),
}


def test_the_table_names_what_is_seen_here() -> None:
    """A row for each command, a cell for each code: what has no case here is a promise that nobody saw."""
    actual = {(row[0].strip("`"), code) for row in rows("Exit codes") for code in COLUMNS}
    assert actual == set(CASES)


def test_every_command_is_there_or_an_act_of_a_person() -> None:
    """A new command is put into the table, or kept from schedulers on purpose."""
    actual = {row[0].strip("`").split()[0] for row in rows("Exit codes")} | BY_PEOPLE
    assert actual == set(COMMANDS)


@pytest.mark.parametrize(("name", "code"), CASES, ids=[f"{name} {code}" for name, code in CASES])
def test_it_ends_with_this_code(name: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the shell sees it."""
    monkeypatch.chdir(tmp_path)
    prepare, arguments = CASES[name, code]
    prepare()
    if STOPPED in arguments:
        stop(monkeypatch)
    (tmp_path / "busy").mkdir()
    with alone(tmp_path / "busy", busy="held by this test"):
        actual = run([argument for argument in arguments if argument != STOPPED])
    assert actual == code


def stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a scheduler stop the command when it begins to read."""

    def stopped(*_: Any) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(learn, "existing", stopped)
    monkeypatch.setattr(table_history, "existing", stopped)
