"""Refused marketing of late, read for people to look at: the newest first, as many as one page can weigh."""

import json
from dataclasses import replace
from datetime import datetime

from serving.ledger.instants import micros
from serving.ledger.store import Store
from serving.refused import MARKETING, Refused, refused_of

_FIRST_SINCE = "SELECT min(seq) FROM decisions WHERE decided_at >= :since"
_NEWEST = """SELECT d.record FROM refusals AS r CROSS JOIN decisions AS d ON d.seq = r.decision
    WHERE r.code = :code AND r.decision >= :first AND d.decided_at >= :since AND d.record <> ''
    ORDER BY r.decision DESC LIMIT :count"""


def marketing(store: Store, *, since: datetime, most: int) -> list[Refused]:
    """Return the marketing that was refused since then: of each of its reasons the newest `most` messages.

    A message with both reasons is one, with both; a reason that only its confirmation gave counts as well.
    """
    first = store.row(_FIRST_SINCE, since=micros(since))
    if first is None or first[0] is None:
        return []
    found: dict[str, Refused] = {}
    for code in MARKETING:
        rows = store.rows(_NEWEST, code=code, first=first[0], since=micros(since), count=most)
        for one in (refused_of(json.loads(record)) for (record,) in rows):
            known = found.get(one.decision_id, one)
            codes = {*known.said.reasons, code}
            reasons = tuple(each for each in MARKETING if each in codes)
            found[one.decision_id] = replace(known, said=replace(known.said, reasons=reasons))
    return list(found.values())
