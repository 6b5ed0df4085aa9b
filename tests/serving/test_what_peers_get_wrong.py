"""What products that send messages get wrong, each with its test: zones, daylight saving, caps, consent, overrides."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from model.errors import InvalidInput
from serving.app import create_app
from serving.policy.limits import TIGHTER, Limits, tighten
from serving.policy_files.templates import load_policy
from serving.settings import Settings, load_settings
from tests.occasions import candidate, codes, context, decided, event, policy, sent_at
from tests.serving.asking import asks, late, told
from tests.serving.routes.refusing import Desk, desk


@pytest.fixture
def made() -> Iterator[Desk]:
    """Serve two customers who said yes to chat."""
    with desk(2) as served:
        yield served


UNKNOWN_ZONES = [
    None,
    "Mars/Olympus",
    "UTC+1",
    "GMT+1",
    "+01:00",
    "Paris",
    "europe/paris ",
    "localtime",
    "../UTC",
    "local",
]


@pytest.mark.parametrize("zone", UNKNOWN_ZONES)
def test_an_unknown_zone_is_not_utc(made: Desk, zone: str | None) -> None:
    """A campaign tool that falls back to UTC, or to its owner's zone, wakes whoever it does not know: here it waits."""
    action, reasons, _ = told(made, 1, "2026-11-20T12:00:00+00:00", zone=zone)

    assert (action, reasons) == ("deny", ["timezone_unknown"])


def test_one_unknown_zone_of_two_is_unknown() -> None:
    """Two sources and one nonsense: a tool that takes the other one guesses which source was right."""
    answers = [
        codes(decided(candidate(timezone=first), context(timezone=second)))
        for first, second in (("Europe/Paris", "Paris"), ("Paris", "Europe/Paris"), ("Europe/Paris", None))
    ]

    assert answers == [("timezone_unknown",), ("timezone_unknown",), ()]


NIGHTS = [  # zone, an instant in the night of a change, the morning that follows; both changes of each
    ("Europe/Paris", "2026-03-28T23:30:00", "2026-03-29T08:00:00"),
    ("Europe/Paris", "2026-10-24T23:30:00", "2026-10-25T08:00:00"),
    ("Europe/London", "2026-03-28T22:00:00", "2026-03-29T08:00:00"),
    ("America/New_York", "2026-03-07T22:00:00", "2026-03-08T08:00:00"),
    ("America/New_York", "2026-10-31T22:00:00", "2026-11-01T08:00:00"),
    ("Australia/Lord_Howe", "2026-10-03T23:00:00", "2026-10-04T08:00:00"),  # half an hour
    ("Australia/Lord_Howe", "2026-04-04T23:00:00", "2026-04-05T08:00:00"),
    ("Pacific/Chatham", "2026-09-26T23:00:00", "2026-09-27T08:00:00"),
    ("Antarctica/Troll", "2026-03-28T23:00:00", "2026-03-29T08:00:00"),  # two hours
    ("Pacific/Apia", "2011-12-29T22:00:00", "2011-12-31T08:00:00"),  # there was no 30 December
]


@pytest.mark.parametrize(("zone", "night", "morning"), NIGHTS)
def test_a_night_with_a_change_of_clocks_ends_at_eight(made: Desk, zone: str, night: str, morning: str) -> None:
    """A scheduler that adds the hours until eight is an hour off twice a year: `not_before` is their own eight."""
    local = datetime.fromisoformat(night).replace(tzinfo=ZoneInfo(zone))

    action, reasons, not_before = told(made, 1, local.isoformat(), zone=zone)

    there = datetime.fromisoformat(str(not_before)).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")
    assert (action, reasons, there) == ("hold", ["quiet_hours"], morning)


def test_a_cap_over_a_change_of_clocks_is_as_long_as_ever(made: Desk) -> None:
    """A limiter that counts on local clocks has a day of 23 or 25 hours: 24 hours are 24 hours."""
    first = told(made, 1, "2026-03-28T12:00:00+01:00")
    second = told(made, 2, "2026-03-28T14:00:00+01:00")
    third = told(made, 3, "2026-03-29T12:59:59+02:00")
    fourth = told(made, 4, "2026-03-29T13:00:00+02:00")

    actual = [answer[0] for answer in (first, second, third, fourth)]
    assert (actual, third[2]) == (["send", "send", "hold", "send"], "2026-03-29T11:00:00Z")


