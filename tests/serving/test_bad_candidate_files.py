"""Bad cells in every column of a candidates file, CSV and Parquet: a reject or a refusal, and never a send."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from model.errors import InvalidInput
from serving.batch.run import run_batch
from serving.candidates.columns import FIXED
from serving.fakes import FakeScorer
from serving.policy_files.templates import load_policy
from tests.serving.bad_values import CANARY, FAR_FUTURE, FAR_PAST, LONG
from tests.serving.candidate_examples import NOW, TYPES, Row, candidate, write_csv, write_parquet

POLICY = load_policy()
SCORER = FakeScorer(feature="tenure_days", cutoff=100.0)
OPEN_COLUMNS = (
    "user.attributes.tenure_days",
    *("evidence.data.parcel", "evidence.data.new_eta"),
    *("message.facts.parcel", "message.facts.new_eta"),
)
COLUMNS = (*FIXED, *OPEN_COLUMNS)
CELLS: Mapping[str, str] = {
    "nothing": "",
    "blank": "  ",
    "null": "null",
    "true": "true",
    "maybe": "maybe",
    "number": "7391",
    "below zero": "-1",
    "fraction": "1.5",
    "NaN": "NaN",
    "inf": "inf",
    "-inf": "-Infinity",
    "1e999": "1e999",
    "huge number": "9" * 400,
    "text": CANARY,
    "long": LONG,
    "longer": "x" * 100_000,
    "a surrogate, escaped": f"{CANARY}\\ud800",
    "a list": f'["{CANARY}"]',
    "keys twice": f'{{"{CANARY}": 1, "{CANARY}": 2}}',
    "naive time": "2026-11-20T11:00:00",
    "far past": "0001-01-01T00:00:00Z",
    "far future": "9999-12-31T23:59:59.999999Z",
    "out of the calendar": "0001-01-01T00:00:00+23:59",
    "another customer's": "u-other",
    "a formula": "=1+1",
}


ANY_ID = {  # a text names something, or nothing
    *("null", "true", "maybe", "number", "below zero", "fraction", "NaN", "inf", "-inf", "1e999", "text"),
    *("a surrogate, escaped", "a list", "keys twice", "naive time", "far past", "far future"),
    *("out of the calendar", "another customer's", "a formula"),
}
SENT_CELLS: Mapping[str, set[str]] = {
    "candidate_id": ANY_ID,
    "evidence.id": ANY_ID,
    "evidence.source": ANY_ID | {"nothing", "huge number"},
    "session.id": ANY_ID | {"nothing"},  # on push nobody reads it
    "message.text": {"nothing"},
    "message.next_step": {"nothing"},
    "expires_at": {"nothing", "far future"},
    "context.consent": {"true"},
    "context.last_complaint_at": {"nothing", "far past"},
    "context.last_inbound_at": {"nothing", "far past"},
    "user.attributes.tenure_days": {"number"},
    "evidence.data.parcel": {"nothing"},  # a plain word; the other fact stands in the evidence
    "evidence.data.new_eta": {"nothing"},
}
UTC_MICROS, MICROS = pa.timestamp("us", tz="UTC"), pa.timestamp("us")
STORED: Mapping[pa.DataType, Mapping[str, Any]] = {
    pa.string(): {
        "empty": "",
        "blank": "  ",
        "text": CANARY,
        "long": LONG,
        "2 MB": "x" * 2_000_000,
        "NUL": f"{CANARY}\0",
    },
    pa.int64(): {"number": 7391, "below zero": -1},
    pa.uint64(): {"large": 2**64 - 1},
    pa.float64(): {"fraction": 1.5, "NaN": float("nan"), "inf": float("inf"), "-inf": float("-inf")},
    pa.float16(): {"half": 1.0},
    pa.bool_(): {"true": True, "false": False},
    UTC_MICROS: {
        "time": NOW - timedelta(hours=1),
        "far past": FAR_PAST,
        "far future": FAR_FUTURE,
        "before any calendar": -(2**62),
        "after any calendar": 2**62,
    },
    MICROS: {"naive time": datetime(2026, 11, 20, 11)},  # noqa: DTZ001  (it is the wrong kind of time)
    pa.null(): {"null": None},
    pa.binary(): {"bytes": CANARY.encode()},
    pa.list_(pa.string()): {"list": [CANARY]},
    pa.list_(pa.float64()): {"numbers": [1.5]},
    pa.struct([(CANARY, pa.int64())]): {"object": {CANARY: 1}},
    pa.map_(pa.string(), pa.int64()): {"map": [(CANARY, 1)]},
    pa.decimal128(5, 2): {"decimal": Decimal("1.5")},
    pa.date32(): {"day": date(2026, 11, 20)},
    pa.duration("us"): {"duration": timedelta(1)},
    pa.dictionary(pa.int32(), pa.string()): {"in a dictionary": CANARY},
}
TEXT = {"text", "in a dictionary"}
SENT_STORED: Mapping[str, set[str]] = {
    "candidate_id": TEXT,
    "evidence.id": TEXT,
    "evidence.source": TEXT | {"null"},
    "evidence.time": {"time"},
    "session.id": TEXT | {"null"},
    "message.text": {"null"},
    "message.next_step": {"null"},
    "expires_at": {"null", "far future"},
    "context.consent": {"true"},
    "context.opted_out": {"false"},
    "context.contacts_24h": {"half"},  # one contact is allowed
    "context.contacts_7d": {"half"},
    "context.last_complaint_at": {"null", "far past"},
    "context.last_inbound_at": {"null", "far past"},
    "context.complaint_open": {"false"},
    "context.conversation_open": {"false"},
    "context.already_told": {"false"},
    "context.evidence_superseded": {"false"},
    "user.attributes.tenure_days": {"number", "large"},
    "evidence.data.parcel": {"null", "NaN"},
    "evidence.data.new_eta": {"null", "NaN"},
}
MAY_BE_ABSENT = {
    *("evidence.source", "expires_at", "session.id", "message.text", "message.next_step"),
    *("evidence.data.parcel", "evidence.data.new_eta"),
}


def row(number: int = 1, **changes: Any) -> Row:
    """Return a row that is sent, with every column that there is."""
    whole: Row = {"evidence.source": "urn:shop", "expires_at": NOW + timedelta(hours=5), "session.id": None}
    whole |= {"message.text": None, "message.next_step": None}
    return candidate(number, **changes) | whole


def outcomes(path: Path, out: Path) -> tuple[dict[str, str], int]:
    """Plan a file; return each decision's action by candidate, and how many rows were rejected."""
    summary = run_batch(path, out, now=NOW, policy=POLICY, scorer=SCORER)
    shards = [pa.parquet.read_table(shard).to_pylist() for shard in sorted(out.glob("decisions-*.parquet"))]
    return {one["candidate_id"]: one["action"] for shard in shards for one in shard}, summary.rejected


