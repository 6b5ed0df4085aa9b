"""Negative controls: effects that cannot be there. One that shows says that something else differs between the arms.

A placebo treatment among the held out, and the outcomes of the 14 days before, which contact cannot have changed. A row
passes unless it is shown by Holm's procedure at 5 % among the rows of its kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from model.contracts import JSON, Interval
from model.diagnostics.effects import no_effect, p_of_none, plain_effect
from model.evaluation import average_effect, mean_interval, pseudo_outcome
from model.split import Half, unit_hash
from model.statistics.betting import holm

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

LEVEL = 0.05
PLACEBO = "placebo among the held out"
BEFORE = "outcomes in the 14 days before the decision"
ADD = 'name such columns in `roles.toml`: `[before]` with `benefit = "…"`, `complaint = "…"`, `opt_out = "…"`'


def negative_controls(checks: Sequence[Mapping[str, JSON]]) -> list[dict[str, JSON]]:
    """Return the report's `negative_controls`: the rows behind both of the sceptic's `checks`, and what is missing."""
    rows: list[dict[str, JSON]] = []
    for check in checks:
        if check["name"] in {PLACEBO, BEFORE}:
            missing = {"name": check["name"], "available": False, "detail": check["detail"]}
            rows += check["figures"].get("rows", [missing])
    return rows


def placebo(half: Half, names: list[str], contacts: Floats) -> list[dict[str, JSON]]:
    """Return comparisons of the held out of D2 that must show nothing; none where there are too few of them.

    The placebo treatment is a fair coin, SHA-256 of the cluster's name; `contacts` is 1 where the rule contacts.
    """
    out = np.flatnonzero(~half.contacted)
    coins = {c: unit_hash("outreach placebo 1", names[c]) < 0.5 for c in np.unique(half.cluster[out])}
    coin = np.array([coins[c] for c in half.cluster[out]], dtype=np.bool_)
    rows: list[dict[str, JSON]] = []
    p: list[float] = []
    for outcome, values in (("benefit", half.benefit), ("complaint", half.complaint)):
        if values is None or len(np.unique(coin)) < 2:
            continue
        y, cluster = values[out], half.cluster[out]
        mean = np.full(len(y), y.mean())
        gamma = pseudo_outcome(y, arms=(mean, mean), contacted=coin, propensity=np.full(len(y), 0.5))
        effect = average_effect(y, contacted=coin, cluster=cluster)
        value = mean_interval(contacts[out] * gamma, cluster)
        for name, found in (("placebo treatment among the held out", effect), ("placebo value of the rule", value)):
            rows.append({"name": name, "outcome": outcome, "available": True} | asdict(found))
            p.append(p_of_none(found))
    return _judged(rows, p)


def outcomes_before(
    before: Mapping[str, Floats], *, contacted: Bools, propensity: Floats, cluster: Ints
) -> list[dict[str, JSON]]:
    """Return the effect of contact on each outcome of the 14 days before, float64[n] by name: it must be 0.

    The intervals hold together at 95 % (Bonferroni); the verdict is that of a test of no effect, which may differ from
    theirs where an outcome is rare. An outcome that never varies cannot show anything.
    """
    z = float(norm.isf(LEVEL / (2.0 * max(1, len(before)))))
    draw: dict[str, Any] = {"contacted": contacted, "propensity": propensity, "cluster": cluster}
    rows: list[dict[str, JSON]] = []
    p: list[float] = []
    for outcome, y in before.items():
        row: dict[str, JSON] = {"name": BEFORE, "outcome": outcome}
        if np.ptp(y) == 0.0:
            detail = f"the {outcome} before the decision is {y[0]:g} in every row used, so it cannot differ"
            rows.append(row | {"available": False, "detail": detail})
            p.append(1.0)
            continue
        found = plain_effect(y, **draw)
        wide = Interval(
            estimate=found.estimate, low=found.estimate - z * found.se, high=found.estimate + z * found.se, se=found.se
        )
        rows.append(row | {"available": True} | asdict(wide))
        p.append(no_effect(y, **draw))
    return _judged(rows, p)


def _judged(rows: list[dict[str, JSON]], p: list[float]) -> list[dict[str, JSON]]:
    """Return the rows with p-value and verdict, those apart that are not available."""
    shown = holm(np.array(p), LEVEL) if rows else ()
    return [
        row | ({"p": value, "passed": not bool(is_it)} if row["available"] else {})
        for row, value, is_it in zip(rows, p, shown, strict=True)
    ]
