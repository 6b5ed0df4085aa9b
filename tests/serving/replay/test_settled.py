"""The rule of arms as columns, beside the one that decides row by row."""

from itertools import product

import numpy as np

from model.contracts import Arm, Shares
from serving.arms import by_certificate as of_one
from serving.record.readings import ARMS
from serving.replay.settled import BIT, NONE, by_certificate
from serving.thanks import Thanks, settle


def test_columns_are_settled_as_each_row_is_decided() -> None:
    """Every arm that a certificate draws, on both sides of the cut-off: contact, chance and what withholds it."""
    shares = Shares(model=0.5, policy_only=0.2, holdout=0.3)
    rows = list(product((Arm.MODEL, Arm.POLICY_ONLY, Arm.HOLDOUT), (True, False)))
    arms = np.array([ARMS.index(arm) for arm, _ in rows])
    drawn = by_certificate(arms, np.array([above for _, above in rows]), shares)
    ones = [of_one(arm, above, "w", shares=shares) for arm, above in rows]
    codes = [sum((BIT[code] for code in settle(Thanks({}, None, None), one)), NONE) for one in ones]
    actual = [column.tolist() for column in drawn]
    assert actual == [[one.contacted for one in ones], [one.contact_probability for one in ones], list(map(int, codes))]
