"""Drift in words: by the customary marks, the farthest first."""

import pytest

from model.drift import MINIMUM
from serving.metrics.catalogue import DRIFT_ROWS, FEATURE_PSI, PROCESSES, SCORE_PSI
from serving.model_card.moved import LARGE, SCORE, WORTH_A_LOOK, moved_of


def test_without_a_reference_there_is_nothing_to_say() -> None:
    """Other readings are not drift."""
    actual = moved_of([(PROCESSES, (), 1.0)])
    assert actual is None


def test_few_rows_are_counted_and_not_read() -> None:
    """How many there are, and how many it takes."""
    found = moved_of([(DRIFT_ROWS, (), 12.0)])
    assert found is not None
    actual = (found.rows, found.enough, found.least)
    assert actual == (12, False, MINIMUM)


def test_the_farthest_stands_first() -> None:
    """Features and the score alike."""
    readings = [(DRIFT_ROWS, (), 900.0), (FEATURE_PSI, ("plan",), 0.02), (SCORE_PSI, (), 0.3)]
    found = moved_of([*readings, (FEATURE_PSI, ("age",), 0.12)])
    assert found is not None
    actual = [(one.name, one.tone) for one in found.shifts]
    assert actual == [(SCORE, "bad"), ("age", "warn"), ("plan", "good")]


@pytest.mark.parametrize(
    ("psi", "words"),
    [
        (0.0, "hardly changed"),
        (WORTH_A_LOOK - 1e-9, "hardly changed"),
        (WORTH_A_LOOK, "changed: worth a look"),
        (LARGE - 1e-9, "changed: worth a look"),
        (LARGE, "changed a lot"),
    ],
    ids=["none", "below", "look", "nearly", "large"],
)
def test_the_marks_are_those_of_custom(psi: float, words: str) -> None:
    """From 0.1 worth a look, from 0.25 a lot."""
    found = moved_of([(DRIFT_ROWS, (), 900.0), (FEATURE_PSI, ("age",), psi)])
    assert found is not None
    actual = found.shifts[0].words
    assert actual == words
