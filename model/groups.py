"""What contact changed in groups of occasions by predicted net benefit, on the half that taught nothing (METHOD 5).

Groups are tenths of D2 in the order of the score, the highest first; equal scores stay together, so that a scorer
with few distinct values has fewer groups, and a constant one has one.
"""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.evaluation import mean_interval
from model.qini import mid_ranks
from model.scorer import OUTCOMES
from model.split import Half
from model.statistics.few_events import FEW, added, caused

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

GROUPS = 10


def tenths(score: Floats) -> list[Ints]:
    """Return the row numbers of each group, the highest scores first; equal scores are in one group."""
    rank, _ = mid_ranks(score)
    group = np.minimum((GROUPS * (1.0 - rank)).astype(np.intp), GROUPS - 1)
    return [np.flatnonzero(group == number) for number in np.unique(group)]


def group_effects(half: Half, parts: Sequence[Ints], *, score: Floats, gamma: Floats, gammas: Floats) -> list[JSON]:
    """Return the report's `groups`: per group what was predicted and what was found, each with its interval.

    `score` and `gamma` (Γu) are float64[n2], `gammas` float64[n2, 3] the Γ of each outcome. `without` holds what
    happens without contact, by inverse weighting of the held out. Null stands for an outcome that has no label. Harms
    say by which `method`, and of how many `events`: fewer than 20 are counted exactly (`model.statistics.few_events`).
    """
    return [
        {
            "name": f"tenth_{number}",
            "rows": len(rows),
            "predicted": float(score[rows].mean()),
            "lowest_score": float(score[rows].min()),
            "net_benefit": asdict(mean_interval(gamma[rows], half.cluster[rows])),
            **{name: _effect(half, name, rows, gammas[rows, k]) for k, name in enumerate(OUTCOMES)},
            "without": {name: _without(half, getattr(half, name), rows) for name in OUTCOMES[:2]},
        }
        for number, rows in enumerate(parts, start=1)
    ]


def _effect(half: Half, name: str, rows: Ints, gamma: Floats) -> dict[str, JSON] | None:
    """Return the effect on one outcome in a group; what contact causes, an opt-out, is never below 0."""
    y = getattr(half, name)
    if y is None:
        return None
    found: dict[str, JSON] = asdict(mean_interval(gamma, half.cluster[rows]))
    if name == "benefit":
        return found
    events = int(np.count_nonzero(y[rows]))
    if events < FEW:
        exact = caused if name == "opt_out" else added
        t, e, cluster = half.contacted[rows], half.propensity[rows], half.cluster[rows]
        return exact(y[rows], contacted=t, propensity=e, cluster=cluster) | {"events": events}
    if name == "opt_out":
        found |= {key: max(0.0, found[key]) for key in ("estimate", "low", "high")}
    return found | {"method": "doubly robust", "events": events}


def _without(half: Half, y: Floats | None, rows: Ints) -> float | None:
    """Return the weighted mean of an outcome among the held out of a group; None where it has none or no label."""
    if y is None:
        return None
    weight = np.where(half.contacted[rows], 0.0, 1.0 / (1.0 - half.propensity[rows]))
    return float(weight @ y[rows] / weight.sum()) if weight.sum() > 0.0 else None
