"""A request as it came, read without detours: headers found by name, a body up to the limit."""

from collections.abc import Iterable
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from serving.routes.edge import BODY_LIMIT, too_large


class Found(Headers):
    """The headers of a request, each looked up at once rather than searched for; of one that is given twice the first.

    They are as the server gives them, with names in lower case; they are asked for in lower case as well.
    """

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._list = [*raw]
        self._first = dict(reversed(self._list))

    def get(self, key: str, default: Any = None) -> Any:
        """Return the first value of this name."""
        found = self._first.get(key.encode())
        return default if found is None else found.decode("latin-1")

    def getlist(self, key: str) -> list[str]:
        """Return all values of this name."""
        return super().getlist(key) if key in self else []

    def __getitem__(self, key: str) -> str:
        return self._first[key.encode()].decode("latin-1")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.encode() in self._first


class Asked(Request):
    """A request whose body may be read once it is known to be small enough.

    Raises (when its body is read):
        TooLarge: the body is above the limit.
        ClientDisconnect: the client left in the middle.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self._headers = Found(scope["headers"])

    @property
    def headers(self) -> Headers:
        """The headers, made once."""
        return self._headers

    def refuse_too_large(self) -> None:
        """Refuse a body that says by itself that it is above the limit, whatever else is wrong."""
        declared = self._headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > BODY_LIMIT:
            raise too_large()

    async def body(self) -> bytes:
        """Read the whole body, once."""
        message = await self._receive()
        body: bytes = message.get("body", b"")
        while message["type"] == "http.request" and message.get("more_body", False):
            if len(body) > BODY_LIMIT:
                break
            message = await self._receive()
            body += message.get("body", b"")
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if len(body) > BODY_LIMIT:
            raise too_large()
        return body
