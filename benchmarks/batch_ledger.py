"""`outreach batch --ledger`: rows decided and recorded per second, on a fresh SQLite file, the model one of 200 trees.

A customer has one row. Of a hundred rows 92 are late parcels that every filter passes and the score is asked about, 4
are failed deliveries (essential), 4 are denied: two opted out says the file, two never consented. The evidence is on
record before the run (as the events' feed leaves it), or is told by the file alone and recorded with the decision.
The scan of the file, the deciding, the record and the shards are all measured; making the ledger is not.

    python -m benchmarks.batch_ledger [ROWS]
"""

import os
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from benchmarks.serving_model import NAMES, customers, learn, save
from model.contracts import Event, Shares
from serving.arms import Exploration
from serving.batch.run import run_batch
from serving.ledger import open_ledger
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Ledger, Preferences
from serving.scorer import load_scorer

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SALT = b"s" * 32
AT_ONCE = 2_000  # customers in one transaction of the preparation
OFTEN = 1_000_000  # sends an hour: without such a past the breaker would open, and no score would be asked
TEMPLATES = {"shipment.delayed": "parcel_delayed", "shipment.failed": "parcel_failed"}
ESSENTIAL, OPTED_OUT, SILENT = range(4), range(4, 6), range(6, 8)  # of a hundred rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a run came to: rows per second by the clock, and processor microseconds per row of all its processes."""

    rows: int
    actions: dict[str, int]
    rows_per_second: float
    cpu: float


def ledger_mode(folder: Path, artefact: Path, *, rows: int = 20_000, on_record: bool = True) -> Pace:
    """Decide and record `rows` candidates with the artefact; `on_record`: their evidence is in the ledger already."""
    file = folder / f"candidates-{rows}.parquet"
    pa.parquet.write_table(candidates(rows), file)
    kept, out = folder / "ledger.db", folder / "out"
    with closing(open_ledger(f"sqlite:///{kept}", now=AT, salt=SALT, shipped=shipped_digests())) as ledger:
        prepare(ledger, rows, on_record=on_record)
        hour = int(AT.timestamp()) // 3600 - 3
        with closing(sqlite3.connect(kept)) as past, past:
            busy = [(template, hour, OFTEN) for template in TEMPLATES.values()]
            past.executemany("INSERT INTO breaker_hours (key, hour, n) VALUES (?, ?, ?)", busy)
        return paced(ledger, file, out, artefact)


def paced(ledger: Ledger, file: Path, out: Path, artefact: Path) -> Pace:
    """Decide a file with a prepared ledger, and measure that alone."""
    scorer, policy = load_scorer(artefact), load_policy()
    began, spent = time.perf_counter(), _spent()
    summary = run_batch(
        file,
        out,
        now=AT,
        policy=policy,
        scorer=scorer,
        ledger=ledger,
        exploration=Exploration(shares=Shares(), salt=ledger.salt),
    )
    took, used = time.perf_counter() - began, _spent() - spent
    actions = dict(summary.actions)
    return Pace(rows=summary.rows, actions=actions, rows_per_second=summary.rows / took, cpu=used / summary.rows * 1e6)


def prepare(ledger: Ledger, rows: int, *, on_record: bool) -> None:
    """Record what customers permit, and (`on_record`) what happened to their parcels."""
    agreed = Preferences(timezone="Europe/Paris", consent={"chat": True})
    refused = Preferences(timezone="Europe/Paris", consent={"chat": False})
    for start in range(0, rows, AT_ONCE):
        with ledger.transaction() as transaction:
            for number in range(start, min(start + AT_ONCE, rows)):
                said = refused if number % 100 in SILENT else agreed
                transaction.set_preferences(f"user-{number}", said, at=AT - timedelta(days=1))
                if on_record:
                    transaction.add_event(_event(number), recorded_at=AT - timedelta(minutes=1))


def candidates(rows: int) -> pa.Table:
    """Return a file of candidates, as a warehouse would have it."""
    numbers = range(rows)
    events = [_event(number) for number in numbers]
    data = {name: [event.data.get(name) for event in events] for name in ("parcel", "new_eta", "reason")}
    columns: dict[str, Any] = {
        "candidate_id": [f"c-{number}" for number in numbers],
        "user.id": [f"user-{number}" for number in numbers],
        "purpose": ["delivery_update"] * rows,
        "channel": ["chat"] * rows,
        "evidence.type": [event.type for event in events],
        "evidence.id": [event.id for event in events],
        "evidence.source": [event.source for event in events],
        "evidence.subject": [event.subject for event in events],
        "evidence.time": pa.array([event.time for event in events], pa.timestamp("us", tz="UTC")),
        "message.template": [TEMPLATES[event.type] for event in events],
        "context.opted_out": [number % 100 in OPTED_OUT for number in numbers],
        "context.contacts_7d": pa.array([0] * rows, pa.int64()),
    }
    columns |= {f"{under}.{name}": told for name, told in data.items() for under in ("evidence.data", "message.facts")}
    features = customers(rows, seed=11)
    return pa.table(columns | {f"user.attributes.{name}": features[:, j] for j, name in enumerate(NAMES)})


def _event(number: int) -> Event:
    kind = "shipment.failed" if number % 100 in ESSENTIAL else "shipment.delayed"
    said = {"reason": "closed"} if kind == "shipment.failed" else {"new_eta": "Friday"}
    return Event(
        source="urn:shop",
        id=f"event-{number}",
        type=kind,
        time=AT - timedelta(minutes=5),
        subject=f"user-{number}",
        data={"parcel": f"A-{number}", **said},
    )


def _spent() -> float:
    """Return the processor seconds of this process and of its children that are over."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


@contextmanager
def model(folder: Path) -> Iterator[Path]:
    """Learn the model of 200 trees, once per folder."""
    if not (folder / "artefact").exists():
        save(folder, learn(), issued_at=AT - timedelta(days=1))
    yield folder / "artefact"


def main(rows: int = 20_000) -> None:
    """Measure both cases and print a line each."""
    root = Path(os.environ.get("BENCHMARK_FOLDER") or tempfile.mkdtemp())
    with model(root) as artefact:
        for on_record in (True, False):
            folder = Path(tempfile.mkdtemp(dir=root))
            pace = ledger_mode(folder, artefact, rows=rows, on_record=on_record)
            where = "on record" if on_record else "in the file"
            print(f"evidence {where}: {pace.rows_per_second:,.0f} rows/s, {pace.cpu:.0f} µs CPU a row, {pace.actions}")
            shutil.rmtree(folder)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
