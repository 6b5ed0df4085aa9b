"""All filters, in the catalogue's order, and what follows from their ruling: `not_before`, expiry, quiet start."""

import numpy as np

from model.contracts import Action
from serving.policy import evidence, message, reach, session, timing
from serving.policy.columns import NAN, NO_END, YES, Columns, Floats, equal
from serving.policy.engine import HOLDS_FROM, NOT_ASKED, PLACE, REFUSE, Filter, Ruling
from serving.policy.evidence import evidence_ends
from serving.policy.limits import Limits
from serving.policy.nights import next_quiet
from serving.policy.reasons import REASONS
from serving.policy.waivers import waived, waivers

FILTERS: tuple[Filter, ...] = tuple(
    sorted(
        (*evidence.FILTERS, *message.FILTERS, *reach.FILTERS, *session.FILTERS, *timing.FILTERS),
        key=lambda each: PLACE[each.code],
    )
)
TIMED = tuple(each for each in FILTERS if each.until is not None and REASONS[each.code].outcome is Action.HOLD)
UNTIL = {each.code: each.until for each in FILTERS if each.until is not None}
ENDLESS = [place for code, place in PLACE.items() if place >= HOLDS_FROM and code not in UNTIL]
ROUNDS = 64  # of the fixpoint; two or three do, unless the clocks leave no common hour


def expiry(c: Columns, limits: Limits) -> Floats:
    """Return when each candidate expires: the request's expiry or the evidence's limit, whichever comes first."""
    ends = np.where(equal(c.found, YES), evidence_ends(c, limits), NO_END)
    return np.fmin(c.expires_at, ends)


def usable_until(c: Columns, limits: Limits, ends: Floats) -> Floats:
    """Return until when a send may be acted on: its expiry or the next quiet start, unless quiet hours are waived.

    In a session, too, wherever a clock is known: the session may be over by then, and the message would reach out.
    """
    starts = next_quiet(c.zones, c.now, (limits.quiet_start, limits.quiet_end))
    return np.where(waived("quiet_hours", c, limits), ends, np.minimum(ends, starts))


def not_before(c: Columns, limits: Limits, ruling: Ruling) -> Floats:
    """Return, for rows that are held and not denied, the first instant at which no time-based filter holds; else NaN.

    All time-based filters together, also those that do not hold now: a cap may end inside the quiet hours. NaN where a
    filter that holds has no known end.
    """
    answer = np.full(c.rows, NAN)
    rows = np.flatnonzero(ruling.held & ~ruling.denied)
    if rows.size:
        rows = rows[(ruling.verdicts[ENDLESS][:, rows] != REFUSE).all(axis=0)]
        some = c if rows.size == c.rows else c.take(rows)
        answer[rows] = _fixpoint(some, limits, ruling.verdicts[:, rows])
    return answer


def _fixpoint(c: Columns, limits: Limits, verdicts: np.ndarray[tuple[int, int], np.dtype[np.int8]]) -> Floats:
    at = np.full(c.rows, c.now)
    spared = waivers(c, limits)
    steady = {each.code: UNTIL[each.code](c, limits, at) for each in TIMED if each.code not in timing.MOVING}
    for _ in range(ROUNDS):
        before = at
        for each in TIMED:
            verdict = verdicts[PLACE[each.code]]
            counts = (verdict != NOT_ASKED) & ~spared[PLACE[each.code]]
            ends = steady[each.code] if each.code in steady else UNTIL[each.code](c, limits, at)
            ends = np.where(np.isnan(ends) & (verdict != REFUSE), c.now, ends)  # unknown, but it does not hold
            at = np.where(counts, np.maximum(at, ends), at)
        if np.array_equal(at, before, equal_nan=True):
            return at
    return np.full(c.rows, NAN)
