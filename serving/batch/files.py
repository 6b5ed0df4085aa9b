"""What a batch leaves behind: shards, rejects, a manifest, and `_SUCCESS` last, each whole or not there at all.

    decisions-00000-<run>.parquet …   the decisions, in the order of the file; <run> is what they follow from
    rejects.parquet                   rows that could not be read (only where there are any)
    manifest.json                     counts, hashes, versions, and what a plan left open
    _SUCCESS                          everything above is there and on disk

A file is written in a hidden folder, synced, and renamed. A folder that holds another run is refused, never mixed.
"""

import hashlib
import os
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from model.errors import InvalidInput
from model.folders import sync_folder
from serving.columnar import spill

INSTANT = pa.timestamp("us", tz="UTC")
DECISIONS = pa.schema(
    [
        ("candidate_id", pa.string()),
        ("decision_id", pa.string()),
        ("action", pa.string()),
        ("reasons", pa.list_(pa.string())),
        ("not_before", INSTANT),
        ("expires_at", INSTANT),
        ("text", pa.string()),
        ("benefit", pa.float64()),
        ("complaint_effect", pa.float64()),
        ("opt_out", pa.float64()),
        ("net_benefit", pa.float64()),
        ("cutoff", pa.float64()),
        ("arm", pa.string()),
        ("logging_propensity", pa.float64()),
        ("model_version", pa.string()),
        ("policy_version", pa.string()),
    ]
)
REJECTS = pa.schema(
    [("row", pa.int64()), ("candidate_id", pa.string()), ("column", pa.string()), ("rule", pa.string())]
)
# columns of few values have a dictionary; the least and the most of ids at random and of texts help nobody to read them
CODES = "reasons.list.element"
FEW = ("action", CODES, "not_before", "cutoff", "arm", "model_version", "policy_version")
PLAIN = ("decision_id", "text")
SHARD_ROWS = 131_072
SHARD = re.compile(r"decisions-\d{5,}-([0-9a-f]{16})\.parquet")
SUCCESS, MANIFEST, REJECTED = "_SUCCESS", "manifest.json", "rejects.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A file that is on disk under its name."""

    file: str
    rows: int
    sha256: str


class Spool:
    """A Parquet file in the making. Every method raises `OSError` where the disk says no."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path, self._rows = path, 0
        self._writer = pa.parquet.ParquetWriter(
            path,
            schema,
            compression="zstd",
            use_dictionary=[*FEW, "column", "rule"],
            write_statistics=[name for name in (*schema.names, CODES) if name not in PLAIN],
        )

    def write(self, table: pa.Table) -> None:
        """Append rows as one row group."""
        self._writer.write_table(table.combine_chunks(), row_group_size=SHARD_ROWS)
        self._rows += table.num_rows

    def publish(self, folder: Path) -> Published:
        """Close the file and move it, whole, to `folder`."""
        self._writer.close()
        return Published(file=self._path.name, rows=self._rows, sha256=_publish(self._path, folder))


def publish_table(hidden: Path, folder: Path, name: str, table: pa.Table, schema: pa.Schema) -> str:
    """Write a Parquet file in `hidden`, move it, whole, to `folder`, and return its SHA-256. Raises `OSError`."""
    spool = Spool(hidden / name, schema)
    spool.write(table)
    return spool.publish(folder).sha256


def publish_bytes(hidden: Path, folder: Path, name: str, content: bytes) -> None:
    """Write a file in `hidden` and move it, whole, to `folder`. Raises `OSError`."""
    (hidden / name).write_bytes(content)
    _publish(hidden / name, folder)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_others(folder: Path, run: str, differs: str = "other rows, clock, model or policy") -> None:
    """Refuse a folder with shards of another run than `run` (16 letters); `differs` says what is other about it.

    Raises:
        InvalidInput: there is one, and what to do.
    """
    for name in sorted(path.name for path in folder.iterdir()):
        shard = SHARD.fullmatch(name)
        if shard and shard[1] != run:
            raise other_run(folder, name, differs)


def other_run(folder: Path, name: str, differs: str) -> InvalidInput:
    """Return the error for a folder with a file of another run."""
    return InvalidInput(
        f"`{folder}` holds the decisions of another run (`{name}`: {differs}); name an empty folder, or remove them"
    )


def _publish(hidden: Path, folder: Path) -> str:
    """Sync a closed file, rename it into `folder`, sync that; return the file's SHA-256."""
    with hidden.open("rb+") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    published = hidden.replace(folder / hidden.name)
    try:
        sync_folder(folder)
    except OSError:
        published.unlink(missing_ok=True)
        raise
    return digest


def writable(folder: Path) -> AbstractContextManager[None]:
    """Say in one line what the disk refused: such a run is not finished."""
    return spill.writable(folder, "be written", f"no `{SUCCESS}`, so it is not finished")
