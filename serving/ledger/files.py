"""Which file a ledger is: its path can come to lead elsewhere, and what is then committed survives nobody's restart."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

from model.errors import Unavailable

ONLY_EXISTING = "?mode=rw"  # SQLite's own word for: never create
ONLY_READING = "?mode=ro"
LOG, INDEX, JOURNAL = "-wal", "-shm", "-journal"  # what SQLite adds to the name


def left_without(path: str) -> str | None:
    """Say which log lies beside a ledger's file that is missing or empty; None where nothing speaks against making one.

    SQLite deletes such a log when it makes the file anew, and with it all that was committed since the last checkpoint.
    A file that another process makes just now has its log only when it is no longer empty.
    """
    file = Path(path).resolve()  # SQLite follows links as well
    log, index = Path(f"{file}{LOG}"), Path(f"{file}{INDEX}")
    beside = [one for one in (log, index, Path(f"{file}{JOURNAL}")) if one.exists()]
    speaks = index in beside or (log in beside and _size(log))
    size = _size(file)
    if not beside or size or (size == 0 and not speaks):
        return None
    lack = "is not there" if size is None else "is an empty file"
    return (
        f"ledger `{path}` {lack}, and its log lies here, `{beside[0].name}`: put the file back; none is made in its "
        "place (move the log away where that ledger is no longer wanted)"
    )


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A path and the file (device, inode) that it led to at opening. An open file's inode is never given to another."""

    path: Path
    device: int
    inode: int

    @classmethod
    def of(cls, path: str) -> Self:
        """Look up the file now; raises OSError where there is none."""
        found = Path(path).absolute()
        status = found.stat()
        return cls(found, status.st_dev, status.st_ino)

    @property
    def log(self) -> Self:
        """Look up its write-ahead log now; raises OSError where there is none."""
        return type(self).of(f"{self.path.resolve()}{LOG}")  # SQLite follows links as well

    @property
    def index(self) -> Self:
        """Look up the index of its log now; raises OSError where there is none."""
        return type(self).of(f"{self.path.resolve()}{INDEX}")

    @property
    def has_both(self) -> bool:
        """Whether its log and its index are there now, as they are while somebody has it open."""
        file = self.path.resolve()
        return Path(f"{file}{LOG}").exists() and Path(f"{file}{INDEX}").exists()

    @property
    def uri(self) -> str:
        """Return what SQLite opens: this file or nothing."""
        return f"file:{quote(str(self.path))}{ONLY_EXISTING}"

    @property
    def reading_uri(self) -> str:
        """Return what SQLite opens to read this file, and never to write it."""
        return f"file:{quote(str(self.path))}{ONLY_READING}"

    def check(self) -> None:
        """Raise `Unavailable` where the path does not lead to this very file any more."""
        try:
            status = self.path.stat()
            same = (status.st_dev, status.st_ino) == (self.device, self.inode)
        except OSError:
            same = False
        if not same:
            raise Unavailable(
                f"ledger `{self.path}` is not the file that was opened: it was moved, removed or replaced; put it back"
            )
