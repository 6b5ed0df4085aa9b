from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from model.crossfit import cross_fit
from model.evaluation import net_benefit
from model.learners import AverageEffect, DRLearner, Response, RLearner, SLearner, TLearner, XLearner
from model.learning.choices import arms_of
from model.learning.fitting import fitted, learner
from model.learning.portfolio import BOOSTED, Portfolio, arms, deploy, learn
from model.learning.regularisation import GROWTHS
from model.parallel import Work
from model.scorer import SCORERS
from model.split import Half
from tests.model.occasions import rows_of
from tests.model.test_crossfit import Memory

WEIGHTS = {"benefit": 1.0, "complaint": 1.0, "opt_out": 1.0, "contact": 0.0}
KINDS = (AverageEffect, Response, TLearner, SLearner, TLearner, XLearner, RLearner, DRLearner)
LINEAR = ("average", "response", "t_logit")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As training does it."""
    with threadpool_limits(limits=1):
        yield


def half(effect: Any, rows: int = 800, *, seed: int = 0, complaint: bool = False) -> Half:
    """Rows of four numbers where contact moves the benefit by `effect`, a function of them.

    With contact the benefit is as likely for everyone where the effect is straight: a response ranks nobody.
    """
    rng = np.random.default_rng(seed)
    X, contacted = rng.normal(size=(rows, 4)), rng.random(rows) < 0.5
    level = -0.5 * effect(X) if effect is straight else 0.05 * X[:, 2].clip(-2, 2)
    benefit = rng.random(rows) < 0.4 + level + (contacted - 0.5) * effect(X)
    harmed = (rng.random(rows) < 0.1 + 0.05 * contacted) if complaint else None
    return rows_of(X, contacted, benefit, complaint=harmed)


def crossed(X: np.ndarray) -> np.ndarray:
    """An effect that only trees can see: the sign of a product."""
    return np.asarray(0.5 * np.sign(X[:, 0] * X[:, 1]))


def straight(X: np.ndarray) -> np.ndarray:
    """An effect along one feature."""
    return np.asarray(0.2 * X[:, 0].clip(-2, 2))


def nothing(X: np.ndarray) -> np.ndarray:
    """No effect for anyone."""
    return np.zeros(len(X))


def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One way to grow and thirty rounds are enough where the settings are not the point."""
    monkeypatch.setattr("model.learning.choices.GROWTHS", GROWTHS[:1])
    monkeypatch.setattr("model.learning.tuning.MOST_ROUNDS", 30)


@cache
def usual() -> Portfolio:
    """The whole portfolio on a world of interactions with two outcomes, thirty rounds at most."""
    with pytest.MonkeyPatch.context() as patched, threadpool_limits(limits=1):
        few(patched)
        return learn(half(crossed, complaint=True), weights=WEIGHTS)


def test_the_whole_portfolio_is_learned_the_simplest_first() -> None:
    """All eight are reported, each with how it is learned."""
    found = usual()
    assert tuple(each.name for each in found.candidates) == SCORERS
    assert [row["name"] for row in found.rows] == list(SCORERS)
    assert all("benefit: " in row["learned"] and "complaint: " in row["learned"] for row in found.rows[1:])


def test_an_interaction_is_seen_by_boosting_alone() -> None:
    """No line through either feature ranks anybody."""
    found = usual()
    assert found.candidates[found.chosen].name in BOOSTED
    assert found.rows[SCORERS.index("t_logit")]["reason"].startswith("out of fold its order was no better than chance")


def test_a_straight_effect_needs_nothing_beyond_the_t_logit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within one standard error of the best, the simplest."""
    few(monkeypatch)
    found = learn(half(straight, 1500), weights=WEIGHTS)
    assert found.candidates[found.chosen].name == "t_logit"


def test_where_contact_changes_nothing_the_average_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody differs from anybody."""
    few(monkeypatch)
    found = learn(half(nothing, seed=1), weights=WEIGHTS)
    assert found.candidates[found.chosen].name == "average"


