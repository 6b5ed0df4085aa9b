"""Secrets of settings: one or several, each of its setting's form, none of them shown."""

import base64
from dataclasses import replace

import pytest

from model.errors import InvalidInput
from serving.access.shared_secrets import CHOSEN, HS256, Form, secrets_of
from serving.routes.visits import verifying
from serving.settings import Settings
from tests.serving.access.test_widgets import GOOD, OTHER, SECRET, signed
from tests.serving.served import app_of

HUSH = base64.b64encode(b"hush hush hush hush hush!").decode()


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


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [
        ("whsec_" + base64.b64encode(b"h" * 31).decode(), HS256, "32 bytes or more"),
        ("long-enough-as-it-is too-short", CHOSEN, "less than 16 characters"),
        ("ü" * 15, CHOSEN, "less than 16 characters"),
        (" ", CHOSEN, "there is no secret"),
    ],
    ids=["HS256", "second", "letters", "none"],
)
def test_each_form_has_its_least(text: str, form: Form, words: str) -> None:
    """RFC 7518 says it of HS256, we of what somebody chose; letters are counted there, not bytes."""
    with pytest.raises(InvalidInput, match=words):
        secrets_of(text, form)


def test_what_checks_sessions_knows_its_secrets() -> None:
    """All of them, and no other: it is made once, and nobody hands it a secret afterwards."""
    token = signed(GOOD, OTHER)
    heard = [verifying(secrets)(token) is not None for secrets in ([SECRET], [SECRET, OTHER], [OTHER], [])]
    assert heard == [False, True, True, False]


@pytest.mark.parametrize("setting", ["widget_secret", "segment_secret"])
def test_a_secret_that_will_not_do_is_refused_at_the_start(setting: str) -> None:
    """They are read once, when the parts are put together: no request is the first to find out."""
    with pytest.raises(InvalidInput):
        app_of(settings=replace(Settings(), **{setting: "guess me"}))
