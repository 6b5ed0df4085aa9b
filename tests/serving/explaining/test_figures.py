"""Figures as a reader meets them: out of a hundred, two decimals, the sign as a word; times to the second."""

from dataclasses import replace
from datetime import timedelta

import pytest

from model.contracts import CustomerWouldThank
from serving.explaining.figures import against, by_more_than, effects, higher_by, hundredth, second
from tests.occasions import NOW

FOUND = CustomerWouldThank(asked=True, answer=True, benefit=0.0891, complaint_effect=-0.000848, opt_out=-0.000464)


def test_effects_say_more_or_fewer() -> None:
    """Every one of the three, with two decimals at most."""
    assert effects(FOUND) == (
        "of 100 customers like this one, 8.91 more would benefit, 0.08 fewer would complain and 0.05 fewer would opt "
        "out than without it"
    )


def test_an_effect_too_small_to_say_is_no_effect() -> None:
    """On either side of nothing."""
    actual = effects(replace(FOUND, benefit=0.00004, complaint_effect=-0.00004, opt_out=0.0))
    assert actual == (
        "of 100 customers like this one, no more would benefit, no more would complain and no more would opt out "
        "than without it"
    )


@pytest.mark.parametrize(("benefit", "said"), [(3.2, "a benefit of 3.2"), (-1.257, "a loss of 1.26")])
def test_a_benefit_weighted_by_value_is_no_share_of_customers(benefit: float, said: str) -> None:
    """It is said per contact; the harms stay shares."""
    actual = effects(replace(FOUND, benefit=benefit))
    assert actual == (
        f"{said} per contact; of 100 customers like this one, 0.08 fewer would complain and 0.05 fewer would opt out "
        "than without it"
    )


def test_without_a_score_there_is_nothing_to_say() -> None:
    """No figure is made up."""
    assert effects(CustomerWouldThank(asked=True)) == ""


@pytest.mark.parametrize(
    ("net", "cutoff", "said"),
    [
        (0.031, 0.004, "the net benefit of 3.1 per 100 contacts is at or above the certified cut-off of 0.4"),
        (0.004, 0.004, "the net benefit of 0.4 per 100 contacts is at or above the certified cut-off of 0.4"),
        (0.001, 0.004, "the net benefit of 0.1 per 100 contacts is below the certified cut-off of 0.4"),
        (0.00399, 0.004, "the net benefit of 0.4 per 100 contacts is just below the certified cut-off of 0.4"),
        (-0.0053, 0.0, "the net benefit of minus 0.53 per 100 contacts is below the certified cut-off of 0"),
    ],
)
def test_the_net_benefit_is_held_against_the_cutoff(net: float, cutoff: float, said: str) -> None:
    """In the same unit as the effects, so that the one can be seen in the other."""
    assert against(net, cutoff) == said


@pytest.mark.parametrize(
    ("net", "cutoff", "up", "down"),
    [(0.001, 0.004, "higher by 0.3", "any lower"), (0.031, 0.004, "any higher", "lower by more than 2.7")],
)
def test_the_gap_is_named_in_the_direction_that_matters(net: float, cutoff: float, up: str, down: str) -> None:
    """Up to the cut-off, or down below it; where there is no gap to speak of, any change will do."""
    assert (higher_by(net, cutoff), by_more_than(net, cutoff)) == (up, down)


def test_hundredths_have_no_idle_zeros() -> None:
    """Nor a minus before nothing."""
    actual = [hundredth(figure) for figure in (0.0, -0.000001, 0.00005, 0.5, 0.999999999, -0.12345)]
    assert actual == ["0", "0", "0.01", "50", "100", "minus 12.35"]


@pytest.mark.parametrize(("micros", "expected"), [(0, "00Z"), (1, "01Z"), (999_999, "01Z")])
def test_an_instant_to_wait_for_is_never_said_too_early(micros: int, expected: str) -> None:
    """To the second, rounded up."""
    assert second(NOW + timedelta(microseconds=micros)) == f"2026-11-20T11:00:{expected}"
