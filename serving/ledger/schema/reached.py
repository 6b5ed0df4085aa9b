"""What reached customers, and what goes out when it is confirmed (version 7).

`counted_at` is when the breaker counted a send last: when it was decided, or confirmed an hour or more after that. Null
where it never did, or an older version wrote the row: the next confirmation counts it then, which can only hold more.

Older versions released a message that the customer answered, where nobody said `delivered` too, and reserved nothing
for a hold that was sent all the same: both count here. So are the reasons of confirmations listed.
"""

from typing import LiteralString

_COUNTED: tuple[LiteralString, ...] = ("ALTER TABLE reservations ADD COLUMN counted_at INTEGER",)

_REACHED: tuple[LiteralString, ...] = (
    """UPDATE reservations SET released_at = NULL, holds_until = NULL WHERE decision_id IN
        (SELECT decision_id FROM outcomes WHERE decision_id IS NOT NULL AND kind <> 'not_delivered')""",
    """INSERT INTO reservations (decision_id, user_id, at, channel, outbound, fact_key, session)
        SELECT d.decision_id, d.user_id, max(d.decided_at, min(o.time, o.recorded_at)), d.channel,
            json_extract(d.record, '$.decided.outbound'), json_extract(d.record, '$.decided.fact_key'),
            json_extract(d.record, '$.candidate.session_id')
        FROM outcomes o JOIN decisions d ON d.decision_id = o.decision_id
        WHERE o.kind <> 'not_delivered' AND d.action <> 'deny' ORDER BY o.seq
        ON CONFLICT (decision_id) DO NOTHING""",
)

_REFUSED: tuple[LiteralString, ...] = (
    """INSERT OR IGNORE INTO refusals (code, decision)
        SELECT json_extract(each.value, '$.code'), decision
        FROM confirmations, json_each(record, '$.decided.decision.reasons') AS each""",
)

REACHED: tuple[LiteralString, ...] = (*_COUNTED, *_REACHED, *_REFUSED)
