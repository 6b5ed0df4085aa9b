"""A built table on disk, with its `roles.toml` beside it: written next to the place, synced, and renamed into it.

One file (`.parquet`, `.csv`, `.csv.gz`) or, where the name ends with `/`, a folder of Parquet. The same rows give the
same bytes: row groups are cut by number, whatever came at once.
"""

import contextlib
import gzip
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from model.beside import OLD, beside
from model.errors import InvalidInput
from model.folders import swap, sync_folder
from model.history_table.building import Built
from model.history_table.counting import other_days
from model.reading.table_roles import ROLES, is_ours, roles_text

GROUPS = 16  # row groups in a file of a folder: a million rows
PART = re.compile(r"part-\d{5}\.parquet")
DIFFERENT = ("occasion_id", "customer", "decided_at")  # in nearly every row, as days are: no dictionary pays
FILES = (".parquet", ".csv", ".csv.gz")


def is_folder(out: str) -> bool:
    """Whether a place means a folder of Parquet."""
    return out.endswith(("/", os.sep)) or Path(out).is_dir()


def refuse_place(out: str) -> None:
    """Refuse, before anything is read, a place where the table cannot stand."""
    path = Path(out)
    if not is_folder(out) and not any(path.name.endswith(end) and path.name != end for end in FILES):
        raise InvalidInput(f"`--out {out}`: name it `….parquet`, `….csv`, `….csv.gz`, or `…/` for a folder")
    if not path.parent.is_dir():
        raise InvalidInput(f"`--out {out}` cannot be written; name a place in a folder that exists")
    if path.is_dir() and (foreign := sorted(each.name for each in path.iterdir() if not PART.fullmatch(each.name))):
        raise InvalidInput(f"`{out}` holds `{foreign[0]}`, which is no part of a table; name another `--out`")
    beside = path.with_name(ROLES)
    if os.path.lexists(beside) and not is_ours(beside):
        raise InvalidInput(
            f"`{beside}` was not written by `outreach table`, or was changed since; move it, or name another `--out`"
        )


def publish_table(built: Built, out: str) -> None:
    """Write the table and its roles, each whole or not at all.

    Raises:
        InvalidInput: the place is not ours to replace.
        OSError: the disk said no; what was there is still there.
    """
    refuse_place(out)
    path = Path(out)
    with beside(path) as holder:
        new, roles = holder / f"new.{path.name}", holder / f"{ROLES}.new"
        write = _write_folder if is_folder(out) else _write_file
        write(built, new)
        roles.write_text(_roles(built), encoding="utf-8")
        for each in (roles, *(new.iterdir() if new.is_dir() else (new,))):
            _sync(each)
        if path.is_dir():
            swap(new, path, holder / OLD)
        else:
            new.replace(path)
        roles.replace(path.with_name(ROLES))
    sync_folder(path.parent)


def _roles(built: Built) -> str:
    columns = {
        outcome: {own: name} | {days: f"{name}_{days}d" for days in other_days(own)}
        for outcome, (name, own) in zip(("benefit", "complaint"), built.asked.harms, strict=True)
    }
    names = built.schema.names
    cluster = "cluster" if "cluster" in names else "customer"
    return roles_text(built.shape.features, columns, benefit=built.asked.benefit, cluster=cluster, logged=names)


def _write_folder(built: Built, folder: Path) -> None:
    """Write `part-00000.parquet` and so on, each of so many row groups."""
    folder.mkdir()
    held: list[pa.RecordBatch] = []
    number = 0
    for batch in built.batches():
        held.append(batch)
        if len(held) == GROUPS:
            _write_parquet(held, built.schema, folder / f"part-{number:05d}.parquet")
            held, number = [], number + 1
    if held:
        _write_parquet(held, built.schema, folder / f"part-{number:05d}.parquet")


def _write_file(built: Built, path: Path) -> None:
    if path.name.endswith(".parquet"):
        _write_parquet(built.batches(), built.schema, path)
        return
    with _csv_sink(path) as sink, csv.CSVWriter(sink, built.schema) as writer:
        for batch in built.batches():
            writer.write_batch(batch)


def _write_parquet(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path) -> None:
    """Write one row group for each batch."""
    few = [each.name for each in schema if each.name not in DIFFERENT and not each.name.startswith("days_")]
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=few) as writer:
        for batch in batches:
            writer.write_batch(batch, row_group_size=max(1, batch.num_rows))


@contextlib.contextmanager
def _csv_sink(path: Path) -> Iterator[Any]:
    """Open a file for CSV; a compressed one names neither itself nor the time, so that its bytes are its content's."""
    with path.open("wb") as file:
        if not path.name.endswith(".gz"):
            yield file
            return
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            yield packed


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
