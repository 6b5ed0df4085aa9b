"""What there is on record about customers at all: one look that spares the rest of the group's reading the others."""

from collections.abc import Iterable
from typing import NamedTuple

from serving.ledger.lists import listed
from serving.ledger.store import Store

MANY = 2

_TRACES = """SELECT asked.value, EXISTS (SELECT 1 FROM identities WHERE owner = asked.value AND recorded = 1),
        EXISTS (SELECT 1 FROM reservations WHERE user_id = asked.value AND released_at IS NULL),
        EXISTS (SELECT 1 FROM outcomes WHERE user_id = asked.value)
            OR EXISTS (SELECT 1 FROM identities AS i WHERE i.owner = asked.value AND i.recorded = 1
                AND EXISTS (SELECT 1 FROM outcomes WHERE user_id = i.alias)),
        EXISTS (SELECT 1 FROM dismissals WHERE user_id = asked.value),
        (SELECT min(at) FROM visits WHERE user_id = asked.value),
        (SELECT count(*) FROM (SELECT 1 FROM concerns WHERE user_id = asked.value LIMIT 2) AS some_events),
        EXISTS (SELECT 1 FROM concerns WHERE user_id = asked.value AND family = 'conversation' AND seen <= :now)
            OR EXISTS (SELECT 1 FROM concerns WHERE user_id = asked.value AND family = 'message' AND seen <= :now
                AND type <> 'message.dismissed')
    FROM json_each(:users) AS asked"""


class Trace(NamedTuple):
    """What there is about one customer: `first_visit` in microseconds, `events` is `MANY` for as many or more.

    `renamed`: outcomes may be under other names too, and are reckoned in `reported`. `conversed`: a conversation with,
    or a message from, them until now.
    """

    renamed: bool
    reserved: bool
    reported: bool
    dismissed: bool
    first_visit: int | None
    events: int
    conversed: bool

    def returning(self, before: int) -> bool:
        """Return whether a conversation of this customer, or a visit before then (microseconds), is on record."""
        return bool(self.conversed) or (self.first_visit is not None and self.first_visit < before)


def traces(store: Store, users: Iterable[str], *, now: int) -> dict[str, Trace]:
    """Look once at what there is about each of these customers; `now` in microseconds."""
    return {row[0]: Trace(*row[1:]) for row in store.rows(_TRACES, users=listed(users), now=now)}
