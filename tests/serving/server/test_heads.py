import pytest

from serving.server.heads import HEAD_LIMIT, HEADERS, URL_LIMIT, wrong_head

CANARY = b"canary7391"


@pytest.mark.parametrize(
    ("url", "headers", "status"),
    [
        (b"/livez", [], None),
        (b"/" * URL_LIMIT, [], None),
        (b"/" * (URL_LIMIT + 1), [], 414),
        (b"/", [(b"a", b"b")] * (HEADERS - 1), None),
        (b"/", [(b"a", b"b")] * HEADERS, 431),
        (b"/", [(b"a", b"b" * (HEAD_LIMIT - 6))], None),
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
    problem = wrong_head(url, [(b"host", b"x"), *headers])

    said = "" if problem is None else str(problem.document())
    assert (problem and problem.status, CANARY.decode() in said) == (status, False)


@pytest.mark.parametrize(
    ("version", "hosts", "status"),
    [
        ("1.1", [b"x"], None),
        ("1.1", [b"shop.example:8080"], None),
        ("1.1", [b"[::1]:8080"], None),
        ("1.1", [b"my_service"], None),
        ("1.1", [b""], None),
        ("1.1", [], 400),
        ("1.1", [b"x", b"x"], 400),
        ("1.1", [b"x/" + CANARY], 400),
        ("1.1", [b"x, y z"], 400),
        ("1.0", [], None),
        ("1.0", [b"x"], None),
        ("1.0", [b"x", b"y"], 400),
        ("0.9", [], 400),
        ("0.9", [b"x"], 400),
        ("2.0", [b"x"], 400),
    ],
    ids=[str(number) for number in range(15)],
)
def test_a_head_names_one_host(version: str, hosts: list[bytes], status: int | None) -> None:
    """In HTTP/1.1 always, in HTTP/1.0 at most; nothing else is read."""
    problem = wrong_head(b"/", [(b"host", value) for value in hosts], version)

    said = "" if problem is None else str(problem.document())
    assert (problem and problem.status, CANARY.decode() in said) == (status, False)
