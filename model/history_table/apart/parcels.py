"""Lines on their way from one process to another: packed as Arrow, addressed to a place."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

ROWS = 65_536  # in a parcel, at most
TOLD = "told"
PLACE = "place"
DECIDED = "decided_at"
PACKING = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass(frozen=True, slots=True)
class Parcel:
    """Lines of one kind (`what`) for one place."""

    place: int
    what: str
    data: bytes


def packed(place: int, what: str, lines: pa.Table | pa.RecordBatch) -> Parcel:
    """Pack lines."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, lines.schema, options=PACKING) as writer:
        writer.write(lines)
    return Parcel(place, what, sink.getvalue().to_pybytes())


def unpacked(parcel: Parcel) -> pa.Table:
    """Return the lines of a parcel."""
    return pa.ipc.open_stream(parcel.data).read_all()


def addressed(what: str, batches: Iterable[pa.RecordBatch]) -> Iterator[Parcel]:
    """Pack lines that come in the order of their column `place`, without it."""
    for batch in batches:
        column = batch.column(PLACE).cast(pa.int64())
        places = np.frombuffer(column.buffers()[1], np.int64, len(column), column.offset * 8)
        yield from cut(what, batch.drop_columns([PLACE]), places)


def cut(what: str, batch: pa.RecordBatch, places: NDArray[np.integer[Any]]) -> Iterator[Parcel]:
    """Pack lines whose places never decrease, one parcel for each place."""
    begins = np.flatnonzero(np.diff(places, prepend=-1)).tolist()
    for first, end in zip(begins, [*begins[1:], len(places)], strict=True):
        yield packed(int(places[first]), what, batch.slice(first, end - first))


def instants(batch: pa.RecordBatch) -> NDArray[np.int64]:
    """Return the times of rows, in microseconds (`to_numpy` would load pandas for it)."""
    column = batch.column(DECIDED)
    return np.frombuffer(column.buffers()[1], np.int64, len(column), column.offset * 8)


def telling(what: str, **found: Any) -> Parcel:
    """Pack what a step found out."""
    return Parcel(0, TOLD, json.dumps({"what": what} | found).encode())


def said(parcel: Parcel) -> Mapping[str, Any]:
    """Return what a step found out."""
    return dict(json.loads(parcel.data))
