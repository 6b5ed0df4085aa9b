"""Erasure: what a ledger says of a person goes; what protects that person stays, under a pseudonym.

    goes    the content of their events (ids too), decisions, confirmations and offers, what was read of them;
            preferences, attributes, visits; what an `Idempotency-Key` would be answered with again
    stays   opt-outs, complaints and what closed them, dismissals, consent taken back, that and when they were
            contacted (the caps), being listed in an incident, conversations that are open, the sessions of the last
            day (one widget message in each) unless their ids are made of the customer's, and the monitor's labels:
            without any content

What a record without content means is said in `serving.ledger.retention`.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import LiteralString

from serving.forgetting import Erased
from serving.ledger import retention
from serving.ledger.identities import STANDS_FOR, customer, is_id
from serving.ledger.instants import DAY, micros
from serving.ledger.preferences import keep_refusals
from serving.ledger.pseudonyms import add_pseudonym, erased_id
from serving.ledger.retention import NO_BYTES
from serving.ledger.rewriting import rewrite_after
from serving.ledger.store import Row, Store
from serving.ledger.tallying import reported_of, tallied_anew
from serving.ledger.unanswering import unanswer

LONG_ENOUGH = 5  # letters of an id, so that it is not found in others by chance

_ALIASES = "SELECT alias, user_id, owner FROM identities WHERE owner = :user OR user_id = :user"
_KNOWN = """SELECT (SELECT count(*) FROM decisions WHERE user_id IN (SELECT value FROM json_each(:names))),
    (SELECT count(*) FROM concerns WHERE user_id = :user),
    (SELECT count(*) FROM outcomes WHERE user_id IN (SELECT value FROM json_each(:names))),
    EXISTS (SELECT 1 FROM preferences WHERE user_id = :user) OR EXISTS (SELECT 1 FROM traits WHERE user_id = :user)
        OR EXISTS (SELECT 1 FROM visits WHERE user_id = :user)
        OR EXISTS (SELECT 1 FROM identities WHERE owner = :user OR user_id = :user)"""
_ERASED_NOW = """SELECT (SELECT count(*) FROM decisions WHERE user_id IN (SELECT value FROM json_each(:names))
        AND (record <> '' OR user_id <> :pseudonym)),
    (SELECT count(*) FROM concerns JOIN events ON events.seq = concerns.event WHERE concerns.user_id = :user
        AND (concerns.user_id <> :pseudonym
            OR CASE WHEN concerns.listed <> 0 THEN concerns.entity <> '' ELSE events.type <> 'erased' END)),
    (SELECT count(*) FROM outcomes WHERE user_id IN (SELECT value FROM json_each(:names))
        AND (user_id <> :pseudonym OR kind NOT IN ('complained', 'complaint_closed', 'opted_out', 'dismissed')))"""
_EMPTY = """UPDATE confirmations SET record = NULL, answer = :nothing WHERE decision IN (
        SELECT seq FROM decisions WHERE user_id IN (SELECT value FROM json_each(:names)))"""
_DECIDED = """SELECT decision_id, decided_at FROM decisions
    WHERE user_id IN (SELECT value FROM json_each(:names)) AND decided_at > :lately"""
_SESSIONS = """SELECT session FROM visits WHERE user_id = :user
    UNION SELECT session FROM reservations WHERE user_id = :user AND session IS NOT NULL"""
_EVENTS = """SELECT seq, source, id, listed FROM events WHERE subject IN (SELECT value FROM json_each(:names))
    AND seq IN (SELECT event FROM concerns WHERE user_id = :user)"""
_OF_OTHERS = "UPDATE events SET subject = :pseudonym WHERE seq = :seq"  # what it says is said to those it lists
_EMPTY_EVENT = """UPDATE events SET subject = :pseudonym, id = :id, type = 'erased', family = 'erased', entity = '',
    data = '{}' WHERE seq = :seq"""
_FORGET: tuple[LiteralString, ...] = (
    """DELETE FROM offers WHERE seq < (SELECT max(seq) FROM offers) AND decision IN (
        SELECT seq FROM decisions WHERE user_id IN (SELECT value FROM json_each(:names)))""",
    """UPDATE offers SET state = 'withdrawn', body = :nothing WHERE decision IN (
        SELECT seq FROM decisions WHERE user_id IN (SELECT value FROM json_each(:names)))""",
    """DELETE FROM held_texts WHERE decision IN (
        SELECT seq FROM decisions WHERE user_id IN (SELECT value FROM json_each(:names)))""",
    """DELETE FROM due WHERE decision IN (
        SELECT seq FROM decisions WHERE user_id IN (SELECT value FROM json_each(:names)))""",
    """DELETE FROM readings WHERE decision IN (
        SELECT seq FROM decisions WHERE user_id IN (SELECT value FROM json_each(:names)))""",
    """UPDATE assignments SET user_id = :pseudonym, fact_key = 'erased:' || decision
        WHERE decision IN (SELECT seq FROM decisions WHERE user_id IN (SELECT value FROM json_each(:names)))""",
    """UPDATE decisions SET user_id = :pseudonym, record = ''
        WHERE user_id IN (SELECT value FROM json_each(:names))""",
    "DELETE FROM matches WHERE user_id = :user",
    """DELETE FROM visits WHERE user_id = :user
        AND (at <= :lately OR session IN (SELECT value FROM json_each(:sessions)))""",
    "UPDATE visits SET user_id = :pseudonym, page = NULL WHERE user_id = :user",
    "DELETE FROM concerns WHERE user_id = :user AND listed = 0 AND family <> 'conversation'",
    "UPDATE concerns SET entity = '' WHERE user_id = :user AND family <> 'conversation'",
    "UPDATE concerns SET user_id = :pseudonym WHERE user_id = :user",
    """UPDATE reservations SET user_id = :pseudonym, fact_key = NULL,
        session = CASE WHEN at > :lately AND session NOT IN (SELECT value FROM json_each(:sessions)) THEN session END
        WHERE user_id = :user""",
    """DELETE FROM outcomes WHERE user_id IN (SELECT value FROM json_each(:names))
        AND kind NOT IN ('complained', 'complaint_closed', 'opted_out', 'dismissed')""",
    "DELETE FROM traits WHERE user_id = :user",
    "DELETE FROM identities WHERE owner = :user AND user_id = :user",
    "UPDATE identities SET owner = user_id, recorded = 0 WHERE owner = :user",
    "UPDATE identities SET user_id = owner WHERE user_id = :user",
)
_MOVE: tuple[LiteralString, ...] = (  # under their pseudonym already, where they are erased again
    """INSERT INTO dismissals (user_id, purpose, at)
        SELECT :pseudonym, purpose, at FROM dismissals WHERE user_id = :user ON CONFLICT DO NOTHING""",
    "DELETE FROM dismissals WHERE user_id = :user",
    """UPDATE outcomes SET user_id = :pseudonym
        WHERE decision_id IS NOT NULL AND user_id IN (SELECT value FROM json_each(:names))""",
    """INSERT INTO outcomes (decision_id, user_id, kind, stated, channel, time, recorded_at)
        SELECT decision_id, :pseudonym, kind, stated, channel, time, recorded_at FROM outcomes
        WHERE user_id IN (SELECT value FROM json_each(:names)) ORDER BY seq ON CONFLICT DO NOTHING""",
    "DELETE FROM outcomes WHERE user_id IN (SELECT value FROM json_each(:names))",
)


def erase(store: Store, user_id: str, *, at: datetime) -> Erased | None:
    """Erase the customer that this id stands for, under all their ids; None where nothing is known of them.

    Erased again, what came in since goes as well, and that alone is counted.
    """
    if not is_id(user_id):
        return None
    user = customer(store, user_id)
    aliases = store.rows(_ALIASES, user=user)
    names = json.dumps([user, *(alias for alias, _, owner in aliases if owner == user)])
    known = store.row(_KNOWN, names=names, user=user)
    if known is None or not any(known):
        return None
    store.alone()
    ids = {user_id, user, *(alias for alias, stands_for, _ in aliases if stands_for == user)}
    pseudonym = add_pseudonym(store, sorted(ids), user, at=micros(at))
    telling = json.dumps(sorted(session for (session,) in store.rows(_SESSIONS, user=user) if tells(session, ids)))
    bound = {"user": user, "pseudonym": pseudonym, "names": names, "sessions": telling}
    (gone,) = store.rows(_ERASED_NOW, user=user, names=names, pseudonym=pseudonym)
    store.change(retention.BEGIN)
    unanswer(store, [(name, when) for name, when in store.rows(_DECIDED, names=names, lately=micros(at) - DAY)])
    store.change(_EMPTY, names=names, nothing=NO_BYTES)
    _empty_events(store, store.rows(_EVENTS, names=names, user=user), pseudonym)
    with tallied_anew(store, reported_of(store, names)):
        for statement in _FORGET:
            store.change(statement, **bound, lately=micros(at) - DAY, nothing=NO_BYTES)
        if user != pseudonym:
            for statement in _MOVE:
                store.change(statement, **bound)
    keep_refusals(store, user, pseudonym)
    store.change(retention.END)
    store.forget(STANDS_FOR)
    rewrite_after(store)
    return Erased(decisions=gone[0], events=gone[1], outcomes=gone[2])


def tells(session: str, ids: Iterable[str]) -> bool:
    """Return whether a session's id gives away whose it is: it is one of their ids, or was made of one."""
    return any(name == session or (len(name) >= LONG_ENOUGH and name in session) for name in ids)


def _empty_events(store: Store, rows: list[Row], pseudonym: str) -> None:
    """Take all but the sender and the times from events; of their ids a keyed hash stays, so that none comes twice."""
    named = [
        {"seq": seq, "id": erased_id(store, source, name), "pseudonym": pseudonym, "listed": listed}
        for seq, source, name, listed in rows
    ]
    store.insert_all(_EMPTY_EVENT, [one for one in named if not one["listed"]])
    store.insert_all(_OF_OTHERS, [one for one in named if one["listed"]])
