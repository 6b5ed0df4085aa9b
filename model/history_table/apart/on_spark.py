"""Apache Spark as the engine: parcels are rows of a data frame, places its partitions, steps run beside executors.

What a step makes is kept on the disks of its executors, so that each step runs once; what is lost with one of them is
made again from what came before.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from model.errors import Unavailable
from model.history_table.apart.engine import Heap, Step
from model.history_table.apart.parcels import TOLD, Parcel, said
from model.spark_reasons import reason_of, spark_failures

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

COLUMNS = "place INT, what STRING, data BINARY"
SCHEMA = pa.schema([("place", pa.int32()), ("what", pa.string()), ("data", pa.binary())])
AT_ONCE = 16_777_216  # bytes of parcels that come to a step together


@dataclass(frozen=True, slots=True)
class Stream:
    """Parcels as a data frame, on the disks of executors."""

    frame: "DataFrame"

    def told(self) -> list[Mapping[str, Any]]:
        """Run the step, and return what it found out."""
        return [said(each) for each in map(_parcel, self.frame.where(self.frame["what"] == TOLD).collect())]

    def parcels(self) -> Iterator[Parcel]:
        """Yield all other parcels."""
        kept = self.frame.where(self.frame["what"] != TOLD)
        kept.count()  # all places at once: what follows takes one after the other
        yield from map(_parcel, kept.toLocalIterator(prefetchPartitions=True))


@dataclass(frozen=True, slots=True)
class OnSpark:
    """A Spark session at work."""

    session: "SparkSession"
    kept: "list[DataFrame]" = field(default_factory=list)

    @property
    def width(self) -> int:
        """How many tasks run at once."""
        return int(self.session.sparkContext.defaultParallelism)

    def spread(self, parcels: Sequence[Parcel], step: Step) -> Stream:
        """Run the step on each of the parcels alone."""
        rows = [(place, parcel.what, parcel.data) for place, parcel in enumerate(parcels)]
        return self._stepped(self.session.createDataFrame(rows, COLUMNS), len(rows), step)

    def run(self, heaps: Sequence[Heap], what: Sequence[str], places: int, step: Step) -> Stream:
        """Run the step at each place."""
        frames = [cast("Stream", heap).frame for heap in heaps]  # its own: one engine makes all heaps of a table
        whole = reduce(lambda some, more: some.union(more), frames)
        return self._stepped(whole.where(whole["what"].isin(*what)), places, step)

    def _stepped(self, frame: "DataFrame", places: int, step: Step) -> Stream:
        from pyspark import StorageLevel  # noqa: PLC0415  (only who asks for Spark needs it)

        def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            yield from map(_packed, step(parcel for batch in batches for parcel in _parcels(batch)))

        made = frame.repartitionById(places, frame["place"]).mapInArrow(work, COLUMNS)
        self.kept.append(made.persist(StorageLevel.DISK_ONLY))
        return Stream(made)


@contextmanager
def on_spark(session: "SparkSession") -> Iterator[OnSpark]:
    """Yield the engine; what it kept on disks is gone after the block.

    Raises:
        Unavailable: a job of Spark failed, or an executor was lost again and again.
    """
    engine, limits = OnSpark(session), {"spark.sql.execution.arrow.maxBytesPerBatch": str(AT_ONCE)}
    before = {name: session.conf.get(name) for name in limits}
    for name, value in limits.items():
        session.conf.set(name, value)
    try:
        yield engine
    except spark_failures() as error:
        raise Unavailable(
            f"Spark could not build the table ({reason_of(error)}); see its log, then try again"
        ) from error
    finally:
        with suppress(Exception):  # Java may be gone, and with it what it kept
            for frame in engine.kept:
                frame.unpersist()
            for name, old in before.items():
                session.conf.set(name, str(old))


def _parcel(row: "Row") -> Parcel:
    return Parcel(row["place"], row["what"], bytes(row["data"]))


def _parcels(batch: pa.RecordBatch) -> Iterator[Parcel]:
    """Yield the parcels of a batch."""
    for place, what, data in zip(*(batch.column(name) for name in SCHEMA.names), strict=True):
        yield Parcel(place.as_py(), what.as_py(), data.as_py())


def _packed(parcel: Parcel) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [{"place": parcel.place, "what": parcel.what, "data": parcel.data}], schema=SCHEMA
    )
