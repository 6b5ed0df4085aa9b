"""Matches that wait for their turn: customers of one incident, too many for one request."""

from collections.abc import Sequence

from serving.ledger.store import Store
from serving.timetable import Match


def add_matches(store: Store, found: Sequence[Match]) -> None:
    """Let matches wait for their turn; the same one again changes nothing."""


def take_matches(store: Store, *, limit: int) -> list[Match]:  # noqa: ARG001
    """Take the longest waiting matches off the list."""
    return []
