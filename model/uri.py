"""How a model is named that a registry holds, `models:/NAME@ALIAS` or `models:/NAME/VERSION`, and the registry."""

import re
from pathlib import Path
from typing import TypeGuard

from model.errors import InvalidInput

NAME, CHAMPION = "outreach", "champion"
_BEGINS = "models:/"
_SQLITE = "sqlite:///"
_URI = re.compile(r"models:/(?P<name>[^/@]+)(@(?P<alias>[\w\-]+)|/(?P<version>\d+))")


def is_registered(named: str | None) -> TypeGuard[str]:
    """Whether a registry is to be asked what is named; else it is a folder, or nothing."""
    return named is not None and named.startswith(_BEGINS)


def parts(uri: str) -> re.Match[str]:
    """Return what a name is made of: `name`, and `alias` or `version`.

    Raises:
        InvalidInput: it is no name of a model.
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise InvalidInput(f"`{uri}` is not a model; write {_BEGINS}{NAME}@{CHAMPION} or {_BEGINS}{NAME}/7")
    return found


def versioned(uri: str, version: str) -> str:
    """Return how one version is named of the model that a name is of.

    Example:
        >>> versioned("models:/outreach@champion", "7")
        'models:/outreach/7'
    """
    return f"{_BEGINS}{parts(uri)['name']}/{version}"


def absolute(tracking_uri: str) -> str:
    """Return the URI with a SQLite file's whole path: MLflow keeps what it opened, by name, wherever we are by then."""
    path = _path(tracking_uri)
    return tracking_uri if path is None else f"{_SQLITE}{Path(path).resolve()}"


def absent(tracking_uri: str) -> str | None:
    """Return the file of a registry that is a SQLite file, where it is not there: a client that looks would make it."""
    path = _path(tracking_uri)
    file = None if path is None else path.partition("?")[0]
    return file if file and not Path(file).exists() else None


def _path(tracking_uri: str) -> str | None:
    """Return the file of a registry that is a SQLite file."""
    path = tracking_uri.removeprefix(_SQLITE)
    named = tracking_uri.startswith(_SQLITE) and path and not path.startswith((":memory:", "file:"))
    return path if named else None
