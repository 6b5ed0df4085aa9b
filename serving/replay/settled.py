"""What score and draw make of rows that every filter lets pass: the rule of `serving.arms.by_certificate`, as columns.

With it the numbers that stand for answers, arms and reasons there.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.contracts import Action, Arm, Shares
from serving.record.readings import ACTIONS, ARMS, CODES

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Codes = NDArray[np.uint64]  # bit k is the k-th of `CODES`

SEND, HOLD, DENY = (ACTIONS.index(action) for action in Action)
MODEL, POLICY_ONLY, _, EXPERIMENT = (ARMS.index(arm) for arm in Arm)
BIT: Final[Mapping[str, np.uint64]] = {code: np.uint64(1 << place) for place, code in enumerate(CODES)}
NONE: Final = np.uint64(0)


class Drawn(NamedTuple):
    """By row: whether it is contacted, with which probability over the draw, and what withholds it (none if sent)."""

    contacted: Mask
    chance: Floats
    withheld: Codes


def by_certificate(arms: NDArray[np.integer], above: Mask, shares: Shares) -> Drawn:
    """Settle rows of these arms (places in `ARMS`) on these sides of the cut-off."""
    contacted = (arms == POLICY_ONLY) | (above & (arms == MODEL))
    below, held_out = np.where(above, NONE, BIT["below_cutoff"]), np.where(arms == MODEL, NONE, BIT["held_out"])
    return Drawn(contacted, np.where(above, shares.above, shares.below), np.where(contacted, NONE, below | held_out))