@pytest.mark.parametrize("server", ["Asia/Tokyo", "America/Los_Angeles", "UTC"])
def test_the_clock_is_the_recipient_s_not_the_server_s(
    made: Desk, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    """A cron job in the server's zone writes to the other side of the world at night: the server's zone is nothing."""
    monkeypatch.setenv("TZ", server)
    time.tzset()
    try:
        paris = told(made, 1, "2026-11-20T12:00:00+00:00", zone="Europe/Paris")
        tokyo = told(made, 2, "2026-11-20T14:00:00+00:00", zone="Asia/Tokyo")
    finally:
        monkeypatch.undo()
        time.tzset()

    assert (paris[0], tokyo) == ("send", ("hold", ["quiet_hours"], "2026-11-20T23:00:00Z"))


def test_caps_are_rolling_not_calendar_days(made: Desk) -> None:
    """A limiter that starts anew at midnight sends at 23:59 and at 00:01: here the second one waits its hour.

    In Los Angeles it is afternoon, so that nothing but the cap speaks; midnight is the server's.
    """
    zone = "America/Los_Angeles"
    answers = [
        told(made, 1, "2026-11-20T23:59:00+00:00", zone=zone),
        told(made, 2, "2026-11-21T00:01:00+00:00", zone=zone),
    ]

    assert answers == [("send", [], None), ("hold", ["frequency_cap"], "2026-11-21T00:59:00Z")]


def test_two_a_day_are_two_in_any_24_hours(made: Desk) -> None:
    """Two before midnight and two after are four in a night for a limiter of days: the third waits for the first."""
    zone = "America/Los_Angeles"
    instants = ["2026-11-20T18:00:00", "2026-11-20T23:59:00", "2026-11-21T01:30:00", "2026-11-21T18:00:00"]
    answers = [told(made, n, f"{at}+00:00", zone=zone) for n, at in enumerate(instants)]

    held = ("hold", ["frequency_cap"], "2026-11-21T18:00:00Z")
    assert answers == [("send", [], None), ("send", [], None), held, ("send", [], None)]


def test_five_a_week_are_five_in_any_7_days(made: Desk) -> None:
    """A limiter of calendar weeks starts anew on Monday: the sixth within 7 days waits, whatever day it is."""
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    days = [sunday + timedelta(days=number) for number in range(-4, 2)]
    zone = "Atlantic/Reykjavik"
    answers = []
    for number, at in enumerate(days):
        answers.append(told(made, number, at.isoformat(), zone=zone)[:2])

    assert answers == [("send", [])] * 5 + [("deny", ["expired", "frequency_cap"])]  # news do not keep that long


BAD_VALUES: list[Any] = [
    *(-1, "2", "", True, None, 1.5, float("inf"), float("nan"), 10**9, {}, ["x"], [[]], [{}], "9\npm", "x" * 10**6),
]
BAD_NAMES = ["contacts", "contacts_24H", "quiet", "max_per_day", "enabled", "bypass", "override", "allow", ""]


@pytest.mark.parametrize("name", TIGHTER)
def test_a_limiter_with_a_bad_configuration_does_not_start(name: str) -> None:
    """A rate limiter that cannot read its limit and lets all through: here nothing starts, in one line, by name."""
    said = []
    for value in BAD_VALUES:
        with pytest.raises(InvalidInput) as refused:
            load_policy(None, {name: value})
        said.append(str(refused.value))

    odd = [one for one in said if f"limits.{name}" not in one or "\n" in one or len(one) > 300]
    assert (odd, len(said)) == ([], len(BAD_VALUES))


def test_the_api_does_not_start_either() -> None:
    """The composition root reads the limits before anything else is there to serve."""
    with pytest.raises(InvalidInput, match=r"limits\.contacts_24h"):
        create_app(Settings(limits={"contacts_24h": 0.5}))


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_limit_that_nobody_knows_does_not_pass_unread(tmp_path: Path, name: str) -> None:
    """A misspelt limit that is ignored leaves the door open: it is refused with its place and the known names."""
    file = tmp_path / "outreach.toml"
    file.write_text(f'[limits]\n"{name}" = 1\n')

    with pytest.raises(InvalidInput, match="is not a limit; the limits are `quiet_start`") as refused:
        load_settings(file, environ={})

    assert str(file) in str(refused.value)


@pytest.mark.parametrize(
    "quiet",
    [
        {"quiet_start": "08:00"},
        {"quiet_end": "21:00"},
        {"quiet_start": "07:00", "quiet_end": "22:00"},
        {"quiet_start": "12:00", "quiet_end": "12:00"},
        {"quiet_start": "00:00"},
    ],
)
def test_quiet_hours_the_wrong_way_round_are_refused(quiet: Mapping[str, str]) -> None:
    """A scheduler that reads start after end as `never quiet`, or as always: it says so when it is configured."""
    with pytest.raises(InvalidInput, match="no minute of the day would be left"):
        tighten(Limits(), quiet)


@pytest.mark.parametrize("name", ["contacts_60m", "contacts_24h", "contacts_7d"])
def test_a_limit_of_nought_is_none_at_all(name: str) -> None:
    """In many a limiter 0 means `no limit`: here it means no contact, with no end in sight."""
    answer = decided(rules=policy({name: 0}))

    assert (codes(answer), answer.decision.not_before) == (("frequency_cap",), None)


def test_a_count_that_is_not_known_is_not_nought() -> None:
    """A limiter whose store does not answer and lets all through: unknown counts, and counts of nonsense, refuse."""
    unknown = [context(unknown=frozenset({name})) for name in ("contacts_60m", "contacts_24h", "contacts_7d")]
    nonsense = [context(contacts_24h=-1), context(contacts_7d=float("nan"))]

    assert {codes(decided(known=one)) for one in [*unknown, *nonsense]} == {("filter_failed",)}


def test_consent_not_known_yet_is_no_consent(made: Desk) -> None:
    """A tool that assumes yes until somebody says no writes to a customer whose consent has not arrived yet."""
    made.clock.at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    late(made, 1, made.clock.at, user="new")
    body = asks(1, user="new")

    before = made.api.post("/v1/decisions", body).json()
    made.api.call("PUT", "/v1/users/new/preferences", json={"consent": {"sms": True}})
    elsewhere = made.api.post("/v1/decisions", body).json()
    made.api.call("PUT", "/v1/users/new/preferences", json={"consent": {"sms": True, "chat": True}})
    after = made.api.post("/v1/decisions", body).json()
    made.api.call("PUT", "/v1/users/new/preferences", json={"consent": {"sms": True}})
    late(made, 2, made.clock.at, user="new")
    withdrawn = made.api.post("/v1/decisions", asks(2, user="new")).json()

    said = [[reason["code"] for reason in one["reasons"]] for one in (before, elsewhere, after, withdrawn)]
    assert said == [["consent_missing"], ["consent_missing"], [], ["consent_missing", "frequency_cap"]]


@pytest.mark.parametrize("consent", [None, "yes", 1, 1.0, "true", 0])
def test_consent_that_is_not_a_plain_yes_is_no_consent(consent: Any) -> None:
    """A truthy value read as a yes: only `true` is one."""
    assert "consent_missing" in codes(decided(known=context(consent=consent)))


def test_a_cap_in_the_night_ends_in_the_morning() -> None:
    """A limiter and a clock that do not know of each other promise an hour at which the other one says no."""
    night = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)  # 20:30 in Paris; the cap ends at 21:20
    known = {**sent_at(timedelta(minutes=10), now=night)}

    answer = decided(known=context(evidence=event(age=-timedelta(hours=8)), **known), now=night)

    expected = datetime(2026, 11, 21, 7, tzinfo=UTC)
    assert (codes(answer), answer.decision.not_before) == (("frequency_cap",), expected)
