"""What an `Idempotency-Key` would be answered with again goes with its customer; the same on every ledger."""

from datetime import timedelta

import pytest

from model.contracts import Context
from serving.ledger import unanswering
from serving.ports import Transaction
from tests.contracts.ledgers import NOW, ago, candidate, ruling

PATHS = ("/v1/decisions ann", "/v1/decisions bob", "/v1/events ann")


def answered(tx: Transaction, name: str, *decisions: str) -> None:
    """Remember the answer to an `Idempotency-Key`, recorded some seconds after it was decided."""
    body = ",".join(f'{{"decision_id":"{decision}"}}' for decision in decisions)
    tx.remember("key", name, "sha", f"[{body}]".encode(), at=NOW + timedelta(seconds=5))


def test_answers_about_them_go_and_those_of_others_stay(tx: Transaction) -> None:
    """Alone or among others: an answer that holds a decision about them is given no more."""
    for decision, user in (("d-ann", "ann"), ("d-bob", "bob")):
        tx.add_decision(candidate(user_id=user), Context(), ruling(decision))
    for name, decisions in zip(PATHS, (["d-ann"], ["d-bob"], ["d-bob", "d-ann"]), strict=True):
        answered(tx, name, *decisions)
    tx.erase("ann", at=NOW)
    known = [tx.remembered("key", name, since=ago(hours=1)) is not None for name in PATHS]
    assert known == [False, True, False]


def test_many_answers_of_one_moment_are_looked_through_page_by_page(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Theirs go from every page, of several keys, and those between them stay."""
    monkeypatch.setattr(unanswering, "PAGE", 3)
    for number in range(4):
        tx.add_decision(candidate(user_id="ann"), Context(), ruling(f"d-{number}"))
    for number in range(20):
        name, told = f"n-{number % 10}", f"d-{number // 5}" if number % 5 == 0 else f"x-{number}"
        tx.remember(f"k-{number // 10}", name, "sha", b'{"decision_id":"%s"}' % told.encode(), at=NOW)
    tx.erase("ann", at=NOW)
    since = ago(hours=1)
    left = [n for n in range(20) if tx.remembered(f"k-{n // 10}", f"n-{n % 10}", since=since) is not None]
    assert left == [number for number in range(20) if number % 5 != 0]
