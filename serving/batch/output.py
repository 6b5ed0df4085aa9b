"""The shards of a run with a ledger: rows come in the order of the file, and full shards are published as they go."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa

from model.contracts import JSON
from serving.batch.files import DECISIONS, REJECTED, REJECTS, SHARD_ROWS, Published, Spool, publish_table, writable
from serving.batch.folder import finished


@dataclass(slots=True)
class Output:
    """The folder of one run, which holds it and has prepared it: nothing is finished before `finish` has returned."""

    folder: Path
    work: Path
    run: str
    shard_rows: int = SHARD_ROWS
    _waiting: pa.Table = field(default_factory=DECISIONS.empty_table)
    _rejects: Spool | None = None
    _shards: list[Published] = field(default_factory=list)

    def add(self, decisions: pa.Table) -> None:
        """Take decisions (columns of `DECISIONS`) that are durable already; full shards are published.

        Raises:
            Unavailable: the disk is full, or went away; no `_SUCCESS` will stand here.
        """
        self._waiting = pa.concat_tables([self._waiting, decisions])
        while self._waiting.num_rows >= self.shard_rows:
            self._publish(self._waiting.slice(0, self.shard_rows))
            self._waiting = self._waiting.slice(self.shard_rows)

    def reject(self, rejects: pa.Table) -> None:
        """Take rejected rows (columns of `REJECTS`). Raises `Unavailable` as `add`."""
        with writable(self.folder):
            if self._rejects is None:
                self._rejects = Spool(self.work / REJECTED, REJECTS)
            self._rejects.write(rejects)

    def finish(self, manifest: Mapping[str, JSON]) -> dict[str, JSON]:
        """Publish the last shard, the rejects, the manifest (with its files, as returned), then `_SUCCESS`.

        Raises:
            Unavailable: as `add`.
        """
        if self._waiting.num_rows or not self._shards:
            self._publish(self._waiting)
        with writable(self.folder):
            rejected = None if self._rejects is None else asdict(self._rejects.publish(self.folder))
        whole = {**manifest, "shards": [asdict(shard) for shard in self._shards], "rejects": rejected}
        finished(self.folder, self.work, whole)
        return whole

    def _publish(self, table: pa.Table) -> None:
        name = f"decisions-{len(self._shards):05d}-{self.run[:16]}.parquet"
        with writable(self.folder):
            sha256 = publish_table(self.work, self.folder, name, table, DECISIONS)
        self._shards.append(Published(file=name, rows=table.num_rows, sha256=sha256))
