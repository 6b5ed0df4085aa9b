"""Whether a log can carry a figure: what is seen and to be expected among the rows that change, and coverage."""

import numpy as np
import pytest

from serving.replay.effects import FEW, Effects
from serving.replay.gates import changed_size, tallied
from tests.serving.analytics.drawn import occasions
from tests.serving.replay.occasions import weighed


def null(seed: int, changed: int, base: float, rows: int = 2000) -> Effects:
    """Draw occasions that contact does nothing to, one in twenty held out; the first would not be contacted."""
    rng = np.random.default_rng(seed)
    contacted, luck = rng.random(rows) < 0.95, rng.random((2, rows))
    seen = occasions(contacted, chance=0.95, benefit=luck[0] < base, complaint=luck[1] < 0.06)
    return weighed(seen, dict.fromkeys(range(changed), 0.0))


@pytest.mark.parametrize(
    ("changed", "base"),
    [(120, 0.8), (300, 0.5), (600, 0.2), (800, 0.8), (1000, 0.95)],
    ids=["6 held out", "15 held out", "30, few helped", "40, most helped", "50, nearly all helped"],
)
def test_what_is_shown_holds_the_truth(changed: int, base: float) -> None:
    """Few events, few without one, or few customers: where a figure is shown, it is right in 93 of 100 logs or more."""
    found = [null(seed, changed, base).differences.get("benefit") for seed in range(40)]
    shown = [each for each in found if each is not None]
    held = sum(each.low <= 0.0 <= each.high for each in shown)
    assert held >= 0.93 * len(shown) - 1, (held, len(shown))


def test_a_few_customers_that_change_carry_nothing() -> None:
    """Fifteen held out among three hundred that change: their size is theirs, whatever lies around them."""
    found = null(0, 300, 0.5)
    assert (found.missing, found.size < 30.0, "of what changes is" in found.said) == (FEW, True, True)


@pytest.mark.parametrize(("rate", "enough"), [(0.02, False), (0.5, True), (0.98, False)])
def test_events_and_their_absence_are_to_be_expected_in_each_arm(rate: float, enough: bool) -> None:  # noqa: FBT001
    """Of a hundred held out two would have the outcome, or two would not: a normal interval is not to be had."""
    rows = np.arange(1000)
    contacted, happened = rows % 10 > 0, rows // 10 < 100 * rate
    found = tallied(happened, contacted, np.full(1000, 0.9), np.full(1000, fill_value=True), both=True)
    assert (found.enough, found.expected[1]) == (enough, pytest.approx(100 * rate))


def test_luck_in_the_small_arm_opens_no_gate() -> None:
    """Six of the held out were helped, where three are to be expected."""
    rows = np.arange(1000)
    contacted = rows >= 100
    happened = (rows < 6) | ((rows >= 100) & (rows < 124))
    found = tallied(happened, contacted, np.full(1000, 0.9), np.full(1000, fill_value=True), both=True)
    assert (found.events, found.enough) == ((24, 6), False)


def test_the_size_of_what_changes_is_that_of_those_who_did_what_is_proposed() -> None:
    """Customers, not rows: four held-out rows of two customers; without one there is none."""
    contacted = np.array([True] * 6 + [False] * 4)
    customer = np.array([0, 1, 2, 3, 4, 5, 6, 6, 7, 7])
    actual = [changed_size(np.zeros(10), np.full(10, 0.9), each, customer) for each in (contacted, contacted | True)]
    assert actual == [pytest.approx(2.0), 0.0]
