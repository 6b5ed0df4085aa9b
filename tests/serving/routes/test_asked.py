import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from serving.errors import TooLarge
from serving.routes.asked import Asked, Found
from serving.routes.edge import BODY_LIMIT

NAMES = st.sampled_from([b"authorization", b"content-type", b"idempotency-key", b"ce-id", b"x"])
VALUES = st.binary(max_size=5)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6), NAMES)
def test_headers_are_found_as_starlette_finds_them(raw: list[tuple[bytes, bytes]], name: bytes) -> None:
    """One, several or none of a name, in any bytes: the same answers to every way of asking."""
    asked = name.decode()

    ours, theirs = (
        (
            headers.get(asked),
            headers.get(asked, "none"),
            headers.getlist(asked),
            asked in headers,
            [*headers],
            headers.items(),
            [headers[one] for one in headers],
        )
        for headers in (Found(raw), Headers(raw=raw))
    )

    assert ours == theirs


def test_a_header_that_is_not_there_is_a_key_error() -> None:
    """As of any mapping."""
    with pytest.raises(KeyError):
        Found([])["content-type"]


def asked(*parts: bytes, headers: Iterable[tuple[bytes, bytes]] = (), leaves: bool = False) -> Asked:
    """Return a request whose body comes in these parts; with `leaves` the client goes before the last one."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": leaves or index < len(parts) - 1}
        for index, part in enumerate(parts)
    ]
    messages.append({"type": "http.disconnect"})
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(coming)

    return Asked({"type": "http", "headers": [*headers]}, receive)


@pytest.mark.parametrize("parts", [[b""], [b"{}"], [b"{", b"", b"}"], [b"x" * BODY_LIMIT], [b"x"] * 9])
def test_a_body_is_all_of_its_parts(parts: list[bytes]) -> None:
    """Up to the limit, and including it."""
    assert asyncio.run(asked(*parts).body()) == b"".join(parts)


@pytest.mark.parametrize("parts", [[b"x" * (BODY_LIMIT + 1)], [b"x" * BODY_LIMIT, b"", b"y"], [b"x" * BODY_LIMIT] * 99])
def test_a_body_above_the_limit_is_refused(parts: list[bytes]) -> None:
    """In one part or in many; no more is read than needed to know."""
    with pytest.raises(TooLarge):
        asyncio.run(asked(*parts).body())


@pytest.mark.parametrize("parts", [[], [b"{"], [b"{", b"}"]])
def test_who_leaves_in_the_middle_has_not_asked(parts: list[bytes]) -> None:
    """Half a body is none, even where it could be read."""
    with pytest.raises(ClientDisconnect):
        asyncio.run(asked(*parts, leaves=True).body())


@pytest.mark.parametrize(
    ("declared", "refused"),
    [
        (None, False),
        (b"0", False),
        (str(BODY_LIMIT).encode(), False),
        (str(BODY_LIMIT + 1).encode(), True),
        (b"9" * 400, True),
        (b"many", False),
        (b"-1", False),
    ],
)
def test_a_length_is_believed_where_it_is_one(declared: bytes | None, *, refused: bool) -> None:
    """A body that says that it is too large is refused before anything else is looked at."""
    request = asked(b"{}", headers=() if declared is None else [(b"content-length", declared)])
    actual = False
    try:
        request.refuse_too_large()
    except TooLarge:
        actual = True

    assert actual == refused
