from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from serving.analytics.causes import Treated, causes, part_of_day, treated
from serving.people.complaining import Watched

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def watched(number: int, *, plan: str, harmed: bool, contacted: bool = True, hour: int = 0) -> Watched:
    """Describe an occasion of one of four hundred customers."""
    return Watched(
        customer=f"u-{number % 400}",
        at=NOON + timedelta(hours=hour),
        contacted=contacted,
        chance=0.9,
        complained=harmed,
        harmed=harmed and contacted,
        purpose="delivery_update",
        channel="sms" if number % 2 else "chat",
        template="parcel_delayed",
        timezone="Europe/Paris",
        attributes={"plan": plan},
    )


def month() -> list[Watched]:
    """Describe eight hundred occasions, of which every fifth customer, those on `basic`, complains at every third."""
    return [
        watched(number, plan="basic" if number % 5 == 0 else "plus", harmed=number % 15 == 0, contacted=number % 10 < 9)
        for number in range(800)
    ]


def test_who_is_annoyed_comes_first() -> None:
    """The plan whose customers complain is the surest excess."""
    found = causes(month())
    first = found.groups[0]
    assert ((first.of, first.kind, first.name), first.sure) == (("customer", "plan", "basic"), True)


def test_what_was_compared_is_said() -> None:
    """How many occasions of how many customers, how many of them contacted, and of which time."""
    found = causes(month())
    actual = (found.occasions, found.customers, found.contacted, found.since, found.until)
    assert actual == (800, 400, 720, NOON, NOON)


def test_messages_group_as_customers_do() -> None:
    """Channels by their own name, beside an attribute that is called so too; what is all alike makes no group."""
    seen = [replace(each, attributes={"channel": "post" if each.harmed else "none"}) for each in month()]
    actual = {(each.of, each.kind) for each in causes(seen).groups}
    assert actual == {("customer", "channel"), ("message", "channel")}


def test_the_time_of_day_is_the_customers_own() -> None:
    """Noon in London is the afternoon in Paris from one o'clock on; hours of no zone are left out."""
    chance = np.random.default_rng(1)
    seen = [watched(number, plan="a", harmed=False, hour=int(chance.integers(-3, 4))) for number in range(400)]
    found = causes([*seen, *(replace(each, timezone=None) for each in seen)])
    names = {each.name for each in found.groups if each.kind == "time of day"}
    assert names == {"morning, 8:00 to 12:00", "afternoon, 12:00 to 17:00"}


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        pytest.param(6, "night, 21:00 to 8:00", id="7 in Paris"),
        pytest.param(7, "morning, 8:00 to 12:00", id="8 in Paris"),
        pytest.param(11, "afternoon, 12:00 to 17:00", id="12 in Paris"),
        pytest.param(16, "evening, 17:00 to 21:00", id="17 in Paris"),
        pytest.param(20, "night, 21:00 to 8:00", id="21 in Paris"),
    ],
)
def test_parts_of_the_day_begin_where_they_say(hour: int, expected: str) -> None:
    """Each from its first minute on."""
    actual = part_of_day(NOON.replace(hour=hour), "Europe/Paris")
    assert actual == expected


@pytest.mark.parametrize("timezone", [None, "Mars/Olympus", "localtime"])
def test_an_unknown_zone_is_no_time_of_day(timezone: str | None) -> None:
    """Nothing is guessed."""
    assert part_of_day(NOON, timezone) is None


def test_how_a_group_was_treated_is_counted_beside_all_others() -> None:
    """Of the occasions of these customers, and of the rest; None where there is none."""
    rows = [
        watched(n, plan="basic" if n < 4 else "plus", harmed=False, contacted=n % 2 == 0, hour=n) for n in range(10)
    ]
    found = treated(rows, "plan", "basic")
    expected = Treated(since=rows[0].at, written=2, occasions=4, others_written=3, others=6)
    assert (found, treated(rows, "plan", "gold")) == (expected, None)
