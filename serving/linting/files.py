"""Reading the files that lint is to look at: each path is a file or a folder, named from the working folder."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from model.errors import InvalidInput
from serving.policy_files.places import Flaw, Spot
from serving.policy_files.strict_yaml import LARGEST, Document, document, read_bytes


def read(paths: Sequence[Path], *, working: Path) -> list[Document | Flaw]:
    """Read all files once, in the order of the paths; a file that is no policy file is a flaw.

    Raises:
        InvalidInput: a path that is not there or cannot be opened, a folder without `*.yaml`.
    """
    files = {Path(os.path.realpath(file)): shown(file, working) for path in paths for file in _files(path)}
    return [_read(file, name) for file, name in files.items()]


def unread(paths: Sequence[Path], *, working: Path) -> list[str]:
    """Return the files of the named folders that look like policy files and are not read: `*.yml`."""
    return [shown(each, working) for path in paths if path.is_dir() for each in sorted(path.glob("*.yml"))]


def shown(path: Path, working: Path) -> str:
    """Return a path as a pull request names it: from the working folder, with `/`; whole where it is not in there."""
    whole = Path(os.path.normpath(working / path))
    return (whole.relative_to(working) if whole.is_relative_to(working) else path).as_posix()


def _files(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise InvalidInput(f"`{path}` does not exist; name a policy file, or a folder of them")
    if not path.is_dir():
        yield path
        return
    files = sorted(path.glob("*.yaml"))
    if not files:
        raise InvalidInput(f"`{path}` is a folder without `*.yaml` files; name one with some, or the files themselves")
    yield from files


def _read(path: Path, name: str) -> Document | Flaw:
    try:
        raw = read_bytes(path, f"`{name}`")
    except OSError as error:
        raise InvalidInput(
            f"`{name}` cannot be read ({error.strerror}); mend its permissions, or leave it out"
        ) from None
    if len(raw) > LARGEST:
        return Flaw(Spot(name, 1), f"more than {LARGEST} bytes; split the file")
    try:
        return document(raw.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Flaw(Spot(name, line), f"byte {error.start} is not UTF-8; save the file as UTF-8 text")
    except Flaw as flaw:
        return flaw
