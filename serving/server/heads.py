"""What the head of a request may be before anybody looks at what it asks. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from serving.errors import BadRequest, HeadTooLarge, Problem, UrlTooLong

URL_LIMIT: Final = 8 * 1024  # bytes: the longest id, percent-encoded, takes three thousand
HEAD_LIMIT: Final = 64 * 1024  # bytes of names and values
HEADERS: Final = 256
VERSIONS: Final = ("1.1", "1.0")
HOST: Final = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=:%\[\]-]*")  # RFC 9110, 7.2; may be empty


def wrong_head(url: bytes, headers: Sequence[tuple[bytes, bytes]], version: str = "1.1") -> Problem | None:
    """Return why a head is refused: too much of it, no HTTP/1, no host, or a body sent in a way that nobody reads here.

    Example:
        >>> wrong_head(b"/livez", [(b"host", b"x")])
        >>> wrong_head(b"/livez", [(b"host", b"x"), (b"transfer-encoding", b"gzip, chunked")]).status
        400
    """
    if version not in VERSIONS:
        return BadRequest("send HTTP/1.1")
    size = hosts = 0
    for name, value in headers:
        size += len(name) + len(value)
        if name == b"transfer-encoding" and value.lower() != b"chunked":
            return BadRequest("`Transfer-Encoding` must be `chunked` and nothing else")
        if name == b"host":
            hosts += 1 if HOST.fullmatch(value) else 2
    if len(url) > URL_LIMIT:
        return UrlTooLong(f"a path with its query has at most {URL_LIMIT} bytes; send the rest in a body")
    if size > HEAD_LIMIT or len(headers) > HEADERS:
        return head_too_large()
    if hosts != 1 and (hosts or version != "1.0"):
        return BadRequest("send one `Host`, with the name that you connected to")
    return None


def head_too_large() -> HeadTooLarge:
    """Return the refusal of a head above the limits."""
    said = f"the head of a request has at most {HEADERS} headers and {HEAD_LIMIT} bytes"
    return HeadTooLarge(f"{said}; send fewer or shorter ones")
