"""Until when nobody should send a promotion: facts in, answer out."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.embargo import NO_END, Embargo, Recent, embargo
from serving.policy.limits import Limits

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAYS = Limits().cooling_off_days
HOUR = timedelta(hours=1)


def ago(**span: float) -> datetime:
    """Return an instant before `NOW`."""
    return NOW - timedelta(**span)


def found(*, days: int = DAYS, **recent: datetime | None) -> Embargo:
    """Ask for the embargo at `NOW`."""
    return embargo(Recent(**recent), now=NOW, cooling_off_days=days)


def test_of_a_stranger_nothing_is_known() -> None:
    """No message, no complaint, no incident: no embargo."""
    actual = found()
    assert actual == Embargo(until=None, because=None)


@pytest.mark.parametrize(
    ("what", "span", "because"),
    [
        ("message_at", timedelta(hours=24), "service_message"),
        ("complaint_at", timedelta(days=14), "cooling_off"),
        ("incident_at", timedelta(hours=72), "incident"),
    ],
)
def test_each_lasts_its_span_to_the_microsecond(what: str, span: timedelta, because: str) -> None:
    """While `now − t` is less than the span, as a rolling cap counts; then there is none."""
    ages = (timedelta(0), span - TICK, span, span + TICK)
    actual = [found(**{what: NOW - age}) for age in ages]
    assert (
        actual
        == [Embargo(until=NOW + span, because=because), Embargo(until=NOW + TICK, because=because)] + [Embargo()] * 2
    )


@pytest.mark.parametrize(
    ("recent", "until", "because"),
    [
        ({"message_at": ago(hours=1), "incident_at": ago(hours=50)}, NOW + 23 * HOUR, "service_message"),
        ({"message_at": ago(hours=3), "incident_at": ago(hours=50)}, NOW + 22 * HOUR, "incident"),
        ({"complaint_at": ago(days=13), "incident_at": ago(hours=1)}, NOW + 71 * HOUR, "incident"),
        ({"complaint_at": ago(days=1), "incident_at": ago(hours=1)}, NOW + 13 * 24 * HOUR, "cooling_off"),
        ({"complaint_at": ago(days=15), "message_at": ago(hours=2)}, NOW + 22 * HOUR, "service_message"),
        ({"complaint_at": ago(days=15), "message_at": ago(hours=25), "incident_at": ago(hours=73)}, None, None),
    ],
)
def test_what_ends_last_is_said(recent: dict[str, datetime], until: datetime | None, because: str | None) -> None:
    """One instant and one word, though several may speak against it."""
    actual = found(**recent)
    assert actual == Embargo(until=until, because=because)


def test_of_several_that_end_together_the_first_is_said() -> None:
    """The same facts give the same word: service message, cooling-off, incident."""
    message, incident = ago(hours=2), ago(hours=50)
    complaint = ago(days=14) + 22 * HOUR
    actual = [
        found(message_at=message, complaint_at=complaint, incident_at=incident).because,
        found(complaint_at=complaint, incident_at=incident).because,
    ]
    assert actual == ["service_message", "cooling_off"]


@pytest.mark.parametrize(("days", "until"), [(14, None), (20, NOW + timedelta(days=5)), (0, None)])
def test_the_cooling_off_is_the_policys(days: int, until: datetime | None) -> None:
    """A company that waits longer after a complaint waits longer here as well."""
    actual = found(days=days, complaint_at=ago(days=15)).until
    assert actual == until


def test_a_clock_that_was_set_back_loses_no_message() -> None:
    """A send of a later time than now counts from its own time: leaving it out could only send more."""
    actual = found(message_at=NOW + HOUR)
    assert actual == Embargo(until=NOW + 25 * HOUR, because="service_message")


def test_the_end_of_the_calendar_is_no_failure() -> None:
    """What would end after the year 9999 does not end."""
    actual = found(message_at=NO_END)
    assert actual == Embargo(until=NO_END, because="service_message")


AGES = st.none() | st.integers(-60, 20 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))


@given(message=AGES, complaint=AGES, incident=AGES)
def test_something_lasts_exactly_while_there_is_an_embargo(
    message: datetime | None, complaint: datetime | None, incident: datetime | None
) -> None:
    """The rule said again, one span at a time: the last instant that is still within any of them."""
    spans = ((message, 24 * HOUR), (complaint, 14 * 24 * HOUR), (incident, 72 * HOUR))
    within = [at + span for at, span in spans if at is not None and NOW - at < span]
    actual = found(message_at=message, complaint_at=complaint, incident_at=incident)
    assert actual.until == max(within, default=None)
    assert (actual.because is None) == (actual.until is None)


@given(st.tuples(AGES, AGES, AGES), st.tuples(AGES, AGES, AGES))
def test_more_that_happened_never_ends_it_sooner(
    some: tuple[datetime | None, ...], more: tuple[datetime | None, ...]
) -> None:
    """A further message, complaint or incident only makes it longer."""
    names = ("message_at", "complaint_at", "incident_at")
    both = [max((at for at in pair if at is not None), default=None) for pair in zip(some, more, strict=True)]
    before, after = (found(**dict(zip(names, ats, strict=True))).until or NOW for ats in (some, both))
    assert before <= after


def test_every_combination_has_its_word() -> None:
    """Eight combinations of what is going on: null exactly where nothing is."""
    known = {"message_at": ago(hours=1), "complaint_at": ago(days=1), "incident_at": ago(hours=1)}
    actual = {
        chosen: found(**{name: at for (name, at), on in zip(known.items(), chosen, strict=True) if on}).because
        for chosen in product((False, True), repeat=3)
    }
    assert actual == {
        (False, False, False): None,
        (False, False, True): "incident",
        (False, True, False): "cooling_off",
        (False, True, True): "cooling_off",
        (True, False, False): "service_message",
        (True, False, True): "incident",
        (True, True, False): "cooling_off",
        (True, True, True): "cooling_off",
    }
