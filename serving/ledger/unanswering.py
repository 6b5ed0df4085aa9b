"""Answers that were kept for an Idempotency-Key, and tell of decisions that are erased: looked through once, in pages.

An answer is recorded within a minute of the decisions in it, so only what was answered about then is looked at; where
a customer's decisions lie close together that is looked at once for all of them, however many there are.
"""

import re
from collections.abc import Iterable, Iterator

from serving.ledger.instants import MINUTE
from serving.ledger.store import Row, Store

ANSWERED = MINUTE  # of a decision: an answer that holds it was recorded no earlier and no later
PAGE = 500
DECISION = re.compile(rb'"decision_id":"([^"\\]+)"')

_NEAR = """SELECT at, key_id, name, response FROM responses
    WHERE at >= :at AND at <= :end
        AND (at > :at OR key_id > :key_id OR (key_id = :key_id AND name > :name))
    ORDER BY at, key_id, name LIMIT :page"""
_DROP = "DELETE FROM responses WHERE key_id = :key_id AND name = :name"


def unanswer(store: Store, decided: Iterable[tuple[str, int]]) -> None:
    """Drop the answers that hold any of these decisions: id and when, in microseconds."""
    named = dict(decided)
    ids = {name.encode() for name in named}
    for start, end in _spans(named.values()):
        for _, key_id, name, response in _between(store, start, end):
            if not ids.isdisjoint(DECISION.findall(bytes(response))):
                store.change(_DROP, key_id=key_id, name=name)


def _between(store: Store, start: int, end: int) -> Iterator[Row]:
    """Yield the answers of a span, a page at a time."""
    at, key_id, name = start, "", ""
    while page := store.rows(_NEAR, at=at, end=end, key_id=key_id, name=name, page=PAGE):
        yield from page
        at, key_id, name, _ = page[-1]


def _spans(moments: Iterable[int]) -> list[tuple[int, int]]:
    """Return the spans about these moments, those that touch made one.

    Example:
        >>> [(end - start) // MINUTE for start, end in _spans([0, MINUTE, 9 * MINUTE])]
        [3, 2]
    """
    spans: list[tuple[int, int]] = []
    for moment in sorted(moments):
        start, end = moment - ANSWERED, moment + ANSWERED
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans
