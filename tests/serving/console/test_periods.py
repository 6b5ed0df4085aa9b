from datetime import UTC, datetime, timedelta, timezone

import pytest

from serving.console.periods import period_named
from serving.errors import Invalid

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "first", "last", "steps"),
    [
        ("24h", datetime(2026, 11, 19, 16, tzinfo=UTC), datetime(2026, 11, 20, 15, tzinfo=UTC), 24),
        ("7d", datetime(2026, 11, 14, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC), 7),
        ("30d", datetime(2026, 10, 22, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC), 30),
    ],
)
def test_a_period_is_whole_steps_up_to_now(name: str, first: datetime, last: datetime, steps: int) -> None:
    """Hours of a day, or days of UTC, the present one included."""
    starts = period_named(name).starts(NOW)
    assert (starts[0], starts[-1], len(starts)) == (first, last, steps)


@pytest.mark.parametrize(("name", "expected"), [("24h", 16), ("7d", 24), ("30d", 24)])
def test_it_ends_with_its_last_step(name: str, expected: int) -> None:
    """So that whole hours are counted: nothing was decided later than now."""
    end = period_named(name).end(NOW)
    assert end == datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=expected)


def test_another_zone_changes_nothing() -> None:
    """The clock may show any offset."""
    there = NOW.astimezone(timezone(timedelta(hours=9)))
    assert period_named("7d").starts(there) == period_named("7d").starts(NOW)


@pytest.mark.parametrize(("name", "expected"), [("24h", "16:00"), ("7d", "2026-11-14")])
def test_steps_are_named(name: str, expected: str) -> None:
    """An hour by its clock, a day by its date."""
    chosen = period_named(name)
    assert chosen.label(chosen.start(NOW)) == expected


def test_none_named_is_a_week() -> None:
    """What the first page opens with."""
    assert period_named(None).name == "7d"


@pytest.mark.parametrize("name", ["1y", "7D", " 7d"])
def test_another_word_is_refused(name: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(Invalid, match="24h, 7d or 30d"):
        period_named(name)
