"""What was pulled from the registry, on this disk: folders that were verified, and a pointer to the one in use.

    .outreach-models/<64 hex digits>/    an artefact; the name is the hash of its manifest and its dates
    .outreach-models/<16 hex digits>.json
        which of them one `models:/…` of one registry stands for, its version there and its manifest's SHA-256

A child process pulls and moves the pointer, by a rename; workers read the pointer, then the folder, and verify it
again. The pointer is believed no more than the folder: its names have one form, and no name leads out of the place.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from model.canonical import canonical, sha256
from model.errors import InvalidArtefact, Unavailable
from model.folders import read_file, replace_file
from model.uri import absolute
from serving.masked import masked_address, told_apart
from serving.models.place import Look, look_at

HOME: Final = Path(".outreach-models")
LARGEST: Final = 4096  # bytes of a pointer
SPARE: Final = 2  # folders that stay though nothing points to them: somebody may be about to read one
VERSION: Final = re.compile(r"\d{1,18}")
FOLDER: Final = re.compile(r"[0-9a-f]{64}")
POINTER: Final = re.compile(r"[0-9a-f]{16}\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """What one name in one registry stood for when it was last asked: `source` is both, passwords masked."""

    source: str
    version: str
    sha256: str
    folder: str

    def valid(self) -> bool:
        """Whether every value is a text of its form."""
        return (
            all(isinstance(getattr(self, item.name), str) for item in fields(self))
            and VERSION.fullmatch(self.version) is not None
            and FOLDER.fullmatch(self.sha256) is not None
            and FOLDER.fullmatch(self.folder) is not None
        )


class Pulled:
    """The place of a model that a registry names: wherever its pointer leads now."""

    def __init__(self, named: str, tracking_uri: str, home: Path = HOME) -> None:
        self.source = source_of(named, tracking_uri)
        self._named = named
        self._home = home

    def find(self) -> Look:
        """Follow the pointer.

        Raises:
            Unavailable: nothing was pulled yet.
            InvalidArtefact: the pointer or what it leads to is not what was written.
        """
        try:
            pointer = read_pointer(self._home, self.source)
        except FileNotFoundError:
            raise Unavailable(
                f"no verified copy of `{self._named}` was pulled from the registry yet; "
                "wait, or ask `outreach doctor` why"
            ) from None
        folder = self._home / pointer.folder
        found = look_at(folder, pointer.version)
        if folder.is_symlink() or (found.named and found.named[0] != pointer.sha256):
            raise InvalidArtefact(f"`{folder}` is not the model that was pulled; delete it, and it is pulled again")
        return found


def source_of(named: str, tracking_uri: str) -> str:
    """Return what tells one name in one registry from any other, without a password."""
    address = absolute(tracking_uri)
    return f"{named} in {masked_address(address)}{told_apart(address)}"


def read_pointer(home: Path, source: str) -> Pointer:
    """Return where a source points to.

    Raises:
        FileNotFoundError: there is no pointer.
        InvalidArtefact: it is no pointer of this source; the next pull writes it anew.
    """
    place = _place(home, source)
    pointer = _read(place)
    if pointer is None or pointer.source != source:
        raise InvalidArtefact(f"`{place}` is not a pointer to a model of `{source}`; delete it, and it is made again")
    return pointer


def point(home: Path, pointer: Pointer) -> None:
    """Move the pointer of a source, all at once: whoever reads finds the old one or the new one."""
    replace_file(_place(home, pointer.source), canonical(asdict(pointer)))


def prune(home: Path) -> list[str]:
    """Remove the folders that no pointer leads to, but for the youngest few; return their names."""
    used = {pointer.folder for pointer in _pointers(home)}
    spare = [path for path in home.iterdir() if FOLDER.fullmatch(path.name) and path.name not in used]
    spare.sort(key=lambda path: path.lstat().st_mtime_ns, reverse=True)
    for path in spare[SPARE:]:
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path, ignore_errors=True)
    return [path.name for path in spare[SPARE:]]


def _pointers(home: Path) -> Iterator[Pointer]:
    for path in home.iterdir():
        pointer = _read(path) if POINTER.fullmatch(path.name) else None
        if pointer is not None:
            yield pointer


def _read(place: Path) -> Pointer | None:
    """Read a pointer; a link, a pipe or too large a file is none."""
    try:
        return _parsed(read_file(place, LARGEST))
    except InvalidArtefact:
        return None


def _parsed(data: bytes) -> Pointer | None:
    """Return a pointer, None for whatever is not one to the byte."""
    try:
        said = json.loads(data)
        if not isinstance(said, dict) or set(said) != {item.name for item in fields(Pointer)}:
            return None
        pointer = Pointer(**said)
        return pointer if pointer.valid() and canonical(said) == data else None
    except (ValueError, RecursionError):
        return None


def _place(home: Path, source: str) -> Path:
    return home / f"{sha256(source.encode())[:16]}.json"
