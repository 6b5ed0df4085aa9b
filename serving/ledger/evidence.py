"""Evidence: the one event that a reference names, as one customer may see it, and whether it is the newest word.

All of a group is found at once: references by type and source, then what concerns each pair of an event and a customer.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import LiteralString, NamedTuple

from model.contracts import JSON, Event, EvidenceRef
from serving.ledger.events import WHOLE_FAMILY
from serving.ledger.identities import owners
from serving.ledger.instants import instant, micros
from serving.ledger.lists import listed, placed
from serving.ledger.store import Store
from serving.policy.facts import LISTED

_READ = json.JSONDecoder().raw_decode  # what was written compactly has nothing around it
SHOWN = 2  # two events of one type and id are enough to know that a reference is not unique

_FIND = """SELECT e.id, e.seq, e.source, e.subject, e.time, e.seen, e.listed, e.data, e.family, e.entity
    FROM json_each(:ids) AS asked CROSS JOIN events AS e ON e.seq = (
        SELECT min(same.seq) FROM (SELECT seq FROM events WHERE type = :type AND id = asked.value
            AND (:source IS NULL OR source = :source) AND seen <= :now LIMIT :shown) AS same HAVING count(*) = 1)"""
_LISTED = """SELECT asked.value FROM json_each(:pairs) AS asked CROSS JOIN events AS e
        ON e.seq = CAST(substr(asked.value, 1, 20) AS BIGINT)
    CROSS JOIN concerns AS c ON c.user_id = substr(asked.value, 21) AND c.family = e.family AND c.time = e.time
        AND c.event = e.seq WHERE c.listed = 1"""
_NEWER_OF_CUSTOMER = """SELECT asked.value FROM json_each(:pairs) AS asked CROSS JOIN events AS e
    ON e.seq = CAST(substr(asked.value, 1, 20) AS BIGINT) WHERE EXISTS (SELECT 1 FROM concerns AS c
        WHERE c.user_id = substr(asked.value, 21) AND c.family = e.family AND (c.time, c.event) > (e.time, e.seq)
            AND c.seen <= :now AND (c.entity = e.entity OR c.entity = '' OR e.entity = ''))"""
# One piece of news that came in parts, each with a list of its own, is no newer than itself.
_NEWER_OF_NOBODY = """SELECT asked.value FROM json_each(:events) AS asked CROSS JOIN events AS e
    ON e.seq = CAST(asked.value AS BIGINT) WHERE EXISTS (SELECT 1 FROM events AS n
        WHERE n.subject IS NULL AND n.entity <> '' AND n.family = e.family AND n.entity = e.entity
            AND (n.time, n.seq) > (e.time, e.seq) AND n.seen <= :now
            AND NOT (e.listed = 1 AND n.listed = 1 AND e.type = n.type AND e.time = n.time AND e.data = n.data))"""
# Another family on the same entity. Left out is what a customer did or said: it changes nothing of the thing itself.
# A conversation speaks of itself alone. The families are found one by one through the index: nothing else is read.
_ELSEWHERE_OF_CUSTOMER = """SELECT asked.value FROM json_each(:pairs) AS asked CROSS JOIN events AS e
    ON e.seq = CAST(substr(asked.value, 1, 20) AS BIGINT) WHERE EXISTS (
        SELECT 1 FROM concerns AS c WHERE c.user_id = substr(asked.value, 21) AND c.family IN (
            WITH RECURSIVE families (name) AS (
                SELECT min(family) FROM concerns WHERE user_id = substr(asked.value, 21)
                UNION ALL SELECT (SELECT min(family) FROM concerns
                    WHERE user_id = substr(asked.value, 21) AND family > families.name)
                FROM families WHERE families.name IS NOT NULL)
            SELECT name FROM families
            WHERE name NOT IN (e.family, 'page', 'exit', 'session', 'message', 'reminder')
                AND (name <> 'conversation' OR e.entity LIKE 'conversation:%'))
        AND (c.time, c.event) > (e.time, e.seq) AND c.entity = e.entity AND c.seen <= :now)"""
_ELSEWHERE_OF_NOBODY = """SELECT asked.value FROM json_each(:events) AS asked CROSS JOIN events AS e
    ON e.seq = CAST(asked.value AS BIGINT) WHERE EXISTS (
        SELECT 1 FROM events AS n WHERE n.subject IS NULL AND n.entity <> '' AND n.entity = e.entity AND n.family IN (
            WITH RECURSIVE families (name) AS (
                SELECT min(family) FROM events WHERE subject IS NULL AND entity <> ''
                UNION ALL SELECT (
                    SELECT min(family) FROM events WHERE subject IS NULL AND entity <> '' AND family > families.name)
                FROM families WHERE families.name IS NOT NULL)
            SELECT name FROM families
            WHERE name NOT IN (e.family, 'page', 'exit', 'session', 'message', 'reminder')
                AND (name <> 'conversation' OR e.entity LIKE 'conversation:%'))
        AND (n.time, n.seq) > (e.time, e.seq) AND n.seen <= :now)"""


_Key = tuple[str, str | None, str]  # type, source and id, as a reference has them


class _Kept(NamedTuple):
    """An event as it is stored."""

    type: str
    id: str
    seq: int
    source: str
    subject: str | None
    time: int
    seen: int
    listed: int
    data: str
    family: str
    entity: str


class Found(NamedTuple):
    """Evidence on record: the event as one customer may see it, and its place among the others of its family.

    `event.time`, in microseconds `seen`, is from when it counts, `time` what its sender said: their order is the
    sender's. `own`: it is about this customer.
    """

    event: Event
    user_id: str
    seq: int
    time: int
    seen: int
    family: str
    entity: str
    own: bool

    @property
    def pair(self) -> str:
        """Event and customer, as one entry of a list."""
        return placed(self.seq, self.user_id)


def find(store: Store, reference: EvidenceRef | None, *, user_id: str, now: datetime) -> Found | None:
    """Find the one event that a reference names, as this customer may see it; None where none or several match."""
    return find_all(store, [(reference, user_id)], now=micros(now))[0]


def find_all(store: Store, asked: Sequence[tuple[EvidenceRef | None, str]], *, now: int) -> list[Found | None]:
    """Find, for each reference and customer, the one event that it names as they may see it; `now` in microseconds."""
    kept = _kept(store, [reference for reference, _ in asked if reference is not None], now)
    if not kept:
        return [None] * len(asked)
    every = [(None if reference is None else kept.get(_key(reference)), user_id) for reference, user_id in asked]
    others = {one.subject for one in kept.values() if one.subject is not None} - {user_id for _, user_id in asked}
    subjects = owners(store, others) if others else {}
    pairs = [placed(one.seq, user_id) for one, user_id in every if one is not None and one.listed]
    among = {pair for (pair,) in store.rows(_LISTED, pairs=listed(pairs))} if pairs else set()
    facts = {one.seq: _READ(one.data)[0] for one in kept.values()}
    return [one and _found(one, user_id, facts[one.seq], subjects, among) for one, user_id in every]


def _kept(store: Store, references: Iterable[EvidenceRef], now: int) -> dict[_Key, _Kept]:
    """Read the events of which each is the only one that its reference names."""
    ids: dict[tuple[str, str | None], set[str]] = {}
    for reference in references:
        ids.setdefault((reference.type, reference.source), set()).add(reference.id)
    return {
        (kind, source, row[0]): _Kept(kind, *row)
        for (kind, source), some in ids.items()
        for row in store.rows(_FIND, type=kind, source=source, ids=listed(some), now=now, shown=SHOWN)
    }


def _key(reference: EvidenceRef) -> _Key:
    return reference.type, reference.source, reference.id


def _found(
    one: _Kept, user_id: str, data: dict[str, JSON], subjects: Mapping[str, str], among: AbstractSet[str]
) -> Found:
    """Show an event to one customer: of those it lists, each sees only themselves."""
    subject = None if one.subject is None else subjects.get(one.subject, one.subject)
    own = subject == user_id
    if one.listed:
        is_among = placed(one.seq, user_id) in among
        own = own or is_among
        data = {**data, LISTED: [user_id] if is_among else []}
    event = Event(source=one.source, id=one.id, type=one.type, time=instant(one.seen), subject=subject, data=data)
    return Found(event, user_id, one.seq, one.time, one.seen, one.family, one.entity, own)


def superseded(store: Store, found: Iterable[Found], *, now: int, of_one: AbstractSet[str] = frozenset()) -> set[str]:
    """Return the pairs of which a newer event, by its own time and then by order of recording, speaks about the same.

    "The same" is one entity, of the evidence's own customer or of this one; where the evidence is nobody's, what is
    nobody's counts too. An event that names no entity speaks about its whole family, and about no other. `of_one` are
    customers of whom no more than one event is on record: where that is the evidence there is nothing newer of them.
    """
    asked = list(found)
    newer = _newer(store, asked, of_customer=_NEWER_OF_CUSTOMER, of_nobody=_NEWER_OF_NOBODY, now=now, of_one=of_one)
    rest = [one for one in asked if one.entity != WHOLE_FAMILY and one.pair not in newer]
    return newer | _newer(
        store, rest, of_customer=_ELSEWHERE_OF_CUSTOMER, of_nobody=_ELSEWHERE_OF_NOBODY, now=now, of_one=of_one
    )


def _newer(  # noqa: PLR0913  (what is asked about, and the two statements that answer, by name)
    store: Store,
    asked: Sequence[Found],
    *,
    of_customer: LiteralString,
    of_nobody: LiteralString,
    now: int,
    of_one: AbstractSet[str],
) -> set[str]:
    """Return the pairs of which a statement, on customers or on what is nobody's, says that something is newer."""
    sought: dict[str, list[str]] = {}  # what is looked up, and the pairs that it speaks of
    nobodys: dict[str, list[str]] = {}
    for one in asked:
        subject = one.event.subject or one.user_id
        if not (one.own and subject == one.user_id and subject in of_one):
            for user in {one.user_id, subject}:
                sought.setdefault(placed(one.seq, user), []).append(one.pair)
        if one.event.subject is None:
            nobodys.setdefault(str(one.seq), []).append(one.pair)
    newer: set[str] = set()
    if sought:
        newer.update(*(sought[pair] for (pair,) in store.rows(of_customer, pairs=listed(sought), now=now)))
    if nobodys:
        newer.update(*(nobodys[seq] for (seq,) in store.rows(of_nobody, events=listed(nobodys), now=now)))
    return newer
