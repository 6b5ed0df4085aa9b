"""How a model is named that a registry holds: `models:/NAME@ALIAS`, or `models:/NAME/VERSION`."""

import re
from typing import TypeGuard

from model.errors import InvalidInput

NAME, CHAMPION = "outreach", "champion"
_BEGINS = "models:/"
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
