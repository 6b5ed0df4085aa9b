"""What people did, read from the tables that keep it: the newest of each kind, and every sign-in of the period."""

from datetime import datetime
from typing import Final

from serving.access.signing_in import LASTS
from serving.ledger import approvals, breaker, experiments, people, tightenings, trips
from serving.ledger.instants import EVER, MICROSECOND, instant, instant_or_none, micros
from serving.ledger.store import Store
from serving.people.acts import Act, SignIn, in_order, of_experiments, of_keys, of_limits, of_stops, of_wordings

MOST: Final = 100_000  # of each kind that people do by hand

_SIGN_INS = "SELECT key_id, at, ended_at FROM console_sessions WHERE at >= :since AND at < :until"


def doings(store: Store, *, since: datetime | None, until: datetime | None, sign_ins: bool) -> list[Act]:
    """Return what people did from `since` until before `until`, the newest first; `sign_ins`: who came and went too."""
    signed_in = _sign_ins(store, since, until) if sign_ins else ()
    found = [
        *of_wordings(approvals.approvals(store, limit=MOST), approvals.reviews(store, limit=MOST)),
        *of_stops(breaker.breakers(store, released=MOST), trips.trips(store)),
        *of_experiments(experiments.experiments(store)),
        *of_limits(tightenings.tightenings(store, limit=MOST)),
        *of_keys(people.keys(store), signed_in),
    ]
    return in_order(found, since=since, until=until)


def _sign_ins(store: Store, since: datetime | None, until: datetime | None) -> list[SignIn]:
    """Return every sign-in of a period, and those before it that may have ended in it."""
    began = EVER if since is None else micros(since) - LASTS // MICROSECOND
    ended = -EVER if until is None else micros(until)
    return [
        SignIn(key_id=key_id, at=instant(at), ended_at=instant_or_none(ended_at))
        for key_id, at, ended_at in store.rows(_SIGN_INS, since=began, until=ended)
    ]
