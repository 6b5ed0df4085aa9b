"""Local clocks: when quiet hours end and begin, at every kind of change of offset."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from serving.policy.zones import awake_from, is_quiet, local_second, moment, next_change, quiet_from, zone

QUIET = (21 * 60, 8 * 60)


def at(text: str) -> float:
    """Return an instant (UTC) in epoch seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def utc(seconds: float | None) -> str | None:
    """Return an instant as text."""
    return None if seconds is None else moment(seconds).strftime("%Y-%m-%dT%H:%M:%S")


ENDS = [
    ("an ordinary night", "Europe/Paris", "2026-11-20T20:00:00", "2026-11-21T07:00:00"),
    ("already awake", "Europe/Paris", "2026-11-20T12:00:00", "2026-11-20T12:00:00"),
    ("the last quiet second", "Europe/Paris", "2026-11-21T06:59:59", "2026-11-21T07:00:00"),
    ("Paris springs forward", "Europe/Paris", "2026-03-28T21:00:00", "2026-03-29T06:00:00"),
    ("Paris falls back", "Europe/Paris", "2026-10-24T20:00:00", "2026-10-25T07:00:00"),
    ("New York springs forward", "America/New_York", "2026-03-08T03:00:00", "2026-03-08T12:00:00"),
    ("New York falls back", "America/New_York", "2026-11-01T03:00:00", "2026-11-01T13:00:00"),
    ("Lord Howe moves forward by 30 minutes", "Australia/Lord_Howe", "2026-10-03T12:00:00", "2026-10-03T21:00:00"),
    ("Lord Howe moves back by 30 minutes", "Australia/Lord_Howe", "2026-04-04T11:00:00", "2026-04-04T21:30:00"),
    ("Apia skips a whole day", "Pacific/Apia", "2011-12-30T08:30:00", "2011-12-30T18:00:00"),
    ("Kathmandu stands at 5:45", "Asia/Kathmandu", "2026-06-01T20:00:00", "2026-06-02T02:15:00"),
    ("Casablanca leaves Ramadan's time", "Africa/Casablanca", "2026-03-22T00:00:00", "2026-03-22T07:00:00"),
]


