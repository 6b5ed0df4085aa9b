import doctest
import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import history
from model.history import COUNTS, DAY, FEATURES, LATEST, LOGS, LONGEST_DAYS, NEVER, history_features, nothing_on_record

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
    """An unknown customer has zero counts and missing recencies and tenure, not large ones; the hour is known."""
    actual = features()

    hour = actual.pop("hour")
    missing = {name for name, value in actual.items() if math.isnan(value)}
    assert (hour, missing) == (22.0, NEVER)
    assert {value for name, value in actual.items() if name not in NEVER} == {0.0}
    assert same(nothing_on_record(NOW), features())


def test_the_instant_itself_is_not_history() -> None:
    """A contact of the very moment of the decision does not count."""
    actual = features(contacts=[NOW])

    assert same(actual, features())


@pytest.mark.parametrize(("name", "log", "days"), COUNTS, ids=[each.name for each in COUNTS])
def test_the_window_is_open_at_its_far_edge(name: str, log: str, days: int) -> None:
    """Exactly `days` ago is out, one second less is in: the same edge as `now − t < window` of the caps."""
    at_edge, inside = NOW - days * DAY, NOW - days * DAY + 1

    actual = features(**{log: [at_edge, inside]})[name]

    assert actual == 1.0


def test_recency_is_of_the_latest_contact_in_days() -> None:
    """Of each log for itself; the order in which times are given does not matter, the latest before `now` counts."""
    times = [NOW - 2 * DAY, NOW - 400 * DAY, NOW, NOW - 5 * DAY]
    actual = [features(**{log: times})[name] for name, log in LATEST]

    assert actual == [2.0] * len(LOGS)


def test_tenure_is_since_the_earliest_of_any_log() -> None:
    """Days on record look back for ever, over all four logs; what is not before `now` is not on record yet."""
    seen = [features(**{log: [NOW - 400 * DAY], "contacts": [NOW - DAY, NOW + DAY]}) for log in LOGS[1:]]
    actual = [each["days_on_record"] for each in (*seen, features(contacts=[NOW - DAY]), features(contacts=[NOW]))]

    assert repr(actual) == repr([400.0, 400.0, 400.0, 1.0, math.nan])


@pytest.mark.parametrize(
    ("seconds", "hour"), [(0.0, 0.0), (3_599.999, 0.0), (3_600.0, 1.0), (-1.0, 23.0), (NOW, 22.0), (10 * DAY, 0.0)]
)
def test_the_hour_is_that_of_the_decision_in_utc(seconds: float, hour: float) -> None:
    """From 0 to 23, whatever is on record, in whatever unit; before 1970 too."""
    plain, fine = features(seconds)["hour"], nothing_on_record(round(seconds * 10**6), unit=10**6)["hour"]

    assert (plain, fine) == (hour, hour)


@given(contacts=times, engagements=times)
def test_the_unit_changes_nothing(contacts: list[float], engagements: list[float]) -> None:
    """Whole microseconds give exactly what seconds give."""
    fine = {"contacts": contacts, "engagements": engagements, "complaints": [], "opt_outs": []}
    scaled = {log: [round(t * 10**6) for t in every] for log, every in fine.items()}

    assert same(
        history_features(round(NOW * 10**6), **scaled, unit=10**6), features(contacts=contacts, engagements=engagements)
    )


def test_microseconds_are_exact_at_the_edges() -> None:
    """One microsecond inside counts and the edge itself does not, where floats of seconds could round it away."""
    now = 4_700_000_000_000_003  # beyond 2038 the floats of seconds are half a microsecond apart
    edge = now - 7 * 86_400 * 10**6
    seen = [
        history_features(now, contacts=[t], engagements=[], complaints=[], opt_outs=[], unit=10**6)["contacts_7d"]
        for t in (edge, edge + 1, now - 1, now)
    ]

    assert seen == [0.0, 1.0, 1.0, 0.0]


@given(contacts=times, engagements=times, complaints=times, opt_outs=times)
def test_the_future_never_leaks(
    contacts: list[float], engagements: list[float], complaints: list[float], opt_outs: list[float]
) -> None:
    """Removing everything at or after the decision changes no feature, and nor does its order."""
    logs = {"contacts": contacts, "engagements": engagements, "complaints": complaints, "opt_outs": opt_outs}
    past = {name: sorted(t for t in log if t < NOW) for name, log in logs.items()}

    assert same(features(**logs), features(**past))


@given(contacts=times, complaints=times, shift=st.integers(-(10**8), 10**8))
def test_only_differences_of_time_matter(contacts: list[float], complaints: list[float], shift: int) -> None:
    """Moving the clock and every time by the same amount changes no feature but the hour."""
    moved = features(NOW + shift, contacts=[t + shift for t in contacts], complaints=[t + shift for t in complaints])

    assert same(moved | {"hour": 22.0}, features(contacts=contacts, complaints=complaints))


@given(contacts=times)
def test_counts_grow_with_the_window_and_bound_the_recency(contacts: list[float]) -> None:
    """What happened in a window also happened in a longer one, and a positive count means a recent contact."""
    actual = features(contacts=contacts)

    counts = [actual[f"contacts_{days}d"] for days in (1, 7, 30, 90)]
    assert counts == sorted(counts)
    assert [count > 0 for count in counts] == [actual["days_since_contact"] < days for days in (1, 7, 30, 90)]
    assert not actual["days_on_record"] < actual["days_since_contact"]


def test_the_longest_window_is_the_longest_count() -> None:
    """A ledger that keeps this many days, and the first and the last of each log, can compute every feature."""
    old = NOW - LONGEST_DAYS * DAY
    recent = [old + 1, NOW - 1]

    actual = features(engagements=[old - 2, old - 1, old, *recent], complaints=[old - 2, old - 1, old])

    assert same(actual, features(engagements=[old - 2, *recent], complaints=[old - 2, old]))


def test_the_example_runs() -> None:
    """The docstring's example gives what it says."""
    assert doctest.testmod(history).failed == 0
