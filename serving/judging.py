"""What the policy says of rows and when: the order of things that both ways of deciding follow.

The ruling, then expiry, then the end of all holds; a hold that outlasts the expiry is `expired`; whoever passed, and is
not outranked, is asked about where the score is asked at all. `serving.decide` makes answers of it row by row,
`serving.columnar` column by column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model.contracts import Action
from serving.policy.columns import Columns, Floats, Mask
from serving.policy.engine import PLACE, REFUSE, Ruling, rule
from serving.policy.limits import Limits
from serving.policy.rules import FILTERS, expiry, not_before, usable_until
from serving.policy.waivers import is_scored

SEND, HOLD, DENY = Action
Instant = TypeVar("Instant")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What the policy says of n rows; times float64[n] in epoch seconds.

    `waits` is the end of all holds (NaN: not held, or no end is known), `ends` the expiry, `until` how long a send may
    be acted on. `behind` are the rows that passed and are outranked, `asked` the places of those that are scored.
    """

    ruling: Ruling
    waits: Floats
    ends: Floats
    until: Floats
    behind: Mask
    asked: NDArray[np.intp]


def judge(c: Columns, limits: Limits, outranked: Sequence[bool] | None = None) -> Judged:
    """Judge rows; `outranked` says of each whether another candidate goes first (None: of none)."""
    ruling = rule(c, limits, FILTERS)
    ends = expiry(c, limits)
    waits = not_before(c, limits, ruling)
    ruling.verdicts[PLACE["expired"], waits >= ends] = REFUSE  # such a row is held already: it was never asked
    passed = ~(ruling.denied | ruling.held)
    behind = passed & (False if outranked is None else np.asarray(outranked, dtype=bool))
    return Judged(
        ruling=ruling,
        waits=waits,
        ends=ends,
        until=usable_until(c, limits, ends),
        behind=behind,
        asked=np.flatnonzero(passed & ~behind & is_scored(c)),
    )


def instants(action: Action, waits: Instant, ends: Instant, until: Instant) -> tuple[Instant | None, Instant | None]:
    """Return what an answer shows as `not_before` and as `expires_at`: of one row, or of rows with the same action."""
    return waits if action is HOLD else None, None if action is DENY else until if action is SEND else ends
