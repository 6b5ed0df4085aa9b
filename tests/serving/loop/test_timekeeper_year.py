"""A year of nights and reminders, looked at every hour: each message goes once, at the first instant it may.

That instant is found by looking at the customer's own clock minute after minute, which is how a person would do it.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.serving.passing_time import (
    BEGINS,
    CHANGES,
    DAY,
    HOUR,
    ZONES,
    Asked,
    Passing,
    awake,
    first_permitted,
    lives,
    near,
    year,
)
from tests.serving.timekeeping import company

YEAR = year()
SPRING = near(YEAR, CHANGES[0])


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passing]:
    """Let a year pass in which the process is started anew every two months."""
    with company(tmp_path_factory.mktemp("year"), BEGINS) as it:
        yield lives(it, YEAR, step=HOUR, exact=True, restarts=5)


def test_each_message_goes_once_at_the_first_instant_it_may(passed: Passing) -> None:
    """Over every change of clocks and every restart: none early, none late, none twice, none lost."""
    expected = {one.event.id: [at] for one in YEAR if (at := first_permitted(one)) is not None}
    assert passed.times == expected


def test_what_may_not_go_before_its_end_is_over(passed: Passing) -> None:
    """Denied at once where that is plain, else cancelled; nothing is due any more when the year is over."""
    never = {one.event.id for one in YEAR if first_permitted(one) is None}
    actual = (passed.denied | passed.cancelled, passed.left, len(never) > 10)
    assert actual == (never, None, True)


def test_the_year_has_what_it_is_to_show() -> None:
    """In every zone: messages held over night and not, on both sides of each change of clocks."""
    held = {(one.zone, first_permitted(one) != one.earliest) for one in YEAR if first_permitted(one) is not None}
    beside = {change for change in CHANGES for one in YEAR if abs((first_permitted(one) or BEGINS) - change) < DAY}
    actual = (held, beside, len(YEAR) >= 300)
    assert actual == ({(zone, moved) for zone in ZONES for moved in (True, False)}, set(CHANGES), True)


def settled(passing: Passing, asked: list[Asked]) -> bool:
    """Whether every message has one end: it went, or it is over."""
    over = passing.denied | passing.cancelled
    return all((one.event.id in over) != (len(passing.times.get(one.event.id, [])) == 1) for one in asked)


def test_a_process_that_looks_every_hour_is_an_hour_late_at_most(tmp_path: Path) -> None:
    """Never early, never in the night; once, where an hour later is still soon enough."""
    with company(tmp_path, SPRING[0].at) as it:
        passing = lives(it, SPRING, step=HOUR, exact=False)
    wrong = []
    for one in SPRING:
        first, times = first_permitted(one), passing.times.get(one.event.id, [])
        soon = first is not None and all(first <= at < first + HOUR and awake(at, one.zone) for at in times)
        needed = first is not None and awake(first + HOUR, one.zone) and first + HOUR < one.until
        if (times and not soon) or (needed and not times):
            wrong.append(one.event.id)
    actual = (wrong, settled(passing, SPRING))
    assert actual == ([], True)


@pytest.mark.parametrize("by", [timedelta(days=2), timedelta(hours=11), timedelta(hours=-11), timedelta(days=-2)])
def test_a_clock_that_jumps_repeats_and_loses_nothing(tmp_path: Path, by: timedelta) -> None:
    """Ahead or back for three hours, and right again: every message has one end, and wakes nobody by that clock."""
    jumps = (SPRING[len(SPRING) // 2].at, by)
    with company(tmp_path, SPRING[0].at) as it:
        passing = lives(it, SPRING, step=HOUR, exact=True, jumps=jumps)
    zones = {one.event.id: one.zone for one in SPRING}
    asleep = [name for name, times in passing.times.items() for at in times if not awake(at, zones[name])]
    firsts = {one.event.id: first_permitted(one) for one in SPRING}
    early = [name for name, times in passing.times.items() for at in times if at < (firsts[name] or at)]
    actual = (asleep, settled(passing, SPRING), early if by < timedelta() else [])
    assert actual == ([], True, [])
