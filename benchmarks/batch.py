"""A file of candidates decided, beside peers that only score it: python benchmarks/batch.py [--rows N …] [--out FILE].

`outreach batch` (policy, score, text, reasons, ids; Parquet to Parquet, from the start of the command to `_SUCCESS`)
against pandas with scikit-learn's `predict_proba`, `mlflow.pyfunc.spark_udf` and polars with our own scorer, which read
ten columns, score them with the same 200 trees and write one. Rounds are interleaved; protocol: benchmarks/README.md.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.batch_candidates import FILE, candidates, learn, save
from benchmarks.environment import HERE, ROOT, python
from benchmarks.serving_model import NAMES
from benchmarks.tables import table
from serving.system import now as present

FEATURES = [f"user.attributes.{name}" for name in NAMES]
OURS = "outreach batch"
PEERS = {
    "pandas + scikit-learn": "pandas_sklearn.py",
    "mlflow spark_udf (warm)": "spark_udf.py",
    "polars + our scorer": "polars_scorer.py",
}
WANTED = {"pandas + scikit-learn": 2.0, "mlflow spark_udf (warm)": 6.0}
HOUR = 14  # UTC of every run: day where five of six customers live, or quiet hours would spare us the scoring
PER_SECOND, MEMORY_MB = 400_000, 500


@dataclass(slots=True)
class Found:
    """What the rounds of one contestant came to: seconds that count, CPU seconds, peak MB of its largest process."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    problem: str = ""


def main(arguments: Sequence[str]) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="parts of names: only these contestants")
    parser.add_argument("--scratch", type=Path, default=HERE, help="where files of some GB may lie for a while")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    now = present().replace(hour=HOUR, minute=0, second=0, microsecond=0)
    parts = [f"Load before: {os.getloadavg()[0]:.2f}; {platform.platform()}, {os.cpu_count()} processors; {now}."]
    with TemporaryDirectory(dir=options.scratch, prefix=".batch-") as folder:
        scratch = Path(folder)
        save(scratch, learn(), issued_at=now)
        for rows in options.rows:
            parts.append(compared(scratch, rows, options.rounds, options.only, now))
            print(parts[-1], flush=True)
    if options.out:
        options.out.write_text("\n\n".join(parts) + "\n")


def compared(scratch: Path, rows: int, rounds: int, only: Sequence[str] | None, now: datetime) -> str:
    """Return the table for a file of so many rows, with a verdict per figure."""
    file = scratch / "candidates.parquet"
    candidates(file, rows, now=now)
    names = [name for name in (OURS, *PEERS) if not only or any(part in name for part in only)]
    found = {name: Found() for name in names}
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            if not found[name].problem:
                one(found[name], command(name, scratch, file, now, number))
                print(f"{rows:,} rows, round {number + 1}: {name}: {found[name]}", file=sys.stderr, flush=True)
    size = f"{file.stat().st_size / 1e6:,.0f} MB, {rows:,} rows, {rounds} rounds interleaved"
    return f"## {size}\n\n{lines(found, rows)}\n\n{verdicts(found, rows)}"


def command(name: str, scratch: Path, file: Path, now: datetime, number: int) -> list[str]:
    """Return the words that start a contestant."""
    if name == OURS:
        out = str(scratch / f"decisions-{number}")
        words = ["batch", str(file), "--model", str(scratch / "artefact"), "--out", out, "--at", now.isoformat()]
        return [sys.executable, "-m", "serving.cli", *words]
    interpreter = python(HERE / ".venv-batch", HERE / "batch_peers.txt", size="about 1.5 GB")
    model = scratch / ("artefact" if "our scorer" in name else FILE)
    out = str(scratch / f"{PEERS[name]}-{number}.parquet")
    return [str(interpreter), str(HERE / "batch_peers" / PEERS[name]), str(file), str(model), out, *FEATURES]


def one(found: Found, words: Sequence[str]) -> None:
    """Run a contestant once, with all processors; a peer says itself which seconds count: not its start."""
    hidden = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"PYTHONPATH": str(ROOT), "MLFLOW_DISABLE_TELEMETRY": "true"}
    before, began = os.times(), time.perf_counter()
    measured = [sys.executable, str(HERE / "batch_peak.py"), *words]
    done = subprocess.run(measured, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, os.times()
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"')]
    if done.returncode:
        found.problem = done.stderr.strip().splitlines()[-1][:200] if done.stderr.strip() else "it failed"
        return
    own = [each["seconds"] for each in said if "seconds" in each]
    found.seconds.append(own[0] if own else wall)
    found.peak += [each["peak_mb"] for each in said if "peak_mb" in each]
    found.cpu.append(after.children_user + after.children_system - before.children_user - before.children_system)


def lines(found: dict[str, Found], rows: int) -> str:
    """Return the Markdown table."""
    header = [
        "",
        "rows/s (median)",
        "best",
        "CPU µs a row, start included",
        "peak MB of one process",
        "ours is × faster",
    ]
    body = []
    for name, each in found.items():
        if each.problem:
            body.append([name, each.problem, "", "", "", ""])
            continue
        middle = rows / statistics.median(each.seconds)
        ours = rows / statistics.median(found[OURS].seconds) if OURS in found and found[OURS].seconds else float("nan")
        cpu = statistics.median(each.cpu) / rows * 1e6
        best = rows / min(each.seconds)
        body.append(
            [name, f"{middle:,.0f}", f"{best:,.0f}", f"{cpu:.1f}", f"{max(each.peak):,.0f}", f"{ours / middle:.2f}"]
        )
    return table(header, body)


def verdicts(found: dict[str, Found], rows: int) -> str:
    """Say for each figure to reach whether it is reached."""
    ours = found.get(OURS)
    if ours is None or not ours.seconds:
        return "ours did not run: no verdict"
    mine = rows / statistics.median(ours.seconds)
    said = [_verdict(f"{PER_SECOND:,} decisions/s", mine / PER_SECOND, f"{mine:,.0f}")]
    said.append(_verdict(f"at most {MEMORY_MB} MB a process", MEMORY_MB / max(ours.peak), f"{max(ours.peak):,.0f}"))
    for name, times in WANTED.items():
        if name in found and found[name].seconds:
            ratio = mine / (rows / statistics.median(found[name].seconds))
            said.append(_verdict(f"{times:g} × {name}", ratio / times, f"{ratio:.2f} ×"))
    return "\n".join(said)


def _verdict(wanted: str, share: float, seen: str) -> str:
    return f"- {wanted}: {'reached' if share >= 1.0 else 'NOT reached'} ({seen})"


if __name__ == "__main__":
    main(sys.argv[1:])
