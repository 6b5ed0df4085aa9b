"""A plan on a warm Spark session, beside the local run and mlflow's `spark_udf`: python benchmarks/spark_batch.py.

All three have the same candidates and the same 200 trees. Ours read 37 columns and write decisions with reasons, texts
and ids, counted from the call of `run_batch` to `_SUCCESS`; `spark_udf` reads ten columns, scores them and writes one.
One round warms all of them up and is not counted; the others are interleaved. Spark has `local[N]` in one machine.
"""

import argparse
import os
import platform
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import joblib
from pyspark.sql import SparkSession
from pyspark.sql.functions import struct

from benchmarks.batch import FEATURES, HOUR
from benchmarks.batch_candidates import FILE, candidates, learn, save
from benchmarks.environment import HERE
from benchmarks.tables import table
from serving.batch.desk import FromFiles
from serving.batch.run import run_batch
from serving.policy_files.templates import load_policy
from serving.scorer import load_scorer
from serving.spark.crew import muster
from serving.spark.session import spark_session
from serving.spark.shipping import Shipped
from serving.system import now as present

SPARK, LOCAL, PEER = "outreach on Spark", "outreach, its own processes", "mlflow spark_udf, scores alone"
PER_SECOND, TIMES = 150_000, 2.0


def main(arguments: Sequence[str]) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--scratch", type=Path, default=HERE, help="where files of some GB may lie for a while")
    options = parser.parse_args(arguments)
    now = present().replace(hour=HOUR, minute=0, second=0, microsecond=0)
    print(f"Load before: {os.getloadavg()[0]:.2f}; {platform.platform()}, {os.cpu_count()} processors.")
    settings = {"spark.master": options.master, "spark.driver.memory": "4g"}
    with (
        TemporaryDirectory(dir=options.scratch, prefix=".spark-") as folder,
        spark_session("benchmark", settings) as session,
    ):
        scratch = Path(folder)
        save(scratch, learn(), issued_at=now)
        candidates(scratch / "c.parquet", options.rows, now=now)
        print(report(measured(session, scratch, now, options.rounds), options.rows))


def measured(session: SparkSession, scratch: Path, now: datetime, rounds: int) -> Mapping[str, list[float]]:
    """Return the seconds of each contestant, one a round, its first left out."""
    os.environ.pop("OMP_NUM_THREADS", None)
    contestants: Mapping[str, Callable[[Path], object]] = {
        SPARK: ours(scratch, now, muster=muster(session, shipped(scratch))),
        LOCAL: ours(scratch, now, origin=FromFiles(policy=None, limits={}, model=scratch / "artefact")),
        PEER: peer(session, scratch),
    }
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name in contestants if number % 2 else reversed(contestants):
            out = scratch / f"out-{number}-{len(name)}"
            began = time.perf_counter()
            contestants[name](out)
            found[name].append(time.perf_counter() - began)
            print(f"round {number}: {name}: {found[name][-1]:.1f} s", file=sys.stderr, flush=True)
            shutil.rmtree(out)
    return {name: seconds[1:] for name, seconds in found.items()}


def shipped(scratch: Path) -> Shipped:
    """Return policy and model as executors get them."""
    return Shipped.of(policy=None, limits={}, model=scratch / "artefact")


def ours(scratch: Path, now: datetime, **hands: Any) -> Callable[[Path], object]:
    """Return what decides the file into a folder."""
    policy, scorer = load_policy(), load_scorer(scratch / "artefact")
    return lambda out: run_batch(scratch / "c.parquet", out, now=now, policy=policy, scorer=scorer, **hands)


def peer(session: SparkSession, scratch: Path) -> Callable[[Path], object]:
    """Return what scores the file's features into a folder."""
    import mlflow.pyfunc  # noqa: PLC0415  (it warns of types when it is imported)
    import mlflow.sklearn  # noqa: PLC0415

    saved = scratch / "pyfunc"
    mlflow.sklearn.save_model(
        joblib.load(scratch / FILE), saved, serialization_format="cloudpickle", pyfunc_predict_fn="predict_proba"
    )
    udf = mlflow.pyfunc.spark_udf(session, str(saved), result_type="array<double>", env_manager="local")

    def score(out: Path) -> None:
        rows = session.read.parquet(str(scratch / "c.parquet"))
        columns = struct(*[rows[f"`{name}`"].alias(name.rpartition(".")[2]) for name in FEATURES])
        rows.select("candidate_id", udf(columns)[1].alias("probability")).write.parquet(str(out))

    return score


def report(found: Mapping[str, list[float]], rows: int) -> str:
    """Return the table and the verdicts."""
    middle = {name: rows / statistics.median(seconds) for name, seconds in found.items()}
    best = {name: rows / min(seconds) for name, seconds in found.items()}
    body = [[name, f"{middle[name]:,.0f}", f"{best[name]:,.0f}"] for name in found]
    times = middle[SPARK] / middle[PEER]
    said = [
        f"- {PER_SECOND:,} decisions/s: {verdict(middle[SPARK] >= PER_SECOND)} ({middle[SPARK]:,.0f})",
        f"- {TIMES:g} × {PEER}: {verdict(times >= TIMES)} ({times:.2f} ×)",
    ]
    return "\n".join([table(["", "rows/s (median)", "best"], body), "", *said])


def verdict(reached: bool) -> str:  # noqa: FBT001  (what was found)
    """Say whether a figure is reached."""
    return "reached" if reached else "NOT reached"


if __name__ == "__main__":
    main(sys.argv[1:])
