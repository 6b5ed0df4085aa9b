from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier

from model.features import Feature
from model.heads import Boosted, Head, Heads, Linear
from model.learners import AverageEffect, DRLearner, Response, RLearner, SLearner, TLearner, XLearner
from model.learners.arms import CONTACT
from model.learners.bases import Fitted, fit_base, is_boosted
from model.learners.export import fixed, head_of
from model.learning.coded import Coded, as_coded
from model.scorer import Scorer
from model.trees.forest import Forest, Tree
from tests.model.learners.worlds import BOOSTED, BOOSTED_NUMBER, LOGIT, RIDGE, TREES, awkward, mixed, occasions, table

DEEP = {"max_iter": 25, "max_leaf_nodes": 31, "min_samples_leaf": 3}
LINEAR = [AverageEffect(), Response(), TLearner(), SLearner(LOGIT), XLearner(), RLearner(), DRLearner()]
TREED = [
    Response(BOOSTED),
    TLearner(BOOSTED),
    TLearner(LOGIT, BOOSTED),
    SLearner(BOOSTED),
    XLearner(BOOSTED, effect=BOOSTED_NUMBER),
    RLearner(effect=BOOSTED_NUMBER),
    DRLearner(BOOSTED, LOGIT, effect=BOOSTED_NUMBER),
]


def named(learner: Any) -> str:
    """An id that is the same in every process."""
    bases = [type(value).__name__ for value in learner.get_params(deep=False).values() if hasattr(value, "fit")]
    return "-".join([type(learner).__name__, *bases])


def portable(heads: Heads, features: tuple[Feature, ...], rows: Coded) -> np.ndarray:
    """The effect as the deployed scorer computes it."""
    return Scorer.of("t", {"benefit": heads}, features).raw(rows.codes)[:, 0]


def score(head: Head, rows: Coded) -> np.ndarray:
    """The raw score of one boosted head."""
    assert isinstance(head, Boosted)
    start = np.full((len(rows), 1), head.baseline)
    forest = Forest.of([head.trees])
    return start[:, 0] if forest is None else forest.raw(rows.codes, start)[:, 0]


def raw(fitted: Fitted, rows: Coded) -> np.ndarray:
    """scikit-learn's own raw score of the same rows."""
    estimator, codes = fitted.estimator, rows.codes.copy()
    for j, level in fitted.single:
        codes[codes[:, j] != level, j] = np.nan
    return estimator._raw_predict(codes)[:, 0]


@pytest.mark.parametrize("learner", [*LINEAR, *TREED], ids=named)
def test_predict_is_the_portable_effect(learner: Any) -> None:
    """What an analyst sees is what is deployed, unseen levels and gaps included."""
    given = table()
    learner = clone(learner).fit(**given)
    rows = as_coded(mixed(300, seed=4).assign(plan=["new", "plus", None] * 100), learner.features_)
    assert np.abs(learner.predict(rows) - portable(learner.heads(), learner.features_, rows)).max() <= 1e-12


@pytest.mark.parametrize("learner", [TLearner(RIDGE), SLearner(BOOSTED_NUMBER), XLearner(), DRLearner()], ids=named)
def test_predict_is_the_portable_effect_of_a_number(learner: Any) -> None:
    """Numbers as outcomes, the same promise."""
    learner = clone(learner).fit(**table(number=True))
    rows = as_coded(mixed(300, seed=4), learner.features_)
    assert np.abs(learner.predict(rows) - portable(learner.heads(), learner.features_, rows)).max() <= 1e-12


@pytest.mark.parametrize("base", [BOOSTED, BOOSTED_NUMBER], ids=["classifier", "regressor"])
@pytest.mark.parametrize("seed", range(3))
def test_raw_scores_are_the_same_to_the_bit(base: Any, seed: int) -> None:
    """NaN, ±inf, values exactly at thresholds, categories, unseen and negative levels, gaps seen and not seen."""
    given = table(seed=seed)
    rows = as_coded(given["X"])
    link = "logistic" if base is BOOSTED else "identity"
    fitted = fit_base(clone(base).set_params(**DEEP), rows, given["y"], link=link)
    head = head_of(fitted, rows.features)
    hard = awkward(rows.features, rows, seed)
    assert np.array_equal(score(head, hard), raw(fitted, hard))


