from typing import Any

import numpy as np
import pytest

from model.diagnostics.cause import ACTION, REVERSED, likely_cause

ROWS = 6000


def drawn(*, above: float = 0.95, below: float = 0.02, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Contact drawn with these propensities, half the rows each; returns who was contacted and e."""
    rng = np.random.default_rng(seed)
    e = np.where(np.arange(ROWS) % 2 == 0, above, below)
    return rng.random(ROWS) < e, e


def cause(contacted: np.ndarray, e: np.ndarray, **more: Any) -> str:
    """Ask for the cause, each row its own cluster."""
    return likely_cause(contacted, e, more.get("cluster", np.arange(len(e))))


@pytest.mark.parametrize("arms", [(0.95, 0.02), (0.95, 0.95), (0.3, 0.3), (0.9, 0.1)], ids=str)
def test_the_probability_of_the_logged_action_is_recognised(arms: tuple[float, float]) -> None:
    """As a ledger writes it: 1 − e where the row was held out."""
    contacted, e = drawn(above=arms[0], below=arms[1])
    assert cause(contacted, np.where(contacted, e, 1.0 - e)) == ACTION


@pytest.mark.parametrize("arms", [(0.95, 0.02), (0.3, 0.3)], ids=str)
def test_the_probability_of_being_held_out_is_recognised(arms: tuple[float, float]) -> None:
    """The other way round in every row."""
    contacted, e = drawn(above=arms[0], below=arms[1])
    assert cause(contacted, 1.0 - e) == REVERSED


def test_one_arms_propensity_that_was_changed_is_named() -> None:
    """A level whose rows are all of one arm was written after the draw."""
    contacted, _ = drawn(above=0.5, below=0.5)
    said = cause(contacted, np.where(contacted, 0.5, 0.4))
    expected = f"all {int((~contacted).sum()):,} rows with 0.4 were held out, so the column depends on the arm"
    assert said.startswith(expected)


def test_contact_that_was_simply_rarer_has_no_such_cause() -> None:
    """Half of those who were to be contacted were not: no reading of the column explains that."""
    contacted, e = drawn(above=0.6, below=0.6)
    assert cause(contacted & (np.random.default_rng(1).random(ROWS) < 0.5), e) == ""


def test_a_rare_level_may_lack_an_arm_by_chance() -> None:
    """Five rows at .9 that were all contacted prove nothing."""
    contacted, e = drawn(above=0.5, below=0.5)
    e[:5], contacted[:5] = 0.9, True
    assert cause(contacted & (np.arange(ROWS) % 3 > 0), e) == ""


def test_many_levels_are_not_listed() -> None:
    """A continuous propensity is read as a whole: the logged action is recognised there too."""
    rng = np.random.default_rng(2)
    e = rng.uniform(0.05, 0.95, ROWS)
    contacted = rng.random(ROWS) < e
    wrong = [np.where(contacted, e, 1.0 - e), np.where(contacted, e, 0.9 * e)]
    assert [cause(contacted, each) for each in wrong] == [ACTION, ""]
