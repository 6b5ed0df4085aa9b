from typing import Any

import numpy as np
import pytest

from model.groups import group_effects, tenths
from model.learning.coded import as_coded
from model.split import Half

N = 1_000


def half(**outcomes: Any) -> Half:
    """Return a half of single-row clusters, contacted with probability one half."""
    rng = np.random.default_rng(0)
    named = {"benefit": rng.integers(0, 2, N).astype(np.float64), "complaint": None, "opt_out": None} | outcomes
    return Half(
        rows=as_coded(np.zeros((N, 1))),
        contacted=np.arange(N) % 2 == 0,
        propensity=np.full(N, 0.5),
        cluster=np.arange(N),
        **named,
    )


SCORE = np.linspace(-1.0, 1.0, N)
GAMMAS = np.column_stack([SCORE, 0.1 * SCORE, 0.0 * SCORE])


def found(given: Half) -> list[Any]:
    """Return the groups of a half."""
    return group_effects(given, tenths(SCORE), score=SCORE, gamma=SCORE, gammas=GAMMAS)


def test_tenths_are_equal_and_fall() -> None:
    """The highest hundred scores first."""
    parts = tenths(SCORE)
    assert ([len(part) for part in parts], parts[0].min()) == ([100] * 10, 900)


def test_equal_scores_stay_together() -> None:
    """Two values make two groups, one makes one: which row stands first in the file decides nothing."""
    actual = [[len(part) for part in tenths(score)] for score in (np.arange(10.0) % 2, np.zeros(10))]
    assert actual == [[5, 5], [10]]


def test_a_group_states_prediction_and_finding() -> None:
    """The mean of the score beside the mean of the pseudo-outcome with its interval."""
    first = found(half())[0]
    mean = pytest.approx(SCORE[900:].mean())
    assert (first["name"], first["rows"], first["predicted"], first["net_benefit"]["estimate"]) == (
        "tenth_1",
        100,
        mean,
        mean,
    )


def test_harms_are_found_per_group() -> None:
    """An outcome with a label has an effect in every group, one without has none."""
    groups = found(half(complaint=np.zeros(N)))
    actual = [groups[-1]["complaint"]["estimate"], groups[-1]["opt_out"], groups[-1]["without"]["complaint"]]
    assert actual == [0.0, None, 0.0]


def test_the_rate_without_contact_is_that_of_the_held_out() -> None:
    """Contacted rows do not count."""
    benefit = (np.arange(N) % 2 == 0).astype(np.float64)
    assert {group["without"]["benefit"] for group in found(half(benefit=benefit))} == {0.0}


@pytest.mark.parametrize("harm", ["complaint", "opt_out"])
def test_a_harm_without_an_event_has_room_for_one(harm: str) -> None:
    """The doubly robust interval would be a point at 0; that of a tenth of a hundred rows is not."""
    group = group_effects(
        half(**{harm: np.zeros(N)}), tenths(SCORE), score=SCORE, gamma=SCORE, gammas=np.zeros((N, 3))
    )[0]
    found = group[harm]
    assert (found["estimate"], found["low"] <= 0.0, found["high"] > 0.05, found["events"]) == (0.0, True, True, 0)


def test_only_few_events_are_counted_exactly() -> None:
    """From 20 events on the doubly robust figure is used; what contact causes is never below 0."""
    contacted = np.arange(N) % 2 == 0
    many = group_effects(
        half(complaint=np.ones(N), opt_out=contacted.astype(float)),
        tenths(SCORE),
        score=SCORE,
        gamma=SCORE,
        gammas=-GAMMAS - 0.5,
    )[0]
    methods = {many[harm]["method"] for harm in ("complaint", "opt_out")}
    assert (methods, many["opt_out"]["estimate"], many["opt_out"]["low"]) == ({"doubly robust"}, 0.0, 0.0)
    assert many["complaint"]["estimate"] < 0.0
