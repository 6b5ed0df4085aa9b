from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from model.crossfit import Means
from model.learners.bases import fit_base
from model.learners.folds import make_folds
from model.learning.choices import (
    Bases,
    Outcome,
    choose_effects,
    choose_means,
    effect_lesson,
    effect_lessons,
    mean_lessons,
)
from model.learning.coded import as_coded
from model.learning.regularisation import (
    GROWTHS,
    MOST_ROUNDS,
    STRENGTHS,
    UNDIVIDED,
    boosted,
    events,
    in_words,
    leaf_rows,
    linear,
)
from model.learning.tuning import Judged, Lesson, Lessons, best, best_boosted, best_linear, better, curve, loss
from model.parallel import Work
from model.split import Half
from tests.model.occasions import rows_of


def lessons(truth: Any, rows: int = 600, *, seed: int = 0, weight: Any = None, number: bool = False) -> Lessons:
    """One lesson: a mean that is a function of two features, half of the rows teach."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 2))
    mean = truth(X)
    y = mean + rng.normal(size=rows) * 0.3 if number else (rng.random(rows) < mean).astype(float)
    coded = as_coded(X)
    taught, judged = (
        Lesson(rows=coded.take(part), y=y[part], weight=None if weight is None else weight[part])
        for part in (np.arange(rows) % 2 == 0, np.arange(rows) % 2 == 1)
    )
    return [(taught, judged)]


def steps(X: np.ndarray) -> np.ndarray:
    """What no line can follow: the sign of a product."""
    return np.asarray(0.5 + 0.45 * np.sign(X[:, 0] * X[:, 1]))


def line(X: np.ndarray) -> np.ndarray:
    """What a logistic line follows well."""
    return np.asarray(1 / (1 + np.exp(-1.5 * X[:, 0])))


def nothing(X: np.ndarray) -> np.ndarray:
    """Noise."""
    return np.full(len(X), 0.3)


@pytest.mark.parametrize(
    ("truth", "number", "kind"),
    [
        (steps, False, HistGradientBoostingClassifier),
        (line, False, LogisticRegression),
        (steps, True, HistGradientBoostingRegressor),
        (lambda X: X[:, 0], True, Ridge),
    ],
    ids=["steps", "line", "steps of a number", "line of a number"],
)
def test_the_better_family_wins(truth: Any, number: Any, kind: type) -> None:
    """By its loss on rows that did not teach."""
    found = best(lessons(truth, number=number), "identity" if number else "logistic")
    assert type(found.base) is kind


def test_noise_gets_the_strongest_penalty() -> None:
    """And a clear signal a weaker one."""
    noise, clear = (best_linear(lessons(truth), "logistic").base for truth in (nothing, line))
    assert 1.0 / noise.C == max(STRENGTHS) > 1.0 / clear.C


def test_noise_gets_no_rounds() -> None:
    """A constant is a legal outcome of boosting, and it says so."""
    found = best_boosted(lessons(nothing, seed=0), "logistic", GROWTHS[0])
    assert found.base.min_samples_leaf == UNDIVIDED
    assert in_words(found.base) == "constant: boosting found nothing to learn"


@pytest.mark.parametrize("link", ["logistic", "identity"])
def test_no_rounds_are_a_constant(link: str) -> None:
    """Whatever the features say."""
    X = np.random.default_rng(0).normal(size=(200, 2))
    base = boosted(link, GROWTHS[0], rounds=0, leaf=5)
    found = fit_base(base, as_coded(X), (X[:, 0] > 0).astype(float), link=link).mean(as_coded(X))
    assert np.ptp(found) == 0.0


def test_rounds_are_where_the_validation_curve_is_lowest() -> None:
    """Neither before nor after."""
    given = lessons(steps)
    found = best_boosted(given, "logistic", GROWTHS[0])
    drawn = curve(*given[0], "logistic", GROWTHS[0], found.base.min_samples_leaf)
    assert (found.base.max_iter, found.loss) == (drawn.argmin(), drawn.min())


@pytest.mark.parametrize("number", [False, True], ids=["logistic", "identity"])
def test_a_curve_is_the_loss_of_the_boosting_that_is_then_fitted(number: Any) -> None:
    """The same rows, rounds and leaves give the loss that tuning saw, weights included."""
    weight = np.random.default_rng(2).random(600) + 0.5
    link = "identity" if number else "logistic"
    ((taught, judged),) = lessons(steps, number=number, weight=weight if number else None)
    base = boosted(link, GROWTHS[1], rounds=7, leaf=20)
    mean = fit_base(base, taught.rows, taught.y, link=link, weight=taught.weight).mean(judged.rows)
    actual = loss(judged.y, mean, link, judged.weight)
    assert actual == pytest.approx(curve(taught, judged, link, GROWTHS[1], 20)[7], rel=0.01 if number else 1e-9)


def test_curves_end() -> None:
    """Within the most rounds, and without any row to judge at once."""
    ((taught, judged),) = lessons(line)
    assert len(curve(taught, judged, "logistic", GROWTHS[0], 20)) <= MOST_ROUNDS + 1
    nobody = Lesson(rows=judged.rows.take(np.zeros(300, dtype=bool)), y=np.zeros(0))
    assert curve(taught, nobody, "logistic", GROWTHS[0], 20).tolist() == [0.0]


def test_few_events_are_not_boosted() -> None:
    """Twenty-nine of them in the rows that teach."""
    ((taught, judged),) = lessons(steps)
    y = np.zeros(300)
    y[:29] = 1.0
    assert best_boosted([(Lesson(rows=taught.rows, y=y), judged)], "logistic", GROWTHS[0]).loss == np.inf


def test_ties_go_to_the_first() -> None:
    """Linear stands before boosting, the stronger penalty before the weaker."""
    assert better([Judged(base="linear", loss=1.0), Judged(base="boosted", loss=1.0 - 1e-9)]).base == "linear"
    assert better([Judged(base="linear", loss=1.0), Judged(base="boosted", loss=0.9)]).base == "boosted"


@pytest.mark.parametrize(
    ("y", "mean", "link", "weight", "expected"),
    [
        ([1.0, 0.0], [0.5, 0.5], "logistic", None, np.log(2)),
        ([1.0], [0.0], "logistic", None, -np.log(1e-9)),
        ([3.0, 1.0], [1.0, 1.0], "identity", None, 2.0),
        ([3.0, 1.0], [1.0, 1.0], "identity", [3.0, 1.0], 3.0),
        ([], [], "logistic", None, 0.0),
        ([3.0], [1.0], "identity", [0.0], 0.0),
    ],
    ids=["log loss", "certain and wrong", "squares", "weighted", "no rows", "no weight"],
)
def test_the_loss_is_log_loss_or_squared_error(y: Any, mean: Any, link: str, weight: Any, expected: float) -> None:
    """A certain and wrong prediction costs much, not everything."""
    weights = None if weight is None else np.array(weight)
    assert loss(np.array(y), np.array(mean), link, weights) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("y", "link", "expected"),
    [([0, 0, 1], "logistic", 1), ([1, 1, 0], "logistic", 1), ([0, 2.5, 3.0], "identity", 2)],
    ids=["rare", "common", "number"],
)
def test_events_are_what_there_is_to_learn_from(y: Any, link: str, expected: int) -> None:
    """The rarer value of 0/1, the rows of a number that are not 0."""
    assert events(np.array(y, dtype=float), link) == expected


@pytest.mark.parametrize(
    ("rows", "rare", "expected"), [(100_000, 5_000, 50), (400, 200, 20), (100_000, 40, 20), (10, 2, 5)]
)
def test_leaves_are_capped_for_small_data(rows: int, rare: int, expected: int) -> None:
    """By rows and by events; never below five."""
    y = np.zeros(rows)
    y[:rare] = 1.0
    assert leaf_rows(GROWTHS[0], y, "logistic") == expected


def test_settings_are_said_in_words() -> None:
    """What a CX lead can read and an analyst can repeat."""
    words = [in_words(base) for base in (linear("identity", 100.0), boosted("logistic", GROWTHS[2], rounds=3, leaf=9))]
    assert words == ["ridge, penalty 100", "boosting, 3 rounds at rate 0.05, 8 leaves of at least 9 rows"]


def half(rows: int = 500, *, seed: int = 0, truth: Any = line) -> Half:
    """Rows where the benefit follows the features, in both arms alike."""
    rng = np.random.default_rng(seed)
    X, contacted = rng.normal(size=(rows, 2)), rng.random(rows) < 0.6
    return rows_of(X, contacted, rng.random(rows) < truth(X), e=0.6)


HALF = half()
FOLDS = make_folds(HALF.cluster, HALF.contacted, HALF.benefit, seed=0)
OUTCOME = Outcome(name="benefit", y=HALF.benefit, link="logistic")


def test_two_folds_judge_what_the_others_teach() -> None:
    """No row does both, and only rows of the arm do either."""
    found = mean_lessons(HALF, FOLDS, OUTCOME, "held_out")
    sizes = [(len(taught.y), len(judged.y)) for taught, judged in found]
    out = ~HALF.contacted
    assert sizes == [(int((out & (k != FOLDS)).sum()), int((out & (k == FOLDS)).sum())) for k in (0, 1)]


def test_the_s_learner_is_tuned_with_contact_as_a_column() -> None:
    """All rows, one more feature."""
    (taught, _), _ = mean_lessons(HALF, FOLDS, OUTCOME, "single")
    assert np.array_equal(taught.rows.codes[:, -1], HALF.contacted[FOLDS != 0])


def test_without_boosting_everything_is_linear() -> None:
    """A quick run of linear scorers tries nothing else."""
    found = choose_means(HALF, FOLDS, [OUTCOME], boosting=False, work=Work())["benefit"]
    assert {type(base) for base in (*found.linear, *found.boosted, *found.means)} == {LogisticRegression}


def test_means_are_the_better_of_linear_and_boosted() -> None:
    """A boosted scorer is boosted all the same."""
    crooked = half(truth=steps)
    folds = make_folds(crooked.cluster, crooked.contacted, crooked.benefit, seed=0)
    learned = Outcome(name="benefit", y=crooked.benefit, link="logistic")
    found = choose_means(crooked, folds, [learned], boosting=True, work=Work())["benefit"]
    assert {type(base) for base in found.linear} == {LogisticRegression}
    assert {type(base) for base in found.means} == {HistGradientBoostingClassifier}
    assert {type(base) for base in (*found.boosted, found.single)} == {HistGradientBoostingClassifier}


MEANS = (np.full(500, 0.6), np.full(500, 0.4))


@pytest.mark.parametrize(
    ("kind", "contacted", "held_out", "weights"),
    [
        ("x", 1.0 - 0.4, 0.6 - 1.0, None),
        ("r", (1.0 - 0.52) / 0.4, (1.0 - 0.52) / -0.6, (0.16, 0.36)),
        ("dr", 0.2 + 0.4 / 0.6, 0.2 - 0.6 / 0.4, None),
    ],
)
def test_effects_are_judged_by_the_loss_of_their_learner(
    kind: str, contacted: float, held_out: float, weights: tuple[float, float] | None
) -> None:
    """X: imputed effects; R: residuals with their weights; doubly robust: Γ. Of rows with a benefit, at e = .6."""
    found = effect_lesson(HALF, OUTCOME, MEANS, kind, HALF.benefit > 0)
    t = HALF.contacted[HALF.benefit > 0]
    assert found.y == pytest.approx(np.where(t, contacted, held_out))
    assert found.weight == (None if weights is None else pytest.approx(np.where(t, *weights)))


def test_an_effect_is_tuned_on_means_that_saw_neither_row_nor_fold() -> None:
    """Inner means teach, own means judge."""
    inner = {k: (np.full(500, 0.1 * (k + 1)), np.full(500, 0.0)) for k in range(5)}
    found = effect_lessons(HALF, FOLDS, OUTCOME, Means(own=(MEANS[0], MEANS[0]), inner=inner), "x")
    taught, judged = found[3]
    out = ~HALF.contacted
    assert np.array_equal(taught.y, 0.2 - HALF.benefit[out & (FOLDS != 1)])
    assert np.array_equal(judged.y, 0.6 - HALF.benefit[out & (FOLDS == 1)])


def test_few_events_leave_effects_to_ridge() -> None:
    """Twenty opt-outs are no ground for trees."""
    y = np.zeros(500)
    y[:20] = 1.0
    rare = Outcome(name="opt_out", y=y, link="logistic")
    means = Means(own=MEANS, inner=dict.fromkeys(range(5), MEANS))
    found = choose_effects(HALF, FOLDS, [rare], {"opt_out": means}, learners=("dr",), work=Work())
    assert type(found["opt_out"]["dr"]) is Ridge


def test_words_of_a_scorer_name_both_arms() -> None:
    """Where both have a base of their own."""
    found = Bases(
        linear=(linear("logistic", 10.0), linear("logistic", 100.0)),
        boosted=(linear("logistic", 1.0), linear("logistic", 1.0)),
        means=(linear("logistic", 10.0), linear("logistic", 1.0)),
        single=linear("logistic", 1000.0),
        effects={"dr": linear("identity", 5.0)},
    )
    assert [found.words(scorer) for scorer in ("t_logit", "response", "s_boosting", "dr")] == [
        "contacted logistic, penalty 10, held out logistic, penalty 100",
        "logistic, penalty 10",
        "logistic, penalty 1000",
        "effect ridge, penalty 5",
    ]