def test_rows_exactly_at_a_threshold_go_where_scikit_learn_sends_them() -> None:
    """≤ is left, to the last bit on either side."""
    given = occasions()
    rows = as_coded(given["X"])
    fitted = fit_base(BOOSTED, rows, given["y"], link="logistic")
    head = head_of(fitted, rows.features)
    assert isinstance(head, Boosted)
    cuts = np.unique(np.concatenate([tree.threshold[tree.feature >= 0] for tree in head.trees]))
    codes = np.concatenate([np.nextafter(cuts, -np.inf), cuts, np.nextafter(cuts, np.inf)])
    at = Coded(features=rows.features, codes=np.repeat(codes[:, None], 3, axis=1))
    assert np.array_equal(score(head, at), raw(fitted, at))


def test_missing_values_that_training_did_not_have_follow_scikit_learn() -> None:
    """It sends them to the larger side, and so does the portable form."""
    given = occasions()
    rows = as_coded(given["X"])
    fitted = fit_base(BOOSTED, rows, given["y"], link="logistic")
    empty = Coded(features=rows.features, codes=np.full((1, 3), np.nan))
    assert np.array_equal(score(head_of(fitted, rows.features), empty), raw(fitted, empty))


def test_a_category_with_one_level_is_told_from_its_gaps() -> None:
    """`yes` or nothing is a common column; scikit-learn's own split of it loses the level outside of training."""
    solo = np.array(["yes", None] * 100, dtype=object)
    rows = as_coded(mixed(200).assign(solo=solo))
    y = np.array([1.0, 0.0] * 100)
    fitted = fit_base(BOOSTED_NUMBER, rows, y, link="identity")
    column = [feature.name for feature in rows.features].index("solo")
    codes = np.repeat(rows.codes[:1], 4, axis=0)
    codes[:, column] = (0.0, np.nan, -1.0, 7.0)
    asked = Coded(features=rows.features, codes=codes)
    yes, *others = score(head_of(fitted, rows.features), asked)
    assert yes > 0.6
    assert len(set(others)) == 1
    assert fitted.mean(asked).tolist() == [yes, *others]


def test_no_tree_asks_a_category_as_a_number() -> None:
    """−1 is a missing level, not a small one."""
    learner = TLearner(BOOSTED).fit(**table())
    kinds = np.array([feature.kind == "category" for feature in learner.features_])
    trees = [tree for head in (learner.heads().one, learner.heads().zero) for tree in head.trees]
    assert all(np.array_equal(tree.set >= 0, (tree.feature >= 0) & kinds[tree.feature]) for tree in trees)


@pytest.mark.parametrize("number", [False, True], ids=["0/1", "number"])
def test_contact_is_answered_in_the_trees_of_an_s_learner(number: bool) -> None:  # noqa: FBT001  (a case of the table above)
    """Each head is scikit-learn's raw score with contact fixed, to the bit, and asks for x alone."""
    learner = SLearner(BOOSTED_NUMBER if number else BOOSTED).fit(**table(number=number))
    rows = as_coded(mixed(200, seed=3), learner.features_)
    heads = learner.heads()
    for head, contact in ((heads.one, 1.0), (heads.zero, 0.0)):
        both = Coded(features=(*rows.features, CONTACT), codes=np.column_stack([rows.codes, np.full(200, contact)]))
        assert np.array_equal(score(head, rows), raw(learner.both_, both))
        assert max(tree.feature.max() for tree in head.trees) < len(rows.features)


def test_the_two_heads_of_an_s_learner_differ() -> None:
    """Contact was asked for, so the answers matter."""
    learner = SLearner(BOOSTED).fit(**occasions(2000))
    assert np.ptp(learner.predict(occasions()["X"])) > 0.1


def split(feature: int, left: Any, right: Any, threshold: float = 0.5) -> Any:
    """A node as a nested tuple."""
    return (feature, threshold, left, right)


def grown(nested: Any) -> Tree:
    """A tree from nested tuples; a number is a leaf."""
    nodes: list[list[float]] = []

    def add(part: Any) -> int:
        place = len(nodes)
        nodes.append([-1.0, 0.0, 0.0, 0.0, 0.0])
        if isinstance(part, tuple):
            nodes[place][:2] = part[:2]
            nodes[place][2], nodes[place][3] = add(part[2]), add(part[3])
        else:
            nodes[place][4] = part
        return place

    add(nested)
    table = np.array(nodes)
    whole = [table[:, j].astype(np.int64) for j in (0, 2, 3)]
    return Tree(
        feature=whole[0],
        threshold=table[:, 1],
        left=whole[1],
        right=whole[2],
        missing_left=np.zeros(len(table), dtype=np.bool_),
        set=np.full(len(table), -1, dtype=np.int64),
        sets=np.zeros((0, 256), dtype=np.bool_),
        value=table[:, 4],
    )


