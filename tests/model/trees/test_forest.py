import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from model.features import fit_features
from model.trees.boosted import boosted
from model.trees.checks import MAX_DEPTH, MAX_NODES, MAX_TREES, check_features, check_forest
from model.trees.forest import LEVELS, Forest, Tree
from model.trees.walk import BLOCK
from tests.model.examples import boosted_scorer, columns, tree

FEATURES = fit_features(columns())


def codes(rows: int, seed: int = 0) -> np.ndarray:
    """Rows of one number, one boolean and one category: gaps, unseen levels, odd levels and huge numbers included."""
    rng = np.random.default_rng(seed)
    out = np.stack(
        [
            rng.normal(45.0, 12.0, rows),
            rng.integers(0, 2, rows).astype(float),
            rng.choice([-1.0, 0.0, 1.0, 2.0, 254.0, 255.0, 256.0, -0.5, 2.5, 1e300], rows),
        ],
        axis=1,
    )
    out[rng.random((rows, 3)) < 0.2] = np.nan
    out[:4, 0] = [np.inf, -np.inf, 1.7e308, -1.7e308]
    return out


def leaf(grown: Tree, row: list[float]) -> float:
    """Walk one row through one tree, one question after the other, as scikit-learn does."""
    node = 0
    while grown.feature[node] >= 0:
        x = row[grown.feature[node]]
        if math.isnan(x):
            left = grown.missing_left[node]
        elif grown.set[node] < 0:
            left = x <= grown.threshold[node]
        elif x < 0 or x >= LEVELS:
            left = grown.missing_left[node]
        else:
            left = grown.sets[grown.set[node], int(x)]
        node = grown.left[node] if left else grown.right[node]
    return float(grown.value[node])


def by_hand(heads: list[list[Tree]], rows: np.ndarray) -> list[list[float]]:
    """Add the leaves tree after tree, in Python's own floats."""
    out = []
    for row in rows.tolist():
        sums = []
        for grown in heads:
            total = 0.0
            for each in grown:
                total += leaf(each, row)
            sums.append(total)
        out.append(sums)
    return out


def grown(seed: int, heads: int = 2, trees: int = 5, depth: int = 4) -> list[list[Tree]]:
    """Random trees for some heads."""
    rng = np.random.default_rng(seed)
    return [[tree(FEATURES, rng, depth=int(rng.integers(0, depth + 1))) for _ in range(trees)] for _ in range(heads)]


@pytest.mark.parametrize("seed", range(12))
def test_a_forest_is_its_trees_walked_one_by_one(seed: int) -> None:
    """All at once or question after question: the same bits, gaps and infinite numbers included."""
    heads, rows = grown(seed), codes(120, seed)
    forest = Forest.of(heads)
    assert forest is not None
    assert forest.raw(rows).tolist() == by_hand(heads, rows)


@pytest.mark.parametrize("threshold", [np.inf, -np.inf, 0.0, 1.7976931348623157e308])
@pytest.mark.parametrize("missing_left", [False, True])
def test_thresholds_at_the_ends(threshold: float, *, missing_left: bool) -> None:
    """An infinite threshold sends everything that is there to one side; what is missing goes its own way."""
    stump = split(threshold=threshold, missing_left=missing_left)
    rows = np.array([[0.0], [-0.0], [1e308], [-1e308], [np.nan], [5e-324], [np.inf], [-np.inf]])
    forest = Forest.of([[stump]])
    assert forest is not None
    assert forest.raw(rows)[:, 0].tolist() == [leaf(stump, row) for row in rows.tolist()]


def split(*, threshold: float = 0.0, missing_left: bool = False, left: float = 1.0, right: float = 2.0) -> Tree:
    """Return a tree of one question."""
    none = np.full(3, -1)
    return Tree(
        feature=np.array([0, -1, -1]),
        threshold=np.array([threshold, 0.0, 0.0]),
        left=np.array([1, 0, 0]),
        right=np.array([2, 0, 0]),
        missing_left=np.array([missing_left, False, False]),
        set=none,
        sets=np.zeros((0, LEVELS), dtype=np.bool_),
        value=np.array([0.0, left, right]),
    )


@settings(max_examples=25, deadline=None)
@given(start=st.integers(0, 399), count=st.integers(1, 400), seed=st.integers(0, 5))
def test_a_row_gives_the_same_bits_in_any_company(start: int, count: int, seed: int) -> None:
    """Alone, in a slice, in a batch."""
    forest, rows = Forest.of(grown(seed, trees=40)), codes(400, seed)
    assert forest is not None
    part = forest.raw(np.ascontiguousarray(rows[start : start + count]))
    assert part.tobytes() == forest.raw(rows)[start : start + count].tobytes()


