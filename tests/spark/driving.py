"""A driver of its own: `driving.py ROOT FILE OUT ARTEFACT CLOCK ROWS [MARKS]`, on what PYSPARK_SUBMIT_ARGS names.

With a folder for MARKS, one Python process of an executor is killed while it scores, and later one executor with all
that it runs. Prints where the executors found the program, as JSON.
"""

import json
import os
import sys
from datetime import datetime
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from dying import Doomed

from serving.batch.run import run_batch
from serving.policy_files.templates import load_policy
from serving.scorer import load_scorer
from serving.spark.crew import muster
from serving.spark.session import spark_session
from serving.spark.shipping import Shipped


def seen(_: object) -> list[str]:
    """Return where an executor has the program from, and where it works."""
    return [sys.modules[run_batch.__module__].__file__ or "", str(Path.cwd()), os.environ.get("PYTHONPATH", "")]


def main(  # noqa: PLR0917  (as they stand on the command line)
    file: str, out: str, artefact: str, clock: str, rows: str, marks: str | None = None
) -> None:
    """Decide a file, and say what the executors saw."""
    shipped = Shipped.of(policy=None, limits={}, model=Path(artefact))
    origin = shipped if marks is None else Doomed(shipped, marks)
    with spark_session("test") as session:
        session.sparkContext.addPyFile(str(Path(__file__).with_name("dying.py")))
        run_batch(
            Path(file),
            Path(out),
            now=datetime.fromisoformat(clock),
            policy=load_policy(),
            scorer=load_scorer(Path(artefact)),
            muster=muster(session, origin),
            shard_rows=int(rows),
        )
        context = session.sparkContext
        places = context.parallelize(range(2), 2).map(seen).collect()
        sys.stdout.write(json.dumps({"master": context.master, "seen": places}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[2:])
