"""What a Parquet footer says of the file, checked against the file's bytes."""

import pyarrow as pa

MAGIC = 4  # bytes at both ends
TAIL = 8  # the footer's length, and the magic


def wrong_extent(footer: "pa.parquet.FileMetaData", size: int) -> str | None:
    """Return what is wrong: a column chunk outside the file, another row count than promised, or None.

    `size` is that of the file, in bytes.
    """
    end = size - TAIL - footer.serialized_size
    rows = 0
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        rows += group.num_rows
        for at in range(group.num_columns if group.num_rows else 0):  # a group without rows has no bytes
            chunk, column = group.column(at), footer.schema.column(at)
            start = _start(chunk)
            place = f"row group {number + 1}, column `{chunk.path_in_schema}`"
            if chunk.path_in_schema != column.path:
                return f"{place}: the schema has `{column.path}` there"
            if not MAGIC <= start <= start + chunk.total_compressed_size <= end:
                return f"{place}: bytes {start} to {start + chunk.total_compressed_size} are not its own"
            if chunk.num_values != group.num_rows and not column.max_repetition_level:
                return f"{place}: {chunk.num_values} cells in {group.num_rows} rows"
    return None if rows == footer.num_rows else f"{rows} rows in its parts, {footer.num_rows} in its footer"


def _start(chunk: "pa.parquet.ColumnChunkMetaData") -> int:
    """Return the first byte of a column chunk; a dictionary stands before the data."""
    if chunk.has_dictionary_page and chunk.dictionary_page_offset:
        return int(min(chunk.dictionary_page_offset, chunk.data_page_offset))
    return int(chunk.data_page_offset)