def test_jobs_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Side by side or one after the other: the same scores."""
    few(monkeypatch)
    again = learn(half(crossed, complaint=True), weights=WEIGHTS, jobs=2)
    actual, expected = ([each.out_of_fold for each in found.candidates] for found in (again, usual()))
    assert np.array_equal(actual, expected)


def remembering(found: Portfolio) -> Portfolio:
    """Return the portfolio with bases that remember every row they saw, for every learner."""
    memory = {
        name: replace(
            each,
            linear=(Memory(), Memory()),
            boosted=(Memory(), Memory()),
            means=(Memory(), Memory()),
            single=Memory(),
            effects=dict.fromkeys(("x", "r", "dr"), Memory()),
        )
        for name, each in found.bases.items()
    }
    return replace(found, bases=memory)


@pytest.mark.parametrize("name", [name for name in SCORERS if name != "average"])
def test_a_learner_that_remembers_every_row_knows_nothing_out_of_fold(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the base, an out-of-fold score is made of nothing that saw the row: here it is a constant."""
    few(monkeypatch)
    found = remembering(usual())
    monkeypatch.setattr("model.learning.portfolio.choose_means", lambda *_args, **_kwargs: found.bases)
    monkeypatch.setattr(
        "model.learning.portfolio.choose_effects",
        lambda *_args, **_kwargs: {key: dict(each.effects) for key, each in found.bases.items()},
    )
    learned = learn(half(crossed), weights=WEIGHTS, binary=False, scorers=("average", name))
    assert np.ptp(learned.candidate(name).out_of_fold) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", ["x", "r", "dr"])
def test_an_effect_learner_sees_no_outcome_of_the_fold_left_out(name: str) -> None:
    """Turning over every benefit of fold 0 changes no effect there, though it changes the nuisances of other rows."""
    found = usual()
    taught, held = np.flatnonzero(found.folds != 0), found.half.rows.take(found.folds == 0)
    seen = []
    for turned in (False, True):
        outcome = found.outcomes[0]
        flipped = replace(outcome, y=np.where((found.folds == 0) & turned, 1.0 - outcome.y, outcome.y))
        crossed_arms = arms_of(found.half, found.folds, flipped, found.bases[outcome.name])
        means = cross_fit({outcome.name: crossed_arms}, inner=True, work=Work())
        sample = replace(found.sample, outcomes=(flipped,), means=means)
        seen.append((fitted(name, flipped, sample, taught, 0).predict(held), means[outcome.name].own[0]))
    (one, own_one), (two, own_two) = seen
    assert (np.array_equal(one, two), np.array_equal(own_one, own_two)) == (True, False)


def test_a_deployed_scorer_is_its_learner_calibrated() -> None:
    """Bits of the portable form against scikit-learn's own, on rows of another half."""
    found = usual()
    later = replace(found.half.rows, codes=half(crossed, 300, seed=9).rows.codes)
    names = ["response", "s_boosting", "t_boosting", "x", "dr"]
    everyone = np.arange(len(found.folds))
    for name, scorer in deploy(found, names).items():
        raw = np.zeros((300, 3))
        for k, outcome in enumerate(found.outcomes):
            raw[:, k] = fitted(name, outcome, found.sample, everyone, None).predict(later)
        c = found.candidate(name).calibration
        expected = net_benefit(c.offset + c.slope * (raw - c.centre), WEIGHTS)
        assert scorer.predict(later.codes).net_benefit == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_the_average_deploys_as_the_mean_effect_for_everyone() -> None:
    """Its constant is the mean of Γ, to the bit that the certificate uses."""
    found = usual()
    scores = deploy(found, ["average"])["average"].predict(found.half.rows.codes).net_benefit
    assert set(scores) == {found.candidates[0].out_of_fold[0]}
    assert scores[0] == pytest.approx(net_benefit(found.gamma, WEIGHTS).mean())


def test_deployed_scores_are_near_those_out_of_fold() -> None:
    """The final learner is fitted on all of D1; the grid is made out of fold."""
    found = usual()
    name = found.candidates[found.chosen].name
    deployed = deploy(found, [name])[name].predict(found.half.rows.codes).net_benefit
    assert np.corrcoef(deployed, found.candidate(name).out_of_fold)[0, 1] > 0.7


