import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InvalidInput
from serving.access.keys import (
    COMPANY,
    SCOPES,
    Bounds,
    allows,
    bearer,
    digest,
    is_active,
    key_record,
    refuse_other_origins,
    successor,
)
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


ORIGINS = [
    "https://shop.example",
    "https://shop.example:8443",
    "https://xn--bcher-kva.example",
    "https://203.0.113.7",
    "http://localhost:3000",
    "http://127.0.0.1",
    "http://[::1]:8080",
]
NO_ORIGINS = [
    "",
    "*",
    "null",
    "shop.example",
    "//shop.example",
    "https://",
    "https:shop.example",
    "https://*.shop.example",
    "https://shop.example/",
    "https://shop.example/page",
    "https://shop.example?a",
    "https://shop.example#a",
    "https://anna@shop.example",
    "https://Shop.example",
    "HTTPS://shop.example",
    "https://bücher.example",
    "https://shop.example.",
    "https://-shop.example",
    "https://shop..example",
    "https://shop.example:",
    "https://shop.example:443",
    "https://shop.example:0",
    "https://shop.example:08443",
    "https://shop.example:65536",
    "https://shop.example:٤٤",
    "https://shop.example https://other.example",
    "https://shop.example\n",
    " https://shop.example",
    "https://[::1",
    "http://shop.example",
    "http://localhost.shop.example",
    "file://shop.example",
    "chrome-extension://abcdef",
    "https://" + "a." * 200 + "example",
]


@pytest.mark.parametrize("origin", ORIGINS, ids=range(len(ORIGINS)))
def test_an_origin_is_what_a_browser_sends(origin: str) -> None:
    """Scheme, host and port, and nothing else; plain HTTP from this machine only."""
    refuse_other_origins(origin)
    made = key_record(TOKEN, key_id="k", name="n", scopes=["widget"], at=NOW, bounds=Bounds(origin=origin))
    assert made.origin == origin


@pytest.mark.parametrize("origin", NO_ORIGINS, ids=range(len(NO_ORIGINS)))
def test_what_no_page_has_is_no_origin(origin: str) -> None:
    """No pattern, no path, no other spelling: what is compared sign by sign must be what is sent."""
    with pytest.raises(InvalidInput, match="origin `"):
        key_record(TOKEN, key_id="k", name="n", scopes=["widget"], at=NOW, bounds=Bounds(origin=origin))


@pytest.mark.parametrize(
    ("scopes", "bounds", "words"),
    [
        (["widget"], Bounds(), "needs the address of its page"),
        (["widget", "decide"], Bounds(origin=ORIGINS[0]), "scope `widget` stands alone"),
        (["decide"], Bounds(origin=ORIGINS[0]), "only a key of scope `widget` has an origin"),
        (["decide"], Bounds(per_second=0), "give a whole number from 1 to 1000000"),
        (["decide"], Bounds(per_second=1_000_001), "give a whole number from 1 to 1000000"),
        (["decide"], Bounds(expires_at=NOW), "give a time that is still to come"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(scopes: list[str], bounds: Bounds, words: str) -> None:
    """A public key has an origin and no other scope, no other key has one; a rate and an end can be used."""
    with pytest.raises(InvalidInput, match=words):
        key_record(TOKEN, key_id="k", name="n", scopes=scopes, at=NOW, bounds=bounds)


def test_a_key_ends_at_its_instant() -> None:
    """The moment before it is active, at the moment it is over; revoked it is over at once."""
    ends = NOW + timedelta(hours=1)
    made = key_record(TOKEN, key_id="k", name="n", scopes=COMPANY, at=NOW, bounds=Bounds(expires_at=ends))
    actual = [is_active(made, ends - timedelta(microseconds=1)), is_active(made, ends)]
    assert (actual, is_active(replace(made, revoked_at=NOW), NOW)) == ([True, False], False)


def test_a_successor_is_bound_as_the_one_before() -> None:
    """Another id and another token; scopes, origin, rate and end as they were."""
    ends = NOW + timedelta(hours=1)
    bounds = Bounds(origin=ORIGINS[0], per_second=7, expires_at=ends)
    old = key_record(TOKEN, key_id="k", name="n", scopes=["widget"], at=NOW, bounds=bounds)
    new = successor(old, "y" * 43, key_id="l", at=NOW + timedelta(minutes=1))
    assert new == replace(old, id="l", sha256=digest("y" * 43), created_at=NOW + timedelta(minutes=1))


def test_what_is_over_has_no_successor() -> None:
    """A key that ended is not brought back by rotating it."""
    ended = replace(record("decide"), expires_at=NOW)
    with pytest.raises(InvalidInput, match="key `k` is over and has no successor"):
        successor(ended, "y" * 43, key_id="l", at=NOW)
