"""How much of the disk somebody else's answer may fill: what a store sends may be larger than it said (stdlib only)."""

from collections.abc import Iterator
from contextlib import contextmanager


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
