"""How many connections a process may have: fewer than it may have files, for the ledger needs some of those.

Whoever connects and says nothing costs a file and some memory. Where all places are taken, those who have been silent
for longest lose theirs, and where nobody is silent those who have been at one request for longest: a client that has
something to say is let in, however many do not say it. Who has asked, and waits for the answer, stays; where all do
the last one who came goes.
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

    def unfinished_since(self) -> float | None:
        """Return since when a request has been coming that is not complete, and nothing else is owed; else None."""

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
    """Where there are more than so many, close who is silent, or at one request, for longest, or else the newcomer."""
    if len(present) <= most:
        return
    others = [one for one in present if one is not newcomer]
    idle = [(since, one) for one in others if (since := one.silent_since()) is not None]
    idle = idle or [(since, one) for one in others if (since := one.unfinished_since()) is not None]
    idle.sort(key=lambda pair: pair[0])
    for _, one in idle[: max(1, most // SHARE)]:
        one.leave()
    if not idle:
        newcomer.leave()
