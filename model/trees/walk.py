"""Rows walking all trees of a forest at once: one step of every row in every tree is a handful of numpy calls.

The nodes are renumbered level by level, siblings side by side: a step is `node = first[node] + not (x ≤ threshold)`.
Missing values need no question of their own: each feature stands twice in a row, where it is missing as NaN, which is
≤ nothing (for nodes that send the missing to the right), and as −inf, which is ≤ everything (to the left). A leaf asks
the second kind whether it is ≤ inf, and leads to itself.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint32]

WORDS = 8  # of 32 bits: a set of 256 levels
# every index is in range by the forest's own checks: `clip` only spares numpy a second look at each
BLOCK = 1 << 15  # walks at once (rows × trees): their arrays stay in the processor's cache
RIGHT, LEFT = 256, 257  # what a missing level is where the missing go right, and left: the last set word says so


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """A checked forest as it is walked; trees are ordered by depth, the deepest first, `order` leads back."""

    feature: Ints  # −1 at a leaf
    missing_left: NDArray[np.bool_]
    threshold: Floats
    first: Ints  # the left child; the right one stands after it; a leaf's is itself
    value: Floats
    set: Ints
    words: Words  # [k · 9]
    roots: Ints  # [t]
    order: Ints  # [t]: where each tree of the forest stands in `roots`
    alive: tuple[int, ...]  # how many trees are deeper than 0, 1, 2 …
    heads: tuple[tuple[int, slice], ...]  # each head's trees

    @classmethod
    def of(cls, nodes: Floats, sets: Floats, roots: Floats) -> Self:
        """Renumber a forest's nodes."""
        start = roots[:, 0].astype(np.int64)
        depth = _depths(nodes, start)
        ranked = np.argsort(-depth, kind="stable")
        old, first = _levels(nodes, start[ranked])
        feature, threshold = nodes[old, 0].astype(np.int64), nodes[old, 1]
        words = np.full((len(sets), WORDS + 1), 1 << (LEFT % 32), dtype=np.uint32)
        words[:, :WORDS] = sets.astype(np.uint32)
        head = roots[:, 1].astype(np.int64)
        return cls(
            feature=feature,
            missing_left=nodes[old, 4] > 0,
            threshold=np.where(feature < 0, np.inf, threshold),
            first=first,
            value=nodes[old, 6],
            set=nodes[old, 5].astype(np.int64),
            words=words.ravel(),
            roots=np.arange(len(start)),
            order=np.argsort(ranked, kind="stable"),
            alive=tuple(int((depth > step).sum()) for step in range(int(depth.max()))),
            heads=tuple((int(k), slice(*np.searchsorted(head, [k, k + 1]).tolist())) for k in np.unique(head).tolist()),
        )

    def add(self, codes: Floats, start: Floats) -> Floats:
        """Return `start` float64[n, h] plus each head's trees, one after the other, for rows float64[n, f].

        Raises:
            ValueError: the rows have fewer features than the trees ask for.
        """
        if codes.shape[1] <= self.feature.max():
            raise ValueError(
                f"rows of {codes.shape[1]} features do not fit trees that ask for {self.feature.max() + 1}"
            )
        out = start.astype(np.float64)
        rows = max(1, BLOCK // len(self.roots))
        column = np.where(self.missing_left | (self.feature < 0), codes.shape[1], 0) + np.maximum(self.feature, 0)
        for begin in range(0, len(codes), rows):
            block = slice(begin, begin + rows)
            values = self._leaves(np.asarray(codes[block], dtype=np.float64), column)
            for head, trees in self.heads:
                terms = np.concatenate([out[None, block, head], values[trees]])
                out[block, head] = np.add.accumulate(terms, axis=0)[-1]
        return out

    def _leaves(self, codes: Floats, column: Ints) -> Floats:
        """Return the value of the leaf that every row reaches in every tree, float64[t, n]."""
        rows = len(codes)
        x = np.concatenate([codes, codes], axis=1)
        x[:, codes.shape[1] :][np.isnan(codes)] = -np.inf
        level = _level(x) if len(self.words) else None
        node = np.repeat(self.roots, rows)
        base = np.tile(np.arange(rows) * x.shape[1], len(self.roots))
        for alive in self.alive:
            now = slice(0, alive * rows)
            node[now] = self._step(node[now], base[now], x, level, column)
        return self.value.take(node, mode="clip").reshape(-1, rows)[self.order]

    def _step(self, node: Ints, base: Ints, x: Floats, level: Ints | None, column: Ints) -> Ints:
        """Return the child that each walk goes to."""
        place = column.take(node, mode="clip")
        place += base
        left = x.take(place, mode="clip") <= self.threshold.take(node, mode="clip")
        if level is not None:
            row = self.set.take(node, mode="clip")
            asked = np.flatnonzero(row >= 0)
            code = level.take(place[asked], mode="clip")
            word = self.words.take(row[asked] * (WORDS + 1) + (code >> 5), mode="clip")
            left[asked] = (word >> (code & 31).astype(np.uint32)) & 1 == 1
        node = self.first.take(node, mode="clip")
        node += ~left
        return node


def _level(x: Floats) -> Ints:
    """Return the codes of levels int64[n, 2f]: those that are no level are missing, right in the first half."""
    half = x.shape[1] // 2
    known = (x >= 0) & (x < RIGHT)
    return np.where(known, x, np.repeat([RIGHT, LEFT], half)).astype(np.int64)


def _levels(nodes: Floats, roots: Ints) -> tuple[Ints, Ints]:
    """Return the old number of each node, level by level, and the new number of its left child (a leaf's: its own)."""
    levels, firsts, level, count = [], [], roots, 0
    while len(level):
        split = nodes[level, 0] >= 0
        below = nodes[level[split], 2:4].astype(np.int64).ravel()
        first = np.arange(count, count + len(level))
        first[split] = count + len(level) + 2 * np.arange(int(split.sum()))
        levels.append(level)
        firsts.append(first)
        count, level = count + len(level), below
    return np.concatenate(levels), np.concatenate(firsts)


def _depths(nodes: Floats, roots: Ints) -> Ints:
    """Return the depth of each tree int64[t]: 0 where the root is a leaf."""
    depth, tree, level = np.zeros(len(roots), dtype=np.int64), np.arange(len(roots)), roots
    step = 0
    while len(level):
        depth[tree] = step
        split = nodes[level, 0] >= 0
        level = nodes[level[split], 2:4].astype(np.int64).ravel()
        tree, step = np.repeat(tree[split], 2), step + 1
    return depth
