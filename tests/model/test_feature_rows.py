"""Rows read by a prepared encoder: the same codes as by whole columns, whatever stands in them, in any order."""

import math
import pickle
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from model.feature_rows import Encoder, encode_rows
from model.features import Feature, encode

NUMBER = Feature(name="n", kind="number")
MEMBER = Feature(name="m", kind="boolean")
PLAN = Feature(name="p", kind="category", levels=("basic", "plus"))
NAN = math.nan


@pytest.mark.parametrize(
    ("value", "code", "wrong"),
    [
        (1.5, 1.5, False),
        (2, 2.0, False),
        (2**53 + 1, float(2**53 + 1), False),
        (None, NAN, False),
        (NAN, NAN, False),
        (np.float32(0.5), 0.5, False),
        (10**400, NAN, True),
        (math.inf, NAN, True),
        (-math.inf, NAN, True),
        (True, NAN, True),
        ("3", NAN, True),
        ([3.0], NAN, True),
        (Decimal(3), NAN, True),
    ],
    ids=str,
)
@pytest.mark.parametrize("beside", [7.0, "odd", 10**400], ids=["plain", "odd", "huge"])
def test_a_number_is_read_alike_beside_anything(value: Any, code: float, *, wrong: bool, beside: Any) -> None:
    """All in one call, or one after the other because of another row: the same code, and only its own row is wrong."""
    codes, bad = encode_rows((NUMBER,), [{"n": beside}, {"n": value}])
    np.testing.assert_array_equal(codes[1], [code])
    assert (bool(bad[1]), bool(bad[0])) == (wrong, beside != 7.0)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)], ids=str)
def test_features_keep_their_places(order: tuple[int, ...]) -> None:
    """Numbers are read first, and stand where their feature stands."""
    features = [(NUMBER, MEMBER, PLAN)[k] for k in order]
    rows: list[dict[str, Any]] = [{"n": 3, "m": True, "p": "plus"}, {"p": "gold"}, {"n": -1.0, "m": 0}]
    columns = {
        "n": np.array([3.0, NAN, -1.0]),
        "m": np.array([True, None, False], dtype=object),
        "p": np.array(["plus", "gold", None], dtype=object),
    }
    codes, _ = encode_rows(features, rows)
    np.testing.assert_array_equal(codes, encode(features, columns, 3))
    assert codes.flags["C_CONTIGUOUS"]


def test_a_wrong_value_spoils_its_row_alone() -> None:
    """One list among the levels: that row, no other."""
    codes, wrong = encode_rows((NUMBER, PLAN), [{"n": 1.0, "p": ["basic"]}, {"n": 2.0, "p": "basic"}])
    np.testing.assert_array_equal(codes, [[1.0, NAN], [2.0, 0.0]])
    assert wrong.tolist() == [True, False]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_no_features_are_no_codes(count: int) -> None:
    """As many rows as came, of no width; and no rows of any width."""
    shapes = [encode_rows((), [{}] * count)[0].shape, encode_rows((NUMBER, PLAN), [{}] * count)[0].shape]
    assert shapes == [(count, 0), (count, 2)]


def test_a_scorer_that_has_read_rows_can_be_sent_elsewhere() -> None:
    """A batch on many machines pickles it: nothing that is prepared stands in the way."""
    encoder = Encoder.of((PLAN, NUMBER))
    sent = pickle.loads(pickle.dumps(encoder))  # noqa: S301  (our own bytes)
    assert sent.encode([{"p": "plus", "n": 4}])[0].tolist() == [[1.0, 4.0]]
