"""Folders that are small enough to be read and ask for more than there is: deep, wide, many, long."""

import json
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.artefact_forging import Forgery, bound, npy, written
from model.canonical import sha256

Files = dict[str, bytes]
Floats = NDArray[np.float64]
Chance = np.random.Generator
MEGA = 1 << 20


def _raw(base: Files, data: bytes) -> Files:
    return {**base, "manifest.json": data}


def _rebound(base: Files, report: bytes) -> Files:
    """Put bytes into the report of a manifest that is whole and canonical otherwise."""
    forged = Forgery.of(base)
    forged.manifest["report"]["zzz"] = "@"
    files = forged.files()
    data = files["manifest.json"].replace(b'"@"', report)
    dates = forged.issued | {"manifest_sha256": sha256(data)}
    return {**files, "manifest.json": data, "issued.json": written(dates)}


def many_lists(base: Files, chance: Chance) -> Files:
    """A report of millions of empty lists, objects or numbers."""
    piece = [b"[]", b"{}", b"1.5", b'""', b'{"a":[]}', b"0"][int(chance.integers(0, 6))]
    count = int(chance.choice([MEGA // 8, 30 * MEGA])) // (len(piece) + 1)
    return _rebound(base, b"[" + b",".join([piece] * count) + b"]")


def deep(base: Files, chance: Chance) -> Files:
    """Brackets in brackets."""
    depth = int(chance.choice([900, 1_100, 20_000, 5 * MEGA]))
    opened, closed = (b"[", b"]") if chance.random() < 0.5 else (b'{"a":', b"}")
    return _rebound(base, opened * depth + b"1" + closed * depth)


def long_names(base: Files, chance: Chance) -> Files:
    """Keys, names and texts of megabytes, where a message might repeat them."""
    forged = Forgery.of(base)
    long = "n" * int(chance.choice([5_000, 4 * MEGA]))
    match int(chance.integers(0, 6)):
        case 0:
            forged.manifest[long] = 1
        case 1:
            files = forged.files()
            forged.manifest["arrays"][long] = forged.manifest["arrays"]["mix"]
            return bound(forged.manifest, forged.issued, {n: d for n, d in files.items() if n.endswith(".npy")})
        case 2:
            forged.manifest["scorer"]["features"][0]["name"] = long
        case 3:
            forged.manifest["report"]["certificate"]["reason"] = long
        case 4:
            forged.manifest["scorer"]["features"][3]["levels"] = [long]
        case _:
            forged.manifest["report"]["certificate"]["assumptions"] = [long] * 3
    return forged.rescored().files()


def many_keys(base: Files, chance: Chance) -> Files:
    """A million keys, in one place that is checked and one that is not."""
    count = int(chance.choice([3_000, MEGA]))
    keys = {f"k{k}": 0 for k in range(count)}
    forged = Forgery.of(base)
    (forged.manifest if chance.random() < 0.5 else forged.manifest["report"]).update(keys)
    return forged.files()


def wide(base: Files, chance: Chance) -> Files:
    """Features by the thousand, each with as many levels as fit, and golden rows to score with them."""
    forged = Forgery.of(base)
    count, levels = [(200, 30), (9_000, 0), (9_000, 30), (100_000, 0), (240, 254)][int(chance.integers(0, 5))]
    named = [f"l{k}" for k in range(levels)]
    kind = "category" if levels else "number"
    forged.manifest["scorer"]["features"] = [
        {"centre": 0.0, "fill": 0.0, "kind": kind, "levels": named, "missing": False, "name": f"f{k}", "scale": 1.0}
        for k in range(count)
    ]
    rows = int(chance.choice([1, 800]))
    columns = count * (min(levels, 30) or 1)
    for name in ("coef1", "coef0"):
        forged.arrays[name] = np.full((3, columns + 1), 1e-9)
    for name in ("forest_nodes", "forest_roots", "forest_sets"):
        forged.arrays.pop(name, None)
    forged.arrays["golden_rows"] = np.zeros((rows, count))
    forged.arrays["golden_scores"] = np.zeros((rows, 4))
    return forged.files()


def _forest(base: Files, nodes: Floats, roots: Floats, sets: Floats | None = None, golden: int = 1) -> Files:
    """Put a forest into an artefact."""
    forged = Forgery.of(base)
    forged.arrays |= {"forest_nodes": nodes, "forest_roots": roots}
    forged.arrays.pop("forest_sets", None)
    if sets is not None:
        forged.arrays["forest_sets"] = sets
    forged.arrays["golden_rows"] = np.repeat(forged.arrays["golden_rows"][:1], golden, axis=0)
    forged.arrays["golden_scores"] = np.zeros((golden, 4))
    small = len(nodes) <= 300_000 and golden == 1
    return (forged.rescored() if small else forged).files()


def chain(depth: int, feature: int, row: int = -1) -> Floats:
    """Return a tree float64[2·depth + 1, 7] that is as deep as it has questions."""
    nodes = np.zeros((2 * depth + 1, 7))
    nodes[:, 5] = -1
    asks = np.arange(depth) * 2
    nodes[:, 0] = -1
    nodes[asks, 0], nodes[asks, 5] = feature, row
    nodes[asks, 2], nodes[asks, 3] = asks + 1, asks + 2
    nodes[nodes[:, 0] < 0, 6] = 1e-3
    return nodes


def full(depth: int, feature: int, row: int = -1) -> Floats:
    """Return a tree of 2^depth leaves."""
    count = 2 ** (depth + 1) - 1
    nodes = np.zeros((count, 7))
    asks = np.arange(2**depth - 1)
    nodes[:, 0], nodes[:, 5], nodes[:, 6] = -1, -1, 1e-3
    nodes[asks, 0], nodes[asks, 5], nodes[asks, 6] = feature, row, 0.0
    nodes[asks, 2], nodes[asks, 3] = 2 * asks + 1, 2 * asks + 2
    return nodes


def repeated(tree: Floats, count: int) -> tuple[Floats, Floats]:
    """Return a forest of so many times one tree, all of the first head."""
    nodes = np.tile(tree, (count, 1))
    start = np.repeat(np.arange(count) * len(tree), len(tree))
    asks = nodes[:, 0] >= 0
    nodes[asks, 2] += start[asks]
    nodes[asks, 3] += start[asks]
    roots = np.stack([np.arange(count) * float(len(tree)), np.zeros(count)], axis=1)
    return nodes, roots


def deep_trees(base: Files, chance: Chance) -> Files:
    """Chains of exactly, and beyond, the deepest that is allowed."""
    depth = int(chance.choice([63, 64, 65, 5_000, 250_000]))
    return _forest(base, *repeated(chain(depth, 0), 1))


def many_trees(base: Files, chance: Chance) -> Files:
    """As many nodes, trees and levels as the caps allow, and more; as many golden rows as they can be made to score."""
    sets = np.full((1, 8), 2.0**32 - 1)
    match int(chance.integers(0, 6)):
        case 0:
            return _forest(base, *repeated(full(0, 0), 10_001))
        case 1:
            return _forest(base, *repeated(full(0, 0), 10_000), golden=4096)
        case 2:
            return _forest(base, *repeated(full(6, 4, 0), 8_000), sets)  # each asks for a level of one category
        case 3:
            return _forest(base, *repeated(chain(64, 0), 8_000), golden=4096)
        case 4:
            return _forest(base, *repeated(full(18, 0), 1))
        case _:
            return _forest(base, *repeated(full(6, 0), 8_000))


def many_sets(base: Files, chance: Chance) -> Files:
    """Half a million sets of levels that nobody asks for, or that every node of a tree does."""
    count = int(chance.choice([1_000, 2**19, 2**19 + 1]))
    return _forest(base, *repeated(full(3, 3, 0), 5), np.zeros((count, 8)))


def scopes(base: Files, chance: Chance) -> Files:
    """A scope that names the same pair again and again: every decision would look through it."""
    forged = Forgery.of(base)
    count = int(chance.choice([2, 300_000]))
    forged.manifest["report"]["certificate"]["scope"] = [["delivery_update", "chat"]] * count
    return forged.rescored().files()


def endless_numbers(base: Files, chance: Chance) -> Files:
    """Whole numbers of thousands of digits."""
    digits = int(chance.choice([400, 4_200, 5_000, MEGA]))
    return _rebound(base, b"9" * digits)


def big_files(base: Files, chance: Chance) -> Files:
    """Files of exactly their cap, or one byte more, of what they are not."""
    name = sorted(base)[int(chance.integers(0, len(base)))]
    size = int(chance.choice([64 * MEGA, 64 * MEGA + 1, 32 * MEGA, 4096]))
    return {**base, name: bytes(size)}


def no_json(base: Files, chance: Chance) -> Files:
    """Bytes that are no object of JSON in its one form."""
    ways = (
        b"null",
        b"[]",
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"a":NaN}',
        b"[" * 100_000,
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"1" * 9_000,
        json.dumps({"a": "\u2028"}, ensure_ascii=False).encode(),
        b'"' + b"\\u0000" * 100_000 + b'"',
        base["manifest.json"] + b"\x00",
    )
    return _raw(base, ways[int(chance.integers(0, len(ways)))])


def untouched(base: Files, _chance: Chance) -> Files:
    """The artefact as it is, rewritten file by file, and its rows repeated: what must go on being read."""
    forged = Forgery.of(base)
    return {**forged.rescored().files(), "offset.npy": npy(forged.arrays["offset"])}


BOMBS: tuple[Callable[[Files, Chance], Files], ...] = (
    *(many_lists, deep, long_names, many_keys, wide, deep_trees, many_trees, many_sets, scopes, endless_numbers),
    *(big_files, no_json, untouched),
)
