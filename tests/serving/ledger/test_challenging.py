"""What a model and its challenger said, read back from the newest records."""

from collections.abc import Iterator

import pytest

from serving.app import create_app
from serving.fakes import FakeScorer
from serving.people.challenger import Heard
from serving.ports import Ledger
from serving.settings import Settings
from tests.serving.served import Served, Watch, candidate, consent, event, memory_ledger

WORDS = 'A "shadow":{"version":"9"} of itself'


@pytest.fixture
def ledger() -> Ledger:
    """A ledger in memory."""
    return memory_ledger()


@pytest.fixture
def api(ledger: Ledger) -> Iterator[Served]:
    """An API that asks a challenger with a higher cut-off, which it never reaches."""
    model, challenger = FakeScorer(version="7", cutoff=0.004), FakeScorer(version="8", cutoff=0.5)
    app = create_app(Settings(), scorer=model, shadow=challenger, ledger=ledger, clock=Watch())
    with Served(app) as served:
        yield served


def heard(ledger: Ledger, newest: int = 100) -> list[Heard]:
    """What is read back."""
    with ledger.transaction() as transaction:
        found: list[Heard] = transaction.challenged(newest=newest)  # type: ignore[attr-defined]  # only ever shown
    return found


def decide(api: Served, *users: str) -> list[str]:
    """Ask about a parcel of each customer; return the decisions' ids."""
    consent(api, *users)
    api.post("/v1/events", [event(user, user=user) for user in users])
    return [str(api.post("/v1/decisions", candidate(user, user=user)).json()["decision_id"]) for user in users]


def test_what_both_said_is_read_back_the_newest_first(api: Served, ledger: Ledger) -> None:
    """Versions, and on which side of its own cut-off each was."""
    ids = decide(api, "a", "b")
    actual = [
        (one.decision_id, one.champion, one.challenger, one.champion_contacts, one.challenger_contacts)
        for one in heard(ledger)
    ]
    assert actual == [(each, "7", "8", True, False) for each in reversed(ids)]


def test_only_so_many_of_the_newest_are_looked_at(api: Served, ledger: Ledger) -> None:
    """However long the ledger is."""
    ids = decide(api, "a", "b", "c")
    actual = [one.decision_id for one in heard(ledger, 2)]
    assert actual == [ids[2], ids[1]]


def test_what_was_refused_before_the_score_was_asked_of_nobody(api: Served, ledger: Ledger) -> None:
    """And words of a sender are no opinion."""
    api.post("/v1/decisions", candidate("no such event") | {"message": {"text": WORDS, "next_step": WORDS}})
    actual = heard(ledger)
    assert actual == []
