"""When a hold ends and a send does, asked of the columns themselves: whoever fills them may state odd things."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from serving.policy import nights
from serving.policy.columns import NAN, NEVER, NO_END, Columns, Flags, Sends, stack
from serving.policy.engine import rule
from serving.policy.limits import Limits
from serving.policy.reading import dated
from serving.policy.reasons import POLICY_CODES, REASONS
from serving.policy.rules import FILTERS, UNTIL, not_before, usable_until
from serving.policy.timing import MOVING, cap_ends, quiet_ends
from serving.policy.zones import DAY, awake_from, next_change
from tests.serving.policy.test_inputs import FIGURES, GOOD

NOW = 1_000_000_000.0  # 9 September 2001, 01:46:40 UTC: night there, afternoon in Honolulu
HOUR = 3600.0
LIMITS = Limits()


def row(times: tuple[float, ...] = (), *, timed: bool = True, zones: tuple[str, ...] = (), **changes: Any) -> Columns:
    """Return the good row with contacts and zones, and changes to flags and numbers."""
    flags = GOOD._replace(**{name: value for name, value in changes.items() if name in Flags._fields})
    figures = {"evidence_time": NOW} | {name: value for name, value in changes.items() if name not in Flags._fields}
    numbers = FIGURES._replace(**figures)
    return stack([flags], [numbers], [Sends(times, timed, zones)], NOW)


def end_of_cap(limits: Limits = LIMITS, **changes: Any) -> float:
    """Return when the cap of such a row ends."""
    c = row(**changes)
    return float(cap_ends(c, limits, np.full(1, NOW))[0])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"times": (NOW - 600,), "contacts_60m": 1.0}, NOW - 600 + HOUR),
        ({"times": (), "contacts_60m": 1.0}, NAN),  # counted, and not listed
        ({"times": (NOW - HOUR,), "contacts_60m": 1.0}, NAN),  # counted, though it has just left the window
        ({"times": (NOW - 600,), "contacts_60m": 1.0, "timed": False}, NAN),  # not all that were counted are listed
        ({"times": (NOW - 600,), "contacts_60m": 1.0, "outbound": 0}, NEVER),  # caps are for what reaches out
        ({"times": (), "widget_messages": 1.0}, NAN),  # a session's cap ends with the session
        ({"times": ()}, NEVER),
    ],
    ids=["listed", "not listed", "left", "not all listed", "inside", "widget", "none"],
)
def test_a_cap_ends_when_that_is_known(changes: dict[str, Any], expected: float) -> None:
    """Only of contacts whose times explain the count; anything else has no known end."""
    assert end_of_cap(**changes) == pytest.approx(expected, nan_ok=True)


def test_a_cap_of_none_never_ends() -> None:
    """However many are listed: no contact leaves that would make room."""
    ten = tuple(NOW - 60.0 * place for place in range(10))
    assert np.isnan(end_of_cap(Limits(contacts_24h=0), times=ten, contacts_24h=10.0))


def test_a_zone_that_does_not_exist_is_left_out_of_the_clocks() -> None:
    """`timezone_unknown` refuses it; the instants are those of the clocks that there are."""
    c = row(zones=("Mars/Olympus", "Pacific/Honolulu"))
    awake = float(quiet_ends(c, LIMITS, np.full(1, NOW))[0])
    until = float(usable_until(c, LIMITS, np.full(1, NO_END))[0])
    nine_there = NOW + (21 * 60 - (15 * 60 + 46)) * 60 - 40  # it is 15:46:40 in Honolulu
    assert (awake, until) == (NOW, nine_there)


def test_clocks_that_are_never_awake_together_have_no_end() -> None:
    """Not known, rather than the first hour in which one of them is."""
    longer = Limits(quiet_start=17 * 60)
    c = row(zones=("Europe/Paris", "Pacific/Honolulu"))
    assert np.isnan(quiet_ends(c, longer, np.full(1, NOW))).tolist() == [True]
    assert usable_until(c, longer, np.full(1, NO_END)).tolist() == [NO_END]


@pytest.mark.parametrize("changes", [{}, {"opted_out": 1}, {"opted_out": 1, "last_complaint": NOW - HOUR}], ids=str)
def test_what_is_not_held_has_no_end_of_a_hold(changes: dict[str, Any]) -> None:
    """Neither what passes nor what is denied, held besides or not."""
    c = row(**changes)
    assert np.isnan(not_before(c, LIMITS, rule(c, LIMITS, FILTERS))).tolist() == [True]


def test_what_is_held_alone_has_one() -> None:
    """The counterpart: fourteen days after the complaint."""
    c = row(last_complaint=NOW - HOUR)
    assert not_before(c, LIMITS, rule(c, LIMITS, FILTERS)).tolist() == [NOW - HOUR + 14 * 86_400]


# Awake until half past seven in the evening, Paris and Honolulu share half an hour while they are eleven hours apart,
# and none while they are twelve: before Paris puts its clocks back on 25 October 2026, at 01:00 UTC.
APART = [ZoneInfo("Europe/Paris"), ZoneInfo("Pacific/Honolulu")]
EVENING = (19 * 60 + 30, 8 * 60)
SHARED = datetime(2026, 10, 25, 18, 0, tzinfo=UTC).timestamp()  # 19:00 in Paris, 08:00 in Honolulu


@pytest.mark.parametrize(
    ("days", "expected"),
    [(7.5, SHARED), (8.0, SHARED), (8.0 + 1 / DAY, None), (8.5, None)],
    ids=["seven and a half", "eight", "a second more", "eight and a half"],
)
def test_a_common_hour_is_looked_for_during_eight_days(days: float, expected: float | None) -> None:
    """One that lies further away is not known."""
    assert awake_from(SHARED - days * DAY, APART, EVENING) == expected


@pytest.mark.parametrize("at", [float("-inf"), float("inf")])
def test_outside_of_time_nobody_is_awake(at: float) -> None:
    """An instant that no calendar has leads nowhere, in no time."""
    assert awake_from(at, APART[:1], EVENING) is None


def test_a_night_that_ends_at_the_very_change_of_clocks_ends_then() -> None:
    """At two in the morning, on the day on which it is three at once."""
    change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp()
    assert next_change(change - 3 * HOUR, ZoneInfo("Europe/Paris"), (21 * 60, 2 * 60)) == change


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("0002-01-01T00:00:00Z", True),
        ("0001-12-31T23:59:59Z", False),
        ("9999-01-01T00:00:00Z", True),
        ("9999-01-01T00:00:01Z", False),
    ],
)
def test_the_calendar_ends_where_a_local_clock_could(text: str, known: bool) -> None:  # noqa: FBT001  (a table)
    """A year is left at either end, so that every zone can show the instant."""
    assert np.isfinite(dated(text)) == known


@pytest.mark.parametrize("code", sorted(set(UNTIL) - MOVING))
def test_only_what_is_said_to_move_depends_on_the_instant_from_which_it_is_asked(code: str) -> None:
    """`not_before` asks the others once: their end is the same from wherever one looks."""
    c = stack(
        [GOOD] * 3,
        [FIGURES._replace(last_complaint=5.0, contacts_24h=count) for count in (0, 2, 9)],
        [Sends()] * 3,
        1e9,
    )
    ends = [UNTIL[code](c, LIMITS, np.full(3, at)) for at in (0.0, 1e9, 2e9)]
    assert all(np.array_equal(each, ends[0], equal_nan=True) for each in ends)


def test_only_what_time_lifts_says_when() -> None:
    """A reason whose words have a place for the instant is one that time removes."""
    said = {code for code in POLICY_CODES if "{until}" in REASONS[code].would_change}
    assert said <= set(UNTIL)


@pytest.mark.parametrize(
    "names", [("Europe/Paris",), ("Asia/Kathmandu", "America/St_Johns"), ("Australia/Lord_Howe",), ()]
)
def test_the_quiet_start_found_from_the_full_hour_is_that_of_the_moment(names: tuple[str, ...]) -> None:
    """At any second, over changes of offset too: found anew, it is the same to the last bit."""
    quiet = LIMITS.quiet_start, LIMITS.quiet_end
    moments = [NOW + 7_919.25 * step for step in range(4000)]
    found = [nights._next_quiet(names, moment, quiet) for moment in moments]
    assert found == [nights._start_from.__wrapped__(moment, names, quiet) for moment in moments]
