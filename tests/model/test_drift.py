"""The population stability index by hand; what is learned is read back, what is hostile is refused."""

import copy
import math
from typing import Any

import numpy as np
import pytest

from model.drift import SCORE, learned, psi, reference_of
from model.features import UNSEEN, encode, fit_features

COLUMNS = {
    "age": np.array([*range(100)], dtype=np.float64),
    "plan": np.array(["basic"] * 60 + ["plus"] * 40, dtype=object),
    "is_new": np.array([True] * 30 + [False] * 70),
}
FEATURES = fit_features(COLUMNS)
CODES = encode(FEATURES, COLUMNS, 100)
STATED = learned(FEATURES, CODES, np.linspace(-1, 1, 100))


def test_the_index_is_what_a_hand_computes() -> None:
    """Two bins, 90 and 10 against 50 and 50, each with half a row more; and nothing where nothing changed."""
    p, q = (90.5 / 101, 10.5 / 101), (0.5, 0.5)
    by_hand = sum((a - b) * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert psi(np.array([90.0, 10.0]), np.array([50.0, 50.0])) == pytest.approx(by_hand, rel=1e-12)
    assert psi(np.array([5.0, 3.0]), np.array([5.0, 3.0])) == 0


def test_an_empty_bin_is_no_infinity() -> None:
    """Smoothed: a level that training never saw, and one that is seen no more."""
    assert 0 < psi(np.array([0.0, 1000.0]), np.array([1000.0, 0.0])) < 20


def test_bins_are_deciles_levels_and_gaps() -> None:
    """Numbers in tenths, a level each, both truths; unseen and missing by themselves; the score as a number."""
    age, plan, is_new, score = (column["counts"] for column in STATED)
    assert age == [11, 10, 10, 10, 10, 10, 10, 10, 10, 9, 0]
    assert (plan, is_new, sum(score), STATED[-1]["name"]) == ([0, 60, 40, 0, 0], [70, 30, 0], 100, SCORE)


def test_what_is_stated_is_read_back_and_counts_alike() -> None:
    """The rows that it was learned from have not drifted; others fall where they belong."""
    reference = reference_of(STATED, FEATURES)
    assert reference is not None
    for j, column in enumerate(reference[:-1]):
        assert column.count(CODES[:, j]).tolist() == STATED[j]["counts"]
    plan = reference[1].count(np.array([UNSEEN, 0.0, 1.0, np.nan, np.nan]))
    assert (plan[0], plan[1], plan[2], plan[-1]) == (1, 1, 1, 2)
    assert reference[0].count(np.array([-1e9, 1e9, np.nan])).tolist() == [1, *[0] * 8, 1, 1]


def test_an_older_report_has_none() -> None:
    """Artefacts from before are as good as they were."""
    assert reference_of(None, FEATURES) is None


def wrong(place: tuple[Any, ...], value: Any) -> Any:
    """Return what is stated with one thing changed."""
    made = copy.deepcopy(STATED)
    inner: Any = made
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return made


@pytest.mark.parametrize(
    "value",
    [
        {},
        "x",
        STATED[:-1],
        [*STATED, STATED[0]],
        wrong((0,), None),
        wrong((0, "name"), "other"),
        wrong((0, "more"), 1),
        wrong((0, "ends"), None),
        wrong((0, "ends", 0), "1"),
        wrong((0, "ends", 0), True),
        wrong((0, "ends", 0), math.inf),
        wrong((0, "ends", 0), math.nan),
        wrong((0, "ends", 0), 10**400),
        wrong((0, "ends", 0), 1e9),
        wrong((0, "ends"), [0.0] * 40),
        wrong((0, "counts"), []),
        wrong((0, "counts", 0), -1),
        wrong((0, "counts", 0), 1.5),
        wrong((0, "counts", 0), True),
        wrong((0, "counts", 0), 2**60),
    ],
    ids=[f"case {number}" for number in range(20)],
)
def test_what_nobody_learned_is_refused(value: Any) -> None:
    """Every bound of it: shapes, names, types, order, size."""
    with pytest.raises(ValueError, match="reference"):
        reference_of(value, FEATURES)
