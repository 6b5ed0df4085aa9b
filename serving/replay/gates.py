"""Whether a log can carry a figure at all: events, their absence and customers, among the rows that change.

A difference of rates is near normal where each arm is to be expected to hold five events and five rows without one
(the rule of Cochran, 1954). What is expected is the rate of all rows that change, times those that chance contacts, and
times those that it leaves out: a gate on what was seen in the small arm alone would let those logs pass in which it is
high by luck. Besides, each must have been seen: an arm in which all rows agree looks as if it had no variance.

Effective sample sizes are those of Kish in customers; that of all rows says little where most of them do not change
(METHOD section 8 refuses it below 200), so that of the rows that change is looked at as well.

Example:
    >>> changed, happened = np.full(400, True), np.arange(400) % 10 == 0
    >>> tallied(happened, np.arange(400) % 2 == 0, np.full(400, 0.5), changed, both=True).enough
    False
    >>> tallied(happened, np.arange(400) % 4 < 2, np.full(400, 0.5), changed, both=True).enough
    True
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.off_policy.weights import effective_size

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

LEAST_EVENTS: Final = 5
LEAST_CHANGED: Final = 30.0  # below, intervals that are shown hold the truth in fewer than 93 of 100 logs


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Of the rows that change, those with the outcome and those without: (contacted, held out), seen and expected."""

    events: tuple[int, int] = (0, 0)
    others: tuple[int, int] = (0, 0)
    expected: tuple[float, float] = (0.0, 0.0)
    expected_others: tuple[float, float] = (0.0, 0.0)
    both: bool = True

    @property
    def enough(self) -> bool:
        """Whether an interval of it can be trusted; `both` is False where only the contacted can have the outcome."""
        arms = 2 if self.both else 1
        counts = (*self.events[:arms], *self.others[:arms], *self.expected[:arms], *self.expected_others[:arms])
        return min(counts) >= LEAST_EVENTS


def tallied(happened: Bools, contacted: Bools, chance: Floats, changed: Bools, *, both: bool) -> Tally:
    """Count an outcome among the rows that change."""
    had, t, e = happened[changed], contacted[changed], chance[changed]
    sums = float(np.sum(e)), float(np.sum(1.0 - e))
    rate = float(np.mean(had)) if both else float(np.sum(had)) / max(sums[0], 1.0)
    return Tally(
        events=(int(np.sum(had & t)), int(np.sum(had & ~t))),
        others=(int(np.sum(~had & t)), int(np.sum(~had & ~t))),
        expected=(rate * sums[0], rate * sums[1]),
        expected_others=((1.0 - rate) * sums[0], (1.0 - rate) * sums[1]),
        both=both,
    )


def changed_size(contact: Floats, chance: Floats, contacted: Bools, customer: Ints) -> float:
    """Return the effective sample size, in customers, of rows that change; 0 where none did what is proposed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.where(contacted, contact / chance, (1.0 - contact) / (1.0 - chance))
    known = np.isfinite(weights)
    if not known.any():
        return 0.0
    return effective_size(weights[known], np.unique(customer[known], return_inverse=True)[1])
