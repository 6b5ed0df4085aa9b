"""Whether anybody tells us what happens: sends for 14 days without any outcome reported void a certificate.

METHOD section 4. Kept is the time of the first discretionary send since the last outcome, or an earlier `now`: a clock
that was fast, or jumps back, cannot postpone the end. Once found, silence lasts until somebody reports an outcome.
"""

import logging
from datetime import datetime

from serving.ledger.instants import DAY, instant, micros
from serving.ledger.store import Store

log = logging.getLogger(__name__)

LONGEST = 14 * DAY  # of sends without any outcome

_NOTE = "UPDATE silence SET since = :at WHERE since IS NULL OR (since > :at AND found = 0)"
_READ = "SELECT since, found FROM silence"
_FIND = "UPDATE silence SET found = 1"
_CLEAR = "UPDATE silence SET since = NULL, found = 0 WHERE since IS NOT NULL"


def note_contact(store: Store, *, at: int) -> None:
    """Note that somebody was contacted at this time (microseconds)."""
    store.change(_NOTE, at=at)


def note_outcome(store: Store) -> None:
    """Note that somebody reported something."""
    store.change(_CLEAR)


def silent_since(store: Store, *, now: datetime) -> datetime | None:
    """Return the first send since the last outcome where that is 14 days ago, or once was; else None."""
    row = store.row(_READ)
    if row is None or row[0] is None:
        return None
    since, found = row
    if not found:
        moment = micros(now)
        if moment < since:
            note_contact(store, at=moment)
        if moment - since < LONGEST:
            return None
        store.change(_FIND)
        store.after_commit(lambda: _tell(instant(since)))
    return instant(since)


def _tell(since: datetime) -> None:
    log.error(
        "no outcome was reported since the send of %s: everything discretionary stops, essential service goes on; "
        "report outcomes to `/v1/outcomes`",
        since.isoformat(),
    )
