"""When a hold ends and a send does, asked of the columns themselves: whoever fills them may state odd things."""

from typing import Any

import numpy as np
import pytest

from serving.policy.columns import NAN, NEVER, NO_END, Columns, Flags, Sends, stack
from serving.policy.engine import rule
from serving.policy.limits import Limits
from serving.policy.rules import FILTERS, not_before, usable_until
from serving.policy.timing import cap_ends, quiet_ends
from tests.serving.policy.test_inputs import FIGURES, GOOD

NOW = 1_000_000_000.0  # 9 September 2001, 01:46:40 UTC: night there, day in Tokyo
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
    c = row(zones=("Mars/Olympus", "Asia/Tokyo"))
    awake = float(quiet_ends(c, LIMITS, np.full(1, NOW))[0])
    until = float(usable_until(c, LIMITS, np.full(1, NO_END))[0])
    nine_in_tokyo = NOW + (21 * 60 - (10 * 60 + 46)) * 60 - 40  # it is 10:46:40 there
    assert (awake, until) == (NOW, nine_in_tokyo)


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
