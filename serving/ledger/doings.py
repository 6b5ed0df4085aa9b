"""What people did, read from the tables that keep it: the newest of each kind, as many as a list can show."""

from datetime import datetime

from serving.acts import Act, SignIn, in_order, of_experiments, of_keys, of_limits, of_stops, of_wordings
from serving.ledger import approvals, breaker, experiments, people, tightenings, trips
from serving.ledger.instants import instant, instant_or_none
from serving.ledger.store import Store

MOST = 100_000  # of each kind

_SIGN_INS = "SELECT key_id, at, ended_at FROM console_sessions ORDER BY at DESC LIMIT :count"


def doings(store: Store, *, since: datetime | None, until: datetime | None) -> list[Act]:
    """Return what people did from `since` until before `until`, the newest first."""
    signed_in = [
        SignIn(key_id=key_id, at=instant(at), ended_at=instant_or_none(ended_at))
        for key_id, at, ended_at in store.rows(_SIGN_INS, count=MOST)
    ]
    found = [
        *of_wordings(approvals.approvals(store, limit=MOST), approvals.reviews(store, limit=MOST)),
        *of_stops(breaker.breakers(store, released=MOST), trips.trips(store)),
        *of_experiments(experiments.experiments(store)),
        *of_limits(tightenings.tightenings(store, limit=MOST)),
        *of_keys(people.keys(store), signed_in),
    ]
    return in_order(found, since=since, until=until)