def test_arms_of_other_rows_come_from_all_of_d1() -> None:
    """Means for D2, per outcome: with and without contact."""
    found = usual()
    later = half(crossed, 50, seed=3).rows
    means = {name: [fit.mean(later) for fit in pair] for name, pair in arms(found).items()}
    assert list(means) == ["benefit", "complaint"]
    assert all(((mean > 0.0) & (mean < 1.0)).all() for pair in means.values() for mean in pair)


def test_fewer_scorers_are_a_quick_run() -> None:
    """Both baselines stay; without a boosted scorer nothing is boosted."""
    found = learn(half(straight, 600), weights=WEIGHTS, scorers=("t_logit",))
    assert tuple(each.name for each in found.candidates) == LINEAR
    assert "boosting" not in " ".join(row["learned"] for row in found.rows)


def test_a_scorer_that_nobody_knows_is_named() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match="`forest` is not one of them; give some of average, response, t_logit"):
        learn(half(nothing, 100), weights=WEIGHTS, scorers=("average", "forest"))


def test_a_benefit_that_is_a_number_is_learned_by_squares() -> None:
    """Unless it is told, the values decide."""
    built = half(straight, 500)
    found = learn(replace(built, benefit=built.benefit * 12.5), weights=WEIGHTS, scorers=LINEAR)
    assert found.outcomes[0].link == "identity"
    assert found.candidate("t_logit").learned.startswith("benefit: contacted ridge")


@pytest.mark.parametrize(
    ("name", "kind"),
    list(zip(SCORERS, KINDS, strict=True)),
    ids=SCORERS,
)
def test_every_scorer_has_its_learner(name: str, kind: type) -> None:
    """Response, S and T learn means; X, R and doubly robust learn effects."""
    assert type(learner(name, usual().bases["benefit"])) is kind


def sampled(monkeypatch: pytest.MonkeyPatch, most: int, name: str = "t_logit") -> Portfolio:
    """A portfolio of 1,000 rows of which `most` select."""
    monkeypatch.setattr("model.learning.portfolio.SELECTION_ROWS", most)
    few(monkeypatch)
    return learn(half(straight, 1000), weights=WEIGHTS, scorers=("average", name))


def test_a_subsample_selects_and_all_of_d1_calibrates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row has a score and a Γ, 400 of them taught."""
    found = sampled(monkeypatch, 400)
    assert (len(found.selection), found.gamma.shape) == (400, (1000, 3))
    score = found.candidate("t_logit").out_of_fold
    assert (len(score), np.unique(score).size > 900) == (1000, True)


def test_rows_beyond_the_subsample_teach_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their outcomes calibrate: turned over, they change scores by one linear map and no more."""
    found = sampled(monkeypatch, 400)
    rest = np.setdiff1d(np.arange(1000), found.selection)
    turned = found.half.benefit.copy()
    turned[rest[:50]] = 1.0 - turned[rest[:50]]
    again = learn(
        replace(found.half, benefit=turned), weights=WEIGHTS, folds=found.folds, scorers=("average", "t_logit")
    )
    one, two = (each.candidate("t_logit").out_of_fold for each in (found, again))
    assert not np.array_equal(one, two)
    assert np.corrcoef(one, two)[0, 1] == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["t_logit", "dr"])
def test_what_is_deployed_is_fitted_on_all_of_d1(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a subsample selected it: an outcome outside of it changes the scorer."""
    found = sampled(monkeypatch, 400, name)
    rest = np.setdiff1d(np.arange(1000), found.selection)
    y = found.outcomes[0].y.copy()
    y[rest[:200]] = 1.0 - y[rest[:200]]
    other = replace(found, outcomes=(replace(found.outcomes[0], y=y),))
    one, two = (deploy(each, [name])[name].raw(found.half.rows.codes) for each in (found, other))
    assert not np.array_equal(one, two)
