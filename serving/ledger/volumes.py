"""How much of each template, or free text, goes out: in the hour before now, and in its usual hour.

    volume     the sends with `now − t < 1 h`, counted since the last release of this key's breaker
    median     of the sends per clock hour, over the hours in which there were any, of the 28 days before the present
               clock hour, but for the last of them, which the hour before now touches; 0 where there are none

A send counts from when it is decided by the real clock, and stays counted; it counts again where it is confirmed when
the hour is over, or after it failed. One that a clock dated ahead is in the volume until an hour after its time:
leaving it out could only send more. Nothing scans a history: the window over the last hour moves on
from where it was, and the median (of at most 671 rows) is worked out once per key and clock hour.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from model.contracts import Message
from serving.ledger.instants import DAY, HOUR
from serving.ledger.store import Row, Store
from serving.policy.templates import text_digest

TRAILING = 28 * DAY // HOUR  # clock hours
MOVED = "moved window"  # what is recalled of a key

_COUNT = """INSERT INTO breaker_sends (key, epoch, at, n)
    VALUES (:key, coalesce((SELECT epoch FROM breaker_windows WHERE key = :key), 0), :at, :n)
    ON CONFLICT (key, epoch, at) DO UPDATE SET n = breaker_sends.n + excluded.n"""
_COUNT_IN_HOUR = """INSERT INTO breaker_hours (key, hour, n) VALUES (:key, :hour, :n)
    ON CONFLICT (key, hour) DO UPDATE SET n = breaker_hours.n + excluded.n"""
_COUNT_IN_WINDOW = "UPDATE breaker_windows SET volume = volume + :n WHERE key = :key AND edge < :at"
_COUNT_AFRESH = """INSERT INTO breaker_windows (key, epoch, edge, volume) VALUES (:key, 1, 0, 0)
    ON CONFLICT (key) DO UPDATE SET epoch = breaker_windows.epoch + 1, volume = 0"""
_WINDOW = """SELECT edge, volume, hour, median, (SELECT coalesce(sum(n), 0) FROM breaker_sends AS s
        WHERE s.key = w.key AND s.epoch = w.epoch AND s.at > min(w.edge, :edge) AND s.at <= max(w.edge, :edge))
    FROM breaker_windows AS w WHERE key = :key"""
_AFTER = "SELECT coalesce(sum(n), 0) FROM breaker_sends WHERE key = :key AND epoch = 0 AND at > :edge"
_HOURS = "SELECT n FROM breaker_hours WHERE key = :key AND hour >= :first AND hour <= :last"
_KEEP = """INSERT INTO breaker_windows (key, epoch, edge, volume, hour, median)
    VALUES (:key, 0, :edge, :volume, :hour, :median) ON CONFLICT (key) DO UPDATE
    SET edge = excluded.edge, volume = excluded.volume, hour = excluded.hour, median = excluded.median"""


class _Window(NamedTuple):
    """Where a window was moved to, and what it says there; `edge` in microseconds, `hour` since 1970."""

    edge: int
    volume: int
    hour: int
    median: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What went out of a key in the hour before now, and the median of its hours."""

    last_hour: int
    median: float


def key_of(message: Message) -> str | None:
    """Return what a message is counted as: its template's id, or its text's digest; None where there is neither."""
    if message.template is not None:
        return message.template
    return None if message.text is None else text_digest(message.text, message.next_step)


def count_sends(store: Store, sends: Sequence[tuple[Message, int]]) -> None:
    """Count sends, each at its time (microseconds, the real clock): when it is decided, or when it is confirmed."""
    counts = Counter((key_of(message), at) for message, at in sends)
    for (key, at), n in counts.items():
        if key is not None:
            store.change(_COUNT, key=key, at=at, n=n)
            store.change(_COUNT_IN_HOUR, key=key, hour=at // HOUR, n=n)
            _count_in_window(store, key, at=at, n=n)


def _count_in_window(store: Store, key: str, *, at: int, n: int) -> None:
    """Count sends in the window, which is kept where it was moved to, if it was."""
    window = store.recall((MOVED, key), _nothing)
    if window is None:
        store.change(_COUNT_IN_WINDOW, key=key, at=at, n=n)
    else:
        store.forget((MOVED, key))
        volume = window.volume + (n if window.edge < at else 0)
        store.change(_KEEP, key=key, edge=window.edge, volume=volume, hour=window.hour, median=window.median)


def _nothing() -> "_Window | None":
    return None


def count_afresh(store: Store, key: str) -> None:
    """Let the volume count from here on, whatever the times that are stated; the hours stay."""
    store.forget((MOVED, key))
    store.change(_COUNT_AFRESH, key=key)


def volume_of(store: Store, key: str, *, at: int) -> Volume:
    """Move the window to the hour before `at`, in either direction: only what leaves or enters it is read.

    It is kept there by the next send that is counted; until then it is where it was.
    """
    edge, hour = at - HOUR, at // HOUR
    row = store.row(_WINDOW, key=key, edge=edge)
    if row is None:
        known_in, middle = None, 0.0
        volume = _sum(store.rows(_AFTER, key=key, edge=edge))
    else:
        before, volume, known_in, middle, between = row
        volume += between if edge < before else -between
    if known_in != hour:
        middle = _median(store, key, hour=hour)
    store.forget((MOVED, key))
    moved = store.recall((MOVED, key), lambda: _Window(edge=edge, volume=volume, hour=hour, median=middle))
    return Volume(last_hour=moved.volume, median=moved.median)


def _sum(rows: Sequence[Row]) -> int:
    return int(rows[0][0])


def _median(store: Store, key: str, *, hour: int) -> float:
    """Return the median over the hours of use that are all over by an hour before this clock hour."""
    volumes = [n for (n,) in store.rows(_HOURS, key=key, first=hour - TRAILING, last=hour - 2)]
    return float(median(volumes)) if volumes else 0.0
