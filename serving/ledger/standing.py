"""Whether anything discretionary may go out now: what one transaction sees of experiments, trips and silence.

Nearly always no experiment runs, nothing has tripped and no watch is due: one statement says so, and how often the
switch was released.
"""

from dataclasses import replace
from datetime import datetime

from serving.ledger.experiments import end_overdue, experiments
from serving.ledger.instants import DAY, instant, micros
from serving.ledger.silence import LONGEST, silent_since
from serving.ledger.store import Store
from serving.ledger.trips import LOOKED_AT, RELEASES, look, open_trip
from serving.standing import Standing

_GLANCE = """SELECT sent, since, found, (SELECT count(*) FROM trips WHERE released_at IS NOT NULL),
        EXISTS (SELECT 1 FROM experiments WHERE stopped_at IS NULL)
            OR EXISTS (SELECT 1 FROM trips WHERE released_at IS NULL)
            OR EXISTS (SELECT 1 FROM watches WHERE (looked IS NULL OR looked <> :today)
                AND EXISTS (SELECT 1 FROM monitor_counts WHERE watch = watches.key AND day >= :since
                    AND epoch = (SELECT count(*) FROM trips WHERE released_at IS NOT NULL)))
    FROM silence"""
_SILENCE = "SELECT since, found FROM silence WHERE sent = 1 AND since IS NOT NULL"


def standing(store: Store, now: datetime) -> Standing:
    """End what is over, let the monitor look, and return what may go out at `now`.

    An experiment whose start lies ahead (a clock that jumped back) is not active, and not over either.
    """
    store.settle()
    today = micros(now) // DAY
    sent, since, found, released, busy = store.rows(_GLANCE, today=today, since=today - LOOKED_AT)[0]
    store.recall(RELEASES, lambda: int(released))
    may = _looked_at(store, now) if busy else Standing()
    silent = silent_since(store, now=now, sent=sent, since=since, found=found)
    return may if silent is None else replace(may, silent_since=silent)


def _looked_at(store: Store, now: datetime) -> Standing:
    """End what is over, let the monitor look, and return what there is of experiments and trips."""
    end_overdue(store, now=now)
    if open_trip(store) is None:
        look(store, now=now)
    experiment = end_overdue(store, now=now)
    if experiment is not None:
        store.alone()  # its contacts are counted, and end it
    return Standing(
        experiment=experiment if experiment is not None and experiment.started_at <= now else None,
        trip=open_trip(store),
    )


def seen(store: Store, now: datetime) -> Standing:
    """Return the same to somebody who only reads: what is over by now is not ended, and the monitor does not look."""
    runs = (each for each in experiments(store) if each.stopped_at is None and each.started_at <= now < each.until)
    silence = store.row(_SILENCE)
    silent = silence is not None and (silence[1] or micros(now) - silence[0] >= LONGEST)
    return Standing(
        experiment=next(runs, None),
        trip=open_trip(store),
        silent_since=instant(silence[0]) if silence is not None and silent else None,
    )
