"""Free cells that are surely read as they are, and those that may not be."""

import pyarrow as pa
import pytest

from serving.columnar.plain import readable

INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u-17", True),
        ("Anna Smith", True),
        ("~", True),
        ("x" * 256, True),
        ("x" * 257, False),
        ("", False),
        (" ", False),
        (" u", False),
        ("u\t", False),
        ("u\x00", False),
        ("u\x7f", False),
        ("\u00fc", False),
        (None, False),
    ],
)
@pytest.mark.parametrize("around", ["u-1", "\u00fc", " x"])
def test_an_id_is_short_printable_ascii(text: str | None, around: str, *, expected: bool) -> None:
    """Whatever its neighbours are; a required one is there."""
    actual = readable({"user.id": pa.array([around, text, around])}, 3).tolist()[1]
    assert actual is expected


def test_an_id_that_nobody_needs_may_be_missing() -> None:
    """The key says whether it is there."""
    columns = {"evidence.id": pa.array([None, "e", ""]), "session.id": pa.nulls(3), "evidence.subject": pa.nulls(3)}
    actual = readable(columns, 3).tolist()
    assert actual == [True, True, False]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array(["\u00fc", "", None, "a\x00"]), [True, True, True, False]),
        (pa.array([1.5, NAN, None, INF]), [True, True, True, False]),
        (pa.array([1.5, NAN, None, -INF], pa.float32()), [True, True, True, False]),
        (pa.array([1, None, 2**63 - 1]), [True, True, True]),
        (pa.array([True, None]), [True, True]),
        (pa.nulls(2), [True, True]),
        (pa.array([0, None, 2**31 - 1], pa.int32()).cast(pa.date32()), [True, True, False]),
        (pa.array([0, None, 2**62]).cast(pa.timestamp("us", tz="UTC")), [True, True, False]),
        (pa.array([[1], None]), [False, True]),
        (pa.array([1, None], pa.decimal128(3, 1)), [False, True]),
    ],
    ids=["texts", "floats", "halves", "ints", "truths", "nulls", "days", "times", "lists", "decimals"],
)
def test_an_attribute_is_what_json_can_say(column: pa.Array, expected: list[bool]) -> None:
    """NaN is read as null, infinity is rejected, and far dates are not read at all."""
    actual = readable({"user.attributes.x": column}, len(column)).tolist()
    assert actual == expected


def test_a_column_that_is_held_in_the_key_is_not_asked_about() -> None:
    """Its representative is read, or rejected."""
    actual = readable({"purpose": pa.array([" ", None]), "message.facts.x": pa.array([INF, 1.0])}, 2).tolist()
    assert actual == [True, True]
