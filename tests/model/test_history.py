import doctest
import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import history
from model.history import DAY, FEATURES, LONGEST_DAYS, history_features

NOW = 1_700_000_000.0
times = st.lists(st.integers(-400 * int(DAY), 40 * int(DAY)).map(lambda s: NOW + s), max_size=12)


def features(
    now: float = NOW,
    *,
    contacts: Sequence[float] = (),
    engagements: Sequence[float] = (),
    complaints: Sequence[float] = (),
    opt_outs: Sequence[float] = (),
) -> dict[str, float]:
    """Compute the features with nothing on record except what is given."""
    return history_features(now, contacts=contacts, engagements=engagements, complaints=complaints, opt_outs=opt_outs)


def same(left: dict[str, float], right: dict[str, float]) -> bool:
    """Compare two feature rows; NaN equals NaN."""
    return left.keys() == right.keys() and all(
        left[k] == right[k] or (math.isnan(left[k]) and math.isnan(right[k])) for k in left
    )


def test_the_names_are_the_features_in_order() -> None:
    """What is computed is exactly what is announced, in the announced order."""
    actual = tuple(features())

    assert actual == FEATURES


def test_nobody_on_record_counts_zero_and_was_never_contacted() -> None:
    """An unknown customer has zero counts and a missing recency, not a large one."""
    actual = features()

    assert math.isnan(actual.pop("days_since_contact"))
    assert set(actual.values()) == {0.0}


def test_the_instant_itself_is_not_history() -> None:
    """A contact of the very moment of the decision does not count."""
    actual = features(contacts=[NOW])

    assert same(actual, features())


@pytest.mark.parametrize(
    ("name", "log", "days"),
    [
        ("contacts_7d", "contacts", 7),
        ("contacts_30d", "contacts", 30),
        ("engagements_7d", "engagements", 7),
        ("engagements_30d", "engagements", 30),
        ("complaints_90d", "complaints", 90),
        ("opt_outs_90d", "opt_outs", 90),
    ],
)
def test_the_window_is_open_at_its_far_edge(name: str, log: str, days: int) -> None:
    """Exactly `days` ago is out, one second less is in: the same edge as `now − t < window` of the caps."""
    at_edge, inside = NOW - days * DAY, NOW - days * DAY + 1

    actual = features(**{log: [at_edge, inside]})[name]

    assert actual == 1.0


def test_recency_is_of_the_latest_contact_in_days() -> None:
    """The order in which contacts are given does not matter, the latest counts."""
    actual = features(contacts=[NOW - 2 * DAY, NOW - 40 * DAY, NOW - 5 * DAY])["days_since_contact"]

    assert actual == 2.0


@given(contacts=times, engagements=times, complaints=times, opt_outs=times)
def test_the_future_never_leaks(
    contacts: list[float], engagements: list[float], complaints: list[float], opt_outs: list[float]
) -> None:
    """Removing everything at or after the decision changes no feature."""
    logs = {"contacts": contacts, "engagements": engagements, "complaints": complaints, "opt_outs": opt_outs}
    past = {name: [t for t in log if t < NOW] for name, log in logs.items()}

    assert same(features(**logs), features(**past))


@given(contacts=times, complaints=times, shift=st.integers(-(10**8), 10**8))
def test_only_differences_of_time_matter(contacts: list[float], complaints: list[float], shift: int) -> None:
    """Moving the clock and every time by the same amount changes no feature."""
    moved = features(NOW + shift, contacts=[t + shift for t in contacts], complaints=[t + shift for t in complaints])

    assert same(moved, features(contacts=contacts, complaints=complaints))


@given(contacts=times)
def test_counts_grow_with_the_window_and_bound_the_recency(contacts: list[float]) -> None:
    """What happened within 7 days also happened within 30, and a positive count means a recent contact."""
    actual = features(contacts=contacts)

    assert actual["contacts_7d"] <= actual["contacts_30d"]
    assert (actual["contacts_7d"] > 0) == (actual["days_since_contact"] < 7)


def test_the_longest_window_is_the_longest_count() -> None:
    """A ledger that keeps this many days, and the last contact, can compute every feature."""
    old = NOW - LONGEST_DAYS * DAY

    actual = features(engagements=[old], complaints=[old], opt_outs=[old])

    assert same(actual, features())


def test_the_example_runs() -> None:
    """The docstring's example gives what it says."""
    assert doctest.testmod(history).failed == 0
