"""How fast `outreach table --engine spark` builds a table, beside the same builder in one process.

    python -m benchmarks.spark_table --occasions 1000000 --files 4

The logs are those of `benchmarks.table`, each cut into so many files. Spark has `local[2]` and runs in one session: the
first round starts its Python processes, the last one is warm. Printed are occasions a second of both, the processor
seconds of all processes, the JVM among them (Linux), and whether the files are the same, byte by byte.
"""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from benchmarks.spent import Spent, spent
from benchmarks.table import AS_OF, make
from model.history_table.apart.building import building_apart
from model.history_table.apart.on_spark import on_spark
from model.history_table.building import building
from model.history_table.description import History
from model.history_table.publishing import publish_table
from serving.spark.session import spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MASTER = "local[2]"


def cut(folder: Path, files: int) -> None:
    """Make a folder of so many files of each log."""
    for path in sorted(folder.glob("*.parquet")):
        lines = pq.read_table(path)
        path.unlink()
        path.mkdir()
        size = -(-lines.num_rows // files)
        for number in range(files):
            pq.write_table(lines.slice(number * size, size), path / f"{number}.parquet")


def here(history: History, out: Path) -> None:
    """Build it in this process."""
    with (
        tempfile.TemporaryDirectory(dir=out.parent) as spill,
        building(history, as_of=AS_OF, spill=Path(spill), threads=2) as built,
    ):
        publish_table(built, str(out))


def by_spark(session: "SparkSession", history: History, out: Path) -> None:
    """Build it beside executors."""
    with (
        tempfile.TemporaryDirectory(dir=out.parent) as spill,
        on_spark(session) as engine,
        building_apart(history, as_of=AS_OF, spill=Path(spill), engine=engine) as built,
    ):
        publish_table(built, str(out))


def line(occasions: int, alone: Spent, spread: Spent) -> str:
    """Say how fast both were, and what they cost."""
    rates = f"here {occasions / alone.seconds:,.0f}/s, {MASTER} {occasions / spread.seconds:,.0f}/s"
    used = f"processor seconds {alone.processor:.1f} and {spread.processor:.1f}"
    ratios = [f"{mine / other:.2f}" for mine, other in zip(spread, alone, strict=True)]
    return f"{rates}, {used}; Spark / here {ratios[0]} by the clock, {ratios[1]} by processors"


def main() -> None:
    """Make the logs, build in turns, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--occasions", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, spark_session("benchmark", {"spark.master": MASTER}) as session:
        folder = Path(made)
        make(folder, asked.occasions)
        cut(folder, asked.files)
        history, places = History.read(folder / "history.toml"), [folder / "here.parquet", folder / "spark.parquet"]
        for number in range(asked.rounds):
            alone = spent(lambda: here(history, places[0]))
            spread = spent(lambda: by_spark(session, history, places[1]))
            same = places[0].read_bytes() == places[1].read_bytes()
            print(f"round {number}: {line(asked.occasions, alone, spread)}; same bytes: {same}")


if __name__ == "__main__":
    main()
