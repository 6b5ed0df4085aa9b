"""What must hold of a table of nodes before a row walks it: nothing read from a file is trusted (numpy, stdlib).

With children after their parent, inside their own tree, and exactly one parent for every node but the root, each tree
is a tree: every node is reached, no walk goes in a circle, and every walk ends at a leaf.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MAX_NODES = 2**20
MAX_TREES = 10_000
MAX_DEPTH = 64
MAX_HEADS = 6  # three outcomes, contacted and held out
LARGEST = 1e12  # of a leaf's value: no sum can overflow


def check_forest(nodes: Floats, sets: Floats, roots: Floats) -> None:
    """Refuse arrays that are no forest, whatever the features are.

    Raises:
        ValueError: one line: which nodes or trees, and what is wrong with them.
    """
    _check_shapes(nodes, sets, roots)
    _whole(roots, "a tree's root or head", 0, MAX_NODES)
    first, head = roots[:, 0].astype(np.int64), roots[:, 1].astype(np.int64)
    if first[0] != 0 or (np.diff(first) < 1).any() or first[-1] >= len(nodes):
        raise ValueError(f"the trees' roots are not ascending from 0 below {len(nodes)}")
    if (np.diff(head) < 0).any() or head[-1] >= MAX_HEADS:
        raise ValueError(f"the trees' heads are not ascending below {MAX_HEADS}")
    _whole(sets, "a set of levels", 0, 2**32 - 1)
    _check_nodes(nodes, len(sets))
    _check_links(nodes, first)
    _check_depth(nodes, first)


def check_features(nodes: Floats, kinds: Sequence[str]) -> None:
    """Refuse nodes that ask for a feature that is not there, or for the level of one that is no category.

    Raises:
        ValueError: as said.
    """
    feature, row = nodes[:, 0].astype(np.int64), nodes[:, 5]
    beyond = np.flatnonzero(feature >= len(kinds))
    if len(beyond):
        raise ValueError(f"node {beyond[0]} asks for feature {feature[beyond[0]]}, there are {len(kinds)}")
    category = np.array([kind == "category" for kind in (*kinds, "")])  # the last stands for a leaf's −1
    wrong = np.flatnonzero((row >= 0) & ~category[feature])
    if len(wrong):
        raise ValueError(f"node {wrong[0]} asks for a level of feature {feature[wrong[0]]}, which is no category")


def _check_shapes(nodes: Floats, sets: Floats, roots: Floats) -> None:
    """Refuse shapes, types and sizes that no forest has."""
    for name, array, width, most in (
        ("nodes", nodes, 7, MAX_NODES),
        ("sets", sets, 8, MAX_NODES // 2),
        ("roots", roots, 2, MAX_TREES),
    ):
        if array.ndim != 2 or array.shape[1] != width or array.dtype != np.float64:
            raise ValueError(f"the forest's {name} are {array.dtype} of shape {array.shape}, not float64[…, {width}]")
        if len(array) > most or (not len(array) and name != "sets"):
            raise ValueError(f"the forest's {name} are {len(array)}, not between 1 and {most}")


def _whole(values: Floats, what: str, low: float, high: float) -> None:
    """Refuse numbers that are not whole, or not between `low` and `high`."""
    if not ((values >= low) & (values <= high) & (values == np.floor(values))).all():  # NaN fails every one
        raise ValueError(f"{what} is not a whole number between {low} and {high}")


def _check_nodes(nodes: Floats, sets: int) -> None:
    """Refuse nodes whose own figures are out of their domain."""
    feature, threshold, _left, _right, missing_left, row, value = nodes.T
    _whole(feature, "a node's feature", -1, MAX_NODES)
    _whole(nodes[:, 2:4], "a node's child", 0, len(nodes) - 1)
    _whole(missing_left, "a node's missing side", 0, 1)
    _whole(row, "a node's set of levels", -1, sets - 1)
    if np.isnan(threshold).any():
        raise ValueError("a node's threshold is not a number")
    if not (np.abs(value) <= LARGEST).all():
        raise ValueError(f"a leaf's value is not a number within ±{LARGEST:g}")
    leaf = feature < 0
    if nodes[leaf, 1:5].any() or (row[leaf] >= 0).any() or value[~leaf].any() or threshold[row >= 0].any():
        raise ValueError("a node holds both what a leaf and what a split has")


def _check_links(nodes: Floats, first: Ints) -> None:
    """Refuse children before their parent or in another tree, and nodes that have not exactly one parent."""
    split = np.flatnonzero(nodes[:, 0] >= 0)
    left, right = nodes[split, 2].astype(np.int64), nodes[split, 3].astype(np.int64)
    end = np.append(first[1:], len(nodes))[np.searchsorted(first, split, side="right") - 1]
    wrong = np.flatnonzero((left <= split) | (right <= split) | (left >= end) | (right >= end))
    if len(wrong):
        raise ValueError(f"node {split[wrong[0]]} has a child before it or outside its tree")
    parents = np.bincount(np.concatenate([left, right]), minlength=len(nodes))
    parents[first] += 1
    wrong = np.flatnonzero(parents != 1)
    if len(wrong):
        raise ValueError(f"node {wrong[0]} has {parents[wrong[0]]} parents, or is a root with one")


def _check_depth(nodes: Floats, first: Ints) -> None:
    """Refuse a tree deeper than `MAX_DEPTH`."""
    level = first
    for _ in range(MAX_DEPTH + 1):
        level = level[nodes[level, 0] >= 0]
        level = nodes[level, 2:4].astype(np.int64).ravel()
    if len(level):
        raise ValueError(f"a tree is deeper than {MAX_DEPTH}")
