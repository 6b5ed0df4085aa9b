"""Negative controls: effects that cannot be there. One that shows says that something else differs between the arms.

A placebo treatment among the held out, and the outcomes of the 14 days before, which contact cannot have changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from model.contracts import JSON, Interval
from model.diagnostics.effects import plain_effect
from model.evaluation import average_effect, mean_interval, pseudo_outcome
from model.split import Half, unit_hash

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

LEVEL = 0.05
BEFORE = "outcomes in the 14 days before the decision"
ADD = 'name such columns in `roles.toml`: `[before]` with `benefit = "…"`, `complaint = "…"`, `opt_out = "…"`'


def negative_controls(
    half: Half, names: list[str], contacts: Floats, before: Sequence[dict[str, JSON]] = ()
) -> list[dict[str, JSON]]:
    """Return placebo checks among the held out of D2, which must show nothing, and what was `before`.

    The placebo treatment is a fair coin, SHA-256 of the cluster's name; `contacts` is 1 where the rule contacts.
    """
    out = np.flatnonzero(~half.contacted)
    coins = {c: unit_hash("outreach placebo 1", names[c]) < 0.5 for c in np.unique(half.cluster[out])}
    placebo = np.array([coins[c] for c in half.cluster[out]], dtype=np.bool_)
    rows: list[dict[str, JSON]] = []
    for outcome, values in (("benefit", half.benefit), ("complaint", half.complaint)):
        if values is None or len(np.unique(placebo)) < 2:
            continue
        y, cluster = values[out], half.cluster[out]
        mean = np.full(len(y), y.mean())
        gamma = pseudo_outcome(y, arms=(mean, mean), contacted=placebo, propensity=np.full(len(y), 0.5))
        effect = average_effect(y, contacted=placebo, cluster=cluster)
        value = mean_interval(contacts[out] * gamma, cluster)
        for name, found in (("placebo treatment among the held out", effect), ("placebo value of the rule", value)):
            passed = not (found.low > 0.0 or found.high < 0.0)
            rows.append({"name": name, "outcome": outcome, "available": True, "passed": passed} | asdict(found))
    missing = {"name": BEFORE, "available": False, "detail": f"the table names no outcome from before; {ADD}"}
    return [*rows, *(before or [missing])]


def outcomes_before(
    before: Mapping[str, Floats], *, contacted: Bools, propensity: Floats, cluster: Ints
) -> list[dict[str, JSON]]:
    """Return the effect of contact on each outcome of the 14 days before, float64[n] by name: it must be 0.

    The intervals hold together at 95 % (Bonferroni). An outcome that never varies cannot show anything.
    """
    z = float(norm.isf(LEVEL / (2.0 * max(1, len(before)))))
    rows: list[dict[str, JSON]] = []
    for outcome, y in before.items():
        row: dict[str, JSON] = {"name": BEFORE, "outcome": outcome}
        if np.ptp(y) == 0.0:
            detail = f"the {outcome} before the decision is {y[0]:g} in every row used, so it cannot differ"
            rows.append(row | {"available": False, "detail": detail})
            continue
        found = plain_effect(y, contacted=contacted, propensity=propensity, cluster=cluster)
        wide = Interval(
            estimate=found.estimate, low=found.estimate - z * found.se, high=found.estimate + z * found.se, se=found.se
        )
        passed = not (wide.low > 0.0 or wide.high < 0.0)
        rows.append(row | {"available": True, "passed": passed} | asdict(wide))
    return rows
