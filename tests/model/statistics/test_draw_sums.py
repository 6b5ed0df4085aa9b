import numpy as np
import pytest
from scipy.stats import norm

from model.statistics.draw_sums import drawn_together, p_of_draw

ROWS = np.arange(2000)


@pytest.mark.parametrize(
    ("contacted", "cluster", "expected"),
    [([1, 1, 0, 0], [5, 5, 9, 9], True), ([1, 0, 0, 0], [5, 5, 9, 9], False), ([1, 0], [0, 1], True)],
)
def test_clusters_are_drawn_together_where_none_is_in_both_arms(
    contacted: list[int],
    cluster: list[int],
    expected: bool,  # noqa: FBT001  (parametrised by name)
) -> None:
    """A single row is a cluster too."""
    actual = drawn_together(np.array(contacted, dtype=bool), np.array(cluster))

    assert actual is expected


def test_an_even_draw_of_single_rows_has_the_normal_p_value() -> None:
    """At e = ½ nothing is skewed: 1,040 of 2,000 contacted are 1.79 standard errors too many."""
    actual = p_of_draw(np.ones(2000), ROWS < 1040, np.full(2000, 0.5), ROWS)

    assert actual == pytest.approx(2.0 * norm.sf(40 / np.sqrt(500)))


def test_clusters_that_are_drawn_together_count_once() -> None:
    """Ten rows of one draw are ten times the variance of ten draws."""
    contacted = np.repeat(np.arange(200) < 104, 10)

    actual = p_of_draw(np.ones(2000), contacted, np.full(2000, 0.5), ROWS // 10)

    assert actual == pytest.approx(2.0 * norm.sf(40 / np.sqrt(5000)))


def test_what_does_not_vary_is_no_evidence() -> None:
    """A weight of 0 everywhere sums to 0."""
    actual = p_of_draw(np.zeros(2000), ROWS < 9, np.full(2000, 0.5), ROWS)

    assert actual == 1.0


@pytest.mark.parametrize("e", [0.95, 0.05])
def test_a_few_rare_rows_of_the_rare_arm_are_no_proof(e: float) -> None:
    """Ten rows of 10,000, of which three are in the arm of 5 %: one time in 87, not one in 3,000 as of a normal."""
    rng = np.random.default_rng(0)
    rare = np.arange(10_000) < 10
    few = rng.random(10_000) < 0.05
    few[:10] = np.arange(10) < 3
    g = rare - rare.mean()

    actual = p_of_draw(g, few if e < 0.5 else ~few, np.full(10_000, e), np.arange(10_000))

    assert 0.005 < actual < 0.05
