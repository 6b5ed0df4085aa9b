"""A scorer and its golden rows back from what a manifest states and the files hold, nothing of it believed.

Every array has the SHA-256, shape and bounds that it must have; together they are a scorer with the hash that the
manifest states, or a ValueError says what is wrong (numpy, stdlib). `model.artefact` adds the place and the next step.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.canonical import sha256
from model.contracts import JSON
from model.features import Feature, from_json
from model.heads import LINKS
from model.learning.design import width
from model.manifest import only_keys, parse_hash, parse_shape, take
from model.npy import parse
from model.plan import WEIGHTS
from model.scorer import OUTCOMES, SCORERS, Floats, Scorer
from model.trees.checks import LARGEST, check_features
from model.trees.forest import Forest

REQUIRED = ("mix", "coef1", "offset", "centre", "golden_rows", "golden_scores")
OPTIONAL = ("coef0", "forest_nodes", "forest_roots", "forest_sets")
GOLDEN_ROWS = 4096
GOLDEN_CELLS = 2**23  # golden rows × columns of a linear head, which stand side by side at every load: 64 MB
FEATURES = 10_000  # each is read anew for every decision
LARGEST_FILE: Mapping[str, int] = {  # bytes: no more is read than a valid array can have
    "golden_rows": 32 * 2**20,
    "golden_scores": 2**18,
    "forest_nodes": 59 * 2**20,
    "forest_sets": 33 * 2**20,
    "forest_roots": 2**18,
    "coef1": 26 * 2**20,
    "coef0": 26 * 2**20,
    **dict.fromkeys(("mix", "offset", "centre"), 2**10),
}
ROW_STEPS = 2**16  # of one row through all trees: numpy walks a group of 256 within a second
GOLDEN_STEPS = 2**27  # golden rows × trees × depth: about a second
TOLERANCE = 1e-12  # golden rows: processors differ in the last bit of exp()


def restore_arrays(stated: Mapping[str, JSON], files: Mapping[str, bytes]) -> dict[str, Floats]:
    """Return the arrays that the manifest states, each checked against its hash, shape and bounds.

    Raises:
        ValueError: an array is missing, unknown, or not what is stated.
    """
    odd = {
        "states what nobody knows": set(stated) - {*REQUIRED, *OPTIONAL},
        "lacks": set(REQUIRED) - set(stated),
        "does not state the files": {name for name in files if name.endswith(".npy")}
        - {f"{name}.npy" for name in stated},
    }
    said = [
        f"{wrong} {', '.join(f'`{name[:40]}`' for name in sorted(names)[:3])}" for wrong, names in odd.items() if names
    ]
    if said:
        raise ValueError(f"`arrays` {'; '.join(said)}")
    arrays = {}
    for name, entry in stated.items():
        shape, expected = parse_shape(entry)
        if f"{name}.npy" not in files:
            raise ValueError(f"the file `{name}.npy` is missing")
        try:
            arrays[name] = _array(name, files[f"{name}.npy"], shape, expected)
        except ValueError as error:
            raise ValueError(f"`{name}.npy`: {error}") from error
    return arrays


def _array(name: str, data: bytes, shape: tuple[int, ...], expected: str) -> Floats:
    """Return one array; a golden row may lack values, a threshold may be infinite (the forest checks its own)."""
    if sha256(data) != expected:
        raise ValueError(f"its SHA-256 is not `{expected}`")
    array = parse(data, shape, finite=name not in {"golden_rows", "forest_nodes"})
    if name == "golden_rows" and np.isinf(array).any():
        raise ValueError("it holds a value that is infinite")
    if name not in {"golden_rows", "forest_nodes"} and np.abs(array).max() > LARGEST:
        raise ValueError(f"it holds a number beyond ±{LARGEST:g}")
    return array


def restore_scorer(stated: Mapping[str, JSON], arrays: Mapping[str, Floats]) -> Scorer:
    """Return the scorer that the manifest describes, checked for shape, domain and its own hash.

    Raises:
        ValueError: it is not one, or another.
    """
    only_keys(stated, ("name", "features", "links", "slope", "weights", "sha256"))
    try:
        features = from_json(stated["features"])
    except Exception as error:  # whatever a hostile description breaks, it is a refusal
        raise ValueError(f"`features` cannot be read ({str(error)[:120]})") from error
    weights = take(stated, "weights", dict)
    links: tuple[Any, ...] = tuple(take(stated, "links", list))
    only_keys(weights, WEIGHTS)
    weight = {name: take(weights, name, float) for name in WEIGHTS}
    slope, name = take(stated, "slope", float), take(stated, "name", str)
    if name not in SCORERS or len(links) != len(OUTCOMES) or any(link not in LINKS for link in links):
        raise ValueError(f"the scorer `{name[:40]}` with links `{str(links)[:60]}` is not known")
    if not 0.0 <= slope <= LARGEST or not all(0.0 <= value <= LARGEST for value in weight.values()):
        raise ValueError("`slope` or a weight is negative or too large")
    if len(features) > FEATURES:
        raise ValueError(f"the scorer has {len(features)} features, more than {FEATURES}")
    _check_shapes(arrays, features)
    parts: dict[str, Any] = {key: arrays.get(key) for key in ("mix", "coef1", "coef0", "offset", "centre")}
    parts["forest"] = _forest(arrays, features)
    scorer = Scorer(name=name, features=features, links=links, slope=slope, weights=weight, **parts)
    if scorer.sha256() != parse_hash(take(stated, "sha256", str)):
        raise ValueError(f"the scorer's own SHA-256 is `{scorer.sha256()}`, the manifest states another")
    return scorer


def _check_shapes(arrays: Mapping[str, Floats], features: tuple[Feature, ...]) -> None:
    """Refuse arrays that do not fit the features and the columns that they become."""
    golden = arrays["golden_rows"].shape[0]
    expected: dict[str, tuple[int, ...]] = dict.fromkeys(("coef1", "coef0"), (len(OUTCOMES), width(features) + 1))
    expected |= {"mix": (3, 2), "offset": (3,), "centre": (3,)}
    expected |= {"golden_rows": (golden, len(features)), "golden_scores": (golden, 4)}
    for name, array in arrays.items():
        if name in expected and array.shape != expected[name]:
            raise ValueError(f"`{name}` has shape {array.shape}, the features need {expected[name]}")
    if golden > GOLDEN_ROWS or golden * (width(features) + 1) > GOLDEN_CELLS:
        raise ValueError(
            f"`golden_rows` has {golden} rows for {width(features)} columns, at most {GOLDEN_ROWS} rows and "
            f"{GOLDEN_CELLS} cells are scored at every load"
        )
    if np.abs(arrays["mix"]).max() > 1.0 or ("coef0" not in arrays and arrays["mix"][:, 1].any()):
        raise ValueError("`mix` weighs a head beyond ±1, or one that is not there")


def _forest(arrays: Mapping[str, Floats], features: tuple[Feature, ...]) -> Forest | None:
    """Return the forest, None where there is none: checked by itself and against features, heads and golden rows."""
    nodes, roots = arrays.get("forest_nodes"), arrays.get("forest_roots")
    if nodes is None or roots is None:
        if nodes is not None or roots is not None or "forest_sets" in arrays:
            raise ValueError("`forest_nodes` and `forest_roots` go together, `forest_sets` with them")
        return None
    try:
        forest = Forest(nodes=nodes, roots=roots, sets=arrays.get("forest_sets", np.zeros((0, 8))))
        check_features(nodes, [feature.kind for feature in features])
    except ValueError as error:
        raise ValueError(f"`forest_nodes`, `forest_roots` or `forest_sets`: {error}") from error
    if forest.steps > ROW_STEPS:
        raise ValueError(f"`forest_nodes`: a row goes through {forest.steps} nodes, at most {ROW_STEPS} are walked")
    if forest.steps * len(arrays["golden_rows"]) > GOLDEN_STEPS:
        raise ValueError(f"`golden_rows` need more than {GOLDEN_STEPS} steps through the forest at every load")
    return forest


def check_golden(scorer: Scorer, arrays: Mapping[str, Floats]) -> None:
    """Refuse a scorer that does not give the golden rows the scores they had when it was certified.

    Raises:
        ValueError: the first row whose scores differ.
    """
    expected, actual = arrays["golden_scores"], scorer.predict(arrays["golden_rows"]).stacked()
    apart = ~(np.abs(actual - expected) <= TOLERANCE * (1.0 + np.abs(expected).max()))
    if apart.any():
        row = int(np.flatnonzero(apart.any(axis=1))[0])
        raise ValueError(f"golden row {row} scores `{actual[row].tolist()}`, it must score `{expected[row].tolist()}`")
