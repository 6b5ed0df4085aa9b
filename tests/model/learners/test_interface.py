import doctest
import importlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError

from model.errors import InvalidTable
from model.learners import AverageEffect, DRLearner, RLearner, SLearner, TLearner, XLearner
from model.learning.coded import as_coded
from tests.model.learners.worlds import BOOSTED, BOOSTED_NUMBER, LOGIT, PORTFOLIO, RIDGE, mixed, occasions, table

NAMES = [kind.__name__ for kind in PORTFOLIO]
MODULES = ["", ".arms", ".average", ".bases", ".effects", ".folds"]


def learner_of(kind: Any) -> Any:
    """A learner that fits in milliseconds."""
    return SLearner(BOOSTED) if kind is SLearner else kind()


each_learner = pytest.mark.parametrize("kind", PORTFOLIO, ids=NAMES)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name: str) -> None:
    """What a docstring shows is what happens."""
    assert doctest.testmod(importlib.import_module(f"model.learners{name}")).failed == 0


@each_learner
def test_fit_returns_self_and_leaves_its_arguments_alone(kind: Any) -> None:
    """`__init__` only stores; fitting changes no argument."""
    learner = learner_of(kind)
    given = learner.get_params(deep=False)
    assert learner.fit(**occasions()) is learner
    assert learner.get_params(deep=False) == given


@each_learner
def test_what_was_learned_ends_in_an_underscore(kind: Any) -> None:
    """scikit-learn's fitted names, and nothing else beside the arguments."""
    learner = learner_of(kind).fit(**occasions())
    actual = [name for name in vars(learner) if not name.endswith("_") and name not in learner.get_params(deep=False)]
    assert actual == []


@each_learner
def test_a_clone_is_not_fitted(kind: Any) -> None:
    """What one fold learned does not reach the next."""
    fresh = clone(learner_of(kind).fit(**occasions()))
    with pytest.raises(NotFittedError):
        fresh.predict(occasions()["X"])
    with pytest.raises(NotFittedError):
        fresh.heads()


@each_learner
def test_fitting_twice_gives_the_same_bits(kind: Any) -> None:
    """No chance in learning."""
    given = table()
    one, two = (learner_of(kind).fit(**given).predict(given["X"]) for _ in range(2))
    assert np.array_equal(one, two)


def test_a_base_with_chance_is_made_repeatable() -> None:
    """Boosting that stops early draws its validation rows; without a seed every fit would differ."""
    base = HistGradientBoostingClassifier(max_iter=5, early_stopping=True)
    given = occasions()
    one, two = (TLearner(base).fit(**given).predict(given["X"]) for _ in range(2))
    assert np.array_equal(one, two)
    assert base.random_state is None


def test_nested_arguments_can_be_read_and_set() -> None:
    """A search over `base__learning_rate` reaches the base."""
    learner = TLearner(clone(BOOSTED)).set_params(base__learning_rate=0.3)
    assert clone(learner).get_params()["base__learning_rate"] == 0.3


@each_learner
def test_what_could_be_swapped_is_keyword_only(kind: Any) -> None:
    """Contacted and propensity are both one value per row: nobody may swap them."""
    given = occasions()
    with pytest.raises(TypeError):
        learner_of(kind).fit(given["X"], given["y"], given["contacted"], given["propensity"])


@each_learner
def test_a_table_is_taken_as_it_comes(kind: Any) -> None:
    """Text, None, booleans, gaps, empty columns and levels never seen before give finite effects."""
    given = table()
    learner = learner_of(kind).fit(**given)
    new = mixed(50, seed=9).assign(plan="unheard of", age=np.nan)
    assert np.isfinite(learner.predict(new)).all()
    assert learner.predict(new).shape == (50,)


@each_learner
def test_columns_are_named(kind: Any) -> None:
    """`feature_names_in_` for a DataFrame, `n_features_in_` always, `features_` is the encoding."""
    given = table()
    learner = learner_of(kind).fit(**given)
    actual = (learner.feature_names_in_.tolist(), learner.n_features_in_, learner.features_)
    assert actual == (list(given["X"].columns), 10, as_coded(given["X"]).features)


def test_an_array_has_no_names_even_after_a_table() -> None:
    """Refitting forgets the names of the table before."""
    learner = TLearner().fit(**table())
    assert not hasattr(learner.fit(**occasions()), "feature_names_in_")


@each_learner
def test_a_table_and_its_coded_rows_are_the_same(kind: Any) -> None:
    """The pipeline encodes once; an analyst need not know."""
    given = table()
    rows = as_coded(given["X"])
    plain = learner_of(kind).fit(**given).predict(given["X"])
    assert np.array_equal(learner_of(kind).fit(**given | {"X": rows}).predict(rows), plain)


def test_columns_in_another_order_are_found_by_name() -> None:
    """A DataFrame's order of columns, and columns that were not there before, mean nothing."""
    given = table()
    learner = TLearner().fit(**given)
    shuffled = given["X"][given["X"].columns[::-1]].assign(extra=1.0)
    assert np.array_equal(learner.predict(shuffled), learner.predict(given["X"]))


def test_an_absent_column_is_named() -> None:
    """Predicting without a column that was learned from is a mistake, not a gap."""
    given = table()
    learner = TLearner().fit(**given)
    with pytest.raises(InvalidTable, match="column `plan` is absent"):
        learner.predict(given["X"].drop(columns="plan"))


