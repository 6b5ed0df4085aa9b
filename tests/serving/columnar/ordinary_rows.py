"""A batch as a warehouse would send it: one kind of message, many customers."""

from typing import Any

import numpy as np
import pyarrow as pa

from tests.serving.columnar.nasty_rows import NOW

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ZONES = ("Europe/Paris", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Europe/London", "Australia/Sydney")
CHANNELS = ("push", "email", "sms", "chat")
ZONED = pa.timestamp("us", tz="UTC")
HOUR = 3_600_000_000  # µs


def ordinary_batch(rows: int, seed: int = 0) -> pa.RecordBatch:
    """Return rows about late parcels, each with its customer, and all that a plan may know of them."""
    chance = np.random.default_rng(seed)
    now = round(NOW.timestamp() * 1e6)
    users = [f"u-{number}" for number in chance.integers(0, 10**7, rows).tolist()]
    parcels = [f"A-{number}" for number in chance.integers(100, 99_999, rows).tolist()]
    days = _drawn(chance, DAYS, rows)
    cells: dict[str, Any] = {
        "candidate_id": [f"c-{seed}-{row}" for row in range(rows)],
        "user.id": users,
        "user.timezone": _drawn(chance, ZONES, rows),
        "user.attributes.tenure_days": chance.integers(0, 3000, rows),
        "user.attributes.plan": _drawn(chance, ("free", "plus"), rows),
        "user.attributes.spend": chance.random(rows),
        "user.attributes.orders": chance.integers(0, 50, rows),
        "purpose": ["delivery_update"] * rows,
        "channel": _drawn(chance, CHANNELS, rows),
        "evidence.type": ["shipment.delayed"] * rows,
        "evidence.id": [f"ev-{row}" for row in range(rows)],
        "evidence.subject": users,
        "evidence.time": pa.array(now - chance.integers(0, 30 * HOUR, rows)).cast(ZONED),
        "evidence.data.parcel": parcels,
        "evidence.data.new_eta": days,
        "evidence.data.delay_hours": chance.integers(1, 72, rows),
        "message.template": ["parcel_delayed"] * rows,
        "message.facts.parcel": parcels,
        "message.facts.new_eta": days,
        "context.consent": chance.random(rows) < 0.95,
        "context.contacts_60m": chance.integers(0, 2, rows),
        "context.contacts_24h": chance.integers(0, 3, rows),
        "context.contacts_7d": chance.integers(0, 6, rows),
        "context.last_complaint_at": pa.array(
            now - chance.integers(0, 900 * HOUR, rows), mask=chance.random(rows) < 0.9
        ).cast(ZONED),
        "context.last_inbound_at": pa.array(
            now - chance.integers(0, 900 * HOUR, rows), mask=chance.random(rows) < 0.8
        ).cast(ZONED),
    }
    for name in ("opted_out", "complaint_open", "conversation_open", "already_told", "evidence_superseded"):
        cells[f"context.{name}"] = chance.random(rows) < 0.02
    return pa.RecordBatch.from_pydict({name: pa.array(values) for name, values in cells.items()})


def _drawn(chance: np.random.Generator, words: tuple[str, ...], rows: int) -> list[str]:
    return [words[place] for place in chance.integers(0, len(words), rows).tolist()]
