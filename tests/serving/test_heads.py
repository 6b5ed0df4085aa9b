import pytest

from serving.heads import HEAD_LIMIT, HEADERS, URL_LIMIT, wrong_head

CANARY = b"canary7391"


@pytest.mark.parametrize(
    ("url", "headers", "status"),
    [
        (b"/livez", [(b"host", b"x")], None),
        (b"/" * URL_LIMIT, [], None),
        (b"/" * (URL_LIMIT + 1), [], 414),
        (b"/", [(b"a", b"b")] * HEADERS, None),
        (b"/", [(b"a", b"b")] * (HEADERS + 1), 431),
        (b"/", [(b"a", b"b" * (HEAD_LIMIT - 1))], None),
        (b"/", [(b"a", b"b" * HEAD_LIMIT)], 431),
        (b"/", [(CANARY * 7000, b"")], 431),
        (b"/", [(b"transfer-encoding", b"Chunked")], None),
        (b"/", [(b"transfer-encoding", b"gzip, chunked")], 400),
        (b"/", [(b"transfer-encoding", CANARY)], 400),
    ],
    ids=[str(number) for number in range(11)],
)
def test_a_head_is_bounded(url: bytes, headers: list[tuple[bytes, bytes]], status: int | None) -> None:
    """Up to the limits and including them; what is refused is not repeated."""
    problem = wrong_head(url, headers)

    said = "" if problem is None else str(problem.document())
    assert (problem and problem.status, CANARY.decode() in said) == (status, False)
