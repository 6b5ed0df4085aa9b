"""Online features equal the table's for the same moment: a ledger's life, exported as raw logs, through the builder."""

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.contracts import Action
from model.history import FEATURES
from model.history_table.building import building
from model.history_table.description import History
from serving.ledger.instants import instant
from tests.contracts.ledgers import KINDS
from tests.lives import LOG, Journal, Life

STEPS = 200
TIME = pa.timestamp("us", tz="UTC")
KIND = {"engaged": "engaged", "complained": "complaint", "opted_out": "opt_out"}
LOGS = {
    "contacts": {
        "file": "contacts.parquet",
        **{name: name for name in ("id", "customer", "time", "contacted", "propensity", "purpose", "channel")},
    },
    "engagements": {"file": "engagements.parquet", "customer": "customer", "time": "time", "kind": "kind"},
    "complaints": {"file": "complaints.parquet", "customer": "customer", "time": "time", "kind": "kind"},
}


def lived(kind: str, folder: Path, seed: int) -> Life:
    """Return a life of which nothing was late: then its logs are all that there was to know."""
    ledger = KINDS[kind](folder)
    with ledger.transaction() as tx:
        life = Life(tx, seed, late=False, changes=False)
        life.live(STEPS)
    ledger.close()
    return life


def exported(life: Life, folder: Path) -> History:
    """Write the raw logs of a life, as a company would export them, and say what they mean."""
    asked, said = life.journal.asked, life.journal.said
    contacts = {
        "id": [one.decision for one in asked],
        "customer": [one.user for one in asked],
        "time": pa.array([one.now for one in asked], TIME),
        "contacted": [life.actions[one.decision] is Action.SEND for one in asked],
        "propensity": [0.5] * len(asked),
        "purpose": ["delivery_update"] * len(asked),
        "channel": ["chat"] * len(asked),
    }
    pq.write_table(pa.table(contacts), folder / "contacts.parquet")
    for log, kinds in (("engagements", {"engaged"}), ("complaints", set(LOG) - {"engaged"})):
        lines = [one for one in said if one.kind.value in kinds]
        columns = {
            "customer": [one.user for one in lines],
            "time": pa.array([one.since for one in lines], TIME),
            "kind": [KIND[one.kind.value] for one in lines],
        }
        pq.write_table(pa.table(columns), folder / f"{log}.parquet")
    return History.from_mapping(LOGS, folder=folder)


def table(history: History, life: Life, folder: Path) -> dict[str, dict[str, float | None]]:
    """Build the table, and return the features of each occasion."""
    as_of = instant(life.clock) + timedelta(days=60)
    with building(history, as_of=as_of, spill=folder, threads=1) as built:
        rows = pa.Table.from_batches(built.batches()).to_pylist()
    return {row["occasion_id"]: {name: row[name] for name in FEATURES} for row in rows}


def logged(journal: Journal) -> dict[str, dict[str, float | None]]:
    """Return the features of each decision as the ledger computed them."""
    return {
        one.decision: {name: None if value != value else value for name, value in one.logged.items()}  # noqa: PLR0124  (NaN is never)
        for one in journal.asked
    }


@pytest.mark.parametrize(
    ("kind", "seed"),
    [*(("sqlite memory", seed) for seed in range(6)), ("sqlite file", 6), ("postgresql", 7)],
)
def test_the_builder_finds_in_raw_logs_what_the_ledger_computed(kind: str, seed: int, tmp_path: Path) -> None:
    """Every feature of every decision, to the last digit, at equal instants and on the edges of windows."""
    life = lived(kind, tmp_path, seed)
    actual = table(exported(life, tmp_path), life, tmp_path)

    assert actual == logged(life.journal)


def test_lines_at_or_after_a_decision_change_nothing_in_its_row(tmp_path: Path) -> None:
    """No leak in the table: cut off at any decision, the logs give that row the features that they gave it whole."""
    life = lived("sqlite memory", tmp_path, 8)
    whole = table(exported(life, tmp_path), life, tmp_path)
    asked, said = life.journal.asked, life.journal.said
    for place in range(5, len(asked), 15):
        now = asked[place].now
        life.journal.asked = asked[: place + 1]
        life.journal.said = [one for one in said if one.since < now] or said[:1]
        rows = table(exported(life, tmp_path), life, tmp_path)

        assert rows[asked[place].decision] == whole[asked[place].decision]
