"""What a child process does with mutants: write each, load it under limits, and compare what it scores."""

import hashlib
import json
import math
import resource
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks.artefact_mutants import Mutant, mutant
from benchmarks.artefact_reading import read, scored
from model.artefact import Artefact, load
from model.errors import InvalidArtefact
from model.features import from_json
from model.scorer import Scorer
from model.trees.forest import Forest
from model.trees.kernel import Kernel, NoKernelError
from model.trees.switch import hostile

Floats = NDArray[np.float64]
MEMORY = 640 << 20  # that loading and scoring may take beyond what the process had
ADDRESSES = 6 << 30  # of address space: what asks for more is told so
LONGEST = 600  # characters of a message
ROUNDING = 1e-11
JUDGED_STEPS = 200_000  # of the slow reading: of larger forests fewer rows are read


@dataclass(frozen=True, slots=True)
class Job:
    """Mutants `start` to `stop` of a seed, written below `place`; `naive` has another loader."""

    place: Path
    bases: Mapping[str, dict[str, bytes]]
    seed: int
    start: int
    stop: int
    naive: bool = False


def judge_all(job: Job, start: int, says: Connection) -> None:
    """Judge mutants from `start` on; ends early once memory has gone beyond its limit, which does not shrink again."""
    job.place.mkdir(exist_ok=True)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    for number in range(start, job.stop):
        made = mutant(job.bases, job.seed, number)
        says.send({"outcome": "begun", "number": number, "kind": made.kind})
        before = _peak()
        told = judged(made, job.place / "artefact", naive=job.naive) | {"kind": made.kind}
        told["memory"] = _peak() - before
        if told["memory"] > MEMORY:
            says.send(told | {"outcome": "memory", "why": f"{told['memory'] / 2**20:.0f} MB; {told.get('why', '')}"})
            return
        says.send(told)
    says.send({"outcome": "done"})


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def judged(made: Mutant, folder: Path, *, naive: bool = False) -> dict[str, Any]:
    """Return what became of one mutant, and why."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in made.files.items():
        (folder / name).write_bytes(data)
    made.then(folder)
    handles = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    try:
        loaded = trusting(folder) if naive else load(folder)
    except InvalidArtefact as error:
        said = str(error)
        left = len(list(Path("/proc/self/fd").iterdir())) - handles if handles else 0
        if left:
            return {"outcome": "other errors", "why": f"{left} files stay open after: {said}"}
        if not said.isprintable() or len(said) > LONGEST + len(str(folder)):
            return {"outcome": "long messages", "why": f"{len(said)} characters: {said[:80]!r}"}
        return {"outcome": "refused", "why": said}
    except BaseException as error:  # noqa: BLE001  (whatever is not a refusal is what is looked for)
        return {"outcome": "other errors", "why": repr(error)[:300]}
    try:
        return compared(loaded, folder)
    except BaseException as error:  # noqa: BLE001  (as above)
        return {"outcome": "other errors", "why": f"accepted, then {error!r}"[:300]}


def compared(loaded: Artefact, folder: Path) -> dict[str, Any]:
    """Score rows of all kinds, and say whether every way gives what the files say."""
    scorer, stored = loaded.scorer, read(folder)
    rows = probes(scorer, stored.arrays["golden_rows"][:3])
    with np.errstate(all="ignore"):
        whole = scorer.predict(rows).stacked()
        alone = np.concatenate([scorer.predict(rows[k : k + 1]).stacked() for k in range(min(4, len(rows)))])
    if whole[: len(alone)].tobytes() != alone.tobytes():
        return {"outcome": "other scores", "why": "a row scores otherwise alone"}
    steps = 1 if scorer.forest is None else scorer.forest.steps + 1
    few = rows[: max(1, min(len(rows), JUDGED_STEPS // (steps + len(scorer.features))))]
    for actual, (expected, sizes) in zip(whole.tolist(), scored(stored, few.tolist()), strict=False):
        if not all(map(_alike, actual, expected, sizes)):
            return {"outcome": "other scores", "why": f"{actual} is not {expected}"}
    if scorer.forest is not None and not same_compiled(scorer.forest, rows):
        return {"outcome": "other scores", "why": "compiled otherwise than in numpy"}
    json.dumps(dict(loaded.manifest), ensure_ascii=False).encode()  # what answers and records may repeat
    digest = hashlib.sha256(whole.tobytes()).hexdigest()
    return {"outcome": "accepted", "sha256": loaded.sha256, "scores": digest}


def _alike(actual: float, expected: float, size: float) -> bool:
    if not math.isfinite(expected):
        return not math.isfinite(actual)
    return abs(actual - expected) <= ROUNDING * (1.0 + size)


def probes(scorer: Scorer, golden: list[list[float]]) -> Floats:
    """Return golden rows, gaps, unseen levels, ends, and rows that are hard for the forest."""
    wide = len(scorer.features)
    rows = [np.array(golden).reshape(-1, wide), np.full((1, wide), np.nan), np.full((1, wide), -1.0)]
    rows += [np.full((1, wide), value) for value in (0.0, 1.0, 255.0, 256.0, 1e308, -1e308)]
    if scorer.forest is not None and wide < 100:
        hard = hostile(scorer.forest.switch.walk, wide)[:40]
        rows.append(np.where(np.isinf(hard), 1e300, hard))
    return np.concatenate(rows)


def same_compiled(forest: Forest, rows: Floats) -> bool:
    """Whether the compiled walk gives numpy's bits, few rows and many; true where there is no compiler."""
    start = np.zeros((len(rows), int(forest.roots[-1, 1]) + 1))
    try:
        kernel = Kernel.of(forest.switch.walk)
    except NoKernelError:
        return True
    expected = forest.switch.walk.add(rows, start)
    few = kernel.add(rows[:5], start[:5])
    return kernel.add(rows, start).tobytes() == expected.tobytes() and few.tobytes() == expected[:5].tobytes()


def trusting(folder: Path) -> Artefact:
    """Load as one would without thinking: what the manifest says is so."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    described = manifest["scorer"]
    arrays: dict[str, Any] = {
        path.stem: np.load(path, allow_pickle=True) for path in folder.iterdir() if path.suffix == ".npy"
    }
    with patch("model.trees.forest.check_forest"):
        forest = None
        if "forest_nodes" in arrays:
            sets = arrays.get("forest_sets", np.zeros((0, 8)))
            forest = Forest(nodes=arrays["forest_nodes"], roots=arrays["forest_roots"], sets=sets)
        scorer = Scorer(
            name=described["name"],
            features=from_json(described["features"]),
            links=tuple(described["links"]),
            forest=forest,
            slope=described["slope"],
            weights=described["weights"],
            **{name: arrays.get(name) for name in ("mix", "coef1", "coef0", "offset", "centre")},
        )
        scorer.predict(arrays["golden_rows"])
    return Artefact(
        scorer=scorer,
        manifest=manifest,
        certificate=manifest["report"]["certificate"],
        issued_at=None,
        expires_at=None,
        sha256=hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest(),
    )
