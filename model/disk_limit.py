"""How much of the disk a store may fill: what it sends may be larger than it said, and named otherwise."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from model.artefact import CAPS
from model.folders import refusal


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes meanwhile, whoever writes it in this process; a system without it does not.

    What is written beyond raises OSError (EFBIG): Python ignores the signal that would come first.
    """
    try:
        from resource import RLIM_INFINITY, RLIMIT_FSIZE, getrlimit, setrlimit  # noqa: PLC0415  (not on Windows)
    except ImportError:
        yield
        return
    soft, hard = getrlimit(RLIMIT_FSIZE)
    within = [limit for limit in (size, soft) if limit != RLIM_INFINITY]
    setrlimit(RLIMIT_FSIZE, (min(within), hard))
    try:
        yield
    finally:
        setrlimit(RLIMIT_FSIZE, (soft, hard))


def allowed(model: str, found: Iterable[Any]) -> list[str]:
    """Return the names of an artefact's files that a store tells of; refuse any other, and one beyond its cap."""
    names = []
    for each in found:
        name = str(each.path).rsplit("/", 1)[-1]
        if each.is_dir or name not in CAPS or name in names:
            raise refusal(Path(model), f"the store holds `{name}` in it, which is no part of an artefact")
        if each.file_size is not None and each.file_size > CAPS[name]:
            raise refusal(Path(model), f"`{name}` has {each.file_size} bytes, more than {CAPS[name]}")
        names.append(name)
    return names
