import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InvalidInput
from serving.keys import SCOPES, allows, bearer, digest, key_record
from serving.ports import KeyRecord

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOKEN = "x" * 43


def record(*scopes: str, **given: object) -> KeyRecord:
    """Describe a key with these scopes."""
    revoked = NOW if given.get("revoked") else None
    return KeyRecord(id="k", name="n", sha256=digest(TOKEN), scopes=scopes, created_at=NOW, revoked_at=revoked)


def test_a_record_holds_the_hash_and_never_the_key() -> None:
    """What the ledger stores cannot be used as a key."""
    made = key_record(TOKEN, key_id="k-1", name="chatwoot", scopes=["events", "decide", "events"], at=NOW)
    expected = hashlib.sha256(TOKEN.encode()).hexdigest()
    actual = (made.sha256, TOKEN in repr(made), made.scopes, made.revoked_at)
    assert actual == (expected, False, ("decide", "events"), None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scopes": []}, "scope `` is not known; use one of decide, events,"),
        ({"scopes": ["decide", "root"]}, "scope `root` is not known"),
        ({"name": ""}, "key name `` must be 1 to 100 printable characters"),
        ({"name": " – "}, "must be 1 to 100 printable characters, with a letter or a digit among them"),
        ({"name": "a\nb"}, "must be 1 to 100 printable characters"),
        ({"name": "n" * 101}, "must be 1 to 100 printable characters"),
        ({"token": "short"}, "a key of 5 characters could be guessed"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(change: dict[str, object], words: str) -> None:
    """Scopes are known words, names fit on a line, keys cannot be guessed; none of it prints the key."""
    wanted = {"token": TOKEN, "name": "n", "scopes": ["read"]} | change
    with pytest.raises(InvalidInput) as caught:
        key_record(wanted["token"], key_id="k", name=wanted["name"], scopes=wanted["scopes"], at=NOW)  # type: ignore[arg-type]
    actual = (words in str(caught.value), wanted["token"] in str(caught.value))
    assert actual == (True, False)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("BEARER   a-b._~+/c==", "a-b._~+/c=="),
        ("Bearer abc ", "abc"),
        ("Bearer", None),
        ("Bearer ", None),
        ("Bearer a b", None),
        ("Bearer a,b", None),
        ("Bearer =a", None),
        ("Bearer ä", None),
        ("Bearer " + "a" * 513, None),
        ("Bearerabc", None),
        ("Basic abc", None),
        ("", None),
        (None, None),
    ],
)
def test_a_header_shows_one_key_or_none(header: str | None, expected: str | None) -> None:
    """RFC 6750: the scheme in any case, one token of its alphabet, nothing else."""
    actual = bearer(header)
    assert actual == expected


@given(st.text(max_size=60))
def test_no_header_is_an_error(header: str) -> None:
    """Whatever is sent, the answer is a key of the alphabet or none."""
    for sent in (header, "Bearer " + header):
        found = bearer(sent)
        actual = found is None or (found.isascii() and found in header)
        assert actual is True


@given(st.lists(st.sampled_from(SCOPES), unique=True), st.lists(st.sampled_from(SCOPES), unique=True))
def test_a_key_may_do_what_any_of_its_scopes_allows(held: list[str], wanted: list[str]) -> None:
    """One scope in common is enough; none wanted, none held, or a revoked key is no."""
    revoked = allows(record(*held, revoked=True), *wanted)
    actual = (allows(record(*held), *wanted), revoked)
    assert actual == (bool(set(held) & set(wanted)), False)


@pytest.mark.parametrize("wanted", ["", "deci", "decide ", "DECIDE", "ädmin", "read,admin"])
def test_only_the_very_word_is_a_scope(wanted: str) -> None:
    """No prefix, no case folding, no list in a word."""
    actual = allows(record("decide", "read", "admin"), wanted)
    assert actual is False
