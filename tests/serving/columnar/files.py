"""Generated batches of candidates for the tests of the columnar way, and its plan made row by row."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from serving.batch.contexts import Sent, planned
from serving.batch.summary import Run
from serving.candidates.files import Block
from serving.candidates.rows import RowReader
from serving.columnar.planned import Planned
from serving.policy.policy import Policy, digest_of
from serving.policy.rows import columns_of
from serving.policy.zone_names import Zones
from tests.scenarios import OCCASIONS, UNSAID
from tests.serving.candidate_examples import NOW, TYPES, Row, candidate

ZONES = (
    "Europe/Paris",
    "Europe/London",
    "UTC",
    "Africa/Lagos",
    "Asia/Tokyo",
    "America/New_York",
    "Pacific/Apia",
    "Mars/Olympus",
    None,
)
CHANNELS = ("push", "push", "sms", "email", "chat", "whatsapp", "widget")


def generated(rows: int, seed: int, *, trouble: float = 0.03) -> list[Row]:
    """Return rows, mostly good, of every purpose; each thing that can be wrong is wrong with probability `trouble`."""
    chance = np.random.default_rng(seed)
    return [_row(chance, number, trouble) for number in range(1, rows + 1)]


def _row(chance: np.random.Generator, number: int, trouble: float) -> Row:
    purpose, kind, template, data = OCCASIONS[chance.integers(len(OCCASIONS))]
    facts = {name: value for name, value in data.items() if name not in UNSAID}
    facts |= {name: f"A-{chance.integers(10_000)}" for name in ("parcel",) if name in facts}
    row = {
        name: value for name, value in candidate(number).items() if not name.startswith(("evidence.data", "message"))
    }
    row |= {
        "purpose": purpose,
        "channel": _pick(chance, CHANNELS),
        "user.timezone": _pick(chance, ZONES),
        "user.attributes.tenure_days": _pick(chance, [50, 99, 100, 101, 410, None]),
        "user.attributes.purpose": _pick(chance, ["mine", None, None]),
        "user.attributes.plan": _pick(chance, ["plus", "basic", "", "gold", None]),
        "user.attributes.age": _pick(chance, [0.0, -0.0, 1.0, 2.5, float("nan"), None]),
        "user.attributes.member": _pick(chance, [True, False, None]),
        "user.attributes.home.city": _pick(chance, ["Oslo", None]),
        "evidence.type": kind,
        "evidence.time": NOW
        - timedelta(minutes=int(chance.integers(1, 26 * 60)), microseconds=int(chance.integers(9))),
        "message.template": template,
        "message.text": None,
        "message.next_step": None,
        "expires_at": _pick(chance, [None, None, NOW + timedelta(microseconds=int(chance.integers(10**12)))]),
    }
    row |= {f"evidence.data.{name}": value for name, value in facts.items()}
    row |= {f"message.facts.{name}": value for name, value in facts.items()}
    for column, values in _trouble(chance, row).items():
        if chance.random() < trouble:
            row[column] = _pick(chance, values)
    if row["message.text"] is None and chance.random() > trouble / 2:
        row["message.next_step"] = None
    if row["message.text"] is not None:
        row |= dict.fromkeys(["message.template", *(name for name in row if name.startswith("message.facts."))])
    return row


def _trouble(chance: np.random.Generator, row: Row) -> dict[str, Sequence[Any]]:
    """Return what may be wrong in each column."""
    earlier = NOW - timedelta(days=int(chance.integers(0, 30)))
    parcel = row.get("message.facts.parcel")
    said = f"Your parcel {parcel} now arrives on Friday. Reply to change the address."
    return {
        "purpose": ["upsell", "no_such_purpose"],
        "evidence.type": ["shipment.delayed", None],
        "evidence.subject": [None, "u-0"],
        "message.template": ["no_such_template", "parcel_delayed"],
        "message.text": [said, "Hello you, here is our sale!", f"It is late: {parcel}"],
        "message.next_step": ["Reply to change the address."],
        "message.facts.parcel": [" A-7 ", "A-7\n", "", "unknown", "Ä-7", "A-8", None],
        "context.consent": [False, None],
        "context.opted_out": [True, None],
        "context.contacts_60m": [1, None],
        "context.contacts_24h": [2, 11, None],
        "context.contacts_7d": [5, None],
        "context.last_complaint_at": [earlier],
        "context.last_inbound_at": [earlier],
        "context.complaint_open": [True, None],
        "context.conversation_open": [True, None],
        "context.already_told": [True, None],
        "context.evidence_superseded": [True, None],
        "candidate_id": [None],
        "channel": ["pigeon"],
        "user.attributes.age": [float("inf")],
    }


def _pick(chance: np.random.Generator, values: Sequence[Any]) -> Any:
    return values[chance.integers(len(values))]


def block_of(rows: Sequence[Row], **types: pa.DataType) -> Block:
    """Return rows as a block, with the types that a warehouse would have; `types` replaces some."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    own = {"user.attributes.age": pa.float64(), "user.attributes.member": pa.bool_()}
    known = {**TYPES, **own, **{name.replace("__", "."): stored for name, stored in types.items()}}
    arrays = [pa.array([row.get(name) for row in rows], type=known.get(name, pa.string())) for name in names]
    return Block(batch=pa.RecordBatch.from_arrays(arrays, names=names), numbers=range(1, len(rows) + 1))


def reader_of_block(block: Block) -> RowReader:
    """Return the reader of a file that has the columns of this block."""
    return RowReader(tuple(block.batch.schema.names), csv=False)


def plan_of(block: Block, policy: Policy, *, now: datetime = NOW, plain: float = 1.0, seed: int = 0) -> Planned:
    """Return the plan of a block: a share of the rows that can be read is plain, chosen by chance.

    Classes are as coarse as they may be: purpose, channel and template.
    """
    reader = reader_of_block(block)
    rows = [row for row in reader.read(block)[0] if np.random.default_rng([seed, row.number]).random() < plain]
    approved = [digest_of(row.candidate, policy) is not None for row in rows]
    known = [
        planned(row, reader.absent, Sent(), approved=each, now=now) for row, each in zip(rows, approved, strict=True)
    ]
    columns = columns_of([row.candidate for row in rows], known, now=now, policy=policy).columns
    together = {name: getattr(columns, name) for name in columns.__slots__} | {"zones": Zones.of(columns.zones)}
    kinds: dict[tuple[str, str, str | None], int] = {}
    of = [(row.candidate.purpose, row.candidate.channel, row.candidate.message.template) for row in rows]
    kind = [kinds.setdefault(each, len(kinds)) for each in of]
    places = np.array([row.number - 1 for row in rows], dtype=np.intp)
    return Planned(
        columns=type(columns)(**together),
        plain=places,
        others=np.setdiff1d(np.arange(block.batch.num_rows), places),
        kind=np.array(kind, dtype=np.intp),
        kinds=[rows[kind.index(each)].candidate for each in range(len(kinds))],
    )


def ids_of(block: Block, run: Run) -> pa.Array:
    """Return the decision ids of a block's rows, as they have them row by row; a reject's is empty."""
    ids = [""] * block.batch.num_rows
    for row in reader_of_block(block).read(block)[0]:
        ids[row.number - 1] = run.decision_id(row)
    return pa.array(ids, type=pa.string())
