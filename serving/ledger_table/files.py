"""A training table and its `roles.toml` on disk: written beside the place, synced, and renamed into it.

The same table gives the same bytes. `roles.toml` stands beside the table under that name (CONTRACT section 2); one that
was changed by hand, or that something else wrote, is never replaced.
"""

import gzip
import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from pyarrow import csv

from model.beside import beside
from model.errors import InvalidInput
from model.folders import sync_folder
from model.history import OTHER_DAYS
from model.reading.table_roles import ROLES, is_ours, roles_text
from serving.ledger_table.attributes import BOOLEAN, NUMBER, TEXT
from serving.ledger_table.columns import TIME, LedgerTable
from serving.ledger_table.labels import BENEFIT_DAYS, HARM_DAYS

TYPES: Mapping[str, pa.DataType] = {
    TEXT: pa.string(),
    BOOLEAN: pa.bool_(),
    NUMBER: pa.float64(),
    TIME: pa.timestamp("us", tz="UTC"),
}


def write_table(table: LedgerTable, out: Path) -> None:
    """Write `out` (`.parquet`, `.csv` or `.csv.gz`) and `roles.toml` beside it, each whole or not at all.

    Raises:
        InvalidInput: another kind of file, no such folder, or a `roles.toml` there that is not ours to replace.
        OSError: the disk said no; what was there is still there.
    """
    refuse_place(out)
    texts: dict[Path, bytes] = {out: _writer(out)(arrow(table)), out.with_name(ROLES): roles(table).encode()}
    with beside(out) as holder:
        for place, data in texts.items():
            with (holder / place.name).open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for place in texts:
            (holder / place.name).replace(place)
    sync_folder(out.parent)


def refuse_place(out: Path) -> None:
    """Refuse, before the ledger is read, a place where the table cannot stand."""
    _writer(out)
    if out.is_dir() or not out.parent.is_dir():
        raise InvalidInput(f"`--out {out}` cannot be written; name a file in a folder that exists")
    beside = out.with_name(ROLES)
    if os.path.lexists(beside) and not is_ours(beside):
        raise InvalidInput(
            f"`{beside}` was not written by `outreach table`, or was changed since; move it, or name another `--out`"
        )


def roles(table: LedgerTable) -> str:
    """Return the text of `roles.toml`, as `outreach train` takes it; limits and weights are the defaults."""
    windows = {
        role: {own: name} | {other: f"{name}_{other}d" for other in OTHER_DAYS}
        for role, name, own in (("benefit", "engaged", BENEFIT_DAYS), ("complaint", "complained", HARM_DAYS))
    }
    return roles_text(table.features, windows)


def arrow(table: LedgerTable) -> pa.Table:
    """Return the table with the type of each kind."""
    columns = {name: pa.array(values, type=TYPES[table.kinds[name]]) for name, values in table.columns.items()}
    return pa.table(columns)


def _writer(out: Path) -> Callable[[pa.Table], bytes]:
    """Return what turns a table into the bytes of a file of this name."""
    for suffix, write in WRITERS.items():
        if out.name.endswith(suffix) and out.name != suffix:
            return write
    raise InvalidInput(f"`--out {out}`: a table is Parquet or CSV; name it `….parquet`, `….csv` or `….csv.gz`")


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _csv(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    csv.write_csv(table, sink)
    return sink.getvalue()


def _csv_gz(table: pa.Table) -> bytes:
    return gzip.compress(_csv(table), mtime=0)


WRITERS: Mapping[str, Callable[[pa.Table], bytes]] = {".parquet": _parquet, ".csv": _csv, ".csv.gz": _csv_gz}
