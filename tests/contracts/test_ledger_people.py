from dataclasses import replace
from datetime import timedelta

import pytest

from model.errors import InvalidInput
from serving.ports import KeyRecord, Preferences, Transaction
from tests.contracts.ledgers import NOW, ago

DAY = timedelta(hours=24)


def key(identity: str = "k-1", **given: object) -> KeyRecord:
    """Describe an API key by its id; its hash follows from it."""
    return KeyRecord(
        id=identity,
        name="chatwoot",
        sha256=str(given.get("sha256", f"hash of {identity}")),
        scopes=("decide", "events"),
        created_at=ago(days=1),
    )


def test_preferences_read_back(tx: Transaction) -> None:
    """Zone and consent are what was told last; of a stranger there are none."""
    told = Preferences(timezone="Europe/Paris", consent={"sms": True, "email": False})
    tx.set_preferences("u", told, at=NOW)
    actual = (tx.preferences("u"), tx.preferences("v"))
    assert actual == (told, None)


@pytest.mark.parametrize("answer", ["yes", 1, None, "false"])
def test_consent_that_is_not_exactly_true_is_no(tx: Transaction, answer: object) -> None:
    """Unknown means no."""
    tx.set_preferences("u", Preferences(consent={"sms": answer}), at=NOW)  # type: ignore[dict-item]
    told = tx.preferences("u")
    actual = told.consent if told else None
    assert actual == {"sms": False}


def test_a_key_is_found_by_its_hash(tx: Transaction) -> None:
    """As it was recorded, and only by its own hash."""
    tx.add_key(key())
    actual = (tx.key("hash of k-1"), tx.key("hash of k-2"))
    assert actual == (key(), None)


def test_keys_are_listed_with_the_revoked_ones(tx: Transaction) -> None:
    """A revoked key stays on record, and the first revocation counts."""
    tx.add_key(key("k-2"))
    tx.add_key(key("k-1"))
    answers = [tx.revoke_key("k-1", at=NOW + timedelta(days=days)) for days in (0, 1)]
    listed = tx.keys()
    actual = (answers, [(one.id, one.revoked_at) for one in listed], tx.revoke_key("k-3", at=NOW))
    assert actual == ([True, True], [("k-1", NOW), ("k-2", None)], False)


def test_what_a_key_is_bound_to_reads_back(tx: Transaction) -> None:
    """Origin, rate and end, each as it was recorded."""
    bound = replace(key(), scopes=("widget",), origin="https://shop.example", per_second=7, expires_at=NOW)
    tx.add_key(bound)
    actual = (tx.key("hash of k-1"), tx.keys())
    assert actual == (bound, [bound])


def test_an_end_only_comes_closer(tx: Transaction) -> None:
    """A later one, one of a revoked key, and one of a stranger change nothing."""
    tx.add_key(key("k-1"))
    tx.add_key(key("k-2"))
    tx.revoke_key("k-2", at=NOW)
    told = [tx.expire_key("k-1", at=NOW + timedelta(days=days)) for days in (2, 1, 1, 3)]
    told += [tx.expire_key(other, at=NOW) for other in ("k-2", "k-3")]
    actual = [one.expires_at for one in tx.keys()]
    assert (told, actual) == ([True, True, False, False, False, False], [NOW + timedelta(days=1), None])


@pytest.mark.parametrize("again", [key("k-1", sha256="other"), key("k-2", sha256="hash of k-1")])
def test_a_key_is_recorded_once(tx: Transaction, again: KeyRecord) -> None:
    """Neither an id nor a hash may stand for two keys."""
    tx.add_key(key())
    with pytest.raises(InvalidInput) as caught:
        tx.add_key(again)
    actual = str(caught.value)
    assert actual == f"key `{again.id}` is already recorded; draw a new one"


def test_a_response_is_remembered_for_its_key_and_name(tx: Transaction) -> None:
    """The bytes come back as they were, under this API key and Idempotency-Key alone."""
    tx.remember("k-1", "n", "digest", b'{"a":1}\x00\xff', at=NOW)
    asked = [("k-1", "n"), ("k-2", "n"), ("k-1", "m")]
    actual = [tx.remembered(*one, since=NOW - DAY) for one in asked]
    assert actual == [("digest", b'{"a":1}\x00\xff'), None, None]


def test_a_response_is_forgotten_after_a_day(tx: Transaction) -> None:
    """At 24 h the same key may mean another request, and what nobody can ask for is not kept."""
    tx.remember("k-1", "n", "old", b"1", at=NOW - DAY)
    expired = tx.remembered("k-1", "n", since=NOW - DAY)
    tx.remember("k-1", "other", "x", b"2", at=NOW)
    kept = tx.remembered("k-1", "n", since=NOW - 2 * DAY)
    tx.remember("k-1", "n", "new", b"3", at=NOW)
    tx.remember("k-1", "n", "newer", b"4", at=NOW)
    actual = (expired, kept, tx.remembered("k-1", "n", since=NOW - DAY))
    assert actual == (None, None, ("newer", b"4"))
