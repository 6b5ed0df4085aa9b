"""Limits can be tightened and nothing else."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InvalidInput
from serving.policy.limits import ADD, LESS, TIGHTER, Limits, tighten

TIGHTENED = [
    ("quiet_start", "20:30", 1230),
    ("quiet_end", "09:15", 555),
    ("contacts_60m", 0, 0),
    ("contacts_7d", 3, 3),
    ("cooling_off_days", 30, 30),
    ("dwell_seconds", 45, 45),
    ("essential_hours", 24, 24),
    ("breaker_volume", 50, 50),
    ("breaker_times", 3, 3),
    ("switched_off", ["onboarding"], frozenset({"onboarding"})),
    ("channels_off", ["sms", "push"], frozenset({"sms", "push"})),
]
LOOSENED = [
    ("quiet_start", "21:01"),
    ("quiet_end", "07:59"),
    ("contacts_60m", 2),
    ("contacts_24h", 3),
    ("contacts_7d", 6),
    ("essential_24h", 11),
    ("cooling_off_days", 13),
    ("dismissal_days", 29),
    ("dwell_seconds", 29),
    ("widget_per_session", 2),
    ("evidence_hours", 25),
    ("essential_hours", 73),
    ("widget_minutes", 6),
    ("breaker_volume", 201),
    ("breaker_times", 11),
]
NONSENSE: list[tuple[str, Any]] = [
    ("quiet_start", "24:00"),
    ("quiet_start", "9pm"),
    ("contacts_24h", True),
    ("contacts_24h", -1),
    ("contacts_24h", 1.0),
    ("contacts_24h", float("nan")),
    ("contacts_24h", "1"),
    ("cooling_off_days", 10**9),
    ("switched_off", "onboarding"),
    ("switched_off", ["everything"]),
    ("channels_off", [1]),
    ("opt_out_binds", None),
    ("override", True),
    ("urgent", ["everything"]),
]


@pytest.mark.parametrize(("name", "value", "expected"), TIGHTENED)
def test_a_limit_can_be_tightened(name: str, value: Any, expected: Any) -> None:
    """What refuses more is taken as given."""
    assert getattr(tighten(Limits(), {name: value}), name) == expected


@pytest.mark.parametrize(("name", "value"), LOOSENED)
def test_a_limit_cannot_be_loosened(name: str, value: Any) -> None:
    """What would refuse less is an error that names limit, value and bound."""
    with pytest.raises(
        InvalidInput, match=rf"`limits\.{name}` = `{value}` would loosen the policy; it can only be at "
    ):
        tighten(Limits(), {name: value})


@pytest.mark.parametrize(("name", "value"), NONSENSE)
def test_what_is_not_a_limit_is_refused_in_one_line(name: str, value: Any) -> None:
    """No other name, no other kind of value; the message is one line and starts with the limit's name."""
    with pytest.raises(InvalidInput) as caught:
        tighten(Limits(), {name: value})
    message = str(caught.value)
    assert message.startswith(f"`limits.{name}`")
    assert "\n" not in message


def test_a_day_without_a_waking_minute_is_refused() -> None:
    """Quiet hours that meet would silence everything without saying so."""
    with pytest.raises(InvalidInput, match="no minute of the day would be left"):
        tighten(Limits(), {"quiet_start": "09:00", "quiet_end": "09:00"})


def test_sets_only_grow() -> None:
    """What was switched off stays off, whatever a later configuration lists."""
    off = tighten(Limits(), {"switched_off": ["onboarding"]})
    assert tighten(off, {"switched_off": []}).switched_off == {"onboarding"}


def test_every_limit_has_a_direction() -> None:
    """A limit without a direction could not be checked."""
    assert set(TIGHTER) == {field.name for field in fields(Limits)}


@given(st.dictionaries(st.sampled_from(sorted(TIGHTER)), st.integers(0, 1300)))
def test_whatever_passes_refuses_at_least_as_much(overrides: dict[str, int]) -> None:
    """For any overrides: either an error, or every field moved in its direction or stayed."""
    try:
        tightened = tighten(Limits(), overrides)
    except InvalidInput:
        return
    for name, direction in TIGHTER.items():
        before, after = getattr(Limits(), name), getattr(tightened, name)
        assert after >= before if direction != LESS else after <= before
        assert direction != ADD or after == before
