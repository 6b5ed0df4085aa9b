"""What one process has counted: plain dictionaries behind one lock, a fifth of a microsecond for each count.

Tallies of several processes are added up: counts only grow, so their sum does.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from model.contracts import JSON
from serving.metrics.catalogue import BY_NAME, Metric

Key = tuple[str, ...]  # the metric's name, then its labels' values


@dataclass(slots=True)
class Tally:
    """Counts by key; of distributions, how many fell into each bucket, beyond the last one, and their sum at the end.

    Example:
        >>> from serving.metrics.catalogue import REASONS
        >>> tally = Tally()
        >>> tally.add(REASONS, "quiet_hours")
        >>> tally.counts[REASONS.name, "quiet_hours"]
        1
    """

    counts: dict[Key, float] = field(default_factory=dict)
    spread: dict[Key, list[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def add(self, metric: Metric, *labels: str, by: float = 1) -> None:
        """Count something."""
        key = (metric.name, *labels)
        with self._lock:
            self.counts[key] = self.counts.get(key, 0) + by

    def observe(self, metric: Metric, values: Iterable[float], *labels: str) -> None:
        """Count values into the buckets of a distribution."""
        key, ends = (metric.name, *labels), metric.buckets
        with self._lock:
            held = self.spread.get(key)
            if held is None:
                held = self.spread[key] = [0.0] * (len(ends) + 2)
            for value in values:
                held[bisect_left(ends, value)] += 1
                held[-1] += value

    def values(self) -> dict[str, JSON]:
        """Return a copy of all of it as plain JSON."""
        with self._lock:
            counts: list[JSON] = [[*key, count] for key, count in self.counts.items()]
            spread: list[JSON] = [[list(key), list(held)] for key, held in self.spread.items()]
        return {"counts": counts, "spread": spread}

    def take(self, values: Mapping[str, JSON]) -> None:
        """Add what another tally said of itself."""
        for *key, count in values["counts"]:
            name, *labels = key
            self.add(BY_NAME[name], *labels, by=count)
        for key, held in values["spread"]:
            self._take_spread(tuple(key), held)

    def _take_spread(self, key: Key, more: Sequence[float]) -> None:
        with self._lock:
            held = self.spread.get(key) or [0.0] * len(more)
            self.spread[key] = [one + other for one, other in zip(held, more, strict=True)]
