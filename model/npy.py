"""Arrays as `.npy` bytes in exactly one form: version 1.0, little-endian float64, C order.

The header is written by rule, not by whichever numpy is installed, so the same array has the same bytes everywhere;
and it is compared with what the rule says instead of being parsed, so a hostile header is never interpreted.
"""

import math

import numpy as np
from numpy.typing import NDArray

MAGIC = b"\x93NUMPY\x01\x00"
ALIGN = 64


def header(shape: tuple[int, ...]) -> bytes:
    """Return the header of a little-endian float64 array of this shape, padded to a multiple of 64 bytes."""
    words = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    total = -(-(len(MAGIC) + 2 + len(words) + 1) // ALIGN) * ALIGN
    padded = words.ljust(total - len(MAGIC) - 3) + b"\n"
    return MAGIC + len(padded).to_bytes(2, "little") + padded


def dump(array: NDArray[np.float64]) -> bytes:
    """Return the bytes of an array."""
    return header(array.shape) + np.ascontiguousarray(array, dtype="<f8").tobytes()


def parse(data: bytes, shape: tuple[int, ...], *, finite: bool = True) -> NDArray[np.float64]:
    """Return the array of this shape that `data` holds.

    Raises:
        ValueError: the header or the length is not that of such an array, or a value is not finite where all must be.
    """
    start = header(shape)
    if not data.startswith(start):
        raise ValueError(f"its header is not that of a little-endian float64 array of shape {shape}")
    if len(data) != len(start) + 8 * math.prod(shape):
        raise ValueError(f"it has {len(data)} bytes, shape {shape} needs {len(start) + 8 * math.prod(shape)}")
    array = np.frombuffer(data, dtype="<f8", offset=len(start)).reshape(shape).astype(np.float64)
    if finite and not np.isfinite(array).all():
        raise ValueError("it holds a value that is not finite")
    return array
