"""`outreach batch --engine spark`: the local plan with executors for hands; the same bytes in the same folder.

What Spark reads through a file system of its own (`s3a://`, `hdfs://` …) is copied into the folder of the decisions
first, where all machines see it: a row's number, its id and the run are then those of the local run.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession

from model.errors import InvalidInput, Unavailable
from model.spark_reasons import reason_of, spark_failures
from serving.batch.desk import FromFiles
from serving.batch.folder import KEPT
from serving.batch.workers import Muster
from serving.candidates.address import is_remote, path_of
from serving.spark.crew import muster
from serving.spark.session import spark_session
from serving.spark.shipping import Shipped

NAME: Final = "outreach batch"
NOT_THERE: Final = ("FileNotFoundException", "UnsupportedFileSystemException", "ClassNotFoundException")


@contextmanager
def on_spark(candidates: str, out: Path | None, origin: FromFiles) -> Iterator[tuple[Path, Muster]]:
    """Start Spark, and yield where the candidates are for every machine, and the hands of a plan.

    Raises:
        InvalidInput: PySpark or Java is missing, the candidates are not there, or Spark has no such file system.
        Unavailable: Spark does not start, or a file system does not answer.
    """
    shipped = Shipped.of(policy=origin.policy, limits=origin.limits, model=origin.model, version=origin.version)
    with spark_session(NAME) as session, _seen_by_all(session, candidates, out) as path:
        yield path, muster(session, shipped)


@contextmanager
def _seen_by_all(session: SparkSession, candidates: str, out: Path | None) -> Iterator[Path]:
    """Yield the path of what all machines see; a copy of what is remote lives as long as the block."""
    if not is_remote(candidates):
        yield Path(path_of(candidates))
        return
    place = None if out is None else out / KEPT
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="input-", dir=place))
    try:
        yield _copied(session, candidates, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for left in () if place is None else (place, place.parent):
            with suppress(OSError):  # it holds decisions
                left.rmdir()


def _copied(session: SparkSession, candidates: str, folder: Path) -> Path:
    """Copy a file or a folder through Spark's file systems; its bytes stay what they are."""
    jvm, conf = session.sparkContext._jvm, session.sparkContext._jsc.hadoopConfiguration()  # noqa: SLF001  (PySpark has no other way to them)
    try:
        source = jvm.org.apache.hadoop.fs.Path(candidates)
        copy = folder / (source.getName() or "candidates")
        target = jvm.org.apache.hadoop.fs.Path(copy.resolve().as_uri())
        ours = jvm.org.apache.hadoop.fs.FileSystem.getLocal(conf).getRaw()
        jvm.org.apache.hadoop.fs.FileUtil.copy(source.getFileSystem(conf), source, ours, target, False, True, conf)
    except spark_failures() as error:
        said = f"`{candidates}` cannot be read through Spark ({reason_of(error)})"
        if any(name in said for name in NOT_THERE):
            raise InvalidInput(f"{said}; check the address") from error
        raise Unavailable(f"{said}; check the address, or try again") from error
    return copy
