import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from serving.routes.heard import Found

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
