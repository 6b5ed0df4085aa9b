"""Whether anybody tells us what happens: sends for 14 days without any outcome reported void a certificate.

METHOD section 4. Kept is when anybody first asked since a discretionary send that came after the last outcome, at the
earliest `now` of those who asked: not when the send was decided, which may be a day that a batch states, or a wrong
clock's. A clock that was fast, or jumps back, cannot postpone the end. Once found, silence lasts until somebody reports
an outcome.
"""

import logging
from datetime import datetime

from serving.ledger.instants import DAY, instant, micros
from serving.ledger.store import Store

log = logging.getLogger(__name__)

NOTED = "a contact is noted"  # since the last outcome
LONGEST = 14 * DAY  # of sends without any outcome

_NOTE = "UPDATE silence SET sent = 1 WHERE sent = 0"
_BEGIN = "UPDATE silence SET since = :now"
_FIND = "UPDATE silence SET found = 1"
_CLEAR = "UPDATE silence SET sent = 0, since = NULL, found = 0 WHERE sent = 1"


def note_contact(store: Store) -> None:
    """Note that somebody was contacted."""
    store.recall(NOTED, lambda: store.change(_NOTE))


def note_outcome(store: Store) -> None:
    """Note that somebody reported something."""
    store.forget(NOTED)
    store.change(_CLEAR)


def silent_since(store: Store, *, now: datetime, sent: object, since: int | None, found: object) -> datetime | None:
    """Return when anybody first asked after a send without an outcome, where that is 14 days ago or was; else None.

    `sent`, `since` and `found` are what stands in `silence` now.
    """
    if not sent:
        return None
    store.recall(NOTED, lambda: 1)
    if since is None or not found:
        moment = micros(now)
        if since is None or moment < since:
            store.alone()  # of all who ask, the earliest counts
            store.change(_BEGIN, now=moment)
            return None
        if moment - since < LONGEST:
            return None
        store.alone()
        store.change(_FIND)
        store.after_commit(lambda: _tell(instant(since)))
    return instant(since)


def _tell(since: datetime) -> None:
    log.error(
        "no outcome was reported since %s, and messages went out: everything discretionary stops, essential service "
        "goes on; report outcomes to `/v1/outcomes`",
        since.isoformat(),
    )
