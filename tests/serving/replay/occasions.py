"""Occasions as columns, made by hand or drawn, and what a proposal would do with them."""

from collections.abc import Iterable, Mapping

import numpy as np

from serving.analytics.occasions import Occasions
from serving.replay.effects import Chances, Effects, effects
from tests.serving.analytics.drawn import occasions


def drawn(rows: int, *, lift: float, seed: int, e: float = 0.5, base: float = 0.3) -> Occasions:
    """Draw occasions of which the first half is helped by contact so much, and the others not at all."""
    rng = np.random.default_rng(seed)
    contacted, luck = rng.random(rows) < e, rng.random(rows)
    engaged = luck < base + lift * contacted * (np.arange(rows) < rows // 2)
    return occasions(contacted, chance=e, benefit=engaged, complaint=luck > 0.96)


def chances(seen: Occasions, contact: Mapping[int, float], delayed: Iterable[int] = ()) -> Chances:
    """Return a proposal that contacts some with another probability, and some later."""
    rates = np.array([contact.get(n, e) for n, e in enumerate(seen.chance.tolist())], dtype=np.float64)
    later = np.isin(np.arange(len(seen)), list(delayed))
    return Chances(number=seen.decision, contact=rates, delayed=later, confirmed=np.zeros(len(seen), dtype=np.bool_))


def weighed(seen: Occasions, contact: Mapping[int, float], delayed: Iterable[int] = ()) -> Effects:
    """Weigh such a proposal."""
    return effects(seen, chances(seen, contact, delayed))
