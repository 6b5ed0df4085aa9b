"""Features read by column are the codes that the same rows have one by one."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from model.contracts import Context
from model.feature_rows import Encoder
from model.features import Bools, Feature, Floats
from serving.columnar.deciding import ignored
from serving.columnar.features import encoded
from serving.thanks import features_of
from tests.serving.candidate_examples import Row, candidate
from tests.serving.columnar.files import block_of, reader_of_block

AT = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
WORDS = ["plus", "basic", "gold", "", None, "plus"]
COLUMNS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "int64": (pa.int64(), [0, 1, 2**53 + 1, -(2**63), None, 7]),
    "uint64": (pa.uint64(), [0, 1, 2**64 - 1, 2**53 + 1, None, 7]),
    "int8": (pa.int8(), [0, 1, -128, 127, None, 1]),
    "double": (pa.float64(), [0.0, -0.0, 1.0, float("nan"), None, 1e308]),
    "float": (pa.float32(), [0.0, 0.1, 1.0, float("nan"), None, -3.5]),
    "half": (pa.float16(), [0.0, 0.5, 1.0, float("nan"), None, -3.5]),
    "decimal": (pa.decimal128(9, 2), [Decimal("0.10"), Decimal(1), Decimal(0), None, Decimal("-7.25"), Decimal(1)]),
    "bool": (pa.bool_(), [True, False, None, True, False, True]),
    "text": (pa.string(), WORDS),
    "large": (pa.large_string(), WORDS),
    "view": (pa.string_view(), WORDS),
    "coded": (pa.dictionary(pa.int8(), pa.string()), WORDS),
    "coded numbers": (pa.dictionary(pa.int32(), pa.float64()), [1.0, 0.0, None, 2.5, float("nan"), 1.0]),
    "time": (pa.timestamp("us", tz="UTC"), [AT, None, AT, AT, AT, None]),
    "date": (pa.date32(), [date(2026, 1, 2), None, date(1969, 1, 1), None, None, date(2026, 1, 2)]),
    "list": (pa.list_(pa.int64()), [[1], [], None, [1, 2], None, [1]]),
    "null": (pa.null(), [None] * 6),
}
FEATURES = {
    "number": Feature(name="x", kind="number"),
    "boolean": Feature(name="x", kind="boolean"),
    "category": Feature(name="x", kind="category", levels=("basic", "plus", "2026-01-02", "2026-11-20T10:30:00Z")),
}


def both(rows: list[Row], features: list[Feature], **types: pa.DataType) -> list[tuple[Floats, Bools]]:
    """Return codes and wrong rows by column, from the middle of a batch, and row by row."""
    block = block_of(rows, **types)
    read, rejects = reader_of_block(block).read(block)
    assert rejects == []
    candidates = [row.candidate for row in read][1:]
    batch, places = block.batch.slice(1), np.arange(len(candidates))
    names = [feature.name for feature in features]
    by_row = Encoder.of(features).encode([features_of(names, one, Context()) for one in candidates])
    return [encoded(batch, places, features, kinds=candidates, kind=places), by_row]


def assert_same(found: list[tuple[Floats, Bools]]) -> None:
    """Bits and truths are the same, of NaN too."""
    (codes, wrong), (expected, expected_wrong) = found
    assert np.array_equal(codes, expected, equal_nan=True)
    assert np.array_equal(np.signbit(codes[~np.isnan(codes)]), np.signbit(expected[~np.isnan(expected)]))
    assert wrong.tolist() == expected_wrong.tolist()


@pytest.mark.parametrize("kind", list(FEATURES))
@pytest.mark.parametrize("column", list(COLUMNS))
def test_a_column_of_any_type_is_read_as_its_rows_are(column: str, kind: str) -> None:
    """Whatever a warehouse keeps there, and whatever the model learned: numbers, gaps and wrong types."""
    stored, values = COLUMNS[column]
    rows = [candidate(number, user__attributes__x=value) for number, value in enumerate([values[0], *values])]
    assert_same(both(rows, [FEATURES[kind]], user__attributes__x=stored))


@pytest.mark.parametrize("name", ["purpose", "channel"])
def test_purpose_and_channel_are_the_candidates_unless_an_attribute_says_them(name: str) -> None:
    """An attribute of the name goes first, where it says anything."""
    feature = Feature(name=name, kind="category", levels=("mine", "delivery_update", "sms", "push"))
    own = [candidate(1), candidate(2, channel="sms"), candidate(3, purpose="progress_update")]
    told = [candidate(4, **{f"user__attributes__{name}": value}) for value in ("mine", None, "other")]
    assert_same(both([candidate(0), *own], [feature]))
    assert_same(both([candidate(0), *told, *own], [feature, FEATURES["number"]]))


def test_an_object_is_no_feature() -> None:
    """A feature named as an object is of a wrong type where that holds anything; a dotted name is nobody's."""
    rows = [candidate(number, user__attributes__home__city=city) for number, city in enumerate(["", "Oslo", None])]
    features = [Feature(name=name, kind="category", levels=("Oslo",)) for name in ("home", "home.city", "absent")]
    assert_same(both([candidate(9), *rows], features))


def test_nothing_is_read_of_no_features() -> None:
    """A scorer may say the same of everybody."""
    assert_same(both([candidate(1), candidate(2)], []))


def test_attributes_that_the_model_does_not_know_are_counted() -> None:
    """By their first name, on the rows that were decided, where they say something."""
    values = [1.0, float("nan"), None, 2.0, 3.0]
    rows = [candidate(number, user__attributes__x=value) for number, value in enumerate(values)]
    rows[0] |= {"user.attributes.home.city": "Oslo", "user.attributes.home.street": "Akersgata"}
    rows[4] |= {"user.attributes.home.street": "Akersgata"}
    batch = block_of(rows, user__attributes__x=pa.float64()).batch
    every, some = np.arange(5), np.array([1, 4])
    actual = [ignored(batch, places, {"tenure_days"}) for places in (every, some, every[:0])]
    assert actual == [{"x": 3, "home": 2}, {"x": 1, "home": 1}, {}]
