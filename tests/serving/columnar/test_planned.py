"""A batch as columns: plain rows have the columns that the row-by-row way gives them, whatever the file."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from serving.candidates.rows import RowReader
from serving.columnar.planned import plan_columns
from serving.policy.policy import make_policy
from serving.policy.templates import parse
from tests.serving.candidate_examples import TYPES, Row, candidate
from tests.serving.columnar.nasty_rows import NOW, POLICY, nasty_batch
from tests.serving.columnar.ordinary_rows import ordinary_batch
from tests.serving.columnar.reference import differences, reader_of

SEEDS = range(40)


def batch_of(*rows: Row) -> pa.RecordBatch:
    """Return rows as a batch with the types that a warehouse would have."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    arrays = [pa.array([row.get(column) for row in rows], type=TYPES.get(column)) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, names=columns)


def parcels(*names: str, **changes: object) -> pa.RecordBatch:
    """Return ordinary rows about these parcels."""
    each = [{"evidence__data__parcel": name, "message__facts__parcel": name, **changes} for name in names]
    return batch_of(*(candidate(number, **said) for number, said in enumerate(each)))


@pytest.mark.parametrize("seed", SEEDS)
def test_plain_rows_have_the_columns_of_the_row_by_row_way(seed: int) -> None:
    """Files of values that could tell two rows of a class apart: every flag, number and zone is the same."""
    _, actual = differences(nasty_batch(seed), POLICY, NOW)
    assert actual == []


def test_many_of_those_rows_are_plain_and_not_read_by_themselves() -> None:
    """The files above would prove nothing if no row took its flags from another one."""
    found = [plan_columns(batch, reader_of(batch), POLICY, NOW) for batch in map(nasty_batch, SEEDS)]
    actual = sum(len(each.plain) - len(each.kinds) for each in found)
    assert actual > 150


def test_ordinary_files_are_plain() -> None:
    """Nearly every row of a usual file is, and few are read: else this would be decoration."""
    batch = ordinary_batch(4096)
    found, wrong = differences(batch, POLICY, NOW)
    actual = wrong, len(found.plain) >= 0.99 * batch.num_rows, len(found.kinds) < 200
    assert actual == ([], True, True)


def test_parcels_that_differ_in_figures_are_one_class() -> None:
    """The class is the form of the text."""
    actual = plan_columns(batch := parcels("A-71", "A-72", "B-73"), reader_of(batch), POLICY, NOW).kind.tolist()
    assert actual == [0, 0, 1]


ONE_LETTER = (
    "gate",
    "delivery_update",
    "Your delivery at door {door}: {count} parcels are late.",
    "Reply to change it.",
)


def at_doors(door: str, *parcels: int) -> pa.RecordBatch:
    """Return rows about a door, which say 3 parcels while the evidence counts these."""
    said = {"message__template": "gate", "message__facts__door": door, "evidence__data__door": door}
    rows = [
        candidate(number, **said, message__facts__count=3, evidence__data__parcels=count)
        for number, count in enumerate(parcels)
    ]
    gone = ("parcel", "new_eta")
    return batch_of(*({name: row[name] for name in row if not name.endswith(gone)} for row in rows))


@pytest.mark.parametrize("door", ["B", "7", "B7", "-", "b", "\u00b2"])
@pytest.mark.parametrize("parcels", [(3, 4, 5), (4, 3, 5), (4, 5, 3), (4, 4, 4)], ids=str)
def test_a_fact_of_one_letter_ties_no_row_to_its_evidence(door: str, parcels: tuple[int, ...]) -> None:
    """A letter stands in any text: rows of its class say a fact of their evidence, or not, by their counts."""
    name, purpose, text, step = ONE_LETTER
    entry = {"id": name, "purpose": purpose, "text": text, "facts": {"door": "string", "count": "integer"}}
    template = parse(entry | {"next_step": step}, "tests")
    policy = make_policy(POLICY.limits, [*POLICY.templates.values(), template], POLICY.wording)
    _, actual = differences(at_doors(door, *parcels), policy, NOW)
    assert actual == []


DAY = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("texts", "stored"),
    [
        (["2026-11-21", "2026-11-22", "2026-11-21"], pa.date32()),
        (["2026-11-21", "2026-11-22", "2026-11-21"], pa.date64()),
        (["2026-11-22", "2026-11-21", "2026-11-23"], pa.date32()),
        (["2026-11-21T00:00:00Z", "2026-11-21T00:00:01Z", "2026-11-21T00:00:00Z"], pa.timestamp("us", tz="UTC")),
        (["2026-11-21T00:00:00Z", "2026-11-21T00:00:01Z", "2026-11-21T00:00:00Z"], pa.timestamp("s", tz="UTC")),
    ],
    ids=["day", "64 bits", "another", "time", "seconds"],
)
@pytest.mark.parametrize("there", ["evidence.data.new_eta", "message.facts.new_eta"])
def test_a_text_that_repeats_a_day_or_time_is_compared_in_each_row(
    texts: list[str], stored: pa.DataType, there: str
) -> None:
    """A day is read as a text: one row says the day on record, the next another, in the same form."""
    other = next(name for name in ("evidence__data__new_eta", "message__facts__new_eta") if there != dots(name))
    batch = batch_of(*(candidate(number, **{other: text}) for number, text in enumerate(texts)))
    days = pa.array([DAY] * 3, type=pa.timestamp("us", tz="UTC")).cast(stored)
    batch = batch.set_column(batch.schema.get_field_index(there), there, days)
    _, actual = differences(batch, POLICY, NOW)
    assert actual == []


