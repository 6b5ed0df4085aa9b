"""Refused marketing of late, read for people to look at: the newest first, as many as one page can weigh."""

from datetime import datetime
from json import JSONDecoder
from typing import Final

from model.contracts import JSON
from serving.ledger.instants import instant, micros
from serving.ledger.lists import listed
from serving.ledger.store import Store
from serving.people.refused import MARKETING, Refused, Said

CANDIDATE: Final = '"candidate":'  # a record begins with its id and this: the rest need not be parsed
DECODER: Final = JSONDecoder()

_FIRST_SINCE = "SELECT min(decision) FROM facets INDEXED BY facets_by_time WHERE at >= :since"
_NEWEST = """SELECT r.decision, d.decision_id, d.decided_at FROM refusals AS r
    CROSS JOIN decisions AS d ON d.seq = r.decision
    WHERE r.code = :code AND r.decision >= :first AND d.decided_at >= :since ORDER BY r.decision DESC LIMIT :count"""
_RECORDS = """SELECT decision_id, record FROM json_each(:ids) AS asked CROSS JOIN decisions ON decision_id = asked.value
    WHERE record <> ''"""


def marketing(store: Store, *, since: datetime, most: int) -> list[Refused]:
    """Return the newest `most` messages that were refused as marketing since then, the newest first.

    A message with both reasons is one, with both; a reason that only its confirmation gave counts as well.
    """
    first = store.row(_FIRST_SINCE, since=micros(since))
    if first is None or first[0] is None:
        return []
    codes: dict[tuple[int, str, int], list[str]] = {}
    for code in MARKETING:
        for row in store.rows(_NEWEST, code=code, first=first[0], since=micros(since), count=most):
            codes.setdefault(tuple(row), []).append(code)
    newest = sorted(codes, reverse=True)[:most]
    records: dict[str, str] = dict(store.rows(_RECORDS, ids=listed(identity for _, identity, _ in newest)))
    return [
        _refused(identity, at, records[identity], tuple(codes[number, identity, at]))
        for number, identity, at in newest
        if identity in records
    ]


def _refused(decision_id: str, at: int, record: str, reasons: tuple[str, ...]) -> Refused:
    """Read what matters here of a record: what was asked for."""
    candidate: dict[str, JSON] = DECODER.raw_decode(record, record.index(CANDIDATE) + len(CANDIDATE))[0]
    message = candidate["message"]
    return Refused(
        decision_id=decision_id,
        at=instant(at),
        user_id=candidate["user_id"],
        said=Said(
            purpose=candidate["purpose"],
            channel=candidate["channel"],
            template=message["template"],
            text=message["text"],
            next_step=message["next_step"],
            reasons=reasons,
        ),
        facts=message["facts"],
        matched=candidate.get("matched"),
    )
