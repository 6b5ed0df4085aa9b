"""Occasions made by chance: customers of unequal size, a draw per occasion, outcomes that move together."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.analytics.occasions import OUTCOMES, Occasions

FULL = dict.fromkeys(OUTCOMES, True)


def occasions(contacted: Any, **given: Any) -> Occasions:
    """Lay out occasions as columns; what is not given is one customer each, a fair draw, no outcome, all closed."""
    t = np.asarray(contacted, dtype=bool)
    n = len(t)
    labels = {name: np.asarray(given.get(name, np.zeros(n)), dtype=bool) for name in OUTCOMES}
    closed = np.asarray(given.get("closed", np.ones(n)), dtype=bool)
    nothing = np.zeros(n, dtype=np.int64)
    arm, arms = _named(given["arm"]) if "arm" in given else (t.astype(np.int64), ("holdout", "model"))
    watch, watches = _named(given["watch"]) if "watch" in given else (nothing, ("certificate",))
    purpose, purposes = _named(given["purpose"]) if "purpose" in given else (nothing, ("delivery_update",))
    one = {"channel": ("chat",), "template": (None,)}
    return Occasions(
        at=nothing,
        decision=np.asarray(given.get("decision", np.arange(n)), dtype=np.int64),
        customer=np.asarray(given.get("customer", np.arange(n)), dtype=np.int64),
        contacted=t,
        chance=np.broadcast_to(np.asarray(given.get("chance", 0.5), dtype=np.float64), (n,)).copy(),
        above=np.broadcast_to(np.asarray(given.get("above", 1), dtype=np.int64), (n,)).copy(),
        names=dict.fromkeys(one, nothing) | {"purpose": purpose, "arm": arm, "watch": watch},
        words=one | {"purpose": purposes, "arm": arms, "watch": watches},
        labels=labels,
        closed=dict.fromkeys(OUTCOMES, closed),
    )


def _named(given: Any) -> tuple[Any, tuple[str, ...]]:
    """Return names as numbers into their words."""
    words = tuple(sorted(set(map(str, given))))
    return np.searchsorted(words, list(map(str, given))).astype(np.int64), words


@dataclass(frozen=True, slots=True)
class World:
    """Customers with 1 to `most` occasions each, whose own leaning moves all their outcomes by up to `leaning`.

    `base` is what happens without contact, `gain` what contact adds; e is one of `chances`, drawn per occasion.
    """

    customers: int
    most: int
    base: float
    gain: float
    leaning: float
    chances: tuple[float, ...]

    def drawn(self, name: str, seed: int) -> Occasions:
        """Draw occasions with this outcome; an opt-out happens to the contacted alone."""
        rng = np.random.default_rng(seed)
        sizes = np.minimum(rng.geometric(0.35, self.customers), self.most)
        customer = np.repeat(np.arange(self.customers), sizes)
        own = np.repeat(1.0 + self.leaning * rng.choice([-1.0, 1.0], self.customers), sizes)
        chance = rng.choice(self.chances, len(customer))
        t = rng.random(len(customer)) < chance
        rate = own * np.where(t, self.base + self.gain, 0.0 if name == "opt_out" else self.base)
        return occasions(t, customer=customer, chance=chance, **{name: rng.random(len(customer)) < rate})
