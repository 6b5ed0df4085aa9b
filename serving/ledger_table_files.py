"""A training table and its `roles.toml` on disk: written beside the place, synced, and renamed into it.

The same table gives the same bytes. `roles.toml` stands beside the table under that name (CONTRACT section 2); one that
was changed by hand, or that something else wrote, is never replaced.
"""

import gzip
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from pyarrow import csv

from model.errors import InvalidInput
from model.folders import sync_folder
from serving.ledger_attributes import BOOLEAN, NUMBER, TEXT
from serving.ledger_labels import BENEFIT_DAYS, HARM_DAYS, OTHER_DAYS
from serving.ledger_table import TIME, LedgerTable

ROLES = "roles.toml"
TYPES: Mapping[str, pa.DataType] = {
    TEXT: pa.string(),
    BOOLEAN: pa.bool_(),
    NUMBER: pa.float64(),
    TIME: pa.timestamp("us", tz="UTC"),
}
MARK = "# Written by `outreach table`, and anew each time: to change something, change a copy. "
BODY = """\
id            = "occasion_id"
cluster       = "customer"
time          = "decided_at"
features_time = "decided_at"
purpose       = "purpose"
channel       = "channel"
contacted     = "contacted"
benefit       = "engaged"
complaint     = "complained"
opt_out       = "opted_out"
propensity    = "propensity"
version       = "policy_version"
features      = [
{features}
]

[weights]
benefit   = 1.0
complaint = 1.0
opt_out   = 1.0
contact   = 0.0

[certificate]
complaint_at_most = 0.005
opt_out_at_most   = 0.005
confidence        = 0.95

# What only the checks read: the 14 days before, and other windows.
[before]
benefit = "engaged_before"
opt_out = "opted_out_before"
{windows}"""


def write_table(table: LedgerTable, out: Path) -> None:
    """Write `out` (`.parquet`, `.csv` or `.csv.gz`) and `roles.toml` beside it, each whole or not at all.

    Raises:
        InvalidInput: another kind of file, no such folder, or a `roles.toml` there that is not ours to replace.
        OSError: the disk said no; what was there is still there.
    """
    refuse_place(out)
    texts: dict[Path, bytes] = {out: _writer(out)(arrow(table)), out.with_name(ROLES): roles(table).encode()}
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as holder:
        for place, data in texts.items():
            with (Path(holder) / place.name).open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for place in texts:
            (Path(holder) / place.name).replace(place)
    sync_folder(out.parent)


def refuse_place(out: Path) -> None:
    """Refuse, before the ledger is read, a place where the table cannot stand."""
    _writer(out)
    if out.is_dir() or not out.parent.is_dir():
        raise InvalidInput(f"`--out {out}` cannot be written; name a file in a folder that exists")
    beside = out.with_name(ROLES)
    if os.path.lexists(beside) and not _is_ours(beside):
        raise InvalidInput(
            f"`{beside}` was not written by `outreach table`, or was changed since; move it, or name another `--out`"
        )


def _is_ours(path: Path) -> bool:
    try:
        head, _, body = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return False
    return head == _head(body)


def _head(body: str) -> str:
    """Return the first line of a `roles.toml` of ours: it names the digest of what follows."""
    return f"{MARK}(sha256 of the rest: {hashlib.sha256(body.encode()).hexdigest()[:16]})"


def roles(table: LedgerTable) -> str:
    """Return the text of `roles.toml`, as `outreach train` takes it; limits and weights are the defaults."""
    features = "\n".join(f"    {json.dumps(name, ensure_ascii=False)}," for name in table.features)
    windows = ""
    for role, name, own in (("benefit", "engaged", BENEFIT_DAYS), ("complaint", "complained", HARM_DAYS)):
        days = {own: name} | {other: f"{name}_{other}d" for other in OTHER_DAYS}
        lines = "".join(f'{day:<2} = "{days[day]}"\n' for day in sorted(days))
        windows += f"\n[windows.{role}]\n{lines}"
    body = BODY.format(features=features, windows=windows)
    return f"{_head(body)}\n{body}"


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
