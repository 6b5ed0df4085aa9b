"""How candidates are named: a path, the `file:` address of one, or the address of what only Spark reads."""

from urllib.parse import unquote, urlsplit


def is_remote(candidates: str) -> bool:
    """Whether this names what only a file system of Spark reads; `file:` and a plain path do not."""
    return "://" in candidates and urlsplit(candidates).scheme not in {"", "file"}


def path_of(candidates: str) -> str:
    """Return the path of what is on disk.

    Example:
        >>> path_of("file:///data/one%20day.csv"), path_of("one.csv")
        ('/data/one day.csv', 'one.csv')
    """
    return unquote(urlsplit(candidates).path) if candidates.startswith("file:") else candidates
