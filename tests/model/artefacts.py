"""An artefact in a folder, and how an attacker would change it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from model.artefact import write
from model.canonical import canonical, sha256
from model.npy import dump
from model.scorer import Scorer
from tests.model.examples import ISSUED_AT, boosted_scorer, extra, rows

Change = Callable[[dict[str, Any]], object]


def written(folder: Path, learned: Scorer | None = None, *, issued: bool = True) -> Path:
    """Write the example artefact and return its folder."""
    learned = learned or boosted_scorer()
    write(folder, learned, extra=extra(learned, issued=issued), golden=rows(learned)[:16], issued_at=ISSUED_AT)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def rewrite(folder: Path, change: Change) -> Path:
    """Change the manifest as an attacker would: canonical again, and `issued.json` bound to the new hash."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    change(manifest)
    data = canonical(manifest)
    (folder / "manifest.json").write_bytes(data)
    issued = json.loads((folder / "issued.json").read_bytes()) | {"manifest_sha256": sha256(data)}
    (folder / "issued.json").write_bytes(canonical(issued))
    return folder


def edit_array(folder: Path, name: str, change: Callable[[np.ndarray], object]) -> Path:
    """Change an array and re-state its hash in the manifest, as an attacker would."""
    array = np.load(folder / f"{name}.npy")
    change(array)
    (folder / f"{name}.npy").write_bytes(dump(array))
    digest = sha256(dump(array))
    return rewrite(folder, lambda m: m["arrays"][name].update(sha256=digest))


def drop(mapping: dict[str, Any], key: str) -> None:
    """Remove a key."""
    del mapping[key]
