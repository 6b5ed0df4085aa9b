"""Whether anything discretionary may go out now: what one transaction sees of experiments, trips and silence."""

from datetime import datetime

from serving.ledger.experiments import end_overdue
from serving.ledger.silence import silent_since
from serving.ledger.store import Store
from serving.ledger.trips import look, open_trip
from serving.standing import Standing


def standing(store: Store, now: datetime) -> Standing:
    """End what is over, let the monitor look, and return what may go out at `now`.

    An experiment whose start lies ahead (a clock that jumped back) is not active, and not over either.
    """
    store.settle()
    end_overdue(store, now=now)
    if open_trip(store) is None:
        look(store, now=now)
    experiment = end_overdue(store, now=now)
    if experiment is not None:
        store.alone()  # its contacts are counted, and end it
    return Standing(
        experiment=experiment if experiment is not None and experiment.started_at <= now else None,
        trip=open_trip(store),
        silent_since=silent_since(store, now=now),
    )
