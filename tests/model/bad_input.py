"""A small good table as bytes, for tests to spoil, and how the command `outreach train` answers to it."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from serving.cli import run

ROLES = {"contacted": '"sent"', "benefit": '"visit"', "propensity": "0.5"}


def good(rows: int = 600, *, seed: int = 0, e: float = 0.5) -> pd.DataFrame:
    """Return occasions where contact helps those with x > 0 and nobody else."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    sent = (rng.random(rows) < e).astype(int)
    visit = (rng.random(rows) < 0.2 + 0.2 * sent * (x > 0)).astype(int)
    return pd.DataFrame({"sent": sent, "visit": visit, "x": x.round(3), "plan": rng.choice(["a", "b", "c"], rows)})


def csv(frame: pd.DataFrame | None = None) -> bytes:
    """Return a frame as CSV."""
    return (good() if frame is None else frame).to_csv(index=False).encode()


def parquet(frame: pd.DataFrame) -> bytes:
    """Return a frame as Parquet."""
    sink = io.BytesIO()
    frame.to_parquet(sink, index=False)
    return sink.getvalue()


def replaced(column: str, row: int, value: object) -> bytes:
    """Return the good table as CSV with one cell replaced (rows from 1, as messages count)."""
    frame = good()
    cells = frame[column].astype(object)
    cells.iloc[row - 1] = value
    return csv(frame.assign(**{column: cells}))


def toml(more: str = "", **changes: str | None) -> str:
    """Return roles.toml; a change to None takes a role out, `more` stands at the end."""
    given = {key: value for key, value in (ROLES | changes).items() if value is not None}
    return "\n".join(f"{key} = {value}" for key, value in given.items()) + f"\n{more}"


def refused(folder: Path, data: bytes, name: str, roles: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line with which `outreach train` refuses: exit code 2, and nothing is left behind.

    `folder` becomes `.` in the answer; progress stands before the line.
    """
    (folder / name).write_bytes(data)
    (folder / "roles.toml").write_text(roles)
    out, page = folder / "artefact", folder / "report.html"
    given = ["train", str(folder / name), "--roles", str(folder / "roles.toml"), "--out", str(out), "--jobs", "1"]
    code = run([*given, "--report", str(page), "--no-register"])
    printed = capsys.readouterr()
    left = sorted(path.name for path in folder.iterdir())
    assert (code, printed.out, left) == (2, "", sorted([name, "roles.toml"]))
    said = [line for line in printed.err.splitlines() if not line.endswith("…")]
    assert len(said) == 1
    return said[0].removeprefix("outreach: ").replace(str(folder), ".")