def dots(name: str) -> str:
    """Return a column's name as files have it."""
    return name.replace("__", ".")


def test_a_batch_of_csv_goes_row_by_row() -> None:
    """All cells of CSV are text: what they mean depends on the template."""
    batch = parcels("A-71", "A-72")
    found = plan_columns(batch, RowReader(tuple(batch.schema.names), csv=True), POLICY, NOW)
    actual = found.plain.tolist(), found.others.tolist(), found.columns.rows
    assert actual == ([], [0, 1], 0)


def test_an_empty_batch_has_no_rows() -> None:
    """Nothing to plan is planned."""
    batch = parcels("A-71")[:0]
    found = plan_columns(batch, reader_of(batch), POLICY, NOW)
    actual = len(found.plain), len(found.others), found.columns.rows
    assert actual == (0, 0, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"candidate_id": None},
        {"candidate_id": " c"},
        {"user__id": "x" * 257},
        {"user__id": "u\x00"},
        {"evidence__subject": "\u00fc"},
        {"evidence__time": NOW + timedelta(microseconds=1)},
        {"user__timezone": " "},
        {"user__attributes__plan": "a\x00b"},
        {"user__attributes__spend": float("inf")},
        {"user__attributes__tags": ["a"]},
        {"evidence__data__affected": ["u-1"]},
        {"context__contacts_60m": -1},
        {"message__text": "And a text."},
        {"channel": "fax"},
    ],
    ids=lambda changes: next(iter(changes)) + str(len(str(changes))),
)
def test_what_may_be_rejected_goes_row_by_row(changes: dict[str, object]) -> None:
    """A row with a cell that may not be read as it is, is one of the others; its neighbours stay plain."""
    batch = batch_of(candidate(1), candidate(2, **changes), candidate(3))
    found = plan_columns(batch, reader_of(batch), POLICY, NOW)
    actual = found.plain.tolist(), found.others.tolist()
    assert actual == ([0, 2], [1])


@pytest.mark.parametrize(
    "name", ["evidence.time", "evidence.data.at", "evidence.data.due_at", "expires_at", "user.attributes.since"]
)
def test_a_time_that_no_64_bits_hold_makes_the_batch_go_row_by_row(name: str) -> None:
    """Seconds that overflow as microseconds are refused there, and raise nothing here."""
    batch = parcels("A-71", "A-72", **{name.replace(".", "__"): None})
    far = pa.array([2**62, 0]).cast(pa.timestamp("s", tz="UTC"))
    batch = batch.set_column(batch.schema.get_field_index(name), name, far)
    actual = plan_columns(batch, reader_of(batch), POLICY, NOW).others.tolist()
    assert actual == [0, 1]


@pytest.mark.parametrize("unit", ["s", "ms"])
@pytest.mark.parametrize("name", ["evidence.data.x", "user.attributes.x", "message.facts.parcel"])
def test_far_times_anywhere_make_no_row_plain(name: str, unit: str) -> None:
    """What does not fit 64 bits as microseconds is nobody's class, in whichever cell it stands."""
    batch = parcels("A-71", "A-72")
    far = pa.array([2**62, 0]).cast(pa.timestamp(unit))
    names = [each for each in batch.schema.names if each != name]
    batch = pa.RecordBatch.from_arrays([*(batch.column(each) for each in names), far], names=[*names, name])
    planned = plan_columns(batch, reader_of(batch), POLICY, NOW)
    assert planned.others.tolist()[:1] == [0]


def test_the_second_block_reads_no_class_again() -> None:
    """Representatives are kept from block to block: theirs is the very candidate."""
    first, second = parcels("A-71", "A-72"), parcels("A-81", "A-9")
    known = plan_columns(first, reader_of(first), POLICY, NOW).kinds
    again = plan_columns(second, reader_of(second), POLICY, NOW).kinds
    actual = again[0] is known[0], len(again)
    assert actual == (True, 2)


def test_another_policy_or_clock_reads_anew() -> None:
    """What was found out holds for one policy and one clock."""
    batch = parcels("A-71")
    first = plan_columns(batch, reader_of(batch), POLICY, NOW).kinds[0]
    later = plan_columns(batch, reader_of(batch), POLICY, NOW + timedelta(hours=1)).kinds[0]
    actual = later is first
    assert actual is False


def test_places_are_whole_numbers() -> None:
    """They index arrays."""
    batch = parcels("A-71", "A-72")
    found = plan_columns(batch, reader_of(batch), POLICY, NOW)
    actual = {found.plain.dtype, found.others.dtype, found.kind.dtype}
    assert actual == {np.dtype(np.intp)}
