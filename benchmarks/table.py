"""How fast raw logs become a table: `outreach table --history` beside a plain pandas builder of the same columns.

    python -m benchmarks.table --occasions 1000000

Each builder runs in a process of its own, in turns, from the same Parquet files to a Parquet file. Printed are
occasions a second, processor seconds, the largest memory, and the ratio in that run; the tables are compared
with each other.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

DAY = 86_400_000_000  # microseconds
START = 1_767_225_600_000_000
SPAN = 180 * DAY
AS_OF = datetime(2026, 9, 29, tzinfo=UTC)
WINDOWS = (1, 7, 30, 90)
TIME = pa.timestamp("us", tz="UTC")
DESCRIPTION = """\
as_of = 2026-09-29T00:00:00Z
[contacts]
file = "contacts.parquet"
id = "id"
customer = "customer"
time = "time"
contacted = "contacted"
propensity = "propensity"
purpose = "purpose"
channel = "channel"
[engagements]
file = "engagements.parquet"
customer = "customer"
time = "time"
kind = "kind"
[complaints]
file = "complaints.parquet"
customer = "customer"
contact = "contact"
time = "time"
kind = "kind"
[customers]
file = "customers.parquet"
id = "id"
valid_from = "valid_from"
"""


def make(folder: Path, occasions: int) -> None:
    """Write logs: so many occasions of a tenth as many customers, and twice as many lines besides."""
    rng = np.random.default_rng(0)
    people = max(1, occasions // 10)
    names = np.array([f"c{n}" for n in range(people)])
    at = np.sort(rng.integers(START, START + SPAN, occasions))
    who = rng.integers(0, people, occasions)
    numbers = np.array([f"o{n}" for n in range(occasions)])
    purposes = np.array(["delivery_update", "progress_update", "in_session_help", "onboarding"])
    _write(
        folder / "contacts.parquet",
        id=numbers,
        customer=names[who],
        time=at,
        contacted=rng.random(occasions) < 0.5,
        propensity=np.full(occasions, 0.5),
        purpose=purposes[rng.integers(0, 4, occasions)],
        channel=np.array(["chat", "email", "push"])[rng.integers(0, 3, occasions)],
    )
    lines = occasions * 19 // 10
    moments = np.sort(rng.integers(START, START + SPAN, lines))
    engaged = names[rng.integers(0, people, lines)]
    _write(folder / "engagements.parquet", customer=engaged, time=moments, kind=np.full(lines, "engaged"))
    about = np.sort(rng.integers(0, occasions, occasions // 10))
    _write(
        folder / "complaints.parquet",
        customer=names[who[about]],
        contact=np.where(rng.random(len(about)) < 0.5, numbers[about], None),
        time=at[about] + rng.integers(1, 20 * DAY, len(about)),
        kind=np.where(rng.random(len(about)) < 0.6, "complaint", "opt_out"),
    )
    since = np.full(people, START)
    plan = np.array(["basic", "plus"])[rng.integers(0, 2, people)]
    _write(folder / "customers.parquet", id=names, valid_from=since, age=rng.integers(18, 90, people), plan=plan)
    (folder / "history.toml").write_text(DESCRIPTION)


def _write(path: Path, **columns: np.ndarray) -> None:
    times = {"time", "valid_from"}
    pq.write_table(pa.table({name: pa.array(c, TIME if name in times else None) for name, c in columns.items()}), path)


def ours(folder: Path, out: Path) -> None:
    """Build it as the command does."""
    from model.history_table.building import building  # noqa: PLC0415  (each builder's process loads its own)
    from model.history_table.description import History  # noqa: PLC0415  (as above)
    from model.history_table.publishing import publish_table  # noqa: PLC0415  (as above)

    history = History.read(folder / "history.toml")
    with (
        tempfile.TemporaryDirectory(dir=folder) as spill,
        building(history, as_of=AS_OF, spill=Path(spill), threads=2) as built,
    ):
        publish_table(built, str(out))


def plain(folder: Path, out: Path) -> None:
    """Build it with pandas and numpy, all in memory, as an analyst would."""
    contacts = pd.read_parquet(folder / "contacts.parquet").sort_values(["time", "id"], ignore_index=True)
    acts, harms = pd.read_parquet(folder / "engagements.parquet"), pd.read_parquet(folder / "complaints.parquet")
    code = pd.Series(np.arange(contacts["customer"].nunique()), index=contacts["customer"].unique())

    def keys(log: pd.DataFrame) -> np.ndarray:
        log = log[log["customer"].isin(code.index)]
        micros = log["time"].astype("datetime64[us, UTC]").astype("int64").to_numpy()
        return np.sort(code[log["customer"]].to_numpy() * (4 * SPAN) + (micros - START + SPAN))

    at = contacts["time"].astype("datetime64[us, UTC]").astype("int64").to_numpy()
    begin = code[contacts["customer"]].to_numpy() * (4 * SPAN)
    now = begin + (at - START + SPAN)
    table = contacts.copy()
    logs = {
        "contacts": keys(contacts[contacts["contacted"]]),
        "engagements": keys(acts),
        "complaints": keys(harms[harms["kind"] == "complaint"]),
        "opt_outs": keys(harms[harms["kind"] == "opt_out"]),
    }
    for name, log in logs.items():
        before = np.searchsorted(log, now)
        for days in WINDOWS:
            table[f"{name}_{days}d"] = before - np.searchsorted(log, now - days * DAY, side="right")
        some = before > np.searchsorted(log, begin)
        since = (now - log[np.maximum(before - 1, 0)]) / DAY
        table[f"days_since_{name.removesuffix('s')}"] = np.where(some, since, np.nan)
    for name, log, windows in (("engaged", "engagements", (3, 7, 28)), ("complained", "complaints", (14, 7, 28))):
        for days in windows:
            seen = np.searchsorted(logs[log], now + days * DAY) > np.searchsorted(logs[log], now)
            table[name if days == windows[0] else f"{name}_{days}d"] = seen
    first = harms.dropna(subset="contact").groupby("contact")["time"].min().reindex(contacts["id"])
    late = first.to_numpy() - contacts["time"].to_numpy()
    table["opted_out"] = contacts["contacted"] & (late < np.timedelta64(14, "D"))
    records = pd.read_parquet(folder / "customers.parquet").sort_values("valid_from")
    table = pd.merge_asof(
        table, records, left_on="time", right_on="valid_from", left_by="customer", right_by="id", suffixes=("", "_r")
    )
    table.to_parquet(out, compression="zstd")


BUILDERS = {"ours": ours, "pandas": plain}


def once(name: str, folder: Path) -> dict[str, float]:
    """Run one builder in a process of its own and return what it took."""
    command = [sys.executable, "-m", "benchmarks.table", "--run", name, "--folder", str(folder)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def run(name: str, folder: Path) -> None:
    """Build, and print wall and processor seconds and the largest memory in MB."""
    began, spent = time.perf_counter(), time.process_time()
    BUILDERS[name](folder, folder / f"{name}.parquet")
    took = {"wall": time.perf_counter() - began, "cpu": time.process_time() - spent}
    print(json.dumps(took | {"rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def compare(folder: Path) -> list[str]:
    """Name the shared columns in which the two tables differ."""
    mine, theirs = (pd.read_parquet(folder / f"{name}.parquet") for name in BUILDERS)
    theirs = theirs.rename(columns={"id": "occasion_id", "time": "decided_at"})
    open_then = {name for name in mine if mine[name].isna().any() and mine[name].dtype == object}
    shared = [name for name in theirs if name in mine and name not in open_then]
    return [
        name
        for name in shared
        if not np.array_equal(mine[name].to_numpy(), theirs[name].to_numpy())
        and not np.allclose(mine[name].astype(float), theirs[name].astype(float), equal_nan=True)
    ]


def main() -> None:
    """Make the logs, run both in turns, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--occasions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--run", choices=BUILDERS)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.run:
        run(asked.run, asked.folder)
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        make(folder, asked.occasions)
        for number in range(asked.rounds):
            found = {name: once(name, folder) for name in BUILDERS}
            for name, took in found.items():
                rates = (asked.occasions / took["wall"], asked.occasions / took["cpu"])
                print(f"{name:7} {rates[0]:>10,.0f}/s {rates[1]:>10,.0f} per cpu s  {took['rss']:>6,.0f} MB", took)
            ratios = [found["pandas"][what] / found["ours"][what] for what in ("wall", "cpu", "rss")]
            print(f"round {number}: pandas / ours: wall {ratios[0]:.2f}, cpu {ratios[1]:.2f}, memory {ratios[2]:.2f}")
        print("columns that differ:", compare(folder) or "none")


if __name__ == "__main__":
    main()
