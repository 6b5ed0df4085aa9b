"""Training tables from disk: CSV, CSV.GZ, Parquet or a folder of Parquet, as one Arrow table and its bytes' hash.

Row order is the file's; a folder's is that of its files by name. Hive folders (`day=3/part-0.parquet`) add a column.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import parquet

from model.errors import InvalidTable
from model.reading.csv import infer, read_csv, refuse_duplicates

GZIP, PARQUET = b"\x1f\x8b", b"PAR1"
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was read: the table, the SHA-256 (hex) of the bytes on disk, and notes about what was left out."""

    table: pa.Table
    sha256: str
    notes: tuple[str, ...] = ()


def read(path: str | Path, *, text: Collection[str] = ()) -> Source:
    """Read a table; columns in `text` stay as written (an id `007` is not the number 7).

    Raises:
        InvalidTable: no such file, unreadable, empty, truncated, not UTF-8, duplicate column names.
    """
    path = Path(path)
    if path.is_dir():
        return _folder(path)
    data = _bytes(path)
    sha256 = hashlib.sha256(data).hexdigest()
    if not data:
        raise InvalidTable(f"`{path}` is empty (0 bytes); write a header line and one row per occasion")
    if data[:4] == PARQUET or path.suffix.lower() in {".parquet", ".pq"}:
        table, notes = _parquet(data, str(path))
        return Source(table=table, sha256=sha256, notes=notes)
    table, notes = read_csv(_text(data, path), str(path), text=text)
    return Source(table=table, sha256=sha256, notes=notes)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidTable(
            f"`{path}` cannot be read: {reason}; give a CSV, CSV.GZ, Parquet or folder of Parquet"
        ) from error


def _text(data: bytes, path: Path) -> bytes:
    """Return the bytes of a CSV, decompressed once; what else was compressed is refused by its name."""
    unzipped = _unzipped(data, path)
    if unzipped is not data and unzipped.startswith((GZIP, PARQUET)):
        inside = "Parquet" if unzipped.startswith(PARQUET) else "gzip"
        raise InvalidTable(f"`{path}` is {inside} inside gzip; unpack it once with `gunzip` and give what comes out")
    return unzipped


def _unzipped(data: bytes, path: Path) -> bytes:
    """Decompress by content, not by name; a stream that ends early is refused."""
    if not data.startswith(GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidTable(f"`{path}` is truncated or damaged gzip ({error}); copy or export the file again") from error


def _parquet(data: bytes, name: str) -> tuple[pa.Table, tuple[str, ...]]:
    """Read Parquet bytes without pandas' metadata; an unnamed saved pandas index is left out and noted."""
    if data[:4] != PARQUET:
        raise InvalidTable(f"`{name}` is not a Parquet file (it does not begin with PAR1); export the table again")
    if len(data) < 12 or data[-4:] != PARQUET:
        raise InvalidTable(f"`{name}` is a truncated Parquet file (its end is missing); copy or export it again")
    try:
        table = parquet.ParquetFile(io.BytesIO(data)).read()
    except (pa.ArrowException, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InvalidTable(f"`{name}` is damaged Parquet: {reason}; copy or export it again") from error
    refuse_duplicates(table.column_names, name)
    index = [each for each in table.column_names if each.startswith("__index_level_") and each.endswith("__")]
    notes = (f"{len(index)} unnamed pandas index column(s) left out",) if index else ()
    return table.drop_columns(index), notes


def _folder(folder: Path) -> Source:
    """Read every Parquet file below, in order of relative name; hidden and `_` names are bookkeeping."""
    relative = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet") if path.is_file())
    relative = [name for name in relative if not any(part[0] in "._" for part in name.split("/"))]
    if not relative:
        raise InvalidTable(f"folder `{folder}` holds no Parquet file; give the folder of *.parquet, or one file")
    digest = hashlib.sha256()
    tables: list[pa.Table] = []
    notes: list[str] = []
    for name in relative:
        data = _bytes(folder / name)
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
        table, noted = _parquet(data, str(folder / name))
        tables.append(_with_partitions(table, name))
        notes.extend(noted)
    _refuse_other_columns(tables, relative, folder)
    try:
        table = pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise InvalidTable(f"folder `{folder}`: files differ in type: {reason}; write all with one schema") from error
    return Source(
        table=_typed_partitions(table, relative[0]), sha256=digest.hexdigest(), notes=tuple(dict.fromkeys(notes))
    )


def _partitions(name: str) -> dict[str, str]:
    """Return the columns that a file's folders stand for: `day=3/part-0.parquet` is {'day': '3'}."""
    pairs = (part.split("=", 1) for part in name.split("/")[:-1] if "=" in part)
    return {unquote(key): unquote(value) for key, value in pairs}


def _with_partitions(table: pa.Table, name: str) -> pa.Table:
    for key, value in _partitions(name).items():
        cells = pa.repeat(pa.scalar(None if value == HIVE_NULL else value, pa.string()), table.num_rows)
        table = table.append_column(key, cells)
    return table


def _typed_partitions(table: pa.Table, first: str) -> pa.Table:
    for key in _partitions(first):
        position = table.column_names.index(key)
        table = table.set_column(position, key, infer(table.column(position)))
    return table


def _refuse_other_columns(tables: Iterable[pa.Table], names: list[str], folder: Path) -> None:
    """Refuse files whose columns differ: a column absent from one file would read as missing values."""
    tables = list(tables)
    expected = set(tables[0].column_names)
    for table, name in zip(tables, names, strict=True):
        refuse_duplicates(table.column_names, f"{folder}/{name}")
        differing = sorted(expected ^ set(table.column_names))
        if differing:
            side = "lacks" if differing[0] in expected else "alone has"
            raise InvalidTable(
                f"`{folder}/{name}` {side} column `{differing[0]}`; write all files with the same columns"
            )