@pytest.mark.parametrize(("name", "start", "expected"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_quiet_hours_end_when_the_local_clock_says_eight(name: str, start: str, expected: str) -> None:
    """Also where an hour, half an hour or a day is skipped or repeated in between."""
    assert utc(awake_from(at(start), [ZoneInfo(name)], QUIET)) == expected


def test_a_skipped_eight_o_clock_ends_the_night_at_the_jump() -> None:
    """A clock that jumps from 07:30 to 08:30 is awake at the jump (quiet hours are tightened to meet one)."""
    paris = ZoneInfo("Europe/Paris")  # 29 March 2026: 02:00 becomes 03:00
    assert utc(awake_from(at("2026-03-28T23:00:00"), [paris], (22 * 60, 2 * 60 + 30))) == "2026-03-29T01:00:00"


def test_a_repeated_eight_o_clock_ends_the_night_the_first_time() -> None:
    """A clock that shows 02:30 twice is awake from the first of them, and quiet again once it went back."""
    paris = ZoneInfo("Europe/Paris")  # 25 October 2026: 03:00 becomes 02:00
    quiet = (22 * 60, 2 * 60 + 30)
    first = awake_from(at("2026-10-24T23:00:00"), [paris], quiet)
    assert utc(first) == "2026-10-25T00:30:00"
    assert is_quiet(at("2026-10-25T01:15:00"), paris, quiet)


def test_a_jump_over_the_start_begins_the_night_at_the_jump() -> None:
    """Where 02:15 does not exist, quiet hours from 02:15 begin when the clock passes it."""
    paris = ZoneInfo("Europe/Paris")
    assert utc(quiet_from(at("2026-03-29T00:00:00"), [paris], (2 * 60 + 15, 60))) == "2026-03-29T01:00:00"


@pytest.mark.parametrize(
    ("zones", "start", "expected"),
    [
        (("Europe/Paris", "Asia/Tokyo"), "2026-11-20T14:00:00", "2026-11-21T07:00:00"),
        (("Asia/Tokyo", "Europe/Paris"), "2026-11-20T14:00:00", "2026-11-21T07:00:00"),
        (("Europe/Paris", "America/Los_Angeles"), "2026-11-20T08:00:00", "2026-11-20T16:00:00"),
        (("Pacific/Kiritimati", "Pacific/Pago_Pago"), "2026-11-20T08:00:00", "2026-11-20T19:00:00"),
    ],
)
def test_two_zones_must_both_be_awake(zones: tuple[str, ...], start: str, expected: str) -> None:
    """The stricter of two sources is both of them, in either order."""
    assert utc(awake_from(at(start), [ZoneInfo(name) for name in zones], QUIET)) == expected


def test_zones_without_a_common_hour_never_wake() -> None:
    """Nothing is promised where the tightened days do not meet."""
    zones = [ZoneInfo("Europe/Paris"), ZoneInfo("Pacific/Auckland")]
    assert awake_from(at("2026-11-20T08:00:00"), zones, (12 * 60, 10 * 60)) is None


def test_the_next_night_begins_in_whichever_zone_is_first() -> None:
    """A send may be acted on until then; no zone means no night."""
    zones = [ZoneInfo("Europe/Paris"), ZoneInfo("Asia/Kolkata")]
    assert utc(quiet_from(at("2026-11-20T11:00:00"), zones, QUIET)) == "2026-11-20T15:30:00"
    assert quiet_from(at("2026-11-20T11:00:00"), [], QUIET) is None


@pytest.mark.parametrize("name", [row[1] for row in ENDS] + ["Pacific/Chatham", "America/Sao_Paulo", "UTC"])
def test_every_change_is_where_looking_at_every_minute_finds_it(name: str) -> None:
    """Over two weeks around both changes of the year, stepping from change to change misses none and invents none."""
    where = ZoneInfo(name)
    for start in (at("2026-03-20T00:00:00"), at("2026-10-20T00:00:00"), at("2011-12-25T00:00:00")):
        minutes = [start + 60 * step for step in range(14 * 1440)]
        states = [is_quiet(minute, where, QUIET) for minute in minutes]
        looked = [minute for minute, before, now in zip(minutes[1:], states, states[1:], strict=False) if before != now]
        stepped, here = [], start
        while (here := next_change(here, where, QUIET)) <= minutes[-1]:
            stepped.append(here)
        assert stepped == looked


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "", "../etc/passwd", "/etc/localtime", "America", "localtime", "a\0b"]
)
def test_what_is_no_zone_is_unknown(name: str) -> None:
    """No exception, no file outside the zones, no zone that depends on the machine."""
    assert zone(name) is None


def test_names_of_the_machine_s_own_folders_are_unknown() -> None:
    """`posix/…` and `right/…` count leap seconds or not, depending on the machine."""
    assert [zone("posix/Europe/Paris"), zone("right/Europe/Paris"), zone("Factory")] == [None, None, None]


def test_the_local_second_counts_from_local_midnight() -> None:
    """11:00 UTC is noon in Paris in winter."""
    assert local_second(at("2026-11-20T11:00:00"), ZoneInfo("Europe/Paris")) == 12 * 3600


def test_the_edges_of_the_night_are_exact_to_the_microsecond() -> None:
    """Quiet from 21:00:00 on, until before 08:00:00."""
    paris = ZoneInfo("Europe/Paris")
    edge = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    states = [is_quiet((edge + step).timestamp(), paris, QUIET) for step in (-tick, timedelta(0))]
    wakes = [is_quiet((edge + timedelta(hours=11) + step).timestamp(), paris, QUIET) for step in (-tick, timedelta(0))]
    assert (states, wakes) == ([False, True], [True, False])
