"""A folder in which every command that a scheduler runs has what it needs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from model.synthetic.files import write
from model.synthetic.world import World
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.record.record import read_record
from serving.standing import Experiment
from tests.serving.candidate_examples import candidate, write_parquet
from tests.serving.cli.test_learn import COLUMNS, ROLES
from tests.serving.occasion_examples import AT as DECIDED
from tests.serving.occasion_examples import occasion
from tests.serving.test_scorer import artefact

AT = "2026-11-20T12:00:00Z"
AS_OF = "2026-10-01T00:00:00Z"
LEDGER = "sqlite:///ledger.db"
AWAY = "postgresql://outreach@127.0.0.1:1/outreach"
BATCH = ["batch", "candidates.parquet", "--out", "out", "--at", AT]
TABLE = ["table", "--ledger", LEDGER, "--out", "table.parquet", "--as-of", AS_OF]
FROM_LOGS = ["table", "--history", "history/history.toml", "--out", "table.parquet"]
FOLDER = ["table", "--history", "history/history.toml", "--out", "tables/"]
TRAIN = ["train", "learned.parquet", "--roles", "learned.toml", "--out", "artefact", "--jobs", "1"]
SCORE = ["score", "learned.parquet", "--model", "artefact", "--out", "scored.parquet"]
REPLAY = ["replay", "--ledger", LEDGER, "--out", "replay.html"]
FEED = ["feed", "events.jsonl", "--ledger", LEDGER, "--out", "fed.jsonl"]


def candidates() -> None:
    """Write candidates, of which one customer has two."""
    rows = [candidate(number) for number in range(5)] + [candidate(5, user__id="u-1", evidence__subject="u-1")]
    write_parquet(Path("candidates.parquet"), rows)


def ledger() -> None:
    """Make a ledger with closed occasions."""
    books = open_ledger(LEDGER, now=DECIDED, salt=b"s" * 32, shipped=shipped_digests())
    until = DECIDED + timedelta(days=30)
    experiment = Experiment(id="x", share=0.5, max_contacts=100, until=until, by="anna", started_at=DECIDED)
    with books.transaction() as transaction:
        transaction.start_experiment(experiment)
        for number in range(20):
            made = read_record(occasion(str(number), contacted=number % 2 == 0, at=DECIDED).record)
            transaction.add_decision(made.candidate, made.context, made.decided)
    books.close()


def history(customers: int = 300) -> None:
    """Write raw logs."""
    Path("history").mkdir()
    write(World.generate(customers=customers, seed=5), Path("history"))


def learned(customers: int = 1_000) -> None:
    """Write a table to learn from, and its roles."""
    table = World.generate(customers=customers, seed=2).table()
    pq.write_table(pa.table({name: pa.array(table[name].to_numpy()) for name in COLUMNS}), "learned.parquet")
    Path("learned.toml").write_text(ROLES)


def scored() -> None:
    """Have an artefact, and a table that it scores."""
    artefact(Path("artefact"))
    pq.write_table(pa.table({"age": [40], "member": [True], "plan": ["plus"]}), "learned.parquet")


def events() -> None:
    """Write a consent and five parcels."""
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    traits = {"consent": {"push": True}, "timezone": "Europe/Paris"}
    said = [event("identify", noon - timedelta(hours=1), {"traits": traits}, kind="customer.identified")]
    said += [event(f"e-{number}", noon, {"parcel": f"A-{number}", "new_eta": "Friday"}) for number in range(5)]
    Path("events.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in said))


def event(name: str, time: datetime, data: dict[str, object], *, kind: str = "shipment.delayed") -> dict[str, object]:
    """Return one CloudEvent."""
    head = {"specversion": "1.0", "source": "urn:shop", "id": name, "type": kind, "subject": "u-1"}
    return {**head, "time": time.isoformat(), "data": data}
