"""Experiments: contact without a certificate, started by a named person and bounded beforehand (METHOD section 2).

At most one runs. It ends once, for good: by a person, at its size in the very transaction of its last contact, at its
end when anybody next asks, or with a trip of the monitor.
"""

from datetime import datetime

from model.errors import InvalidInput
from model.named import says_something
from serving.ledger.instants import instant, instant_or_none, micros
from serving.ledger.store import Row, Store
from serving.ledger.watches import add_watch
from serving.record.record import timestamp
from serving.standing import Experiment

ITSELF = "outreach"  # who stopped an experiment that reached a bound
LARGEST = 10**12  # contacts
SHARES = (0.001, 0.999)  # beyond, one side is too small to compare the other with
LIMITS = (1e-6, 0.25)  # beyond, nothing or everything that can be seen is harm enough to trip

_ADD = """INSERT INTO experiments (id, share, max_contacts, until, starter, started_at, complaint_at_most,
        opt_out_at_most, contacts)
    VALUES (:id, :share, :max_contacts, :until, :starter, :started_at, :complaint_at_most, :opt_out_at_most, 0)
    ON CONFLICT DO NOTHING"""
_ALL = """SELECT id, share, max_contacts, until, starter, started_at, complaint_at_most, opt_out_at_most, contacts,
        stopped_at, stopper, why FROM experiments ORDER BY seq DESC"""
_RUNNING = """SELECT id, share, max_contacts, until, starter, started_at, complaint_at_most, opt_out_at_most, contacts,
        stopped_at, stopper, why FROM experiments WHERE stopped_at IS NULL"""
_THAT_DREW = """SELECT x.id, x.share, x.max_contacts, x.until, x.starter, x.started_at, x.complaint_at_most,
        x.opt_out_at_most, x.contacts, x.stopped_at, x.stopper, x.why
    FROM assignments a JOIN experiments x ON x.id = a.watch
    WHERE a.decision = :decision AND (x.stopped_at IS NULL OR x.contacts >= x.max_contacts)
        AND a.epoch = (SELECT count(*) FROM trips WHERE released_at IS NOT NULL)"""
_STOP = """UPDATE experiments SET stopped_at = :at, stopper = :stopper, why = :why
    WHERE id = :id AND stopped_at IS NULL"""
_COUNT = """UPDATE experiments SET contacts = contacts + :more
    WHERE id = :id AND stopped_at IS NULL AND contacts + :more <= max_contacts"""
_STOP_AT_SIZE = """UPDATE experiments SET stopped_at = :at, stopper = :stopper, why = 'all its contacts are made'
    WHERE id = :id AND stopped_at IS NULL AND contacts >= max_contacts"""


def start(store: Store, experiment: Experiment) -> None:
    """Record a new experiment, and let the monitor watch it.

    Raises:
        InvalidInput: a bound is wrong, nobody is named, another one runs, or its id was used before.
    """
    _check(experiment)
    other = end_overdue(store, now=experiment.started_at)
    if other is not None:
        raise InvalidInput(
            f"experiment `{other.id}` runs until {timestamp(other.until)}; stop it first: `outreach experiment stop`"
        )
    added = store.insert(
        _ADD,
        id=experiment.id,
        share=experiment.share,
        max_contacts=experiment.max_contacts,
        until=micros(experiment.until),
        starter=experiment.by.strip(),
        started_at=micros(experiment.started_at),
        complaint_at_most=experiment.complaint_at_most,
        opt_out_at_most=experiment.opt_out_at_most,
    )
    if added is None:
        raise InvalidInput(f"experiment `{experiment.id}` was started before; use a new id")
    add_watch(store, experiment.watch)