def test_every_bad_cell_of_a_csv_file(tmp_path: Path) -> None:
    """One row per column and cell: each is rejected or refused, but for what says the same, and no row is lost."""
    cases = [(column, kind) for column in COLUMNS for kind in CELLS]
    rows = [row(number) | {column: CELLS[kind]} for number, (column, kind) in enumerate(cases)]

    actions, rejected = outcomes(write_csv(tmp_path / "c.csv", [*rows, row(len(rows))]), tmp_path / "out")

    names = {one["candidate_id"]: case for one, case in zip(rows, cases, strict=True)}
    sent = {names[name] for name, action in actions.items() if action == "send" and name in names}
    expected = {(column, kind) for column, kinds in SENT_CELLS.items() for kind in kinds}
    good = actions[f"c-{len(rows)}"]
    assert (sent - expected, expected - sent, len(actions) + rejected, good) == (set(), set(), len(rows) + 1, "send")


@pytest.mark.parametrize("column", COLUMNS)
def test_every_bad_cell_of_a_parquet_file(tmp_path: Path, column: str) -> None:
    """One file per column and type: refused as a whole, or each row rejected, refused or what says the same."""
    sent = set()
    for number, (stored, values) in enumerate(STORED.items()):
        rows = [row(place) | {column: None} for place in range(len(values))]
        names = list(rows[0])
        arrays = [pa.array([one[name] for one in rows], type=TYPES.get(name, pa.string())) for name in names]
        arrays[names.index(column)] = pa.array(list(values.values()), type=stored)
        path = tmp_path / f"{number}.parquet"
        pa.parquet.write_table(pa.table(arrays, names=names), path)
        try:
            if not run_batch(path, None, now=NOW, policy=POLICY, scorer=SCORER, dry_run=True).actions.get("send"):
                continue
        except InvalidInput:
            continue
        actions, _ = outcomes(path, tmp_path / f"out-{number}")
        ids = map(str, values.values()) if column == "candidate_id" else (one["candidate_id"] for one in rows)
        sent |= {kind for kind, name in zip(values, ids, strict=True) if actions.get(name) == "send"}

    assert sent == SENT_STORED.get(column, set())


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_that_is_absent_or_there_twice(tmp_path: Path, column: str) -> None:
    """A column that is not there refuses its rows, or the file; one that stands twice refuses the file."""
    without = {name: value for name, value in row().items() if name != column}
    try:
        actions, _ = outcomes(write_csv(tmp_path / "without.csv", [without]), tmp_path / "without")
    except InvalidInput:
        actions = {}
    header, cells = write_csv(tmp_path / "twice.csv", [row()]).read_text().splitlines()
    (tmp_path / "twice.csv").write_text(f"{header},{column}\n{cells},\n")

    with pytest.raises(InvalidInput, match="stands 2 times"):
        outcomes(tmp_path / "twice.csv", tmp_path / "twice")

    sent = "send" in actions.values()
    assert sent is (column in MAY_BE_ABSENT)


def test_there_are_more_than_a_thousand_cases() -> None:
    """Every column with every cell, and with every type; a new column brings its own."""
    assert len(COLUMNS) * (len(CELLS) + sum(map(len, STORED.values())) + 2) >= 1700


def test_a_row_of_ten_megabytes_refuses_the_file(tmp_path: Path) -> None:
    """No row of CSV may be longer than what is parsed at once: refused, before anything is decided."""
    path = write_csv(tmp_path / "c.csv", [row(0), row(1) | {"message.facts.new_eta": "x" * 10_000_000}])

    with pytest.raises(InvalidInput, match="cannot be read to its end"):
        outcomes(path, tmp_path / "out")


@pytest.mark.parametrize("at", [FAR_PAST, FAR_FUTURE])
def test_a_clock_at_the_end_of_the_calendar_is_refused(tmp_path: Path, at: datetime) -> None:
    """`--at` names the time of the decisions: nobody decides in the year 1, or in 9999."""
    path = write_parquet(tmp_path / "c.parquet", [row()])

    with pytest.raises(InvalidInput, match="is before 1970 or after 9998"):
        run_batch(path, tmp_path / "out", now=at, policy=POLICY, scorer=SCORER)
