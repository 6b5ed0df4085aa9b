"""What the report draws, as arrays; everything is of the certification half D2."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.certifying.harm import HARMS
from model.certifying.trials import Tried
from model.learning.assess import Assessed
from model.policy_value import SHARES
from model.qini import qini_curve
from model.split import Half
from model.statistics.bands import nested

Floats = NDArray[np.float64]

POINTS = 100
VALUES = {"value": "estimate", "value_low": "low", "value_high": "high"}


def curves(half: Half, assessed: Assessed, *, seed: int = 0) -> dict[str, NDArray[Any]]:
    """Return plot arrays by name; `seed` draws the bands that hold for whole curves.

    `share` float64[≤ 101] contacted in the order of the score, with `gain` (mean Γu of contacting it), `gain_random`
    (of as many at random) and `qini`, their difference; `gain_low`, `qini_low` … are 95 % at each point,
    `gain_all_low`, `qini_all_low` … for all shares together; `toc` (mean Γu of the share above the mean of all);
    `qini_rows` and `qini_gain`, by counts;
    `value_share`, `value`, `value_low`, `value_high` at D1's thresholds; `score` float64[n2].
    """
    rows, counted = qini_curve(half.benefit, assessed.score, half.contacted)
    at = assessed.policy_value["at_shares"]
    return {
        **_nested(half, assessed, seed),
        "qini_rows": rows,
        "qini_gain": counted,
        "value_share": np.array(SHARES),
        **{name: np.array([row["model"][key] for row in at]) for name, key in VALUES.items()},
        "score": assessed.score,
    }


def tried(tested: Sequence[Tried], level: float) -> dict[str, NDArray[Any]]:
    """Return what was put to the test for the certificate, in order of the cut-off; empty where nothing was.

    `tried_cutoff`, `tried_contacted`, `tried_complaint` and `tried_opt_out` (p-values), `tried_limit` (what Holm asks
    of max(p) at that rank) and `tried_certified` and `tried_deployed` (bool), all [K].
    """
    order = sorted(tested, key=lambda each: (each.rule.deployed, each.rule.cutoff))
    both = np.array([[trial.p for trial in each.trials] for each in order]).reshape(-1, len(HARMS))
    limit = np.empty(len(order))
    limit[np.argsort(both.max(axis=1, initial=0.0), kind="stable")] = level / np.arange(len(order), 0, -1.0)
    return {
        "tried_cutoff": np.array([each.rule.cutoff for each in order]),
        "tried_contacted": np.array([each.contacted for each in order]),
        **{f"tried_{harm}": both[:, k] for k, harm in enumerate(HARMS)},
        "tried_limit": limit,
        "tried_certified": np.array([each.certified for each in order], dtype=np.bool_),
        "tried_deployed": np.array([each.rule.deployed for each in order], dtype=np.bool_),
    }


def _nested(half: Half, assessed: Assessed, seed: int) -> dict[str, Floats]:
    """Return the curves by share, from nobody to everybody, with both bands."""
    family = nested(assessed.score, assessed.gamma, half.cluster, points=POINTS, seed=seed)
    share, mean = np.r_[0.0, family.share], float(family.value.estimate[-1])
    found: dict[str, Floats] = {"share": share, "gain_random": mean * share}
    for name, band in (("gain", family.value), ("qini", family.gap)):
        found[name] = np.r_[0.0, band.estimate]
        for words, together in (("", False), ("all_", True)):
            low, high = band.ends(together=together)
            found |= {f"{name}_{words}low": np.r_[0.0, low], f"{name}_{words}high": np.r_[0.0, high]}
    toc = np.divide(found["gain"], share, out=np.zeros_like(share), where=share > 0.0)
    return found | {"toc": np.where(share > 0.0, toc - mean, 0.0)}
