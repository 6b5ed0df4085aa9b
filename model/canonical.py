"""One byte string per JSON value: sorted keys, no spaces, ASCII, no NaN; what is hashed must be written one way only.

Example:
    >>> canonical({"b": 1, "a": [0.1, None]})
    b'{"a":[0.1,null],"b":1}'
"""

import hashlib
import json

from model.contracts import JSON


def canonical(value: JSON) -> bytes:
    """Return the canonical bytes of a JSON value.

    Raises:
        ValueError: a number is NaN or infinite (JSON has neither).
        TypeError: the value is not JSON.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes, in lower-case hex."""
    return hashlib.sha256(data).hexdigest()
