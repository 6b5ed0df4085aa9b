"""The arms: an exact, repeatable draw per occasion."""

from typing import Any

import numpy as np
import pytest

from model.contracts import Arm, Shares
from model.errors import InvalidInput
from serving.arms import LAYER, Exploration, arm, logging_propensity, uniform

DEFAULT = Shares()


@pytest.mark.parametrize(
    ("sent", "above", "expected"), [(True, True, 0.95), (True, False, 0.02), (False, True, 0.05), (False, False, 0.98)]
)
def test_the_propensities_are_the_method_s_to_the_last_digit(*, sent: bool, above: bool, expected: float) -> None:
    """Marginal over the arms: .95/.05 at or above the cut-off, .02/.98 below."""
    assert logging_propensity(sent=sent, above=above, shares=DEFAULT) == expected


@pytest.mark.parametrize("above", [True, False])
def test_the_propensities_of_the_two_actions_sum_to_one(*, above: bool) -> None:
    """For any shares."""
    shares = Shares(model=0.8, policy_only=0.07, holdout=0.13)
    both = [logging_propensity(sent=sent, above=above, shares=shares) for sent in (True, False)]
    assert sum(both) == pytest.approx(1, abs=1e-12)


def test_the_edges_of_the_arms() -> None:
    """The model's share first, then policy_only, the rest is held out."""
    draws = [0.0, 0.9299999, 0.93, 0.9499999, 0.9500001, 0.9999999]
    expected = [Arm.MODEL, Arm.MODEL, Arm.POLICY_ONLY, Arm.POLICY_ONLY, Arm.HOLDOUT, Arm.HOLDOUT]
    assert [arm(u, DEFAULT) for u in draws] == expected


def test_the_draw_is_the_same_for_the_same_occasion_and_fresh_for_another() -> None:
    """Salt, layer, cluster and fact key each make another draw."""
    base = (b"salt", LAYER, "u-17", "fact")
    others = [(b"tlas", *base[1:]), (b"salt", "x", *base[2:]), (b"salt", LAYER, "u-18", "fact"), (*base[:3], "fact2")]
    draws = [uniform(*base), uniform(*base), *(uniform(*other) for other in others)]
    assert draws[0] == draws[1]
    assert len(set(draws)) == 5


def test_the_parts_cannot_be_shifted_into_each_other() -> None:
    """`a|bc` and `ab|c` are two occasions."""
    assert uniform(b"s", "l", "a", "bc") != uniform(b"s", "l", "ab", "c")


def test_a_known_draw_stays_what_it_was() -> None:
    """A change of this number would re-assign every occasion of every ledger."""
    assert uniform(b"salt", "arm", "u-17", "fact") == 0.4364416831048433


def test_the_draws_are_uniform() -> None:
    """20,000 draws: the shares come out within four standard errors."""
    draws = np.array([uniform(b"s", LAYER, f"u-{number}", "f") for number in range(20_000)])
    shares = [np.mean(draws < 0.93), np.mean((draws >= 0.93) & (draws < 0.95)), np.mean(draws >= 0.95)]
    for share, expected in zip(shares, (0.93, 0.02, 0.05), strict=True):
        assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 20_000)


@pytest.mark.parametrize(
    "shares",
    [
        {"model": 0.9},
        {"model": -0.1, "policy_only": 0.1, "holdout": 1.0},
        {"model": 1.5, "policy_only": -0.5, "holdout": 0.0},
        {"model": float("nan")},
    ],
)
def test_impossible_shares_are_refused(shares: dict[str, Any]) -> None:
    """Rates that sum to one."""
    with pytest.raises(ValueError, match="`shares`"):
        Shares(**shares)


def test_arms_without_a_salt_are_refused() -> None:
    """Anybody could foresee the draws."""
    with pytest.raises(InvalidInput, match="salt"):
        Exploration(salt=b"")


def test_the_salt_is_not_shown() -> None:
    """It would let a reader predict every draw."""
    assert "top-secret" not in repr(Exploration(salt=b"top-secret"))
