"""A driver of its own: `python driving_table.py ROOT HISTORY OUT [MARKS]`, on the master of PYSPARK_SUBMIT_ARGS.

With a folder for MARKS, one Python process of an executor is killed while it builds customers, and later an executor
with all that it kept. Prints what is told of the table, and where the executors found the program, as JSON.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, sys.argv[1])

from model.history_table.apart import building, on_spark
from model.history_table.apart.parcels import Parcel
from serving.cli import run
from serving.spark.session import spark_session

SPAN = 100  # rows that are sorted at one place


class Deadly:
    """A step in which somebody dies, once: a Python process, or the executor with all that it keeps."""

    def __init__(self, step: Any, mark: str, *, executor: bool) -> None:
        self.step, self.mark, self.executor = step, mark, executor

    def __call__(self, parcels: Iterator[Parcel]) -> Iterator[Parcel]:
        """Do half of the work, or all."""
        for number, parcel in enumerate(self.step(parcels)):
            if number == (0 if self.executor else 1) and self.first():
                os.kill(_java() if self.executor else os.getpid(), signal.SIGKILL)
            yield parcel

    def first(self) -> bool:
        """Whether nobody died this death before."""
        try:
            os.close(os.open(self.mark, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True


class Doomed(on_spark.OnSpark):
    """An engine that loses what works for it, once while rows are made and once while they are sorted."""

    marks = ""

    def run(self, heaps: Sequence[Any], what: Sequence[str], places: int, step: Any) -> on_spark.Stream:
        """Run the step, with a death in it."""
        if not self.marks or "ids" in what:
            return super().run(heaps, what, places, step)
        mark = f"{self.marks}/{type(step).__name__}"
        return super().run(heaps, what, places, Deadly(step, mark, executor="rows" in what))


def _java() -> int:
    """The executor: its Python processes are children of a daemon, which is its child."""
    return int(Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1])


def seen(_: object) -> list[str]:
    """Return where an executor has the program from, and where it works."""
    return [sys.modules[Parcel.__module__].__file__ or "", str(Path.cwd()), os.environ.get("PYTHONPATH", "")]


def main(history: str, out: str, marks: str = "") -> None:
    """Build a table by the command, and say what the executors saw."""
    Doomed.marks = marks
    with (
        spark_session("test") as session,
        patch.object(building, "SPAN", SPAN),
        patch.object(on_spark, "OnSpark", Doomed),
    ):
        code = run(["table", "--history", history, "--out", out, "--engine", "spark"])
        places = session.sparkContext.parallelize(range(2), 2).map(seen).collect()
        sys.stdout.write(json.dumps({"code": code, "master": session.sparkContext.master, "seen": places}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[2:])
