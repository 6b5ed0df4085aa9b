"""Arrow files that live as long as a run: rows put aside in parts, each part read by its place."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from serving.candidates.files import Block

ROW = "row"  # the number of the row in the file; no candidate has a column of this name
OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
EMPTY: Mapping[bytes, bytes] = {}


class Spill:
    """A file of parts in the making. Raises `OSError` where the disk says no."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pa.ipc.new_file(str(path), schema, options=OPTIONS)

    def write(self, part: pa.RecordBatch | pa.Table, note: bytes = b"") -> None:
        """Write the next part: exactly one, however many rows it has, with a note."""
        if isinstance(part, pa.Table):
            batches = part.combine_chunks().to_batches()
            part = batches[0] if batches else pa.RecordBatch.from_pylist([], schema=self._schema)
            if len(batches) > 1:
                raise OSError(None, "more than 2 GiB of text in one range of rows")
        self._writer.write_batch(part, custom_metadata={"note": note})

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


@contextmanager
def spilling(path: Path, schema: pa.Schema, hidden: Path) -> Iterator[Spill]:
    """Write a file of parts in the folder `hidden`; after the block it is at `path`, whole."""
    spill = Spill(hidden / f"{path.name}.part", schema)
    try:
        yield spill
    finally:
        spill.close()
    (hidden / f"{path.name}.part").replace(path)


def read_part(path: Path, index: int) -> tuple[pa.RecordBatch, bytes]:
    """Return one part and its note."""
    with pa.memory_map(str(path)) as stream, pa.ipc.open_file(stream) as reader:
        found: tuple[pa.RecordBatch, Any] = reader.get_batch_with_custom_metadata(index)
    return found[0], (found[1] or EMPTY).get(b"note", b"")


def read_parts(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield all parts in order."""
    with pa.memory_map(str(path)) as stream, pa.ipc.open_file(stream) as reader:
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)


def numbered(rows: pa.RecordBatch) -> Block:
    """Return rows that carry their numbers as a block."""
    names = [name for name in rows.schema.names if name != ROW]
    return Block(batch=rows.select(names), numbers=rows.column(ROW).to_pylist())


def with_numbers(block: Block) -> pa.RecordBatch:
    """Return a block's rows with their numbers; what a dictionary encodes is written out."""
    batch = block.batch
    columns = [column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in batch]
    names = [*batch.schema.names, ROW]
    return pa.RecordBatch.from_arrays([*columns, pa.array(block.numbers, pa.int64())], names=names)
