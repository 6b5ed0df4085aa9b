"""Small raw logs to build tables from: a folder, its history.toml, and what comes out."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.errors import OutreachError
from model.history_table.apart.building import building_apart
from model.history_table.apart.engine import Here
from model.history_table.building import building
from model.history_table.description import History
from model.history_table.telling import told

START = datetime(2026, 6, 1, tzinfo=UTC)
AS_OF = START + timedelta(days=60)
DESCRIPTION: Mapping[str, Any] = {
    "as_of": AS_OF,
    "contacts": {
        "file": "contacts.parquet",
        "id": "id",
        "customer": "who",
        "time": "at",
        "contacted": "contacted",
        "purpose": "onboarding",
        "channel": "chat",
    },
    "engagements": {"file": "engagements.parquet", "customer": "who", "time": "at", "kind": "kind"},
    "complaints": {
        "file": "complaints.parquet",
        "customer": "who",
        "contact": "about",
        "time": "at",
        "kind": "kind",
    },
}
TIME = pa.timestamp("us", tz="UTC")


def after(**spans: float) -> datetime:
    """The instant so long after the start."""
    return START + timedelta(**spans)


def contact(
    number: str, who: str = "anna", *, contacted: bool = True, at: datetime = START, **more: Any
) -> dict[str, Any]:
    """A line of the contact log."""
    return {"id": number, "who": who, "contacted": contacted, "at": at, **more}


def act(who: str | None = "anna", *, at: datetime, kind: str = "engaged", about: str | None = None) -> dict[str, Any]:
    """A line of one of the other logs."""
    return {"who": who, "at": at, "kind": kind, "about": about}


def logs(
    folder: Path,
    contacts: Sequence[Mapping[str, Any]],
    engagements: Sequence[Mapping[str, Any]] = (),
    complaints: Sequence[Mapping[str, Any]] = (),
    customers: Sequence[Mapping[str, Any]] | None = None,
    **description: Any,
) -> History:
    """Write the logs into a folder and describe them; `contacts__x=…` adds or changes a key of a table."""
    told_of = {key: dict(each) if isinstance(each, Mapping) else each for key, each in DESCRIPTION.items()}
    if customers is not None:
        write(folder / "customers.parquet", customers)
        told_of["customers"] = {"file": "customers.parquet", "id": "id"}
    for key, value in description.items():
        table, _, name = key.partition("__")
        if name:
            told_of[table][name] = value
        else:
            told_of[table] = value
    write(folder / "contacts.parquet", contacts)
    write(folder / "engagements.parquet", engagements or [act("nobody", at=START)])
    write(folder / "complaints.parquet", complaints or [act("nobody", at=START, kind="complaint")])
    return History.from_mapping(told_of, folder=folder)


def write(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write lines as Parquet; times with their zone, in microseconds."""
    names = list(dict.fromkeys(name for line in lines for name in line))
    columns = {name: [line.get(name) for line in lines] for name in names}
    kinds = {name: TIME for name, cells in columns.items() if any(isinstance(cell, datetime) for cell in cells)}
    texts = {name: pa.string() for name, cells in columns.items() if all(cell is None for cell in cells)}
    pq.write_table(
        pa.table({name: pa.array(cells, (kinds | texts).get(name)) for name, cells in columns.items()}), path
    )


def built(history: History, folder: Path) -> tuple[pa.Table, list[str]]:
    """Build the table of logs: its rows, and what is said of them; apart, it is the same, or the same is refused.

    Apart takes three times as long: where only the one process is asked, `in_one` is enough.
    """
    as_of = history.as_of or AS_OF
    try:
        whole = in_one(history, folder)
    except OutreachError as refused:
        with pytest.raises(type(refused), match=f"^{re.escape(str(refused))}$"):
            apart(history, folder, as_of=as_of)
        raise
    rows, said = apart(history, folder, as_of=as_of)
    assert (rows.schema, said, rows.equals(whole[0])) == (whole[0].schema, whole[1], True)
    return whole


def in_one(history: History, folder: Path, *, memory: str = "250MB", threads: int = 1) -> tuple[pa.Table, list[str]]:
    """Build the table in one process."""
    spill = folder / "spill"
    spill.mkdir(exist_ok=True)
    with building(history, as_of=history.as_of or AS_OF, spill=spill, threads=threads, memory=memory) as made:
        return pa.Table.from_batches(made.batches(), schema=made.schema), told(made)


def apart(history: History, folder: Path, *, as_of: datetime) -> tuple[pa.Table, list[str]]:
    """Build it in several parts, one after the other, in this process."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as spill,
        building_apart(history, as_of=as_of, spill=Path(spill), engine=Here(2)) as made,
    ):
        return pa.Table.from_batches(made.batches(), schema=made.schema), told(made)
