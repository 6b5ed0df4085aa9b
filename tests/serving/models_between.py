"""Artefacts that stand in for one another, and what a folder goes through when somebody replaces it."""

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from model.artefact import write
from model.scorer import Scorer
from tests.model.examples import ISSUED_AT, extra, rows, scorer


def learned(number: int) -> Scorer:
    """Return the example scorer with other figures: `number` thousandths more benefit for everybody."""
    made = scorer()
    return replace(made, offset=made.offset + np.array([number / 1000, 0.0, 0.0]))


def model(folder: Path, number: int, *, issued: bool = True, issued_at: datetime | None = ISSUED_AT) -> Path:
    """Write model `number` and return its folder; what stood there is replaced as `outreach train` does it."""
    made = learned(number)
    write(folder, made, extra=extra(made, issued=issued), golden=rows(made)[:8], issued_at=issued_at)
    return folder


def broken(folder: Path) -> Path:
    """Spoil one byte of an array in place."""
    path = folder / "coef1.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    return folder


def copied(source: Path, folder: Path) -> None:
    """Copy file by file into a folder that may hold another model, as `cp -r` does."""
    folder.mkdir(exist_ok=True)
    for path in sorted(source.iterdir()):
        shutil.copyfile(path, folder / path.name)
