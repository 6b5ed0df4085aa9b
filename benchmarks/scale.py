"""One million rows × 30 features × 3 outcomes, end to end through `outreach train`, with seconds and peak memory."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

MINUTES, GIB = 10.0, 6.0
NUMBERS, BOOLEANS, CATEGORIES = 18, 4, 8
ROLES = """contacted = "contacted"
benefit = "benefit"
complaint = "complaint"
opt_out = "opt_out"
propensity = 0.5
cluster = "customer"
purpose = "delivery_update"
channel = "chat"
exclude = ["true_effect"]
"""


def scale(*, rows: int) -> str:
    """Generate, train in a process of its own, and say what it took against the limits.

    The table is written by another process, since a child's peak memory begins with the size of the one that starts it.
    """
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        subprocess.run([sys.executable, str(Path(__file__)), str(folder / "table.parquet"), str(rows)], check=True)
        (folder / "roles.toml").write_text(ROLES)
        command = [str(Path(sys.executable).parent / "outreach"), "train", str(folder / "table.parquet")]
        command += ["--roles", str(folder / "roles.toml"), "--out", str(folder / "artefact"), "--no-register"]
        command += ["--report", str(folder / "report.html")]
        environment = dict(os.environ) | {"OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            began = time.perf_counter()
            process = subprocess.Popen(command, env=environment, stdout=out, stderr=err)
            _, status, used = os.wait4(process.pid, 0)
            minutes = (time.perf_counter() - began) / 60.0
        said, failed = ((folder / name).read_text() for name in ("out", "err"))
    code, peak = os.waitstatus_to_exitcode(status), used.ru_maxrss / (1 << 30 if sys.platform == "darwin" else 1 << 20)
    if code:
        return f"NOT met: `outreach train` stopped with code {code}: {failed[-2000:]}"
    met = "met" if minutes <= MINUTES and peak <= GIB else "NOT met"
    return (
        f"- {met}: {rows:,} rows × {NUMBERS + BOOLEANS + CATEGORIES} features × 3 outcomes, end to end, "
        f"{os.cpu_count()} cores: {minutes:.1f} min (limit {MINUTES:g}), {peak:.2f} GiB (limit {GIB:g}), "
        f"CPU {(used.ru_utime + used.ru_stime) / 60.0:.1f} min\n\n{said.strip()}"
    )


def generated(rows: int, seed: int = 0) -> pd.DataFrame:
    """Return the table: numbers (some missing), booleans, categories (one of 10,000 levels), rare harms, the truth.

    The effect on the benefit is .02 + .04·(a logistic of four features), lower for one level; complaints are caused
    in .2 % and opt-outs in .3 % of contacts.
    """
    chance = np.random.default_rng(seed)
    columns: dict[str, Any] = {"customer": chance.integers(0, rows * 3 // 4, rows)}
    numbers = chance.normal(size=(NUMBERS, rows)).astype(np.float32)
    flags = chance.random((BOOLEANS, rows)) < 0.3
    codes = [chance.integers(0, levels, rows) for levels in (3, 5, 8, 12, 20, 40, 300, 10_000)]
    contacted = chance.random(rows) < 0.5
    effect = 0.02 + 0.04 / (1.0 + np.exp(-(numbers[0] + numbers[1] * flags[0] - numbers[2])))
    effect -= 0.05 * (codes[0] == 2)
    base = 0.15 + 0.1 / (1.0 + np.exp(-(numbers[3] + numbers[0])))
    draw = chance.random(rows)
    columns |= {
        "contacted": contacted.astype(np.int8),
        "benefit": (draw < base + effect * contacted).astype(np.int8),
        "complaint": (chance.random(rows) < 0.004 + 0.002 * contacted).astype(np.int8),
        "opt_out": (contacted & (chance.random(rows) < 0.003)).astype(np.int8),
        "true_effect": effect - 0.005,
    }
    for k, values in enumerate(numbers):
        values[chance.random(rows) < (0.05 if k % 3 == 0 else 0.0)] = np.nan
        columns[f"number_{k}"] = values
    columns |= {f"flag_{k}": values for k, values in enumerate(flags)}
    for k, values in enumerate(codes):
        columns[f"category_{k}"] = pd.Categorical.from_codes(
            values, pd.Index([f"level {c}" for c in range(values.max() + 1)])
        )
    return pd.DataFrame(columns)


if __name__ == "__main__":
    generated(int(sys.argv[2])).to_parquet(sys.argv[1], index=False)
