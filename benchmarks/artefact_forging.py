"""Real artefacts to forge, and a forger who restates every hash: arrays, scorer, certificate, manifest, dates.

Three are made: linear heads, trees, and both mixed; numbers, truth values and categories, with gaps in each.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from benchmarks.artefact_reading import Stored, header_of, scored
from benchmarks.serving_model import written_down
from model.artefact import write
from model.canonical import canonical, sha256
from model.features import encode, fit_features
from model.golden import golden_rows
from model.heads import Boosted, Heads, Linear
from model.learning.coded import Coded
from model.learning.design import width
from model.scorer import OUTCOMES, Calibration, Scorer
from model.trees.boosted import boosted

Floats = NDArray[np.float64]
ISSUED_AT = datetime(2026, 11, 20, 18, 0, 0, tzinfo=UTC)
ROWS = 400
FEW_GOLDEN = 6  # rows that a forged artefact must score: few, because the slow reading scores them as well
NO_ARRAYS = ("golden_rows", "golden_scores")  # that the scorer's own hash does not cover


def customers(seed: int, rows: int = ROWS) -> dict[str, NDArray[Any]]:
    """Return columns of a table: two numbers, a truth value and two categories, all but one with gaps."""
    chance = np.random.default_rng(seed)
    basket = chance.gamma(2.0, 30.0, rows)
    basket[chance.random(rows) < 0.1] = np.nan
    plans = chance.choice(np.array(["basic", "plus", "pro", "ünïcode", None], dtype=object), rows)
    return {
        "tenure": chance.gamma(2.0, 400.0, rows),
        "basket": basket,
        "late": chance.choice(np.array([True, False, None], dtype=object), rows),
        "plan": plans,
        "town": np.array([f"town {k}" for k in chance.integers(0, 60, rows)], dtype=object),
    }


def made(folder: Path) -> dict[str, dict[str, bytes]]:
    """Write the three artefacts below `folder` and return the files of each, by name."""
    columns = customers(1)
    features = fit_features(columns)
    codes = encode(features, columns, ROWS)
    chance = np.random.default_rng(2)
    target = np.tanh(np.nan_to_num(codes) @ np.array([1e-3, 1e-2, 0.3, 0.2, 0.01])) + chance.normal(0.0, 0.2, ROWS)

    def trees(seed: int) -> Boosted:
        learner = HistGradientBoostingRegressor(
            max_iter=6, max_leaf_nodes=8, categorical_features=[3, 4], early_stopping=False, random_state=seed
        )
        with threadpool_limits(limits=1):
            return boosted(learner.fit(np.where(codes < 0, np.nan, codes), target + 0.1 * seed))

    def linear() -> Linear:
        return Linear(chance.normal(0.0, 0.2, width(features) + 1))

    chosen = {
        "linear": {name: Heads("logistic", (1.0, -1.0), linear(), linear()) for name in OUTCOMES},
        "trees": {"benefit": Heads("identity", (1.0, -1.0), trees(1), trees(2))},
        "mixed": {
            "benefit": Heads("logistic", (1.0, -1.0), trees(3), linear()),
            "complaint": Heads("identity", (0.25, 0.75), linear(), trees(4)),
        },
    }
    weights = {"benefit": 1.0, "complaint": 2.0, "opt_out": 3.0, "contact": 0.001}
    calibration = Calibration(offset=np.full(3, 0.01), centre=np.full(3, 0.02), slope=0.8)
    found = {}
    for name, heads in chosen.items():
        scorer = Scorer.of("t_boosting", heads, features, calibration, weights)
        golden = golden_rows(Coded(features=features, codes=codes), scorer)
        write(folder / name, scorer, extra=written_down(scorer), golden=golden, issued_at=ISSUED_AT)
        found[name] = {path.name: path.read_bytes() for path in sorted((folder / name).iterdir())}
    return found


@dataclass(slots=True)
class Forgery:
    """An artefact taken apart, to be changed anywhere and put together again with every hash in order."""

    manifest: dict[str, Any]
    issued: dict[str, Any]
    arrays: dict[str, Floats]

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> Self:
        """Take the files of a real artefact apart; few golden rows are kept."""
        manifest = json.loads(files["manifest.json"])
        arrays = {
            name: np.frombuffer(files[f"{name}.npy"][len(header_of(tuple(entry["shape"]))) :], dtype="<f8")
            .reshape(entry["shape"])
            .copy()
            for name, entry in manifest["arrays"].items()
        }
        for name in NO_ARRAYS:
            arrays[name] = arrays[name][:FEW_GOLDEN].copy()
        return cls(manifest=copy.deepcopy(manifest), issued=json.loads(files["issued.json"]), arrays=arrays)

    def rescored(self) -> Self:
        """Let the golden scores be what the slow reading gives, where it can read this at all."""
        try:
            plain = {name: array.tolist() for name, array in self.arrays.items()}
            golden = scored(Stored(self.manifest, plain), plain["golden_rows"])
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return self
        self.arrays["golden_scores"] = np.array([row for row, _ in golden]).reshape(-1, 4)
        return self

    def files(self, *, scorer: bool = True, certificate: bool = True) -> dict[str, bytes]:
        """Put it together as a hostile author would: whatever states a hash states the right one."""
        blobs = {f"{name}.npy": npy(array) for name, array in self.arrays.items()}
        stated = {
            name: {"shape": list(array.shape), "sha256": sha256(blobs[f"{name}.npy"])}
            for name, array in self.arrays.items()
        }
        described = self.manifest["scorer"]
        if scorer and isinstance(described, dict):
            described["sha256"] = self._identity(described)
            if certificate:
                self.manifest["report"]["certificate"]["scorer_sha256"] = described["sha256"]
        self.manifest["arrays"] = stated
        return bound(self.manifest, self.issued, blobs)

    def _identity(self, described: Mapping[str, Any]) -> str:
        """Return the hash that a scorer of these values would state."""
        own = {name: array for name, array in self.arrays.items() if name not in NO_ARRAYS}
        hashes = {
            name: {"shape": list(array.shape), "sha256": sha256(np.ascontiguousarray(array).tobytes())}
            for name, array in own.items()
        }
        said = {name: value for name, value in described.items() if name != "sha256"}
        return sha256(canonical({"scorer": said, "arrays": hashes}))


def bound(manifest: Mapping[str, Any], issued: Mapping[str, Any], blobs: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files with `issued.json` bound to this manifest; NaN stands as Python writes it."""
    data = written(manifest)
    dates = dict(issued) | {"manifest_sha256": sha256(data)}
    return {**blobs, "manifest.json": data, "issued.json": written(dates)}


def written(value: Any) -> bytes:
    """Write JSON in canonical order, whatever numbers stand in it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def npy(array: Floats) -> bytes:
    """Return the file of an array."""
    return header_of(array.shape) + np.ascontiguousarray(array, dtype="<f8").tobytes()
