import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from model.canonical import canonical, sha256
from model.npy import dump, header, parse

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, array_shapes(min_dims=1, max_dims=2, max_side=9), elements=FINITE))
def test_an_array_comes_back_to_the_bit(array: np.ndarray) -> None:
    """Every finite float64, minus nought included."""
    assert parse(dump(array), array.shape).tobytes() == array.tobytes()


@pytest.mark.parametrize("shape", [(3,), (3, 7), (1, 1), (4096, 300)])
def test_numpy_reads_what_is_written(shape: tuple[int, ...]) -> None:
    """It is the standard format, version 1.0, padded as it must be."""
    array = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    actual = np.load(io.BytesIO(dump(array)), allow_pickle=False)
    assert (actual.tolist(), len(header(shape)) % 64) == (array.tolist(), 0)


@pytest.mark.parametrize(
    "array", [np.zeros(3, dtype=np.float32), np.zeros(3, dtype=">f8"), np.zeros((1, 3)), np.zeros(4)]
)
def test_another_type_or_shape_is_refused(array: np.ndarray) -> None:
    """The header is compared, not interpreted."""
    out = io.BytesIO()
    np.save(out, array)
    with pytest.raises(ValueError, match="its header is not that of"):
        parse(out.getvalue(), (3,))


@pytest.mark.parametrize("data", [dump(np.zeros(3))[:-1], dump(np.zeros(3)) + b"\x00"])
def test_a_byte_too_few_or_too_many_is_refused(data: bytes) -> None:
    """Nothing rides along behind the numbers."""
    with pytest.raises(ValueError, match="bytes, shape"):
        parse(data, (3,))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_refused(value: float) -> None:
    """No NaN reaches a score."""
    with pytest.raises(ValueError, match="not finite"):
        parse(dump(np.array([0.0, value])), (2,))


def test_gaps_come_back_where_they_are_allowed() -> None:
    """Golden rows have missing values, thresholds may be infinite: to the bit, and only where it is said."""
    array = np.array([[np.nan, np.inf], [-np.inf, 0.5]])
    assert parse(dump(array), (2, 2), finite=False).tobytes() == array.tobytes()


def test_equal_values_have_equal_canonical_bytes() -> None:
    """Order of keys does not matter, and letters outside ASCII are escaped."""
    assert (
        canonical({"b": "ü", "a": [1, None]})
        == canonical({"a": [1, None], "b": "ü"})
        == b'{"a":[1,null],"b":"\\u00fc"}'
    )


def test_nan_has_no_canonical_bytes() -> None:
    """JSON has no such number."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})


def test_sha256_is_the_standard_one() -> None:
    """Of nothing, the digest that everybody knows."""
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
