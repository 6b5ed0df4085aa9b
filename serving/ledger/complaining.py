"""Complaints with the messages they are about, and the newest occasions with what is known of their customers."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from model.contracts import OutcomeKind
from serving.ledger.assignments import WINDOW
from serving.ledger.identities import names, owners
from serving.ledger.instants import instant, micros
from serving.ledger.lists import listed
from serving.ledger.store import Row, Store
from serving.people.complaining import Reaction, Told, Watched

LOOKED_THROUGH = 200_000  # outcomes, the newest: where complaints are rare not all of them are read for a list
LARGEST = 50_000  # occasions
FOR_EVER = 2**62  # after any time that can be stored

_REACTIONS = """SELECT o.kind, min(o.time, o.recorded_at), o.user_id,
        d.decision_id, d.decided_at, d.purpose, d.channel, f.template
    FROM outcomes AS o LEFT JOIN decisions AS d ON d.decision_id = o.decision_id
    LEFT JOIN facets AS f ON f.decision = d.seq
    WHERE o.seq > (SELECT max(seq) FROM outcomes) - :back AND o.kind IN (SELECT value FROM json_each(:kinds))
    ORDER BY o.seq DESC LIMIT :count"""
_BEFORE = """SELECT d.decision_id, d.decided_at, d.purpose, d.channel, f.template
    FROM decisions AS d LEFT JOIN facets AS f ON f.decision = d.seq
    WHERE d.user_id = :user AND coalesce(f.word, d.action) = 'send' AND d.decided_at <= :at AND d.decided_at > :since
    ORDER BY d.seq DESC LIMIT 1"""
_OCCASIONS = """SELECT a.user_id, a.at, a.contacted, a.e, a.complained, a.harmed, coalesce(c.record, d.record)
    FROM assignments AS a CROSS JOIN decisions AS d ON d.seq = a.decision
    LEFT JOIN confirmations AS c ON c.decision = a.decision AND c.drawn = 1
    WHERE a.first = 1 AND d.record <> '' AND a.at <= :until
        AND CASE WHEN :watch IS NULL THEN a.above IS NULL OR a.above = 1 ELSE a.watch = :watch END
    ORDER BY a.decision DESC LIMIT :count"""


def reactions(store: Store, kinds: Sequence[OutcomeKind], *, limit: int) -> list[Reaction]:
    """Return the newest outcomes of these kinds with what they are about, the newest recorded first."""
    rows = store.rows(_REACTIONS, kinds=listed(kinds), back=LOOKED_THROUGH, count=limit)
    return [_reaction(store, row) for row in rows]


def watched_occasions(store: Store, *, now: datetime, limit: int) -> list[Watched]:
    """Return the newest occasions that were to be contacted but for chance, and whose 14 days are over, newest first.

    That is at or above the cut-off, or in an experiment. Those of an erased customer are left out: nothing is known of
    them any more.
    """
    closed = micros(now - timedelta(microseconds=WINDOW))
    return _read(store, watch=None, until=closed, limit=limit)


def drawn_occasions(store: Store, *, watch: str, limit: int) -> list[Watched]:
    """Return the newest occasions drawn under this watch, whether or not they were contacted, the newest first."""
    return _read(store, watch=watch, until=FOR_EVER, limit=limit)


def _read(store: Store, *, watch: str | None, until: int, limit: int) -> list[Watched]:
    """Read the newest occasions of a watch, or of any in which they were to be contacted but for chance."""
    rows = store.rows(_OCCASIONS, watch=watch, until=until, count=min(limit, LARGEST))
    whose = owners(store, {row[0] for row in rows})
    return [_watched(whose[row[0]], row) for row in rows]


def _reaction(store: Store, row: Row) -> Reaction:
    kind, at, user, *about = row
    named = None if about[0] is None else _told(about)
    before = _last_before(store, names(store, user), at) if named is None else None
    return Reaction(kind=kind, at=instant(at), user_id=user, named=named, before=before)


def _last_before(store: Store, every: Iterable[str], at: int) -> Told | None:
    """Return the last message to somebody, under any of their names, within the window before."""
    rows = [store.row(_BEFORE, user=name, at=at, since=at - WINDOW) for name in every]
    return max((_told(row) for row in rows if row is not None), key=lambda told: told.at, default=None)


def _told(row: Iterable[str | int | None]) -> Told:
    decision_id, at, purpose, channel, template = row
    return Told(
        decision_id=str(decision_id),
        at=instant(int(at or 0)),
        purpose=str(purpose),
        channel=str(channel),
        template=None if template is None else str(template),
    )


def _watched(customer: str, row: Row) -> Watched:
    """Read an occasion; of its record only what can group it is kept."""
    _, at, contacted, chance, complained, harmed, text = row
    record = json.loads(text)
    asked = record["candidate"]
    return Watched(
        customer=customer,
        at=instant(at),
        contacted=bool(contacted),
        chance=chance,
        complained=bool(complained),
        harmed=bool(harmed),
        purpose=asked["purpose"],
        channel=asked["channel"],
        template=asked["message"]["template"],
        timezone=asked["timezone"] or record["context"].get("timezone"),
        attributes=asked["attributes"],
    )
