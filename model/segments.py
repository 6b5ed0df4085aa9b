"""Does the change of rules hurt a group that was named beforehand? One-sided, with Holm, on D2 (METHOD section 6)."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from model.contracts import JSON
from model.evaluation import mean_interval
from model.gate import LEAST_ROWS
from model.statistics.betting import holm

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

FEWEST = 5  # rows of a value or a word for it to be named anywhere: fewer could tell who they are
LEVEL = 0.05
POWER_Z = float(norm.ppf(1.0 - LEVEL) + norm.ppf(0.8))


def segment_effects(
    segments: Mapping[str, NDArray[Any]],
    contacts: Floats,
    gamma: Floats,
    cluster: Ints,
    *,
    champion: Floats | None = None,
) -> list[dict[str, JSON]]:
    """Return per declared segment and value what the rule is worth there, and whether it is shown to hurt.

    `contacts` float64[n2] is 1 where the rule contacts, `champion` likewise for the model in charge (None: nobody is),
    `gamma` is Γu. What counts is the change, mean[(π − π_champion)·Γu]. H0: worth at least 0, one-sided, Holm over the
    segments of at least 200 rows. `detectable` is the loss that would be found four times in five.
    """
    before = np.zeros(len(contacts)) if champion is None else champion
    rows: list[dict[str, JSON]] = [
        {"column": column, "value": value}
        | _figures(np.asarray([str(v) == value and v is not None for v in values]), (contacts, before), gamma, cluster)
        for column, values in segments.items()
        for value in sorted({str(v) for v in values.tolist() if v is not None})
    ]
    rows = [row for row in rows if row["rows"] >= FEWEST]
    judged = [row for row in rows if row["judged"]]
    hurt = holm(np.array([row["p"] for row in judged]), LEVEL)
    for row, shown in zip(judged, hurt, strict=True):
        row["passed"] = not bool(shown)
    return rows


def _figures(members: NDArray[np.bool_], rules: tuple[Floats, Floats], gamma: Floats, cluster: Ints) -> dict[str, JSON]:
    """Return the figures of the rows that are `members`, for the new rule and the one before."""
    contacts, before = rules
    row: dict[str, JSON] = {"rows": int(members.sum()), "judged": False, "passed": True}
    if not members.any():
        return row
    found = mean_interval((contacts - before)[members] * gamma[members], cluster[members])
    judged = row["rows"] >= LEAST_ROWS and np.isfinite(found.se) and found.se > 0.0
    p = float(norm.cdf(found.estimate / found.se)) if judged else None
    figures = asdict(found) | {"contacted": float(contacts[members].mean()), "detectable": POWER_Z * found.se}
    return row | figures | {"p": p, "judged": bool(judged)}
