"""Reading files that may be hostile, and publishing so that nobody ever sees half of it (standard library)."""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from model.beside import OLD, beside
from model.errors import InvalidArtefact

LONGEST = 300  # characters of a problem: a hostile file may hold names of megabytes


def refusal(place: Path, problem: str) -> InvalidArtefact:
    """Return the error for an artefact file or folder: problem, place, next step, in one printable line."""
    cut = problem if len(problem) <= LONGEST else f"{problem[:LONGEST]}…"
    shown = "".join(sign if sign.isprintable() else "?" for sign in cut)
    return InvalidArtefact(f"artefact `{place}`: {shown}; train it again, or fetch it again from the registry")


def read_capped(folder: Path, caps: Mapping[str, int]) -> dict[str, bytes]:
    """Read exactly the files of `folder` that `caps` allows, each a regular file of at most so many bytes.

    Which of them must be there is the caller's to say. The bytes are read once; what is checked is what is used.

    Raises:
        InvalidArtefact: not a folder, an unknown entry, a symbolic link, a device, a file above its cap.
    """
    try:
        with os.scandir(folder) as entries:
            names = []
            for entry in entries:
                if entry.name not in caps:
                    raise refusal(folder, f"`{entry.name}` does not belong in it")
                names.append(entry.name)
        return {name: read_file(folder / name, caps[name]) for name in sorted(names)}
    except OSError as error:
        raise refusal(folder, f"it cannot be read ({error.strerror or error})") from error
    except ValueError as error:  # a name that no file system has
        raise refusal(folder, f"it cannot be read ({error})") from error


def read_file(path: Path, cap: int) -> bytes:
    """Read a regular file of at most `cap` bytes without following a link or waiting on a pipe.

    Raises:
        InvalidArtefact: it is a link, a pipe, a device or a folder, or has more bytes.
        OSError: it is not there, or cannot be read.
    """
    if path.is_symlink():
        raise refusal(path, "it is a symbolic link")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)  # of a folder, which Python would not wrap as a file, and leave open
        raise refusal(path, "it is not a regular file")
    with os.fdopen(handle, "rb") as file:
        data = file.read(cap + 1) if status.st_size <= cap else b""
    if status.st_size > cap or len(data) > cap:
        raise refusal(path, f"it has more than {cap} bytes")
    return data


def publish(
    folder: Path, files: Mapping[str, bytes], *, replaceable: frozenset[str], check: Callable[[Path], object]
) -> None:
    """Write `files` as `folder`, all or nothing: built beside it, synced, checked, then renamed into place.

    A `folder` that exists is replaced only where every entry has a name in `replaceable` (an earlier artefact, or an
    empty folder): the old one steps aside by a rename and is removed last. A reader in that instant finds no folder,
    never a half-written one; a failure puts the old one back.

    Raises:
        InvalidArtefact: `folder` holds something else, or is a file or a link.
        OSError: the disk said no; `folder` is as it was.
    """
    refuse_foreign(folder, replaceable)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with beside(folder) as holder:
        new = holder / "new"
        new.mkdir()
        for name, data in files.items():
            _write(new / name, data)
        sync_folder(new)
        check(new)
        swap(new, folder, holder / OLD)
        sync_folder(folder.parent)


def refuse_foreign(folder: Path, replaceable: frozenset[str]) -> None:
    """Refuse to replace anything that is not an earlier artefact or an empty folder."""
    if not os.path.lexists(folder):
        return
    if folder.is_symlink() or not folder.is_dir():
        raise InvalidArtefact(f"`{folder}` exists and is not a folder; name another `--out`")
    foreign = sorted(entry.name for entry in folder.iterdir() if entry.name not in replaceable)
    if foreign:
        raise InvalidArtefact(f"`{folder}` holds `{foreign[0]}`, which is no part of an artefact; name another `--out`")


def swap(new: Path, folder: Path, old: Path) -> None:
    """Rename `new` to `folder`; what was there goes to `old`, and comes back where the second rename fails."""
    if not folder.exists():
        new.rename(folder)
        return
    folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        old.rename(folder)
        raise


def replace_file(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put a file in the place of another, or of none, all at once: readers find the old one or the new one.

    What need not outlive the machine is not `durable`: nobody waits for the disk.

    Raises:
        OSError: the disk said no; the old one stays, and nothing is left beside it.
    """
    with beside(path) as holder:
        new = holder / "new"
        _write(new, data, durable=durable)
        new.replace(path)
    if durable:
        sync_folder(path.parent)


def _write(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file and wait until it is on the disk, if it is to be `durable`."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        if durable:
            os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until a folder's entries are on the disk (where the system can: not on Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
