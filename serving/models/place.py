"""What lies in the place of a model: which files, as they are now; and a scorer made of them, verified and warm."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.artefact import CAPS
from model.canonical import sha256
from model.errors import InvalidArtefact
from model.folders import read_file
from serving.scorer import ArtefactScorer, load_scorer

NAMED: Final = ("manifest.json", "issued.json")  # whose bytes say which artefact it is
WARM_SECONDS: Final = 5.0  # that a forest may take to be compiled; after that numpy walks it until it is


@dataclass(frozen=True, slots=True)
class Look:
    """What a folder showed at one moment: two looks that are equal saw the same files."""

    folder: Path
    version: str | None
    files: tuple[tuple[str, int, int, int, int], ...]
    named: tuple[str, ...]


def look_at(folder: Path, version: str | None) -> Look:
    """Look at a folder: each file's identity, size and times, and the hash of what names the artefact.

    A file replaced by one of the same size within the clock's grain would hide from its times, not from the hash. What
    cannot be read now looks like nothing; who loads it says why.
    """
    try:
        found = sorted((entry.name, entry.stat(follow_symlinks=False)) for entry in os.scandir(folder))
        files = tuple((name, one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for name, one in found)
        named = tuple(_hash(folder / name) for name in NAMED)
    except OSError:
        return Look(folder, version, (), ())
    return Look(folder, version, files, named)


def _hash(path: Path) -> str:
    """Return the SHA-256 of a file that may be an artefact's; of a link, a pipe or one too large, nothing."""
    try:
        return sha256(read_file(path, CAPS[path.name]))
    except InvalidArtefact:
        return ""


def warmed(folder: Path, version: str | None) -> ArtefactScorer:
    """Load and verify an artefact, its golden rows scored, and wait a moment for the compiled walk of its trees.

    Raises:
        InvalidArtefact: it cannot be trusted, or cannot score a customer of whom nothing is known.
    """
    scorer = load_scorer(folder, version=version)
    try:
        scorer.score([{}])
    except Exception as error:  # noqa: BLE001  (whatever its golden rows did not break, it is a refusal)
        raise InvalidArtefact(
            f"artefact `{folder}`: it cannot score ({type(error).__name__}); train it again"
        ) from None
    scorer.hasten()
    scorer.walked(WARM_SECONDS)
    return scorer
