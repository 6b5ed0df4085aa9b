"""What the report draws, as arrays; everything is of the certification half D2."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.assess import Assessed
from model.evaluation import mean_interval
from model.policy_value import SHARES
from model.qini import qini_curve
from model.split import Half

Floats = NDArray[np.float64]

POINTS = 101
GROUPS = 10


def curves(half: Half, assessed: Assessed) -> dict[str, NDArray[Any]]:
    """Return plot arrays by name.

    `share` float64[101] with `gain` (mean Γu gained by contacting that share in the order of the score) and
    `gain_random`; `toc` (mean Γu of the share above the mean of all); `qini_rows` and `qini_gain`, by counts;
    `group_predicted`, `group_effect`, `group_low`, `group_high` float64[≤ 10] by predicted decile;
    `value_share`, `value`, `value_low`, `value_high`; `score` float64[n2].
    """
    order = np.argsort(-assessed.score, kind="stable")
    share = np.linspace(0.0, 1.0, POINTS)
    gained = np.r_[0.0, np.cumsum(assessed.gamma[order])] / len(order)
    gain = np.interp(share, np.linspace(0.0, 1.0, len(gained)), gained)
    mean = float(gained[-1])
    toc = np.divide(gain, share, out=np.zeros_like(gain), where=share > 0) - mean
    rows, counted = qini_curve(half.benefit, assessed.score, half.contacted)
    at = assessed.policy_value["at_shares"]
    return {
        "share": share,
        "gain": gain,
        "gain_random": mean * share,
        "toc": np.where(share > 0, toc, 0.0),
        "qini_rows": rows,
        "qini_gain": counted,
        **_groups(half, assessed, order),
        "value_share": np.array(SHARES),
        **{name: np.array([row["model"][key] for row in at]) for name, key in VALUES.items()},
        "score": assessed.score,
    }


VALUES = {"value": "estimate", "value_low": "low", "value_high": "high"}


def _groups(half: Half, assessed: Assessed, order: NDArray[np.intp]) -> dict[str, Floats]:
    """Return predicted and doubly robust effect by predicted decile, the highest first."""
    parts = [rows for rows in np.array_split(order, GROUPS) if len(rows)]
    found = [mean_interval(assessed.gamma[rows], half.cluster[rows]) for rows in parts]
    return {
        "group_predicted": np.array([assessed.score[rows].mean() for rows in parts]),
        "group_effect": np.array([each.estimate for each in found]),
        "group_low": np.array([each.low for each in found]),
        "group_high": np.array([each.high for each in found]),
    }
