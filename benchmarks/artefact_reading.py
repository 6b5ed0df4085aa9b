"""An artefact read slowly and plainly, one number after the other: what its scores must be, if it has any.

Python's own floats and lists, no numpy and nothing of the product: the judge of what the product accepts.
"""

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NPY = b"\x93NUMPY\x01\x00"
ONE_HOT = 30  # levels of a category that have a column of their own
CLIP = 100.0
LONGEST_WALK = 1000


@dataclass(frozen=True, slots=True)
class Stored:
    """A manifest, and arrays by name: anything that is indexed like lists of lists."""

    manifest: Mapping[str, Any]
    arrays: Mapping[str, Any]


def header_of(shape: Sequence[int]) -> bytes:
    """Return the one header that a file of this shape may have."""
    words = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {tuple(shape)!r}, }}"
    length = 64 * math.ceil((len(NPY) + 2 + len(words) + 1) / 64) - len(NPY) - 2
    return NPY + struct.pack("<H", length) + words.ljust(length - 1).encode() + b"\n"


def read(folder: Path) -> Stored:
    """Read a folder that the product accepted."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    arrays: dict[str, Any] = {}
    for name, entry in manifest["arrays"].items():
        data = (folder / f"{name}.npy").read_bytes()[len(header_of(entry["shape"])) :]
        flat = list(struct.unpack(f"<{len(data) // 8}d", data))
        wide = entry["shape"][1] if len(entry["shape"]) == 2 else 0
        arrays[name] = [flat[k : k + wide] for k in range(0, len(flat), wide)] if wide else flat
    return Stored(manifest, arrays)


def scored(stored: Stored, rows: Sequence[Sequence[float]]) -> list[tuple[list[float], list[float]]]:
    """Return per row (benefit, complaint, opt-out, net benefit), and the size of what was added up for each."""
    return [_row(stored, row) for row in rows]


def _row(stored: Stored, codes: Sequence[float]) -> tuple[list[float], list[float]]:
    scorer, arrays = stored.manifest["scorer"], stored.arrays
    heads, sizes = _heads(stored, codes)
    effects, spans = [], []
    for k in range(3):
        raw, span = 0.0, 0.0
        for head, weight in ((k, arrays["mix"][k][0]), (k + 3, arrays["mix"][k][1])):
            if head < len(heads):
                value, size = _linked(heads[head], sizes[head], scorer["links"][k])
                raw, span = raw + weight * value, span + abs(weight) * size
        slope = float(scorer["slope"])
        effects.append(float(arrays["offset"][k] + slope * (raw - arrays["centre"][k])))
        spans.append(abs(arrays["offset"][k]) + slope * (span + abs(arrays["centre"][k])))
    weights = scorer["weights"]
    signed = (weights["benefit"], -weights["complaint"], -weights["opt_out"])
    net = sum(float(w) * e for w, e in zip(signed, effects, strict=True)) - weights["contact"]
    whole = sum(abs(float(w)) * s for w, s in zip(signed, spans, strict=True)) + abs(weights["contact"])
    return [*effects, net], [*spans, whole]


def _linked(value: float, size: float, link: str) -> tuple[float, float]:
    if link == "identity":
        return value, size
    return 1.0 / (1.0 + math.exp(-min(500.0, max(-500.0, value)))), 1.0 + size


def _heads(stored: Stored, codes: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return each head's sum and the size of its terms: intercept, linear part, then the trees in their order."""
    columns = _columns(stored.manifest["scorer"]["features"], codes)
    heads, sizes = [], []
    for name in ("coef1", "coef0"):
        for coef in stored.arrays.get(name, ()):
            terms = [coef[-1], *(weight * x for weight, x in zip(coef[:-1], columns, strict=True))]
            total = 0.0
            for term in terms:
                total += term
            heads.append(total)
            sizes.append(sum(map(abs, terms)))
    if "forest_roots" in stored.arrays:
        for root, head in stored.arrays["forest_roots"]:
            leaf = _leaf(stored.arrays, int(root), codes)
            heads[int(head)] += leaf
            sizes[int(head)] += abs(leaf)
    return heads, sizes


def _columns(features: Sequence[Mapping[str, Any]], codes: Sequence[float]) -> list[float]:
    """Return the columns that a linear head reads."""
    out: list[float] = []
    for feature, code in zip(features, codes, strict=True):
        gap = math.isnan(code)
        if feature["kind"] == "category":
            out += [float(code == level) for level in range(len(feature["levels"][:ONE_HOT]))]
        else:
            value = float(feature["fill"]) if gap else code
            steps = (value - float(feature["centre"])) / float(feature["scale"])
            out.append(min(CLIP, max(-CLIP, steps)))
        out += [float(gap)] if feature["missing"] else []
    return out


def _leaf(arrays: Mapping[str, Any], node: int, codes: Sequence[float]) -> float:
    """Walk one tree to its leaf."""
    for _ in range(LONGEST_WALK):
        feature, threshold, left, right, missing_left, row, value = arrays["forest_nodes"][node]
        if feature < 0:
            return float(value)
        code = codes[int(feature)]
        if row >= 0:
            known = 0 <= code < 256
            word = int(arrays["forest_sets"][int(row)][int(code) // 32]) if known else 0
            goes_left = bool(word >> (int(code) % 32) & 1) if known else missing_left > 0
        else:
            goes_left = missing_left > 0 if math.isnan(code) else code <= threshold
        node = int(left if goes_left else right)
    raise ValueError("a walk without end")
