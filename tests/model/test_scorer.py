import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier

from model.features import Feature, encode, fit_features
from model.heads import Heads, Linear, linked
from model.learning.design import design, width
from model.plan import FEW, WEIGHTS
from model.scorer import BLOCK, OUTCOMES, Calibration, Scorer
from model.trees.boosted import boosted
from model.trees.forest import Forest, Tree
from tests.model.examples import boosted_scorer, columns, rows, scorer

KINDS = {
    "linear, one arm": lambda: scorer(arms=1),
    "linear, two arms": scorer,
    "trees and a linear arm": boosted_scorer,
}


def by_hand(learned: Scorer, codes: np.ndarray) -> np.ndarray:
    """Return the four effects of each row, from the formulas and nothing else."""
    X = design(learned.features, codes)
    trees = np.zeros((len(codes), 6))
    if learned.forest is not None:
        added = learned.forest.raw(codes)
        trees[:, : added.shape[1]] = added
    tau = []
    for k, link in enumerate(learned.links):
        raw = np.zeros(len(codes))
        for arm, coef in enumerate((learned.coef1, learned.coef0)):
            if coef is not None:
                z = X @ coef[k, :-1] + coef[k, -1] + trees[:, k + 3 * arm]
                raw += learned.mix[k, arm] * (1.0 / (1.0 + np.exp(-z)) if link == "logistic" else z)
        tau.append(learned.offset[k] + learned.slope * (raw - learned.centre[k]))
    v, complaint, opt_out, contact = (learned.weights[name] for name in WEIGHTS)
    return np.stack([*tau, v * tau[0] - complaint * tau[1] - opt_out * tau[2] - contact], axis=1)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_predictions_are_the_formulas(kind: str) -> None:
    """Each effect is a·link(z1) + b·link(z0), calibrated; net benefit is their weighted sum."""
    learned = KINDS[kind]()
    np.testing.assert_allclose(
        learned.predict(rows(learned)).stacked(), by_hand(learned, rows(learned)), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_net_benefit_is_linear_in_raw_net_benefit(kind: str) -> None:
    """One calibration: U = a + b·raw U exactly, so the shown parts add up and the order is the scorer's own."""
    learned = KINDS[kind]()
    X, w = rows(learned), learned.weights
    signed = np.array([w["benefit"], -w["complaint"], -w["opt_out"]])
    raw = learned.raw(X) @ signed
    a = float((learned.offset - learned.slope * learned.centre) @ signed) - w["contact"]
    np.testing.assert_allclose(learned.predict(X).net_benefit, a + learned.slope * raw, rtol=0, atol=1e-12)


def wide(count: int = 203) -> tuple[Scorer, np.ndarray]:
    """Return a scorer and rows with so many columns that a matrix product would sum them in another order."""
    rng = np.random.default_rng(8)
    features = tuple(Feature(name=f"x{j}", kind="number") for j in range(count))
    heads = {name: Heads("logistic", (1.0, 0.0), Linear(rng.normal(0.0, 1.0, count + 1))) for name in OUTCOMES}
    return Scorer.of("response", heads, features), rng.normal(0.0, 1.0, (300, count))


@pytest.mark.parametrize("kind", ["wide", *sorted(KINDS)])
@settings(max_examples=15, deadline=None)
@given(start=st.integers(0, 299), count=st.integers(1, 300))
def test_a_row_scores_to_the_same_bits_in_any_company(kind: str, start: int, count: int) -> None:
    """Alone, in a slice or in a batch: the same bits, so that API, batch and executors agree."""
    learned, X = wide() if kind == "wide" else (KINDS[kind](), rows(KINDS[kind](), 300))
    part = learned.predict(X[start : start + count]).stacked()
    assert part.tobytes() == learned.predict(X).stacked()[start : start + count].tobytes()


@pytest.mark.parametrize("count", [1, FEW - 1, FEW, FEW + 1])
def test_few_rows_are_summed_as_many_are(count: int) -> None:
    """Below a number of rows the sum runs in one call; the order of its terms, and so its bits, are the same."""
    learned, X = wide()
    assert learned.raw(X[:count]).tobytes() == learned.raw(X)[:count].tobytes()


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_beyond_one_block_score_alike(kind: str, order: str) -> None:
    """Blocks and memory order change nothing."""
    learned = KINDS[kind]()
    X = np.asarray(np.tile(rows(learned), (BLOCK // 30, 1)), order=order)
    actual = learned.predict(X).stacked()
    assert actual[-60:].tobytes() == learned.predict(rows(learned)).stacked().tobytes()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_rows_give_no_scores(kind: str) -> None:
    """An empty batch is an empty answer."""
    learned = KINDS[kind]()
    assert learned.predict(rows(learned)[:0]).stacked().shape == (0, 4)


def test_an_outcome_without_a_label_is_nought() -> None:
    """Identity link and zeros: nothing is claimed about what was never seen."""
    flat = Calibration(offset=np.array([0.1, 0.2, 0.0]), centre=np.array([0.1, 0.2, 0.0]), slope=0.5)
    learned = boosted_scorer()
    one = dataclasses.replace(learned, offset=flat.offset, centre=flat.centre)
    assert (one.links[2], one.predict(rows(one)).opt_out.tolist()) == ("identity", [0.0] * 60)


def test_trees_alone_are_the_raw_score_that_was_learned() -> None:
    """Baseline first, then tree after tree: with the mean taken by hand, scikit-learn's own bits."""
    features = fit_features(columns(400))
    X = encode(features, columns(400), 400)
    y = np.nan_to_num(X[:, 0]) + 10 * X[:, 2] > 50
    model = HistGradientBoostingClassifier(max_iter=20, categorical_features=[2], min_samples_leaf=5).fit(X, y)
    learned = Scorer.of("response", {"benefit": Heads("logistic", (1.0, 0.0), boosted(model))}, features)
    expected = linked(model.decision_function(X), "logistic")
    assert learned.raw(X)[:, 0].tobytes() == expected.tobytes()


def test_a_linear_head_and_a_boosted_one_mix() -> None:
    """One arm of trees, one linear: each is added to its own intercept and to nothing else."""
    features = (Feature(name="x", kind="number"),)
    heads = {"complaint": Heads("identity", (0.25, 0.75), Linear(np.array([2.0, 1.0])), None)}
    from_linear = Scorer.of("x", heads, features).raw(np.array([[3.0]]))
    assert from_linear.tolist() == [[0.0, 0.25 * 7.0, 0.0]]


def test_extreme_rows_neither_overflow_nor_warn() -> None:
    """Links saturate at 0 and 1, trees know no distance."""
    extreme = np.array([[1e308, 1.0, 0.0], [-1e308, 0.0, 1e9], [np.nan, np.nan, -1.0]])
    assert all(np.isfinite(make().predict(extreme).stacked()).all() for make in KINDS.values())


@pytest.mark.parametrize("extra", [-1, 1])
def test_rows_of_another_width_are_refused(extra: int) -> None:
    """A column too many would be taken for another feature."""
    with pytest.raises(ValueError, match="do not fit a scorer of 3 features"):
        boosted_scorer().predict(np.zeros((2, 3 + extra)))


def test_a_head_of_another_width_is_refused() -> None:
    """A linear head belongs to the design of these features."""
    features = fit_features(columns())
    with pytest.raises(ValueError, match="does not fit"):
        Scorer.of("r", {"benefit": Heads("identity", (1.0, 0.0), Linear(np.zeros(width(features))))}, features)


CHANGES = ("name", "links", "mix", "coef1", "coef0", "forest", "offset", "centre", "slope", "weights", "features")


@pytest.mark.parametrize("changed", CHANGES)
def test_every_part_moves_the_hash(changed: str) -> None:
    """The certified scorer is identified by everything that can change a score."""
    learned = boosted_scorer()
    other = {
        "name": "response",
        "links": ("identity", "logistic", "identity"),
        "mix": learned.mix / 2,
        "coef1": learned.coef1 + 1e-15,
        "coef0": learned.coef1,
        "forest": None,
        "offset": learned.offset + 1e-9,
        "centre": learned.centre + 1e-9,
        "slope": 0.81,
        "weights": {**learned.weights, "contact": 0.0},
        "features": learned.features[:-1],
    }
    assert dataclasses.replace(learned, **{changed: other[changed]}).sha256() != learned.sha256()


def test_a_second_arm_moves_the_hash() -> None:
    """Without `coef0` it is another scorer."""
    assert dataclasses.replace(scorer(), coef0=None).sha256() != scorer().sha256()


def test_trees_for_an_arm_that_is_not_there_are_refused() -> None:
    """Without `coef0` there is no second head to add to."""
    with pytest.raises(ValueError, match="trees for a second head"):
        dataclasses.replace(boosted_scorer(), coef0=None)


@pytest.mark.parametrize("array", ["nodes", "sets", "roots"])
def test_every_array_of_the_forest_moves_the_hash(array: str) -> None:
    """A threshold, a level, a head: another scorer."""
    learned = boosted_scorer()
    assert learned.forest is not None
    changed = getattr(learned.forest, array).copy()
    place = {"nodes": (0, 4), "sets": (0, 0), "roots": (-1, 1)}[array]
    changed[place] = 1.0 - changed[place] if array == "nodes" else changed[place] + 1.0
    forest = dataclasses.replace(learned.forest, **{array: changed})
    assert dataclasses.replace(learned, forest=forest).sha256() != learned.sha256()


def test_the_arrays_are_only_those_there_are() -> None:
    """No control arm, no trees, no sets: no file."""
    features = (Feature(name="x", kind="number"),)
    heads = {"benefit": Heads("identity", (1.0, 0.0), Linear(np.zeros(2)))}
    bare = set(Scorer.of("r", heads, features).arrays())
    plain = Forest.of([[Tree.of_leaf(1.0)]])
    sets = set(dataclasses.replace(Scorer.of("r", heads, features), forest=plain).arrays()) - bare
    assert (sorted(bare), sorted(sets)) == (["centre", "coef1", "mix", "offset"], ["forest_nodes", "forest_roots"])