def test_an_array_of_another_width_is_refused() -> None:
    """One column more shifts nothing silently."""
    learner = TLearner().fit(**occasions())
    with pytest.raises(ValueError, match="X has 4 columns, and had 3"):
        learner.predict(np.zeros((2, 4)))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y": np.ones(599)}, "inconsistent"),
        ({"contacted": np.ones(601)}, "inconsistent"),
        ({"y": np.r_[np.nan, np.ones(599)]}, "`y`, row 1: `nan` is NaN or infinity"),
        ({"y": np.ones((600, 1))}, "`y` has 2 dimensions"),
        ({"contacted": np.r_[np.zeros(599), 2.0]}, "`contacted`, row 600: `2` is not 0 or 1"),
        ({"propensity": 1.5}, "`propensity`, row 1: `1.5` is no probability"),
        ({"propensity": np.nan}, "`propensity`, row 1: `nan` is NaN"),
        ({"propensity": np.full(5, 0.5)}, "inconsistent"),
        ({"groups": np.arange(5)}, "inconsistent"),
        ({"means": (np.zeros(600), np.full(600, np.inf))}, "`means`, row 1: `inf`"),
        ({"X": np.empty((0, 3)), "y": [], "contacted": [], "propensity": 0.5}, "no rows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_wrong_arguments_are_named(changed: dict[str, Any], message: str) -> None:
    """Problem, value and place, before anything is fitted."""
    with pytest.raises(ValueError, match=message):
        TLearner().fit(**occasions() | changed)


@each_learner
def test_contact_may_be_numbers_and_propensity_one_number(kind: Any) -> None:
    """0/1 and booleans are the same; one propensity stands for every row."""
    given = occasions()
    loose = given | {"contacted": given["contacted"].astype(int).tolist(), "propensity": 0.6, "y": given["y"].tolist()}
    same = [learner_of(kind).fit(**each).predict(given["X"]) for each in (given, loose)]
    assert np.array_equal(*same)


@pytest.mark.parametrize("kind", [AverageEffect, RLearner, DRLearner], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("e", [0.0, 1.0])
def test_those_that_divide_by_the_propensity_refuse_certainty(kind: Any, e: float) -> None:
    """A row that could only go one way cannot be weighed."""
    given = occasions()
    given["propensity"][4] = e
    with pytest.raises(ValueError, match=r"row 5: .* is not between 0 and 1"):
        kind().fit(**given)


@pytest.mark.parametrize("kind", [TLearner, XLearner], ids=lambda kind: kind.__name__)
def test_the_others_take_it(kind: Any) -> None:
    """T and X do not divide by it."""
    given = occasions()
    given["propensity"][4] = 1.0
    assert np.isfinite(kind().fit(**given).predict(given["X"])).all()


@pytest.mark.parametrize(("number", "link"), [(False, "logistic"), (True, "identity")], ids=["0/1", "number"])
def test_the_link_follows_from_the_outcome(number: bool, link: str) -> None:  # noqa: FBT001  (a case of the table above)
    """0/1 labels are probabilities, anything else is a number."""
    assert TLearner().fit(**occasions(number=number)).link_ == link


def test_a_regressor_keeps_its_link_for_labels() -> None:
    """Who asks for a linear probability model gets one."""
    assert TLearner(RIDGE).fit(**occasions()).link_ == "identity"


def test_a_classifier_cannot_learn_a_number() -> None:
    """The message says what to give instead."""
    with pytest.raises(TypeError, match=r"`LogisticRegression` learns classes; give a regressor such as `Ridge\(\)`"):
        TLearner(LOGIT).fit(**occasions(number=True))


def test_arms_of_two_kinds_are_refused() -> None:
    """A probability minus a logit is nothing."""
    with pytest.raises(TypeError, match="give both arms bases of one kind"):
        TLearner(LOGIT, RIDGE).fit(**occasions())


@pytest.mark.parametrize("kind", [XLearner, RLearner, DRLearner], ids=lambda kind: kind.__name__)
def test_an_effect_is_a_number(kind: Any) -> None:
    """A classifier cannot learn it."""
    with pytest.raises(TypeError, match="effects are numbers; give a regressor"):
        kind(effect=LOGIT).fit(**occasions())


def test_learners_may_fit_side_by_side_in_threads() -> None:
    """Nothing is shared: threads give the bits that one after the other gives."""
    given = table(300)
    learners = [TLearner(BOOSTED), DRLearner(effect=BOOSTED_NUMBER), SLearner(BOOSTED), XLearner(), RLearner()] * 2
    alone = [clone(learner).fit(**given).predict(given["X"]) for learner in learners]
    tasks = (delayed(lambda one: clone(one).fit(**given).predict(given["X"]))(learner) for learner in learners)
    assert all(np.array_equal(*pair) for pair in zip(Parallel(n_jobs=4, prefer="threads")(tasks), alone, strict=True))


def test_predicting_no_rows_gives_no_effects() -> None:
    """An empty batch is a batch."""
    given = table()
    for kind in PORTFOLIO:
        assert learner_of(kind).fit(**given).predict(given["X"].iloc[:0]).shape == (0,)


def test_a_list_of_rows_is_an_array() -> None:
    """What numpy reads as a table of numbers is one."""
    learner = TLearner(RIDGE).fit([[0.0], [1.0]] * 20, [0.0, 1.0] * 20, contacted=[1, 1, 0, 0] * 10, propensity=0.5)
    assert learner.predict(pd.DataFrame({"x0": [0.0, 1.0]})).round(9).tolist() == [0.0, 0.0]
