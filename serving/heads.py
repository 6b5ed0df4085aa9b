"""What the head of a request may be before anybody looks at what it asks. Pure."""

from collections.abc import Sequence
from typing import Final

from serving.errors import BadRequest, HeadTooLarge, Problem, UrlTooLong

URL_LIMIT: Final = 8 * 1024  # bytes: the longest id, percent-encoded, takes three thousand
HEAD_LIMIT: Final = 64 * 1024  # bytes of names and values
HEADERS: Final = 256


def wrong_head(url: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Problem | None:
    """Return why a head is refused: too much of it, or a body that is sent in a way that nobody here reads.

    Example:
        >>> wrong_head(b"/livez", [(b"host", b"x")])
        >>> wrong_head(b"/livez", [(b"transfer-encoding", b"gzip, chunked")]).status
        400
    """
    size = 0
    for name, value in headers:
        size += len(name) + len(value)
        if name == b"transfer-encoding" and value.lower() != b"chunked":
            return BadRequest("`Transfer-Encoding` may say `chunked` and nothing else")
    if len(url) > URL_LIMIT:
        return UrlTooLong(f"a path with its query has at most {URL_LIMIT} bytes")
    if size > HEAD_LIMIT or len(headers) > HEADERS:
        return head_too_large()
    return None


def head_too_large() -> HeadTooLarge:
    """Return the refusal of a head above the limits."""
    said = f"the head of a request has at most {HEADERS} headers and {HEAD_LIMIT} bytes"
    return HeadTooLarge(f"{said}; send fewer or shorter ones")
