"""How many connections a process may have: fewer than it may have files, for the ledger needs some of those.

Whoever connects and says nothing costs a file and some memory. Where all places are taken, those who have been silent
for longest lose theirs: a client that has something to say is let in, however many do not. Where nobody is silent the
last one who came goes.
"""

import resource
from collections.abc import Collection
from contextlib import suppress
from functools import cache
from typing import Final, Protocol

KEPT: Final = 64  # files for everything else: the ledger, its log, the policy, the log
MOST: Final = 8192
SHARE: Final = 16  # of all places that are made free at once, so that they need not be looked for each time


class Place(Protocol):
    """A connection."""

    def silent_since(self) -> float | None:
        """Return since when nothing has come and nothing is owed; None where something is."""

    def leave(self) -> None:
        """Close it at once."""


@cache
def places() -> int:
    """Return how many connections this process may have, by how many files it may open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(1, min(MOST, files - KEPT))


def as_many_files_as_may_be() -> None:
    """Let this process open as many files as it is permitted to ask for: shells and systemd begin with few."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # some systems name a hard limit that they do not grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def make_room(newcomer: Place, present: Collection[Place], most: int) -> None:
    """Where there are more than so many, close those who are silent for longest, or else the newcomer."""
    if len(present) <= most:
        return
    silent = [(since, one) for one in present if one is not newcomer and (since := one.silent_since()) is not None]
    silent.sort(key=lambda pair: pair[0])
    for _, one in silent[: max(1, most // SHARE)]:
        one.leave()
    if not silent:
        newcomer.leave()
