"""What is on record about one customer: how they stand now, and what happened, the newest first.

An erased customer is a stranger. What came in under their id since is theirs, and is told; what was kept to protect
them is not: it is found by its time of recording, which is no later than that of the erasure.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from model.contracts import JSON
from serving.ledger.confirmations import confirmations_of
from serving.ledger.conversations import conversing
from serving.ledger.embargo import recent
from serving.ledger.identities import customer, names
from serving.ledger.instants import EVER, SECOND, instant, instant_or_none, micros
from serving.ledger.lists import listed
from serving.ledger.outcomes import followed, outcomes_of, shown
from serving.ledger.preferences import preferences
from serving.ledger.pseudonyms import is_pseudonym
from serving.ledger.reservations import sends
from serving.ledger.store import Bound, Row, Store
from serving.ledger.traits import attributes
from serving.people.stories import Complained, Happened, Happening, Person
from serving.policy.values import WINDOWS
from serving.ports import Preferences

WALK = 50_000  # outcomes that are looked through for complaints, the newest
ORDER = {kind: place for place, kind in enumerate(Happened)}

_ERASED_AT = "SELECT max(at) FROM erased WHERE user_id = :user"
_KNOWN = """SELECT 1 WHERE EXISTS (SELECT 1 FROM decisions
        WHERE user_id IN (SELECT value FROM json_each(:names)) AND record <> '')
    OR EXISTS (SELECT 1 FROM concerns AS c CROSS JOIN events AS e ON e.seq = c.event
        WHERE c.user_id = :user AND e.type <> 'erased' AND e.recorded_at > :since)
    OR EXISTS (SELECT 1 FROM outcomes
        WHERE user_id IN (SELECT value FROM json_each(:names)) AND recorded_at > :since)
    OR EXISTS (SELECT 1 FROM preferences WHERE user_id = :user AND at > :since)
    OR EXISTS (SELECT 1 FROM traits WHERE user_id = :user)"""
_ALIASES = "SELECT at, alias FROM identities WHERE owner = :user ORDER BY at, alias"
_EVENTS = """SELECT c.seen, e.seq, e.type, e.source, e.id, e.data FROM concerns AS c
    CROSS JOIN events AS e ON e.seq = c.event
    WHERE c.user_id = :user AND e.type <> 'erased' AND e.recorded_at > :since
    ORDER BY c.seen DESC, e.seq DESC LIMIT :count"""
_STATED = """SELECT at, seq, timezone, consent, stated FROM preferences
    WHERE user_id = :user AND at > :since AND (stated IS NULL OR stated <> 'null')
    ORDER BY at DESC, seq DESC LIMIT :count"""
_DECIDED = """SELECT decided_at, seq, decision_id, record FROM decisions
    WHERE user_id IN (SELECT value FROM json_each(:names)) AND record <> ''
    ORDER BY decided_at DESC, seq DESC LIMIT :count"""
_CONFIRMED = """SELECT c.at, c.seq, d.decision_id, d.purpose, d.channel, c.asked, c.answer FROM decisions AS d
    CROSS JOIN confirmations AS c ON c.decision = d.seq
    WHERE d.user_id IN (SELECT value FROM json_each(:names)) AND d.record <> ''
    ORDER BY c.at DESC, c.seq DESC LIMIT :count"""
_OUTCOMES = """SELECT time, seq, decision_id, kind, recorded_at, channel FROM outcomes
    WHERE user_id IN (SELECT value FROM json_each(:names)) AND recorded_at > :since
    ORDER BY time DESC, seq DESC LIMIT :count"""
_COMPLAINED = """SELECT o.user_id, o.time, o.decision_id FROM outcomes AS o
    WHERE o.seq > (SELECT max(seq) FROM outcomes) - :walk AND o.kind = 'complained'
        AND substr(o.user_id, 1, 7) <> 'erased:' ORDER BY o.seq DESC LIMIT :count"""
_NEXT_LIKE = "SELECT min(user_id) FROM decisions WHERE user_id >= :start AND user_id < :end"
LAST_SIGN, FIRST_SIGN = chr(0x10FFFF), chr(1)  # of all that an id can have
AFTER_ERASED = "erased;"  # the first text after every pseudonym


class _Whose(NamedTuple):
    """A customer as the ledger has them; `since` (microseconds) is from when on something is theirs to be told."""

    user: str
    names: str  # a list for `json_each`
    every: tuple[str, ...]
    since: int


def _whose(store: Store, user_id: str) -> _Whose:
    user = customer(store, user_id)
    since = store.row(_ERASED_AT, user=user) if is_pseudonym(user) else None
    every = names(store, user)
    return _Whose(user, listed(every), every, EVER if since is None or since[0] is None else int(since[0]))


def person(store: Store, user_id: str, *, now: datetime) -> Person | None:
    """Read how a customer stands; None where nothing is on record of them."""
    found, moment = _whose(store, user_id), micros(now)
    if not store.holds(_KNOWN, user=found.user, names=found.names, since=found.since):
        return None
    told = preferences(store, found.user) or Preferences()
    after = followed(store, {found.user: found.every}, now=moment).get(found.user)
    sent = [send for send in sends(store, (found.user,), now=moment).get(found.user, ()) if send.outbound]
    ours = user_id if is_pseudonym(found.user) else found.user
    aliases = [alias for _, alias in store.rows(_ALIASES, user=found.user)]
    windows = (len([send for send in sent if moment - send.at < window * SECOND]) for window in WINDOWS)
    hour, day, week = windows
    return Person(
        id=ours,
        ids=tuple(dict.fromkeys([ours, *aliases])),
        timezone=told.timezone,
        consent=told.consent,
        attributes=attributes(store, found.user),
        opted_out=frozenset() if after is None else frozenset(channel for _, channel in after.opted_out),
        complaint_open=after is not None and after.complaint_open,
        conversation_open=bool(conversing(store, (found.user,), now=moment)),
        contacts=(hour, day, week),
        recent=recent(store, user_id, now=now),
    )


def happenings(store: Store, user_id: str, *, skip: int, limit: int) -> list[Happening]:
    """Read what happened, the newest first; of one instant the last of `Happened` first."""
    whose, count = _whose(store, user_id), skip + limit
    rows = sorted(_all(store, whose, count), key=lambda row: (row[0], ORDER[row[2]], row[1]), reverse=True)
    return [Happening(at=instant(at), kind=kind, what=what) for at, _, kind, what in rows[skip:count]]


def _all(store: Store, whose: _Whose, count: int) -> Iterator[tuple[int, int, Happened, dict[str, JSON]]]:
    """Yield the newest of every kind: when, its number, the kind, and what is on record."""
    user, every, since = whose.user, whose.names, whose.since
    for place, (at, alias) in enumerate(store.rows(_ALIASES, user=user)):
        yield at, place, Happened.KNOWN_AS, {"id": alias}
    for at, seq, kind, source, name, data in store.rows(_EVENTS, user=user, since=since, count=count):
        yield at, seq, Happened.EVENT, {"type": kind, "source": source, "id": name, "data": json.loads(data)}
    for at, seq, *said in store.rows(_STATED, user=user, since=since, count=count):
        yield at, seq, Happened.PREFERENCES, _stated(said)
    for at, seq, _, record in store.rows(_DECIDED, names=every, count=count):
        yield at, seq, Happened.DECISION, json.loads(record)
    for at, seq, *told, answer in store.rows(_CONFIRMED, names=every, count=count):
        yield at, seq, Happened.CONFIRMATION, {**json.loads(bytes(answer)), **_confirmed(told)}
    for row in store.rows(_OUTCOMES, names=every, since=since, count=count):
        yield row[0], row[1], Happened.OUTCOME, _outcome(row)


def _confirmed(told: Sequence[Bound]) -> dict[str, JSON]:
    decision, purpose, channel, asked = told
    return {"decision_id": decision, "purpose": purpose, "channel": channel, "asked": bool(asked)}


def _stated(said: Sequence[str | None]) -> dict[str, JSON]:
    """Return what was said there and then; older versions wrote no more than what stood after it."""
    timezone, consent, stated = said
    whole: list[JSON] = [None, timezone, json.loads(consent or "{}"), True] if stated is None else json.loads(stated)
    return {"timezone": whole[1], "consent": whole[2], "whole": whole[3]}


def _outcome(row: Row) -> dict[str, JSON]:
    time, _, decision, kind, recorded_at, channel = row
    return {"decision_id": decision, **shown(kind, time, recorded_at, channel)}


def decided_about(store: Store, user_id: str, *, limit: int) -> list[dict[str, JSON]]:
    """Read the newest decisions with what followed, the newest first."""
    rows = store.rows(_DECIDED, names=_whose(store, user_id).names, count=limit)
    return [
        {**json.loads(record), "confirmations": confirmations_of(store, name), "outcomes": outcomes_of(store, name)}
        for _, _, name, record in rows
    ]


def outcomes_about(store: Store, user_id: str, *, limit: int) -> list[dict[str, JSON]]:
    """Read the newest outcomes, the newest first."""
    whose = _whose(store, user_id)
    return [_outcome(row) for row in store.rows(_OUTCOMES, names=whose.names, since=whose.since, count=limit)]


def complaining(store: Store, *, limit: int) -> list[Complained]:
    """Read who complained last, each once; a customer may have complained several times."""
    found: dict[str, Complained] = {}
    for name, time, decision in store.rows(_COMPLAINED, walk=WALK, count=limit * 4):
        at = instant_or_none(time)
        user = customer(store, name)
        if at is not None and user not in found and not is_pseudonym(user):
            found[user] = Complained(id=user, at=at, decision_id=decision)
    return list(found.values())[:limit]


def ids_like(store: Store, beginning: str, *, limit: int) -> list[str]:
    """Read ids in their order, one look into the index for each: of one customer there may be many decisions."""
    found: list[str] = []
    start, end = beginning, beginning + LAST_SIGN
    while len(found) < limit:
        row = store.row(_NEXT_LIKE, start=start, end=end)
        if row is None or row[0] is None:
            break
        name: str = row[0]
        start = AFTER_ERASED if is_pseudonym(name) else name + FIRST_SIGN
        if not is_pseudonym(name):
            found.append(name)
    return found
