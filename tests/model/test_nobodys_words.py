"""What of a training table lies in artefact, report and registry: no id, no cluster, and no word that few rows have."""

from pathlib import Path

import numpy as np
import pytest

from serving.cli import run
from tests.model.occasions import frame

CANARY = "canary7391"
ROLES = """\
contacted = "sent"
benefit = "engaged"
complaint = "complained"
propensity = 0.5
id = "occasion"
cluster = "customer"
segments = ["team"]
features = ["need", "plan", "city", "remark"]
"""


def test_nobodys_words_are_in_what_is_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that many rows have are the model's; what stands in one row, or is left out, is nowhere, nor in MLflow."""
    rows = 1500
    table = frame(rows)
    number = np.arange(rows).astype(str).astype(object)
    named = f"{CANARY}-" + number
    rare = number.astype(int) % 50 == 0
    table = table.assign(
        occasion=named,
        customer="c" + named,
        city=np.where(rare, "city-" + named, "Paris"),
        remark="said-" + named,
        team=np.where(rare, "team-" + named, "east"),
        left_out="out-" + named,
    )
    table.to_parquet(tmp_path / "table.parquet")
    (tmp_path / "roles.toml").write_text(ROLES)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("OUTREACH_TRACKING_URI", f"sqlite:///{home}/mlflow.db")
    told = ["--roles", str(tmp_path / "roles.toml"), "--jobs", "1", "--out", "artefact", "--report", "report.html"]

    assert run(["train", str(tmp_path / "table.parquet"), *told]) == 0

    held = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    telling = [name for name, content in held.items() if CANARY.encode() in content]
    assert (telling, b"Paris" in held["artefact/manifest.json"], "mlflow.db" in held) == ([], True, True)
