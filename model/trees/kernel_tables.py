"""A checked forest as the compiled kernel reads it: flat arrays of 64-bit numbers (numpy only).

Every index that compiled code follows is made here, from a walk whose forest passed `model.trees.checks`: it checks
nothing itself, so a table that does not fit is not made.

    nodes     per node a figure (a leaf's value, else the threshold) and a link: left child · feature · missing side ·
              set of levels + 1, each in bits of its own; a leaf's link is −1. The right child stands after the left one
    entries   per question: what is asked, and a mask without the leaves under its left child
    classes   per category: levels that every question treats alike are one class, which is one bit of a word
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model.trees.walk import WORDS, Walk

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bits = NDArray[np.uint64]

ROWS = 64  # that the masks' kernel takes at once
LEAVES = 64  # of a tree: bits of a mask
COLUMNS = 4096  # of numbers or levels in a block of rows: 2 MB each
QUESTIONS = 2**16  # of levels: sorting what each of them sends left takes memory
LEVELS = 257  # codes 0 … 255 and what is missing
FEATURE, MISSING_LEFT, SET = 21, 42, 43  # where a link's parts begin


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nodes:
    """What `walk` reads: `nodes` float64[m, 2] whose second column is an int64, `words`, `roots`, `heads` [k, 3]."""

    nodes: Floats
    words: Ints
    roots: Ints
    heads: Ints

    @classmethod
    def of(cls, walk: Walk) -> Self:
        """Pack the nodes of a walk."""
        leaf = walk.feature < 0
        link = walk.first | (np.maximum(walk.feature, 0) << FEATURE)
        link |= (walk.missing_left.astype(np.int64) << MISSING_LEFT) | ((walk.set + 1) << SET)
        nodes = np.empty((len(leaf), 2))
        nodes[:, 0] = np.where(leaf, walk.value, walk.threshold)
        nodes.view(np.int64)[:, 1] = np.where(leaf, -1, link)
        heads = np.array([(head, trees.start, trees.stop) for head, trees in walk.heads], dtype=np.int64)
        return cls(nodes=nodes, words=_some(walk.words.astype(np.int64)), roots=walk.roots[walk.order], heads=heads)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Masks:
    """What `masks` reads, in the order of its arguments: see `model.trees.kernel_source`."""

    numbers: Ints  # [c, 2]: feature and missing side of each column of numbers
    levels: Ints  # [d, 3]: feature, where its classes begin, and which word of them the column holds
    classes: Ints  # [·]: the class of each level of each category
    limits: Floats
    limit_columns: Ints
    limit_masks: Bits
    struck: Bits  # the classes that go right
    struck_columns: Ints
    struck_masks: Bits
    trees: Ints  # [t, 4]: begin and end of each tree's entries with limits, and of those with levels
    values: Floats  # [t, 64]

    @classmethod
    def of(cls, walk: Walk) -> Self | None:
        """Make the masks of a walk; None where a tree has too many leaves, the forest too many columns or levels."""
        tree, low, leaves = _leaves(walk)
        roots = walk.roots[walk.order]
        if leaves[roots].max() > LEAVES or (walk.set >= 0).sum() > QUESTIONS:
            return None
        leaf = walk.feature < 0
        values = np.zeros((len(roots), LEAVES))
        values[tree[leaf], low[leaf]] = walk.value[leaf]
        under = leaves[walk.first].astype(np.uint64)  # a leaf's is not asked for
        mask = ~(((np.uint64(1) << under) - np.uint64(1)) << low.astype(np.uint64))
        order = np.argsort(tree, kind="stable")
        asks = order[(~leaf & (walk.set < 0))[order]]
        numbers, column = np.unique(
            np.stack([walk.feature[asks], walk.missing_left[asks]], axis=1), axis=0, return_inverse=True
        )
        levels, classes, node, struck, struck_column = _categories(walk, order)
        if max(len(numbers), len(levels)) > COLUMNS:
            return None
        ends = [np.searchsorted(tree[each], np.arange(len(roots) + 1)) for each in (asks, node)]
        return cls(
            numbers=numbers.astype(np.int64),
            levels=levels,
            classes=classes,
            limits=_some(walk.threshold[asks]),
            limit_columns=_some((column.ravel() + 1) * ROWS),  # the first column holds the sums
            limit_masks=_some(mask[asks]),
            struck=_some(struck),
            struck_columns=_some(struck_column * ROWS),
            struck_masks=_some(mask[node]),
            trees=np.stack([ends[0][:-1], ends[0][1:], ends[1][:-1], ends[1][1:]], axis=1).astype(np.int64),
            values=values,
        )


def _some(values: NDArray[Any]) -> NDArray[Any]:
    """Return an array that has an address: one zero where there is nothing."""
    return np.ascontiguousarray(values) if len(values) else np.zeros(1, dtype=values.dtype)


def _leaves(walk: Walk) -> tuple[Ints, Ints, Ints]:
    """Return each node's tree, the place of its first leaf among the tree's, and how many leaves are under it."""
    tree, low, leaves = (np.zeros(len(walk.feature), dtype=np.int64) for _ in range(3))
    tree[walk.roots] = np.argsort(walk.order, kind="stable")
    leaves[walk.feature < 0] = 1
    levels = [walk.roots]
    while len(levels[-1]):
        split = levels[-1][walk.feature[levels[-1]] >= 0]
        below = walk.first[split]
        tree[below] = tree[below + 1] = tree[split]
        levels.append(np.concatenate([below, below + 1]))
    for level in reversed(levels):
        split = level[walk.feature[level] >= 0]
        leaves[split] = leaves[walk.first[split]] + leaves[walk.first[split] + 1]
    for level in levels:
        split = level[walk.feature[level] >= 0]
        below = walk.first[split]
        low[below], low[below + 1] = low[split], low[split] + leaves[below]
    return tree, low, leaves


def _categories(walk: Walk, order: Ints) -> tuple[Ints, Ints, Ints, Bits, Ints]:
    """Return the columns of levels, their classes, and per entry its node, the classes that go right and its column.

    An entry asks for one word of classes; a question that strikes classes of several words is several entries.
    """
    asks = order[walk.set[order] >= 0]
    levels: list[tuple[int, int, int]] = []
    classes: list[Ints] = []
    place = np.empty(len(walk.feature), dtype=np.int64)
    place[order] = np.arange(len(order))
    found: list[tuple[Ints, Bits, Ints]] = []
    for feature in np.unique(walk.feature[asks]).tolist():
        nodes = asks[walk.feature[asks] == feature]
        kinds, kind = np.unique(_left(walk, nodes), axis=1, return_inverse=True)
        right = np.zeros((len(nodes), -(-kinds.shape[1] // 64) * 64), dtype=np.bool_)
        right[:, : kinds.shape[1]] = ~kinds
        words = np.packbits(right, axis=1, bitorder="little").view("<u8").astype(np.uint64)
        for word in range(words.shape[1]):
            some = np.flatnonzero(words[:, word])
            found.append((nodes[some], words[some, word], np.full(len(some), len(levels))))
            levels.append((feature, LEVELS * len(classes), word))
        classes.append(kind.ravel())
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return np.zeros((0, 3), dtype=np.int64), np.zeros(1, dtype=np.int64), none, none.astype(np.uint64), none
    node, struck, column = (np.concatenate(each) for each in zip(*found, strict=True))
    by_tree = np.argsort(place[node], kind="stable")
    kept = np.concatenate(classes).astype(np.int64)
    return np.array(levels, dtype=np.int64), kept, node[by_tree], struck[by_tree], column[by_tree]


def _left(walk: Walk, nodes: Ints) -> NDArray[np.bool_]:
    """Return which levels, and whether what is missing, go left at these nodes: bool[k, 257]."""
    words = walk.words.reshape(-1, WORDS + 1)[walk.set[nodes], :WORDS]
    bits = ((words[:, :, None] >> np.arange(32, dtype=np.uint32)) & 1).astype(np.bool_)
    return np.concatenate([bits.reshape(len(nodes), -1), walk.missing_left[nodes, None]], axis=1)
