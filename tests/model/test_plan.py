"""What a scorer's plan leaves out, and that few rows are summed as many are."""

import dataclasses

import numpy as np
import pytest

from model.learning.design import span
from model.plan import FEW, sums
from tests.model.examples import boosted_scorer, rows, scorer


@pytest.mark.parametrize(
    ("places", "expected"),
    [([0, 1, 2], slice(0, 3)), ([2], slice(2, 3)), ([1, 2], slice(1, 3))],
    ids=["all", "one", "two"],
)
def test_places_side_by_side_are_a_slice(places: list[int], expected: slice) -> None:
    """It copies nothing."""
    assert span(np.array(places, dtype=np.intp)) == expected


@pytest.mark.parametrize("places", [[], [0, 2], [1, 3, 4]], ids=str)
def test_other_places_are_named_one_by_one(places: list[int]) -> None:
    """None, or with gaps between them."""
    assert np.asarray(span(np.array(places, dtype=np.intp))).tolist() == places


@pytest.mark.parametrize("zeroed", [(), (0,), (1,), (2,), (0, 2), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("count", [1, FEW + 5])
def test_heads_without_coefficients_cost_nothing_and_change_nothing(zeroed: tuple[int, ...], count: int) -> None:
    """A head of nothing but its intercept is that intercept; the others are what they were, to the bit."""
    learned = scorer(arms=1)
    X = rows(learned, FEW + 5)[:count]
    coef = learned.coef1.copy()
    coef[list(zeroed), :-1] = 0.0
    bare = dataclasses.replace(learned, coef1=coef, links=("identity",) * 3, mix=np.tile([1.0, 0.0], (3, 1)))
    whole = dataclasses.replace(bare, coef1=learned.coef1).raw(X)
    expected = whole.copy()
    expected[:, list(zeroed)] = coef[list(zeroed), -1]
    assert bare.raw(X).tobytes() == expected.tobytes()


def test_only_links_that_bend_are_asked() -> None:
    """The identity is no work; a second arm has the link of the first."""
    learned = boosted_scorer()
    bent = [k for k, link in enumerate(learned.links) if link == "logistic"]
    assert [k for k, _ in learned._plan.links] == [*bent, *(k + 3 for k in bent)]


@pytest.mark.parametrize("count", [1, 2, FEW - 1, FEW, FEW + 1, 100])
def test_sums_run_from_the_first_column_to_the_last(count: int) -> None:
    """(1e16 + 1) − 1e16 is 0 in that order, and in no other: whatever the number of rows."""
    columns = np.repeat(np.array([[1e16], [1.0], [-1e16], [0.25]]), count, axis=1)
    found = sums(columns, np.zeros((1, count)), np.ones((4, 1, 1)))
    assert found.tolist() == [[0.25] * count]
