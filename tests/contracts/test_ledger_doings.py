"""What people did, read back from every ledger."""

from datetime import timedelta

from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.people.acts import SHIPPED
from serving.ports import Approval, KeyRecord, Transaction
from serving.reviewing import Review
from serving.standing import Experiment
from tests.contracts.ledgers import NOW, ago

BY = "Ann (k-1)"


def did(tx: Transaction, days: int = 7) -> list[tuple[str, str, str | None]]:
    """Return kind, subject and person of what was done in these days, the newest first."""
    assert isinstance(tx, SqliteTransaction)
    return [(each.kind, each.about, each.by) for each in tx.doings(since=ago(days=days), until=NOW)]


def test_a_new_ledger_has_the_approvals_that_it_came_with(tx: Transaction) -> None:
    """Nobody's but the shipped ones, as of when it was made."""
    assert isinstance(tx, SqliteTransaction)
    actual = [(each.kind, each.about, each.by) for each in tx.doings(since=None, until=None)]
    assert actual == [("approved", "template:parcel_delayed", SHIPPED)]


def test_what_was_done_is_there_in_order(tx: Transaction) -> None:
    """A key, an approval, a review, an experiment: each at its own time, and nothing from outside the period."""
    tx.add_key(KeyRecord(id="k-1", name="Ann", sha256="x", scopes=("admin",), created_at=ago(days=9)))
    tx.approve(Approval(digest="sha256:1", what="text", by=BY, at=ago(days=3)))
    yes = {"agent_would_send": True, "customer_would_thank": False}
    tx.review(Review(digest="sha256:1", what="text", reviewer="Ann", by=BY, at=ago(days=2), **yes))
    until = NOW + timedelta(days=9)
    tx.start_experiment(Experiment(id="x", share=0.5, max_contacts=9, until=until, by="Ann", started_at=ago(days=1)))
    tx.stop_experiment("x", at=ago(hours=1), by="Bob", why="enough")
    actual = did(tx)
    assert actual == [
        ("experiment_stopped", "x", "Bob"),
        ("experiment_started", "x", "Ann"),
        ("reviewed_no", "text:sha256:1", BY),
        ("approved", "text:sha256:1", BY),
    ]
