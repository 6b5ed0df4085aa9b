"""Rows of candidates files for the tests, and the three ways to write them."""

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EARLIER = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
ZONED = pa.timestamp("us", tz="UTC")
TYPES: Mapping[str, pa.DataType] = {
    "evidence.time": ZONED,
    "expires_at": ZONED,
    "context.last_complaint_at": ZONED,
    "context.last_inbound_at": ZONED,
    "context.contacts_60m": pa.int64(),
    "context.contacts_24h": pa.int64(),
    "context.contacts_7d": pa.int64(),
    "context.consent": pa.bool_(),
    "context.opted_out": pa.bool_(),
    "context.complaint_open": pa.bool_(),
    "context.conversation_open": pa.bool_(),
    "context.already_told": pa.bool_(),
    "context.evidence_superseded": pa.bool_(),
    "user.attributes.tenure_days": pa.int64(),
}
Row = dict[str, Any]


def candidate(number: int = 1, **changes: Any) -> Row:
    """Return a row that is sent when everybody is thanked; changes name columns with `__` for a dot."""
    row: Row = {
        "candidate_id": f"c-{number}",
        "user.id": f"u-{number}",
        "user.timezone": "Europe/Paris",
        "user.attributes.tenure_days": 410,
        "purpose": "delivery_update",
        "channel": "push",
        "evidence.type": "shipment.delayed",
        "evidence.id": f"ev-{number}",
        "evidence.subject": f"u-{number}",
        "evidence.time": EARLIER,
        "evidence.data.parcel": "A-7",
        "evidence.data.new_eta": "Friday",
        "message.template": "parcel_delayed",
        "message.facts.parcel": "A-7",
        "message.facts.new_eta": "Friday",
        "context.consent": True,
        "context.opted_out": False,
        "context.contacts_60m": 0,
        "context.contacts_24h": 0,
        "context.contacts_7d": 0,
        "context.last_complaint_at": None,
        "context.complaint_open": False,
        "context.conversation_open": False,
        "context.last_inbound_at": None,
        "context.already_told": False,
        "context.evidence_superseded": False,
    }
    return row | {name.replace("__", "."): value for name, value in changes.items()}


def write_parquet(path: Path, rows: Sequence[Row], **types: pa.DataType) -> Path:
    """Write rows with the types that a warehouse would have; `types` replaces some."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    known = {**TYPES, **{name.replace("__", "."): stored for name, stored in types.items()}}
    arrays = [pa.array([row.get(column) for row in rows], type=known.get(column, pa.string())) for column in columns]
    pa.parquet.write_table(pa.table(arrays, names=columns), path)
    return path


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    """Write rows as text, gzipped where the name says so."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_cell(row.get(column)) for column in columns] for row in rows])
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content, mtime=0) if path.name.endswith(".gz") else content)
    return path


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


WRITERS = {"c.parquet": write_parquet, "c.csv": write_csv, "c.csv.gz": write_csv}
