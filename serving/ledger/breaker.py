"""The breaker holds a template, or a free text, back when far more of it goes out within an hour than it ever does.

It opens where one more send would make the volume exceed both `most` and `times` · median (`serving.ledger.volumes`),
and stays open until a named person releases it, giving a reason: no clock and no restart closes it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor

from model.contracts import Candidate
from model.errors import InvalidInput
from model.named import says_something
from serving.ledger.due import wake_held_by
from serving.ledger.instants import instant, instant_or_none, micros
from serving.ledger.store import Store
from serving.ledger.volumes import Volume, count_afresh, key_of, volume_of
from serving.standing import Breaker

log = logging.getLogger(__name__)

OPEN = "open breakers"  # what is recalled of them

_OPEN_KEYS = "SELECT key FROM breakers WHERE released_at IS NULL"
_ALL_OPEN = """SELECT key, at, volume, median, released_at, releaser, why FROM breakers
    WHERE released_at IS NULL ORDER BY seq"""
_RELEASED = """SELECT key, at, volume, median, released_at, releaser, why FROM breakers
    WHERE released_at IS NOT NULL ORDER BY released_at DESC, seq DESC LIMIT :count"""
_OPEN = "INSERT INTO breakers (key, at, volume, median) VALUES (:key, :at, :volume, :median)"
_RELEASE = """UPDATE breakers SET released_at = :at, releaser = :releaser, why = :why
    WHERE key = :key AND released_at IS NULL"""


@dataclass(slots=True, kw_only=True)
class _Room:
    """What went out of a key, how many may within an hour (None: its breaker is open), and how many do in this call."""

    volume: Volume
    allowed: int | None
    taken: int = 0

    @property
    def full(self) -> bool:
        """Whether one more would be too many."""
        return self.allowed is not None and self.volume.last_hour + self.taken >= self.allowed


def open_keys(store: Store) -> frozenset[str]:
    """Return the keys whose breaker is open: a handful, most often none."""
    return store.recall(OPEN, lambda: frozenset(key for (key,) in store.rows(_OPEN_KEYS)))


def passing(store: Store, sends: Sequence[Candidate], *, now: datetime, most: int, times: int) -> int:
    """Return how many of these sends, in order, come before the first that opens a breaker; it opens here.

    That one and what follows it have to be decided again. What is sent although a breaker is open waives it.
    """
    rooms: dict[str, _Room] = {}
    at = micros(now)
    keys = [key_of(candidate.message) for candidate in sends]
    store.counting(key for key in keys if key is not None)
    for place, key in enumerate(keys):
        if key is None:
            continue
        if key not in rooms:
            volume = volume_of(store, key, at=at)
            allowed = None if key in open_keys(store) else max(most, floor(times * volume.median))
            rooms[key] = _Room(volume=volume, allowed=allowed)
        if rooms[key].full:
            _open(store, key, rooms[key], at=at)
            return place
        rooms[key].taken += 1
    return len(sends)


def _open(store: Store, key: str, room: _Room, *, at: int) -> None:
    """Open a breaker, durably; people are told once, after the commit."""
    volume, median = room.volume.last_hour + room.taken, room.volume.median
    store.forget(OPEN)
    store.insert(_OPEN, key=key, at=at, volume=volume, median=median)
    store.after_commit(lambda: _tell(key, volume, median))


def _tell(key: str, volume: int, median: float) -> None:
    log.error(
        "the breaker of `%s` opened: %d went out within an hour, the median of its hours is %g; only what is critical "
        'still goes out; find the cause, then release it: POST /v1/approvals {"breaker": "%s", "why": "…"}',
        key,
        volume,
        median,
        key,
    )


def breakers(store: Store, *, released: int) -> list[Breaker]:
    """List the open breakers, the longest open first, then at most so many of the releases, the newest first."""
    rows = [*store.rows(_ALL_OPEN), *store.rows(_RELEASED, count=max(0, released))]
    return [_breaker(*row) for row in rows]


def release(store: Store, key: str, *, at: datetime, by: str, why: str) -> bool:
    """Close a breaker; its volume counts from here on, and what breakers held is looked at. False where it is not open.

    Raises:
        InvalidInput: nobody is named, or no reason is given.
    """
    if not says_something(by) or not says_something(why):
        raise InvalidInput("breaker release: `by` or `why` is blank; name who releases it, and what was found")
    store.forget(OPEN)
    if not store.change(_RELEASE, key=key, at=micros(at), releaser=by.strip(), why=why.strip()):
        return False
    count_afresh(store, key)
    wake_held_by(store, "breaker_open", at=at)
    return True


def _breaker(  # noqa: PLR0913, PLR0917  (the columns of one row)
    key: str, at: int, volume: int, median: float, released_at: int | None, releaser: str | None, why: str | None
) -> Breaker:
    return Breaker(
        key=key,
        at=instant(at),
        volume=volume,
        median=median,
        released_at=instant_or_none(released_at),
        released_by=releaser,
        why=why,
    )
