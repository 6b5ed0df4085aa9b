from typing import Any

import numpy as np
import pytest

from model.diagnostics.drift import drift, psi

RNG = np.random.default_rng(3)
SECOND = RNG.normal(size=4000)
FIRST = RNG.normal(size=6000)


def test_the_index_is_the_sum_over_bins() -> None:
    """(q − p)·ln(q / p), each count plus one half."""
    one, two = np.array([99, 299]), np.array([199, 199])
    p, q = np.array([99.5, 299.5]) / 399.0, np.array([199.5, 199.5]) / 399.0

    actual = psi(one, two)

    assert actual == pytest.approx(np.sum((q - p) * np.log(q / p)))


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        (FIRST, SECOND, "stable"),
        (FIRST, SECOND + 0.35, "worth a look"),
        (FIRST, SECOND + 1.0, "flagged"),
        (FIRST > 0, SECOND > 0, "stable"),
        (FIRST > 0, SECOND > -1, "flagged"),
        (np.where(FIRST > 2, np.nan, FIRST), np.where(SECOND > 0, np.nan, SECOND), "flagged"),
        (np.full(6000, 3.0), np.full(4000, 3.0), "stable"),
        (np.full(6000, 3.0), np.full(4000, 4.0), "flagged"),
        (np.full(6000, np.nan), np.full(4000, np.nan), "stable"),
        (np.full(6000, np.nan), SECOND, "flagged"),
    ],
)
def test_numbers_and_flags(first: np.ndarray, second: np.ndarray, verdict: str) -> None:
    """Shifts, gaps and constants."""
    actual = drift(first, second)["verdict"]

    assert actual == verdict


def words(odds: list[float], rows: int) -> np.ndarray:
    """Plans drawn with these odds; the last is missing."""
    return np.array(["basic", "plus", "pro", None], dtype=object)[RNG.choice(4, rows, p=odds)]


@pytest.mark.parametrize(
    ("odds", "verdict"),
    [
        ([0.4, 0.3, 0.2, 0.1], "stable"),
        ([0.25, 0.3, 0.35, 0.1], "worth a look"),
        ([0.2, 0.1, 0.2, 0.5], "flagged"),
    ],
)
def test_categories_and_their_gaps(odds: list[float], verdict: str) -> None:
    """Levels, and missing as one of them."""
    actual = drift(words([0.4, 0.3, 0.2, 0.1], 6000), words(odds, 4000))

    assert (actual["verdict"], actual["bins"]) == (verdict, 4)


def test_levels_that_d1_never_saw_are_together() -> None:
    """A new plan for everybody is a change, however many names it has."""
    new: Any = np.array([f"new {i % 500}" for i in range(4000)], dtype=object)

    actual = drift(words([0.5, 0.3, 0.2, 0.0], 6000), new)

    assert (actual["verdict"], actual["bins"]) == ("flagged", 4)


def test_ten_thousand_levels_are_few_bins() -> None:
    """The most frequent thirty, the others together: an id does not drift."""
    one, two = (np.array([f"id {i}" for i in RNG.integers(0, 10_000, n)], dtype=object) for n in (6000, 4000))

    actual = drift(one, two)

    assert (actual["verdict"], actual["bins"]) == ("stable", 31)


def test_few_rows_do_not_cry_wolf() -> None:
    """Sixty rows against forty: PSI above .25 by chance alone, which is said by its bound."""
    flagged = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = drift(rng.normal(size=60), rng.normal(size=40))
        flagged += found["verdict"] == "flagged"
        assert found["chance"] > 0.25
    assert flagged <= 3
