"""Where offers may go, and with which secrets."""

import base64

import pytest

from model.errors import InvalidInput
from serving.receiver import is_loopback, receiver, secrets_of

HUSH = base64.b64encode(b"hush hush hush hush hush!").decode()


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


@pytest.mark.parametrize("size", [24, 25, 32, 64])
@pytest.mark.parametrize("padded", [True, False])
def test_secrets_are_read_with_or_without_their_padding(size: int, *, padded: bool) -> None:
    """As the libraries of the specification read them."""
    key = bytes(range(size))
    text = base64.b64encode(key).decode()
    assert secrets_of("whsec_" + (text if padded else text.rstrip("="))) == (key,)


def test_several_secrets_stand_side_by_side() -> None:
    """In their order; any white space between them."""
    texts = [f"whsec_{base64.b64encode(letter * 24).decode()}" for letter in (b"a", b"b")]
    assert secrets_of("  ".join(texts) + "\n") == (b"a" * 24, b"b" * 24)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no secret"),
        (" ", "there is no secret"),
        (HUSH, "secret 1 must be .* it does not begin so"),
        (f"whsk_{HUSH}", "it does not begin so"),
        ("whsec_", "it has 0"),
        (f"whsec_{HUSH[:28]}", "it has 21"),
        (f"whsec_{HUSH * 4}", "is no base64|it has 10"),
        ("whsec_" + base64.b64encode(b"h" * 65).decode(), "it has 65"),
        (f"whsec_{HUSH[:-4]}-_-_", "is no base64"),
        (f"whsec_{HUSH}!", "is no base64"),
        (f"whsec_{HUSH} whsec_aaa", "secret 2 must be"),
    ],
)
def test_secrets_that_will_not_do(text: str, words: str) -> None:
    """Which one, and why; none is shown."""
    with pytest.raises(InvalidInput, match=words) as refused:
        secrets_of(text)
    assert HUSH[:10] not in str(refused.value)
