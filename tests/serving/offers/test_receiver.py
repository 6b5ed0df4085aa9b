"""Where offers may go."""

import pytest

from model.errors import InvalidInput
from serving.offers.receiver import is_loopback, receiver


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example/in",
        "https://hooks.example",
        "https://hooks.example:8443/in?tenant=7",
        "HTTPS://hooks.example/",
        "https://xn--bcher-kva.example/",
        "https://[2001:db8::1]/in",
        "https://10.0.0.7/in",
        "http://localhost:9000/in",
        "http://LOCALHOST/in",
        "http://127.0.0.1/in",
        "http://127.8.9.1:80/in",
        "http://[::1]:9000/in",
    ],
)
def test_addresses_that_will_do(url: str) -> None:
    """`https` anywhere, an inner network included: it is the operator's own setting; `http` on this machine."""
    assert receiver(url) == url


@pytest.mark.parametrize(
    ("url", "words"),
    [
        *((url, "this is no address") for url in ("hooks.example/in", "/in", "https://", "https:///in", "ftp://h/in")),
        *(
            (url, "this is no address")
            for url in ("https://h:eighty/", "https://h:99999/", "https://[::1/", "file:///x")
        ),
        *((url, "this is no address") for url in ("https://h/a b", "https://h/\n", "https://bücher.example/")),
        ("https://good.example\\@evil.example/", "this is no address"),
        ("javascript:alert(1)", "this is no address"),
        ("https://anna:hush@hooks.example/", "a user or a password"),
        ("https://hush@hooks.example/", "a user or a password"),
        ("http://127.0.0.1@hooks.example/", "a user or a password"),
        ("https://hooks.example/in#hush", "a fragment"),
        *((url, "use `https`") for url in ("http://hooks.example/in", "http://10.0.0.7/in", "http://169.254.169.254/")),
        *((url, "use `https`") for url in ("http://localhost.evil.example/", "http://127.0.0.1.evil.example/")),
        ("http://0.0.0.0:80/", "use `https`"),
        ("http://[::ffff:10.0.0.7]/", "use `https`"),
    ],
)
def test_addresses_that_will_not_do(url: str, words: str) -> None:
    """Each with what to do about it; none is shown."""
    with pytest.raises(InvalidInput, match=words) as refused:
        receiver(url)
    assert ("hush" in str(refused.value), "evil" in str(refused.value)) == (False, False)


def test_this_very_machine() -> None:
    """By its name or its addresses; a name that only begins so is another's."""
    known = ("http://localhost/", "http://127.1.2.3/", "http://[::1]/", "http://localhost.example/", "http://10.0.0.7/")
    assert [is_loopback(url) for url in known] == [True, True, True, False, False]
