"""The kill switch: the monitor looks, trips at most once until a named person releases it, and tells people.

It looks at the days that have matured once per UTC day and watch, and at opt-outs and complaints about a message in the
transaction that reports them, once however many they are: those need no maturity. Occasions of the last 120 days are
enough to keep a watch looked at: a certificate lives 90 days, and its last windows close 14 days later.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from model.errors import InvalidInput
from model.monitor.detector import Signal, Watch, signals
from model.named import says_something
from serving.ledger.experiments import end_running
from serving.ledger.instants import DAY, instant, instant_or_none, micros
from serving.ledger.store import Store
from serving.ledger.watches import counts_of, read_watch, watch_of
from serving.standing import Trip

log = logging.getLogger(__name__)

LOOKED_AT = 120  # days
RELEASES = "releases"  # what is recalled of them

_DUE = """SELECT key, complaint_at_most, opt_out_at_most, control_rate, contact_above, contact_below FROM watches
    WHERE (looked IS NULL OR looked <> :today) AND EXISTS (SELECT 1 FROM monitor_counts
        WHERE watch = watches.key AND day >= :since
            AND epoch = (SELECT count(*) FROM trips WHERE released_at IS NOT NULL)) ORDER BY seq"""
_LOOKED = "UPDATE watches SET looked = :today WHERE key = :key"
_TRIP = "INSERT INTO trips (watch, harm, detail, at) VALUES (:watch, :harm, :detail, :at)"
_OPEN = "SELECT watch, harm, detail, at, released_at, releaser, why FROM trips WHERE released_at IS NULL"
_RELEASES = "SELECT count(*) FROM trips WHERE released_at IS NOT NULL"
_ALL = "SELECT watch, harm, detail, at, released_at, releaser, why FROM trips ORDER BY seq DESC"
_RELEASE = "UPDATE trips SET released_at = :at, releaser = :releaser, why = :why WHERE released_at IS NULL"


def look(store: Store, *, now: datetime) -> None:
    """Look at every watch that was not looked at today (the UTC day of `now`); nothing further trips while tripped."""
    today = micros(now) // DAY
    due = store.rows(_DUE, today=today, since=today - LOOKED_AT)
    for watch in map(read_watch, due):
        if open_trip(store) is not None:
            return
        store.change(_LOOKED, key=watch.key, today=today)
        _judge(store, watch, signals(counts_of(store, watch.key), watch, today=today), now=now)


def note_harm(store: Store, key: str, *, now: datetime) -> None:
    """Have this watch looked at before the commit: a harm was reported for it."""
    store.before_commit(key, lambda: _look_at_harm(store, key, now=now))


def _look_at_harm(store: Store, key: str, *, now: datetime) -> None:
    """Look at what was done to people itself."""
    watch = watch_of(store, key)
    if watch is not None and open_trip(store) is None:
        _, opt_out = signals(counts_of(store, key), watch, today=micros(now) // DAY)
        _judge(store, watch, (opt_out,), now=now)


def _judge(store: Store, watch: Watch, heard: Sequence[Signal], *, now: datetime) -> None:
    """Trip on the first signal that is strong enough; a running experiment ends with it."""
    signal = next((one for one in heard if one.tripped), None)
    if signal is None:
        return
    detail = (
        f"{signal.harm} harm above {signal.at_most:.4g} per contact: {signal.rate:.4g} for decisions of {signal.days}, "
        f"log evidence {signal.log_evidence:.4g} where {signal.log_threshold:.4g} trips"
    )
    store.insert(_TRIP, watch=watch.key, harm=signal.harm, detail=detail, at=micros(now))
    end_running(store, at=now, why=f"the monitor tripped on {signal.harm} of watch `{watch.key}`")
    store.after_commit(lambda: _tell(watch, detail))


def _tell(watch: Watch, detail: str) -> None:
    log.error(
        "the monitor tripped on watch `%s`: %s; everything discretionary stops, essential service goes on; "
        "find the cause, then release it: `outreach monitor release`",
        watch.key,
        detail,
    )


def open_trip(store: Store) -> Trip | None:
    """Return the trip that nobody released yet, or None."""
    row = store.row(_OPEN)
    return None if row is None else _trip(*row)


def releases(store: Store) -> int:
    """Return how often somebody released the switch: what is counted counts from there on."""
    return store.recall(RELEASES, lambda: int(store.rows(_RELEASES)[0][0]))


def refuse_while_tripped(store: Store) -> None:
    """Raise `InvalidInput` while the switch has fallen: nothing new begins before somebody looked into it."""
    trip = open_trip(store)
    if trip is not None:
        raise InvalidInput(
            f"experiment: the monitor tripped on {trip.harm} of watch `{trip.watch}`; find the cause, then release it: "
            "`outreach monitor release`"
        )


def trips(store: Store) -> list[Trip]:
    """List every trip, newest first."""
    return [_trip(*row) for row in store.rows(_ALL)]


def release(store: Store, *, at: datetime, by: str, why: str) -> bool:
    """Close the open trip; all watches count afresh. False where nothing was tripped.

    Raises:
        InvalidInput: nobody is named, or no reason is given.
    """
    if not says_something(by) or not says_something(why):
        raise InvalidInput("monitor release: `by` or `why` is blank; name who releases it, and what was found")
    store.forget(RELEASES)
    return store.change(_RELEASE, at=micros(at), releaser=by.strip(), why=why.strip()) > 0


def _trip(  # noqa: PLR0913, PLR0917  (the columns of one row)
    watch: str, harm: str, detail: str, at: int, released_at: int | None, releaser: str | None, why: str | None
) -> Trip:
    return Trip(
        watch=watch,
        harm=harm,
        detail=detail,
        at=instant(at),
        released_at=instant_or_none(released_at),
        released_by=releaser,
        why=why,
    )
