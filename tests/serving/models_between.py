"""Artefacts that stand in for one another, and what a folder goes through when somebody replaces it."""

import json
import shutil
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from model import registry
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


def registered(place: Path, number: int = 1, *, alias: str = "challenger", store: Path | None = None) -> str:
    """Register model `number` in the registry of a folder and give it an alias; return the registry's address."""
    file = (store or place) / "mlflow.db"
    if not file.exists():
        file.write_bytes(empty_registry())
    uri = f"sqlite:///{file}"
    folder = model(place / f"made-{number}", number)
    stated = json.loads((folder / "manifest.json").read_bytes())["report"]
    report = stated | {"data_sha256": f"{number:02d}" * 32, "rows": 60}
    version = registry.register(folder, report=report, tracking_uri=uri, by="ann", why="a test", at=ISSUED_AT)
    name(uri, alias, version)
    return uri


@cache
def empty_registry() -> bytes:
    """Return the file of a registry without a model; MLflow migrates one sixty times, a second each time."""
    with TemporaryDirectory() as place:
        file = Path(place).resolve() / "mlflow.db"
        assert registry.champion(f"sqlite:///{file}", at=ISSUED_AT, data_sha256="") is None
        return file.read_bytes()


def name(uri: str, alias: str, version: str) -> None:
    """Move an alias of the registry to a version, as `outreach promote` does once its gate has passed."""
    from mlflow import MlflowClient  # noqa: PLC0415  (two seconds that few tests need)

    MlflowClient(tracking_uri=uri, registry_uri=uri).set_registered_model_alias("outreach", alias, version)


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
