"""Which files a log is: a file, a folder of Parquet, or a pattern, as it stands in `history.toml`."""

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from model.errors import InvalidInput
from model.history_table.description import History, Log
from model.reading.table_roles import ROLES

PARQUET, CSV = (".parquet", ".pq"), (".csv", ".csv.gz", ".tsv", ".txt")


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a log in order, and how many others lie in its folder, with the first of them."""

    paths: tuple[Path, ...]
    others: int = 0
    first_other: str = ""


def found(log: Log, folder: Path) -> Found:
    """Return the files that a log names; a name that is there is that file or folder, whatever signs it has.

    Raises:
        InvalidInput: none is there, or the name cannot be one.
    """
    try:
        place = folder / log.file
        if place.is_dir():
            inside = sorted(path for path in place.rglob("*") if _counts(path, place))
            paths = tuple(path for path in inside if is_parquet(path))
            others = [path for path in inside if not is_parquet(path)]
            here = Found(paths, len(others), others[0].name if others else "")
        elif place.is_file():
            here = Found((place,))
        else:
            named = (folder / name for name in glob.glob(log.file, root_dir=folder, recursive=True))  # noqa: PTH207  (a `Path` reads signs of the folder's own name too)
            here = Found(tuple(sorted(path for path in named if path.is_file())))
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"`{log.table}.file`: `{log.file[:60]}` cannot be a file's name; name a file, a folder or a pattern"
        ) from error
    if not here.paths:
        raise InvalidInput(
            f"`{log.table}.file`: `{log.file}` is not there, or holds no Parquet; put it into `{folder}`"
        )
    return here


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet by its name."""
    return path.name.lower().endswith(PARQUET)


def is_csv(path: Path) -> bool:
    """Whether a file is CSV by its name, packed or not."""
    return path.name.lower().endswith(CSV)


def is_packed(path: Path) -> bool:
    """Whether a file is gzip by its name."""
    return path.name.lower().endswith(".gz")


def refuse_overwriting(out: str, history: Path, described: History) -> None:
    """Refuse a place for the table, or for its roles beside it, that is one of the files to be read.

    Raises:
        InvalidInput: naming both.
    """
    table = Path(out)
    written = {os.path.realpath(table): out, os.path.realpath(table.with_name(ROLES)): ROLES}
    for path in (history, *_inputs(described)):
        real = os.path.realpath(path)
        if real in written or (table.is_dir() and Path(real).is_relative_to(os.path.realpath(table))):
            raise InvalidInput(
                f"`--out {out}` would overwrite `{path}`, which is read for it "
                f"({written.get(real, 'in that folder')}); name another place"
            )


def _inputs(described: History) -> Iterator[Path]:
    several = (described.contacts, *described.engagements, *described.complaints, described.customers)
    for log in several:
        if log is not None:
            yield from found(log, described.folder).paths


def _counts(path: Path, folder: Path) -> bool:
    """Whether it is a file, and no name on the way begins with a dot or an underscore: a writer's bookkeeping."""
    return path.is_file() and not any(part[0] in "._" for part in path.relative_to(folder).parts)
