"""Boosted trees as data: every tree of every head of a scorer in one table of nodes (numpy and stdlib only).

A row walks each tree from its root to a leaf, exactly as scikit-learn's histogram boosting does on raw values
(`sklearn/ensemble/_hist_gradient_boosting/_predictor.pyx`), and the leaves' values are added tree after tree:

    number, boolean     NaN → missing side, x ≤ threshold → left, else right
    category            NaN, negative or above 255 → missing side, code in the left set → left, else right

A level that training did not see goes to the missing side in scikit-learn: the export puts it in the left set where
that is the left, so the left set is all that is stored.

Example:
    >>> tree = Tree.of_leaf(0.25)
    >>> Forest.of([(tree, tree)]).raw(np.zeros((2, 3))).tolist()
    [[0.5], [0.5]]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.trees.checks import check_forest
from model.trees.switch import Switch
from model.trees.walk import WORDS, Walk

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LEVELS = 256  # codes that a set of levels can hold
COLUMNS = ("feature", "threshold", "left", "right", "missing_left", "set", "value")  # of the table of nodes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tree:
    """One tree as arrays of its m nodes; the root is node 0, children stand after their parent.

    `feature` int64[m], −1 at a leaf · `threshold` float64[m], ±inf allowed · `left`, `right` int64[m] · `missing_left`
    bool[m] · `set` int64[m]: the row of `sets` where a category is asked, else −1 · `sets` bool[k, 256]: the codes
    that go left · `value` float64[m], what a leaf adds.
    """

    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    missing_left: Bools
    set: Ints
    sets: Bools
    value: Floats

    @classmethod
    def of_leaf(cls, value: float) -> Self:
        """Return the tree that gives every row the same value."""
        none, nought = np.full(1, -1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        return cls(
            feature=none,
            threshold=np.zeros(1),
            left=nought,
            right=nought,
            missing_left=np.zeros(1, dtype=np.bool_),
            set=none,
            sets=np.zeros((0, LEVELS), dtype=np.bool_),
            value=np.array([value], dtype=np.float64),
        )

    def table(self, node: int, row: int) -> Floats:
        """Return the nodes float64[m, 7] as they stand in a forest from node `node` and set `row` on."""
        split = self.feature >= 0
        columns = {
            "feature": np.where(split, self.feature, -1),
            "threshold": np.where(split & (self.set < 0), self.threshold, 0.0),
            "left": np.where(split, self.left + node, 0),
            "right": np.where(split, self.right + node, 0),
            "missing_left": split & self.missing_left,
            "set": np.where(split & (self.set >= 0), self.set + row, -1),
            "value": np.where(split, 0.0, self.value),
        }
        return np.stack([columns[name].astype(np.float64) for name in COLUMNS], axis=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Forest:
    """All trees of a scorer: `nodes` float64[m, 7] (`COLUMNS`), `sets` float64[k, 8], `roots` float64[t, 2].

    A set is eight 32-bit words, bit c % 32 of word c // 32 stands for code c. `roots` has each tree's first node and
    the head that it belongs to, both ascending; a tree's nodes stand together. Everything is a float64, as in the
    artefact's files.

    Raises:
        ValueError: it is no forest: see `model.trees.checks`.
    """

    nodes: Floats
    sets: Floats
    roots: Floats

    def __post_init__(self) -> None:
        check_forest(self.nodes, self.sets, self.roots)

    @classmethod
    def of(cls, trees: Mapping[int, Sequence[Tree]] | Sequence[Sequence[Tree]]) -> Self | None:
        """Put the trees of every head into one forest; None where there is no tree."""
        numbered = sorted(trees.items()) if isinstance(trees, Mapping) else list(enumerate(trees))
        nodes, sets, roots = [], [], []
        node = row = 0
        for head, grown in numbered:
            for tree in grown:
                nodes.append(tree.table(node, row))
                sets.append(_words(tree.sets))
                roots.append((float(node), float(head)))
                node, row = node + len(tree.feature), row + len(tree.sets)
        if not roots:
            return None
        return cls(nodes=np.concatenate(nodes), sets=np.concatenate(sets), roots=np.array(roots))

    def raw(self, codes: Floats, start: Floats | None = None) -> Floats:
        """Return float64[n, h]: `start` float64[n, h] plus, tree after tree, the leaves that rows float64[n, f] reach.

        Without `start` the sums begin at 0, and h is one more than the last head. Their order is that of the stored
        trees, whatever the number of rows: a row gives the same bits alone and in a batch.
        """
        if start is None:
            start = np.zeros((len(codes), int(self.roots[-1, 1]) + 1))
        return self.switch.add(codes, start)

    @property
    def steps(self) -> int:
        """Through how many nodes a row goes, counting every tree as deep as its deepest leaf."""
        return sum(self._walk.alive)

    def questions(self) -> tuple[Ints, Floats, Bools]:
        """Return each node's feature int64[m], its threshold, and whether it compares with a finite one, bool[m]."""
        feature, threshold = self.nodes[:, 0].astype(np.int64), self.nodes[:, 1]
        return feature, threshold, (feature >= 0) & (self.nodes[:, 5] < 0) & np.isfinite(threshold)

    @cached_property
    def switch(self) -> Switch:
        """What walks it: numpy, or the compiled kernel once that has proved itself on golden rows."""
        return Switch(self._walk)

    @cached_property
    def _walk(self) -> Walk:
        """The forest as it is walked, made when it is first needed."""
        return Walk.of(self.nodes, self.sets, self.roots)


def _words(sets: Bools) -> Floats:
    """Return sets bool[k, 256] as eight words each, float64[k, 8]."""
    packed = np.packbits(sets.reshape(len(sets), LEVELS), axis=1, bitorder="little")
    return packed.view("<u4").reshape(len(sets), WORDS).astype(np.float64)
