"""Filters that time alone lifts: quiet hours, caps, cooling-off, too soon. Each knows when it ends."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

import numpy as np

from serving.policy.columns import NAN, NEVER, Columns, Floats, Mask, before, equal, opposite
from serving.policy.engine import Filter, refuses
from serving.policy.limits import Limits
from serving.policy.nights import awake
from serving.policy.reach import outbound
from serving.policy.session import WIDGET
from serving.policy.waivers import CAPS, ESSENTIAL_CAPS, Cap, is_essential
from serving.policy.zones import DAY


def quiet_ends(c: Columns, limits: Limits, at: Floats) -> Floats:
    """Return the first instant from `at` on at which all the customer's clocks are awake."""
    return awake(c.zones, at, (limits.quiet_start, limits.quiet_end))


@refuses("quiet_hours", concerns=outbound, until=quiet_ends)
def in_quiet_hours(c: Columns, limits: Limits) -> Mask:
    """One of the recipient's clocks stands between 21:00 and 08:00 (no clock is `timezone_unknown`'s to refuse)."""
    first = (c.minute >= limits.quiet_start) | (c.minute < limits.quiet_end)
    second = (c.minute_too >= limits.quiet_start) | (c.minute_too < limits.quiet_end)
    return first | second


def cap_ends(c: Columns, limits: Limits, _: Floats) -> Floats:
    """Return when enough earlier contacts have left every window; NaN where their times are not known."""
    ends = np.where(is_essential(c), _leave(c, limits, ESSENTIAL_CAPS), _leave(c, limits, CAPS))
    return np.where(c.widget_messages >= limits.widget_per_session, NAN, np.where(outbound(c), ends, NEVER))


def _leave(c: Columns, limits: Limits, caps: Sequence[Cap]) -> Floats:
    """Return when each window has few enough contacts: the last of the instants at which the oldest leaves it."""
    ends = np.full(c.rows, NEVER)
    for counts, limit, window in caps:
        cap = getattr(limits, limit)
        if cap == 0:
            return np.full(c.rows, NAN)
        leaves = c.contacts[:, cap - 1] + window
        over = getattr(c, counts) >= cap
        ends = np.maximum(ends, np.where(over & (~c.timed | (leaves <= c.now)), NAN, leaves))
    return ends


def _reached(c: Columns, limits: Limits, caps: Sequence[Cap]) -> Mask:
    """Return where any of the caps is reached."""
    reached: list[Mask] = [getattr(c, counts) >= getattr(limits, limit) for counts, limit, _ in caps]
    return reduce(or_, reached)


@refuses(
    "frequency_cap",
    concerns=lambda c: outbound(c) | equal(c.channel, WIDGET),
    reads=("contacts_60m", "contacts_24h", "contacts_7d", "widget_messages"),
    until=cap_ends,
)
def is_over_a_cap(c: Columns, limits: Limits) -> Mask:
    """Enough was sent: 1 in 60 minutes, 2 in 24 hours, 5 in 7 days; essential 10 in 24 hours; one widget a session."""
    essential = is_essential(c)
    over = (_reached(c, limits, CAPS) & opposite(essential)) | (_reached(c, limits, ESSENTIAL_CAPS) & essential)
    return (outbound(c) & over) | (c.widget_messages >= limits.widget_per_session)


def cooling_ends(c: Columns, limits: Limits, _: Floats) -> Floats:
    """Return when the cooling-off after the last complaint ends."""
    return c.last_complaint + limits.cooling_off_days * DAY


@refuses("cooling_off", reads=("last_complaint",), until=cooling_ends)
def is_cooling_off(c: Columns, limits: Limits) -> Mask:
    """They complained lately."""
    return before(c.now, cooling_ends(c, limits, c.last_complaint))


def patience_ends(c: Columns, limits: Limits, _: Floats) -> Floats:
    """Return when a reminder may go, and when the customer has been on the page or in the session long enough."""
    return np.maximum(c.remind_at, c.settled_since + limits.dwell_seconds)


@refuses("too_soon", until=patience_ends)
def is_too_soon(c: Columns, limits: Limits) -> Mask:
    """Before the `remind_at` they asked for, or within 30 seconds on the page or in the session."""
    return opposite(c.now >= patience_ends(c, limits, c.settled_since))


MOVING = frozenset({"quiet_hours"})  # whose end depends on the instant from which it is looked for
FILTERS: tuple[Filter, ...] = (in_quiet_hours, is_over_a_cap, is_cooling_off, is_too_soon)
