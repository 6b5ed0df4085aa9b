"""Answers that are written already: JSON of which nothing is left to encode, and what a browser keeps as a file."""

from collections.abc import Iterable
from typing import Final

from fastapi import Response

from serving.routes.bodies import JSON_TYPE

AS_JSON: Final = (b"content-type", JSON_TYPE.encode())


class Written(Response):
    """A `Response` like any other; made without looking at what could be said otherwise."""

    media_type = JSON_TYPE

    def __init__(self, body: bytes, status: int = 200, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [(b"content-length", b"%d" % len(body)), AS_JSON, *headers]


def kept_as(name: str) -> dict[str, str]:
    """Return the headers of an answer that a browser keeps as a file of this name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