def _check(experiment: Experiment) -> None:
    """Refuse what is not bounded, or by nobody."""
    rates = {
        "share": (experiment.share, "shares", SHARES),
        "complaint_at_most": (experiment.complaint_at_most, "limits", LIMITS),
        "opt_out_at_most": (experiment.opt_out_at_most, "limits", LIMITS),
    }
    for name, (rate, what, (least, most)) in rates.items():
        if not least <= rate <= most:
            raise InvalidInput(
                f"experiment: `{name}` is `{rate}`; the monitor can watch {what} from {least:g} to {most:g}"
            )
    if not 1 <= experiment.max_contacts <= LARGEST:
        raise InvalidInput(f"experiment: `max_contacts` is `{experiment.max_contacts}`; give 1 to {LARGEST:,}")
    if not experiment.id.strip() or not says_something(experiment.by):
        raise InvalidInput("experiment: `by` or its id is blank; name the person who starts it")
    for name, at in (("until", experiment.until), ("started_at", experiment.started_at)):
        if at.utcoffset() is None:
            raise InvalidInput(f"experiment: `{name}`, `{at.isoformat()}`, has no offset; add one, for example `Z`")
    if experiment.until <= experiment.started_at:
        raise InvalidInput(
            f"experiment: `until`, `{timestamp(experiment.until)}`, is not after its start; give a later time"
        )


def stop(store: Store, experiment_id: str, *, at: datetime, by: str, why: str) -> bool:
    """End an experiment; False where none with this id runs.

    Raises:
        InvalidInput: nobody is named, or no reason is given.
    """
    if not says_something(by) or not says_something(why):
        raise InvalidInput("experiment: `by` or `why` is blank; name the person who stops it, and why")
    return store.change(_STOP, id=experiment_id, at=micros(at), stopper=by.strip(), why=why) > 0


def end_running(store: Store, *, at: datetime, why: str) -> None:
    """End the experiment that runs, if any, without a person."""
    running = _running(store)
    if running is not None:
        store.change(_STOP, id=running.id, at=micros(at), stopper=ITSELF, why=why)


def end_overdue(store: Store, *, now: datetime) -> Experiment | None:
    """Return the experiment that has not ended; it ends here, for good, where `now` has reached its end."""
    running = _running(store)
    if running is None or now < running.until:
        return running
    why = f"its end, {timestamp(running.until)}, has come"
    store.change(_STOP, id=running.id, at=micros(now), stopper=ITSELF, why=why)
    return None


def count_contacts(store: Store, experiment_id: str, *, more: int, at: int) -> None:
    """Count contacts; the last one that it may make ends it, and is the last of these, at `at` (microseconds).

    Raises:
        InvalidInput: it has ended, ends before the last of them, or was never started: nothing may be sent for it.
    """
    if not store.change(_COUNT, id=experiment_id, more=more):
        raise InvalidInput(f"experiment `{experiment_id}` does not run any more; ask for the standing again")
    store.change(_STOP_AT_SIZE, id=experiment_id, at=at, stopper=ITSELF)


def experiments(store: Store) -> list[Experiment]:
    """List all experiments, newest first."""
    return [_experiment(row) for row in store.rows(_ALL)]


def that_drew(store: Store, decision: int) -> Experiment | None:
    """Return the experiment that drew this decision, where it runs, or is full, and no trip was released since.

    Nobody can stop one that is full: it ended with its last contact, and what it counted may go until its end.
    """
    row = store.row(_THAT_DREW, decision=decision)
    return None if row is None else _experiment(row)


def _running(store: Store) -> Experiment | None:
    row = store.row(_RUNNING)
    return None if row is None else _experiment(row)


def _experiment(row: Row) -> Experiment:
    return Experiment(
        id=row[0],
        share=row[1],
        max_contacts=row[2],
        until=instant(row[3]),
        by=row[4],
        started_at=instant(row[5]),
        complaint_at_most=row[6],
        opt_out_at_most=row[7],
        contacts=row[8],
        stopped_at=instant_or_none(row[9]),
        stopped_by=row[10],
        why=row[11],
    )
