"""Occasions that reached the draw, as columns: what chance did with each, and what followed it within its window.

`BENEFIT` and `CONTACTED_US` look at [drawn, drawn + 3 days), the harms at 14 days: the edges of the training table
(`serving.ledger_table.labels`), by times from which outcomes count. A label says something only once its window has
closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BENEFIT, COMPLAINT, OPT_OUT, CONTACTED_US = "benefit", "complaint", "opt_out", "contacted_us"
OUTCOMES = (BENEFIT, COMPLAINT, OPT_OUT, CONTACTED_US)
WINDOW_DAYS: Mapping[str, int] = {BENEFIT: 3, COMPLAINT: 14, OPT_OUT: 14, CONTACTED_US: 3}
NEVER_SCORED = -1  # `above` where no certificate asked the score: in an experiment


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Occasions:
    """Columns of one length. `at` is when it was drawn (microseconds), `chance` P(contacted) as it was logged.

    `decision` is the number of its decision in the ledger, `customer` are numbers from 0 on. `names` holds purpose,
    channel, template, arm and the key of the watch, each as numbers into its `words`; None is a word too. `labels` and
    `closed` are by outcome.
    """

    at: Ints
    decision: Ints
    customer: Ints
    contacted: Bools
    chance: Floats
    above: Ints
    names: Mapping[str, Ints]
    words: Mapping[str, tuple[str | None, ...]]
    labels: Mapping[str, Bools]
    closed: Mapping[str, Bools]

    def __len__(self) -> int:
        """Return how many occasions there are."""
        return len(self.at)

    def rows(self, which: Bools | Ints) -> "Occasions":
        """Return those that are picked, as columns of the same kind."""
        return replace(
            self,
            at=self.at[which],
            decision=self.decision[which],
            customer=self.customer[which],
            contacted=self.contacted[which],
            chance=self.chance[which],
            above=self.above[which],
            names={name: column[which] for name, column in self.names.items()},
            labels={name: column[which] for name, column in self.labels.items()},
            closed={name: column[which] for name, column in self.closed.items()},
        )

    def named(self, dim: str, word: str | None) -> Bools:
        """Return which have this purpose, channel, template, arm or watch."""
        words = self.words[dim]
        found: Bools = self.names[dim] == (words.index(word) if word in words else -1)
        return found


def happened(customer: Ints, at: Ints, *, whose: Ints, when: Ints, within: int) -> Bools:
    """Return, per occasion, whether something of its customer lies in [at, at + within) (microseconds).

    `whose` and `when` are what happened, in any order. Pairs (customer, place in time) are whole numbers in the order
    of both, which a binary search finds: exact, and n·log n.

    Example:
        >>> one = np.array([0, 0, 1])
        >>> happened(one, np.array([5, 6, 5]), whose=np.array([0]), when=np.array([15]), within=10).tolist()
        [False, True, False]
    """
    times = np.sort(when)
    width = len(times) + 1
    keys = np.sort(whose * width + np.searchsorted(times, when))
    first, end = (customer * width + np.searchsorted(times, edge) for edge in (at, at + within))
    found: Bools = np.searchsorted(keys, first) < np.searchsorted(keys, end)
    return found
