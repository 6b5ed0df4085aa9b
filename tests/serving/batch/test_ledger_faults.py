"""A batch with a ledger that is cut off: what is published is recorded, and the same run again ends as undisturbed."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.errors import InvalidInput, Unavailable
from serving.batch import deciding as batch_deciding
from serving.ledger.opening import open_ledger
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.policy_files.templates import shipped_digests
from tests.serving.batch.test_ledger import SALT, SCORER, decisions, known, plain, recorded, run
from tests.serving.batch_killed import GROUP, SHARD
from tests.serving.candidate_examples import EARLIER, NOW, Row, candidate, write_parquet

EXTRA = {"evidence__type": "shipment.failed", "evidence__id": "extra"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    """A ledger that knows twenty customers."""
    opened = known(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few rows be several transactions."""
    monkeypatch.setattr(batch_deciding, "TRANSACTION_ROWS", GROUP)


def rows_of_a_day() -> list[Row]:
    """Return rows with evidence on record, in the file alone or somebody else's, and a customer who has three.

    What a row tells of another row's customer, newer than that one's own evidence, comes after it.
    """
    own = [plain(number) for number in range(8)]
    told = [candidate(number, evidence__id=f"new-{number}") for number in range(8, 13)]
    newer = EARLIER + timedelta(minutes=9)
    others = [
        candidate(13, evidence__id=f"of-{user}", evidence__subject=user, evidence__time=newer, user__id=f"u-9{user}")
        for user in ("u-7", "u-12", "somebody")
    ]
    others = [{**row, "candidate_id": f"c-13-{number}"} for number, row in enumerate(others)]
    again = [plain(14, user__id="u-1", **EXTRA), candidate(15, user__id="u-1", evidence__id="new-15"), plain(16)]
    return [*own, *told, *others, *again]


def undisturbed(tmp_path: Path, **options: Any) -> dict[str, bytes]:
    """Return the files of the same run on such a ledger to which nothing happened."""
    run(tmp_path, known("sqlite://"), rows_of_a_day(), out="whole", **{"shard_rows": SHARD, **options})
    return files(tmp_path / "whole")


def files(out: Path) -> dict[str, bytes]:
    """Read what a run published."""
    return {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.is_file()}


@pytest.mark.parametrize(("commit", "when", "durable"), [(3, "before", 2), (4, "after", 4)])
def test_a_killed_run_ends_with_the_same_bytes(
    tmp_path: Path, ledger: SqliteLedger, commit: int, when: str, durable: int
) -> None:
    """Killed at a commit: whole groups are recorded, none twice, and the run again publishes what it would have."""
    ledger.close()
    url, file, out = f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path / "c.parquet", tmp_path / "out"
    write_parquet(file, rows_of_a_day())
    command = [sys.executable, "-m", "tests.serving.batch_killed", url, file, out, str(commit), when]
    killed = subprocess.run(list(map(str, command)), check=False).returncode
    again = open_ledger(url, now=NOW, salt=SALT, shipped=shipped_digests())
    halfway = len(recorded(again))
    run(tmp_path, again, rows_of_a_day(), shard_rows=SHARD)

    actual = (killed, halfway, len(recorded(again)), files(out))

    assert actual == (-9, durable * GROUP, len(rows_of_a_day()), undisturbed(tmp_path))
    again.close()


def test_a_disk_that_is_full_publishes_nothing_that_is_not_recorded(tmp_path: Path, ledger: SqliteLedger) -> None:
    """SQLite itself says so, within a transaction: no `_SUCCESS`; with room the run ends as an undisturbed one."""
    connection: Any = ledger._store._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 6}")
    with pytest.raises(Unavailable, match=r"full; nothing was half-done.*goes on with the decisions"):
        run(tmp_path, ledger, rows_of_a_day(), shard_rows=SHARD)
    published = {row["decision_id"] for row in decisions(tmp_path)}
    kept, left = {record["decision_id"] for record in recorded(ledger)}, set(files(tmp_path / "out"))
    connection.execute("PRAGMA max_page_count = 1000000")
    run(tmp_path, ledger, rows_of_a_day(), shard_rows=SHARD)

    actual = (published <= kept, 0 < len(kept) < len(rows_of_a_day()), "_SUCCESS" in left, files(tmp_path / "out"))

    assert actual == (True, True, False, undisturbed(tmp_path))


def test_another_model_does_not_go_on_with_a_run(
    tmp_path: Path, ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Halfway the folder holds another run: refused before anything is decided, recorded or taken back."""
    real, calls = batch_deciding.keep, iter(range(100))

    def failing(*arguments: Any, **named: Any) -> int:
        if next(calls) == 3:
            raise Unavailable("ledger: away; try again")
        return real(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(batch_deciding, "keep", failing)
        with pytest.raises(Unavailable, match="away"):
            run(tmp_path, ledger, rows_of_a_day(), shard_rows=SHARD)
    before = (files(tmp_path / "out"), len(recorded(ledger)))
    with pytest.raises(InvalidInput, match="another run"):
        run(tmp_path, ledger, rows_of_a_day(), shard_rows=SHARD, scorer=replace(SCORER, version="another"))

    assert (files(tmp_path / "out"), len(recorded(ledger))) == before


@pytest.mark.parametrize("size", [1, 7, 256])
def test_the_size_of_a_transaction_changes_no_answer(
    tmp_path: Path, ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Whose evidence is read and recorded together is nobody's concern: the same bytes, the same records."""
    whole = undisturbed(tmp_path)
    monkeypatch.setattr(batch_deciding, "TRANSACTION_ROWS", size)
    run(tmp_path, ledger, rows_of_a_day(), shard_rows=SHARD)

    assert files(tmp_path / "out") == whole


def test_what_is_asked_of_the_ledger_does_not_grow_with_a_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group of eighteen rows is decided with as many statements as one of six, its evidence on record or not."""
    counts = []
    for size in (6, 18):
        monkeypatch.setattr(batch_deciding, "TRANSACTION_ROWS", size)
        ledger, rows = known("sqlite://"), [plain(number) for number in range(size // 2)]
        rows += [candidate(number, evidence__id=f"new-{number}") for number in range(size // 2, size)]
        statements: list[str] = []
        ledger._store._connection.set_trace_callback(statements.append)  # type: ignore[attr-defined]
        run(tmp_path, ledger, rows, out=f"out-{size}")
        counts.append(sum(text.lstrip().startswith(("SELECT", "WITH")) for text in statements))

    assert counts[0] == counts[1]
