"""What decisions came to, counted from their rows one by one: beside it stands what a ledger tallies as it goes."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from serving.ledger.instants import micros

DIMS = ("", "purpose", "channel", "template", "arm", "reason")
KINDS = ("delivered", "not_delivered", "engaged", "thanked", "complained", "opted_out", "dismissed")
DECISIONS = "SELECT seq, decision_id, action, decided_at, purpose, channel, record FROM decisions ORDER BY seq"
LAST = "SELECT action FROM confirmations WHERE decision = :seq ORDER BY seq DESC LIMIT 1"
ARM = "SELECT arm FROM assignments WHERE decision = :seq"
CODES = "SELECT code FROM refusals WHERE decision = :seq"
REPORTED = "SELECT kind FROM outcomes WHERE decision_id = :decision_id"
TEMPLATE = "SELECT template FROM facets WHERE decision = :seq"
KEPT = "SELECT dim, hour, name, what, n FROM tallies"
DEFINED = "SELECT dim, hour, name, what FROM counted"


def counted(tx: Any, start: datetime, end: datetime) -> dict[str, list[tuple[str, str, int]]]:
    """Count every decision of a period by each dimension, from what is on record of it."""
    counts: dict[str, Counter[tuple[str, str]]] = {dim: Counter() for dim in DIMS}
    for seq, identity, action, at, *about in tx._store.rows(DECISIONS):
        if micros(start) <= at < micros(end):
            for dim, name in _names(tx._store, seq, about):
                counts[dim].update((name, what) for what in _what(tx._store, seq, identity, action))
    return {dim: [(name, what, n) for (name, what), n in sorted(each.items())] for dim, each in counts.items()}


def _names(store: Any, seq: int, about: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what a decision is counted under; of an emptied record the template is taken as it was kept."""
    purpose, channel, record = about
    arm = store.row(ARM, seq=seq)
    template = json.loads(record)["candidate"]["message"]["template"] if record else store.row(TEMPLATE, seq=seq)[0]
    yield from (("", ""), ("purpose", purpose), ("channel", channel), ("template", template or ""))
    yield "arm", "" if arm is None else arm[0]
    yield from (("reason", code) for (code,) in store.rows(CODES, seq=seq))


def _what(store: Any, seq: int, identity: str, action: str) -> set[str]:
    """Return what became of a decision."""
    last = store.row(LAST, seq=seq)
    word = action if last is None else last[0]
    told = {kind for (kind,) in store.rows(REPORTED, decision_id=identity)}
    return {"deny" if word == "cancel" else word} | (told & set(KINDS))


def tallies(tx: Any, start: datetime, end: datetime) -> dict[str, list[tuple[str, str, int]]]:
    """Ask a ledger for the same."""
    return {dim: tx.tallied(dim, start, end) for dim in DIMS}


def kept(tx: Any) -> dict[tuple[Any, ...], int]:
    """Return what is kept per clock hour, over all connections that counted."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for *place, n in tx._store.rows(KEPT):
        counts[tuple(place)] += n
    return {place: n for place, n in counts.items() if n}


def defined(tx: Any) -> dict[tuple[Any, ...], int]:
    """Return what the one definition gives for every decision there is."""
    return dict(Counter(tx._store.rows(DEFINED)))
