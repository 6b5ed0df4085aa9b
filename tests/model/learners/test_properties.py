"""What must hold for any data: order, units, copies and names mean nothing."""

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge

from model.learners import AverageEffect, DRLearner, RLearner, TLearner, XLearner
from tests.model.learners.worlds import LOGIT, RIDGE

SEEDS = st.integers(0, 2**16)
quick = settings(max_examples=15, deadline=None)


def drawn(seed: int, rows: int = 60, *, number: bool = False) -> dict[str, Any]:
    """A small table of anything: a number with gaps, text with gaps, contact and outcome by chance."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "a": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows) * 10 ** rng.uniform(-3, 3)),
            "b": rng.choice(np.array(["x", "y", "z", None], dtype=object), rows),
        }
    )
    e = rng.uniform(0.1, 0.9, rows)
    y = rng.normal(size=rows) if number else (rng.random(rows) < 0.4).astype(float)
    return {"X": frame, "y": y, "contacted": rng.random(rows) < e, "propensity": e}


def taken(one: dict[str, Any], rows: np.ndarray) -> dict[str, Any]:
    """Some rows of what `fit` takes, in some order."""
    return {name: part.iloc[rows] if name == "X" else part[rows] for name, part in one.items()}


def effect(learner: Any, one: dict[str, Any], X: pd.DataFrame, **more: Any) -> np.ndarray:
    """Fit a fresh learner, predict X."""
    return clone(learner).fit(**one, **more).predict(X)


@quick
@given(SEEDS)
def test_the_order_of_rows_means_nothing(seed: int) -> None:
    """Linear learners, and the average: the same effects from shuffled rows."""
    one = drawn(seed)
    shuffled = taken(one, np.random.default_rng(seed).permutation(60))
    for learner in (AverageEffect(), TLearner(LOGIT), TLearner(RIDGE)):
        assert np.allclose(effect(learner, one, one["X"]), effect(learner, shuffled, one["X"]), atol=1e-6)


@quick
@given(SEEDS)
def test_given_means_make_order_meaningless_for_the_others_too(seed: int) -> None:
    """Only the inner folds depend on the order of rows."""
    one, rng = drawn(seed), np.random.default_rng(seed)
    means, order = (rng.random(60), rng.random(60)), rng.permutation(60)
    for learner in (XLearner(), RLearner(), DRLearner()):
        plain = effect(learner, one, one["X"], means=means)
        again = effect(learner, taken(one, order), one["X"], means=(means[0][order], means[1][order]))
        assert np.allclose(plain, again, atol=1e-8)


@quick
@given(SEEDS, st.integers(2, 4))
def test_copies_of_all_rows_are_a_weaker_penalty(seed: int, copies: int) -> None:
    """So many copies (k) with penalty k·α (or C/k) learn what one learns with α (or C)."""
    labels, numbers = drawn(seed), drawn(seed, number=True)
    rows = np.tile(np.arange(60), copies)
    plain = LogisticRegression(C=0.1, solver="newton-cholesky", tol=1e-10)
    cases = (
        (labels, plain, clone(plain).set_params(C=0.1 / copies)),
        (numbers, Ridge(alpha=3.0), Ridge(alpha=3.0 * copies)),
    )
    for one, base, weaker in cases:
        many = effect(TLearner(weaker), taken(one, rows), one["X"])
        assert np.allclose(effect(TLearner(base), one, one["X"]), many, atol=1e-6)


@quick
@given(SEEDS, st.sampled_from([0.01, 0.5, 100.0]), st.sampled_from([0.0, -3.0, 50.0]))
def test_the_unit_of_a_number_is_the_unit_of_its_effect(seed: int, scale: float, shift: float) -> None:
    """Cents instead of pounds: effects a hundred times as large; a shift of both arms is no effect."""
    one = drawn(seed, number=True)
    other = one | {"y": scale * one["y"] + shift}
    for learner in (AverageEffect(), TLearner(), XLearner(), RLearner(), DRLearner()):
        expected = scale * effect(learner, one, one["X"])
        assert np.allclose(effect(learner, other, one["X"]), expected, rtol=1e-6, atol=1e-7 * (scale + abs(shift)))


@quick
@given(SEEDS)
def test_contact_and_its_absence_are_mirror_images(seed: int) -> None:
    """Swap the arms and every effect changes its sign."""
    one = drawn(seed, number=True)
    other = one | {"contacted": ~one["contacted"], "propensity": 1.0 - one["propensity"]}
    for learner in (AverageEffect(), TLearner(), DRLearner(), RLearner(), XLearner()):
        means = {} if isinstance(learner, AverageEffect | TLearner) else {"means": (one["y"] / 2, one["y"] / 3)}
        swapped = {"means": means["means"][::-1]} if means else {}
        mirrored = -effect(learner, other, one["X"], **swapped)
        assert np.allclose(effect(learner, one, one["X"], **means), mirrored, atol=1e-8)


@quick
@given(SEEDS, st.integers(1, 4))
def test_a_row_is_predicted_alone_as_in_a_batch(seed: int, rows: int) -> None:
    """Nobody's effect depends on who stands beside."""
    one = drawn(seed)
    learner = DRLearner().fit(**one)
    alone = np.concatenate([learner.predict(one["X"].iloc[[row]]) for row in range(rows)])
    assert np.allclose(learner.predict(one["X"])[:rows], alone, atol=1e-12)