def test_rows_beyond_one_block_are_alike() -> None:
    """Where the rows are cut into blocks, and how they lie in memory, changes nothing."""
    forest, rows = Forest.of(grown(3)), codes(BLOCK // 5)
    assert forest is not None
    actual = forest.raw(np.asfortranarray(np.concatenate([rows, rows, rows])))
    assert actual.tobytes() == forest.raw(rows).tobytes() * 3


def test_rows_of_too_few_features_are_refused() -> None:
    """No walk reads beside its row."""
    forest = Forest.of(grown(1))
    assert forest is not None
    with pytest.raises(ValueError, match="rows of 2 features do not fit trees that ask for 3"):
        forest.raw(np.zeros((4, 2)))


def test_sums_run_tree_after_tree() -> None:
    """Large leaves cancel small ones in an order that shows: no pairwise sum, for one row or many."""
    forest = Forest.of([[Tree.of_leaf(value) for value in (1.0, 1e9, *[-1e9 / 64] * 64, 1e-9)]])
    assert forest is not None
    expected = 0.0
    for value in (1.0, 1e9, *[-1e9 / 64] * 64, 1e-9):
        expected += value
    assert [forest.raw(np.zeros((n, 0)))[-1, 0] for n in (1, 2, 500)] == [expected] * 3


def test_the_baseline_comes_first() -> None:
    """Sums begin at `start`, as scikit-learn's begin at the baseline."""
    forest = Forest.of([[Tree.of_leaf(0.1), Tree.of_leaf(0.2)]])
    assert forest is not None
    assert forest.raw(np.zeros((1, 2)), np.array([[0.3]])).tolist() == [[0.3 + 0.1 + 0.2]]


def test_heads_without_trees_stay_where_they_start() -> None:
    """Only the heads that have trees are added to."""
    forest = Forest.of({4: [Tree.of_leaf(1.0)]})
    assert forest is not None
    assert forest.raw(np.zeros((1, 1)), np.full((1, 6), 7.0)).tolist() == [[7.0, 7.0, 7.0, 7.0, 8.0, 7.0]]


def test_no_trees_are_no_forest_and_no_rows_no_sums() -> None:
    """Nothing in, nothing out."""
    forest = Forest.of(grown(1))
    assert forest is not None
    assert (Forest.of([[], []]), forest.raw(np.zeros((0, 3))).shape) == (None, (0, 2))


def learned(seed: int, *, classes: bool, leaves: int, categories: list[int]) -> tuple[object, np.ndarray]:
    """Return scikit-learn's boosting on rows with gaps and levels, and other rows with levels it never saw."""
    rng = np.random.default_rng(seed)

    def drawn(rows: int, levels: int) -> np.ndarray:
        out = np.stack([rng.normal(size=rows), np.ones(rows), rng.integers(0, levels, rows).astype(float)], axis=1)
        out[rng.random((rows, 3)) < 0.15] = np.nan
        return out

    X = drawn(800, 20)
    y = np.nan_to_num(X[:, 0]) + np.isnan(X[:, 1]) + np.nan_to_num(X[:, 2]) % 3 + rng.normal(size=800)
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    model = kind(max_iter=15, max_leaf_nodes=leaves, categorical_features=categories or None, early_stopping=False)
    return model.fit(X, y > 1 if classes else y), drawn(500, 40)


@pytest.mark.parametrize("categories", [[], [2], [1, 2]], ids=["numbers", "one", "two"])
@pytest.mark.parametrize(("classes", "leaves"), [(False, 2), (True, 8), (False, 31)])
def test_the_export_is_scikit_learn_to_the_bit(*, classes: bool, leaves: int, categories: list[int]) -> None:
    """On gaps, unseen levels and thresholds themselves, baseline included; splits on missing have infinite ones."""
    model, X = learned(leaves, classes=classes, leaves=leaves, categories=categories)
    head = boosted(model)
    asked = np.concatenate([each.threshold[each.feature == 0] for each in head.trees])
    X[: len(asked[:100]), 0] = asked[:100]
    forest = Forest.of([head.trees])
    assert forest is not None
    actual = forest.raw(X, np.full((len(X), 1), head.baseline))
    expected = model._raw_predict(X)  # type: ignore[attr-defined]  # the raw score has no public name for both kinds
    assert actual.tobytes() == np.ascontiguousarray(expected).tobytes()


def test_splits_on_missing_are_exported() -> None:
    """The example above does hold infinite thresholds: a constant column that is sometimes missing."""
    model, _ = learned(31, classes=False, leaves=31, categories=[])
    assert any(np.isinf(each.threshold).any() for each in boosted(model).trees)


def test_several_classes_are_no_head() -> None:
    """A head has one score per row."""
    X = np.arange(90.0)[:, None]
    model = HistGradientBoostingClassifier(max_iter=2).fit(X, X[:, 0] // 30)
    with pytest.raises(ValueError, match="a model of 3 scores per row is no head"):
        boosted(model)


ARRAYS = tuple[np.ndarray, np.ndarray, np.ndarray]


def parts() -> ARRAYS:
    """Return nodes, sets and roots of the example scorer's forest."""
    forest = boosted_scorer().forest
    assert forest is not None
    return forest.nodes.copy(), forest.sets.copy(), forest.roots.copy()


def put(array: int, place: tuple[int, int], value: float) -> Callable[[ARRAYS], ARRAYS]:
    """Return what sets one number."""

    def change(arrays: ARRAYS) -> ARRAYS:
        arrays[array][place] = value
        return arrays

    return change


def a_split(arrays: ARRAYS, *, sets: bool = False) -> int:
    """Return the number of a node that asks, not the first one."""
    nodes = arrays[0]
    return int(np.flatnonzero((nodes[:, 0] >= 0) & ((nodes[:, 5] >= 0) == sets))[-1])


SPLIT, SET = a_split(parts()), a_split(parts(), sets=True)
LEAF = int(np.flatnonzero(parts()[0][:, 0] < 0)[0])
HOSTILE: dict[str, tuple[Callable[[ARRAYS], ARRAYS], str]] = {
    "child loops": (put(0, (SPLIT, 2), SPLIT), "child before it or outside"),
    "child before parent": (put(0, (SPLIT, 3), 0), "child before it or outside"),
    "child in another tree": (put(0, (0, 2), len(parts()[0]) - 1), "child before it or outside"),
    "child out of range": (put(0, (SPLIT, 2), 1e6), "child is not a whole number"),
    "child negative": (put(0, (SPLIT, 2), -1), "child is not a whole number"),
    "child half": (put(0, (SPLIT, 2), SPLIT + 0.5), "child is not a whole number"),
    "child infinite": (put(0, (SPLIT, 2), np.inf), "child is not a whole number"),
    "one child twice": (put(0, (0, 3), parts()[0][0, 2]), "parents"),
    "feature half": (put(0, (SPLIT, 0), 0.5), "feature is not a whole number"),
    "feature NaN": (put(0, (SPLIT, 0), np.nan), "feature is not a whole number"),
    "feature below": (put(0, (SPLIT, 0), -2), "feature is not a whole number"),
    "threshold NaN": (put(0, (SPLIT, 1), np.nan), "threshold is not a number"),
    "missing side": (put(0, (SPLIT, 4), 2), "missing side is not a whole number"),
    "set out of range": (put(0, (SET, 5), len(parts()[1])), "set of levels is not a whole number"),
    "set NaN": (put(0, (SET, 5), np.nan), "set of levels is not a whole number"),
    "leaf NaN": (put(0, (LEAF, 6), np.nan), "value is not a number"),
    "leaf infinite": (put(0, (LEAF, 6), np.inf), "value is not a number"),
    "leaf huge": (put(0, (LEAF, 6), 1e13), "value is not a number"),
    "leaf with child": (put(0, (LEAF, 2), LEAF), "both what a leaf and what a split has"),
    "leaf with threshold": (put(0, (LEAF, 1), 1.0), "both what a leaf and what a split has"),
    "leaf with set": (put(0, (LEAF, 5), 0.0), "both what a leaf and what a split has"),
    "leaf missing left": (put(0, (LEAF, 4), 1.0), "both what a leaf and what a split has"),
    "split with value": (put(0, (SPLIT, 6), 1.0), "both what a leaf and what a split has"),
    "set with threshold": (put(0, (SET, 1), 1.0), "both what a leaf and what a split has"),
    "split as leaf": (put(0, (SPLIT, 0), -1), "both what a leaf and what a split has"),
    "word too large": (put(1, (0, 0), 2.0**32), "set of levels is not a whole number"),
    "word half": (put(1, (0, 7), 0.5), "set of levels is not a whole number"),
    "word NaN": (put(1, (0, 7), np.nan), "set of levels is not a whole number"),
    "root elsewhere": (put(2, (0, 0), 1), "roots are not ascending"),
    "root beyond": (put(2, (-1, 0), 1e6), "roots are not ascending"),
    "root twice": (put(2, (1, 0), 0), "roots are not ascending"),
    "root inside": (put(2, (1, 0), 1), "child before it or outside"),
    "root NaN": (put(2, (1, 0), np.nan), "root or head is not a whole number"),
    "head beyond": (put(2, (-1, 1), 6), "heads are not ascending"),
    "heads mixed": (put(2, (0, 1), 3), "heads are not ascending"),
    "no nodes": (lambda a: (a[0][:0], a[1], a[2]), "nodes are 0, not between 1"),
    "no roots": (lambda a: (a[0], a[1], a[2][:0]), "roots are 0, not between 1"),
    "other width": (lambda a: (a[0][:, :6], a[1], a[2]), r"not float64\[…, 7\]"),
    "one dimension": (lambda a: (a[0], a[1].ravel(), a[2]), r"not float64\[…, 8\]"),
    "other type": (lambda a: (a[0].astype(np.float32), a[1], a[2]), "float32"),
    "cut off": (lambda a: (a[0][:-1], a[1], a[2]), "child|parents|roots"),
    "too many nodes": (lambda a: (np.zeros((MAX_NODES + 1, 7)), a[1], a[2]), "not between 1"),
    "too many trees": (lambda a: (a[0], a[1], np.zeros((MAX_TREES + 1, 2))), "not between 1"),
}


@pytest.mark.parametrize("forgery", sorted(HOSTILE))
def test_what_is_no_forest_is_refused(forgery: str) -> None:
    """Every field of every node has its domain, and the nodes are trees: a ValueError says which is not."""
    change, message = HOSTILE[forgery]
    nodes, sets, roots = change(parts())
    with pytest.raises(ValueError, match=message):
        Forest(nodes=nodes, sets=sets, roots=roots)


def chain(depth: int) -> ARRAYS:
    """Return one tree that goes right `depth` times."""
    nodes = np.zeros((2 * depth + 1, 7))
    nodes[:, 0], nodes[:, 5] = -1.0, -1.0
    for step in range(depth):
        nodes[2 * step, [0, 2, 3]] = 0, 2 * step + 1, 2 * step + 2
    return nodes, np.zeros((0, 8)), np.zeros((1, 2))


def test_a_tree_may_be_as_deep_as_the_cap_and_no_deeper() -> None:
    """A walk is bounded."""
    check_forest(*chain(MAX_DEPTH))
    with pytest.raises(ValueError, match="deeper than 64"):
        check_forest(*chain(MAX_DEPTH + 1))


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        (("number", "boolean"), "there are 2"),
        (("number", "boolean", "number"), "no category"),
        ((), "there are 0"),
    ],
)
def test_questions_fit_the_features(kinds: tuple[str, ...], message: str) -> None:
    """A feature that is not there, a level of a number: refused with the node's number."""
    with pytest.raises(ValueError, match=message):
        check_features(parts()[0], kinds)


def test_questions_of_the_example_fit() -> None:
    """What the export makes passes."""
    check_features(parts()[0], [feature.kind for feature in FEATURES])


@pytest.mark.parametrize("seed", range(4))
def test_no_random_change_crashes_or_hangs(seed: int) -> None:
    """Of 150 random numbers put anywhere, each is refused, or leaves a forest that walks to finite sums."""
    rng, rows = np.random.default_rng(seed), codes(20)
    pool = [np.nan, np.inf, -np.inf, -1.0, 0.0, 1.0, 2.0, 5.0, 0.5, 1e6, 1e13, 1e308, -0.0, 2.0**32 - 1]
    finite = []
    for _ in range(150):
        arrays = parts()
        for _ in range(int(rng.integers(1, 4))):
            array = arrays[int(rng.integers(0, 3))]
            array[int(rng.integers(0, len(array))), int(rng.integers(0, array.shape[1]))] = rng.choice(pool)
        try:
            forest = Forest(nodes=arrays[0], sets=arrays[1], roots=arrays[2])
            check_features(forest.nodes, [feature.kind for feature in FEATURES])
        except ValueError:
            continue
        finite.append(bool(np.isfinite(forest.raw(rows)).all()))
    assert all(finite)