@pytest.mark.parametrize(
    ("nested", "contact", "left"),
    [
        (1.0, 1.0, 1.0),
        (split(9, 1.0, 2.0), 1.0, 2.0),
        (split(9, 1.0, 2.0), 0.0, 1.0),
        (split(9, split(9, 1.0, 2.0), split(0, 3.0, 4.0)), 1.0, split(0, 3.0, 4.0)),
        (split(0, split(9, 1.0, 2.0), split(1, 3.0, split(9, 4.0, 5.0))), 0.0, split(0, 1.0, split(1, 3.0, 4.0))),
    ],
    ids=["leaf", "contacted", "held out", "twice", "below"],
)
def test_answered_splits_disappear(nested: Any, contact: float, left: Any) -> None:
    """The tree that is left asks the other questions in the same order."""
    actual, expected = fixed(grown(nested), 9, contact), grown(left)
    same = [np.array_equal(getattr(actual, name), getattr(expected, name)) for name in Tree.__slots__]
    assert all(same)


def test_fixing_keeps_only_the_sets_that_are_still_asked() -> None:
    """Nothing unreachable is stored."""
    learner = SLearner(BOOSTED).fit(**table())
    for head in (learner.heads().one, learner.heads().zero):
        assert all(len(tree.sets) == np.sum(tree.set >= 0) for tree in head.trees)


def test_a_linear_s_learner_has_two_intercepts() -> None:
    """Contact's coefficient is added to one of them."""
    given = occasions(number=True)
    learner = SLearner(RIDGE).fit(**given)
    one, zero = learner.heads().one, learner.heads().zero
    assert np.allclose(one.coef[:-1], zero.coef[:-1])
    assert learner.predict(given["X"]) == pytest.approx(one.coef[-1] - zero.coef[-1])


def test_the_mix_of_x_is_its_propensity() -> None:
    """(1 − g, g)."""
    assert XLearner().fit(**occasions(e=0.9)).heads().mix == pytest.approx((0.1, 0.9))


@pytest.mark.parametrize(
    "learner",
    [
        TLearner(RandomForestClassifier(n_estimators=3, max_depth=2)),
        SLearner(RandomForestClassifier(n_estimators=3, max_depth=2)),
        DRLearner(effect=HistGradientBoostingRegressor(loss="quantile", quantile=0.5, **TREES)),
    ],
    ids=named,
)
def test_any_estimator_may_learn(learner: Any) -> None:
    """`fit` and `predict` (`predict_proba` of a classifier) are all that learning needs."""
    given = occasions()
    assert np.isfinite(clone(learner).fit(**given).predict(given["X"])).all()


@pytest.mark.parametrize(
    ("learner", "name"),
    [
        (TLearner(RandomForestClassifier(n_estimators=3, max_depth=2)), "RandomForestClassifier"),
        (Response(HistGradientBoostingRegressor(loss="poisson", **TREES)), "HistGradientBoostingRegressor"),
    ],
    ids=["forest", "poisson"],
)
def test_only_some_estimators_have_a_portable_form(learner: Any, name: str) -> None:
    """A forest, or a regressor with a link of its own, says so when it is asked, not when it learns."""
    fitted = clone(learner).fit(**occasions())
    with pytest.raises(TypeError, match=f"`{name}` has no portable form; learn with LogisticRegression"):
        fitted.heads()


def test_constants_are_linear_heads() -> None:
    """Whatever the base, rows that teach nothing give an intercept and zeros."""
    given = occasions() | {"y": np.zeros(600)}
    heads = TLearner(BOOSTED).fit(**given).heads()
    assert isinstance(heads.one, Linear)
    assert heads.one.coef[:-1].tolist() == [0.0, 0.0, 0.0]


def test_boosting_is_told_from_the_rest() -> None:
    """It alone reads codes."""
    assert [is_boosted(base) for base in (BOOSTED, BOOSTED_NUMBER, LOGIT, RIDGE)] == [True, True, False, False]
