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
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet

from model.canonical import canonical
from model.contracts import JSON
from model.errors import InvalidInput, Unavailable
from model.folders import sync_folder

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


class Output:
    """The folder of one run, as a context: nothing in it is finished before `finish` has returned."""

    def __init__(self, folder: Path, run: str, *, shard_rows: int = SHARD_ROWS) -> None:
        self._folder, self._run, self._shard_rows = folder, run[:16], shard_rows
        self._hidden = folder
        self._waiting = DECISIONS.empty_table()
        self._rejects: Spool | None = None
        self._shards: list[Published] = []

    def __enter__(self) -> Self:
        """Make the folder, and take back what an earlier attempt at the same run called finished.

        Raises:
            InvalidInput: the folder holds another run, or is a file.
            Unavailable: it cannot be written.
        """
        if self._folder.exists() and not self._folder.is_dir():
            raise InvalidInput(f"`{self._folder}` is a file; name a folder for the decisions")
        with writable(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            refuse_others(self._folder, self._run)
            for name in (SUCCESS, MANIFEST, REJECTED):
                (self._folder / name).unlink(missing_ok=True)
            sync_folder(self._folder)
            self._hidden = Path(tempfile.mkdtemp(prefix=".writing-", dir=self._folder))
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what is half-written. Published shards stay, without `_SUCCESS`: the same run writes them again."""
        shutil.rmtree(self._hidden, ignore_errors=True)

    def add(self, decisions: pa.Table) -> None:
        """Take decisions (columns of `DECISIONS`) that are durable already; full shards are published.

        Raises:
            Unavailable: the disk is full, or went away; no `_SUCCESS` will stand here.
        """
        self._waiting = pa.concat_tables([self._waiting, decisions])
        while self._waiting.num_rows >= self._shard_rows:
            self._publish_shard(self._waiting.slice(0, self._shard_rows))
            self._waiting = self._waiting.slice(self._shard_rows)

    def reject(self, rejects: pa.Table) -> None:
        """Take rejected rows (columns of `REJECTS`). Raises `Unavailable` as `add`."""
        with writable(self._folder):
            if self._rejects is None:
                self._rejects = Spool(self._hidden / REJECTED, REJECTS)
            self._rejects.write(rejects)

    def finish(self, manifest: Mapping[str, JSON]) -> dict[str, JSON]:
        """Publish the last shard, the rejects, the manifest (with its files, as returned), then `_SUCCESS`.

        Raises:
            Unavailable: as `add`.
        """
        if self._waiting.num_rows or not self._shards:
            self._publish_shard(self._waiting)
        with writable(self._folder):
            rejected = None if self._rejects is None else asdict(self._rejects.publish(self._folder))
            whole = {**manifest, "shards": [asdict(shard) for shard in self._shards], "rejects": rejected}
            for name, content in ((MANIFEST, canonical(whole) + b"\n"), (SUCCESS, b"")):
                (self._hidden / name).write_bytes(content)
                _publish(self._hidden / name, self._folder)
        return whole

    def _publish_shard(self, table: pa.Table) -> None:
        with writable(self._folder):
            spool = Spool(self._hidden / f"decisions-{len(self._shards):05d}-{self._run}.parquet", DECISIONS)
            spool.write(table)
            self._shards.append(spool.publish(self._folder))


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


def refuse_others(folder: Path, run: str, differs: str = "other rows, clock, model or policy") -> None:
    """Refuse a folder with shards of another run than `run` (16 letters); `differs` says what is other about it.

    Raises:
        InvalidInput: there is one, and what to do.
    """
    for name in sorted(path.name for path in folder.iterdir()):
        shard = SHARD.fullmatch(name)
        if shard and shard[1] != run:
            raise InvalidInput(
                f"`{folder}` holds the decisions of another run (`{name}`: {differs}); name an empty folder, "
                "or remove them"
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


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Say in one line what the disk refused."""
    try:
        yield
    except OSError as error:
        detail = error.strerror or " ".join(str(error).split())
        raise Unavailable(
            f"`{folder}` cannot be written ({detail}); no `{SUCCESS}`, so it is not finished: make room, run again"
        ) from error
