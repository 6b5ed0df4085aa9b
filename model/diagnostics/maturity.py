"""Had the outcomes time to happen, and are they missing alike in both arms? Effects by window, empty cells by arm.

Nothing in a table says how long its labels took, so its age is judged by the longest window that outreach uses.

Only windows may have empty cells; a label must be known in every row. An arm whose outcomes are lost more often is
compared with one that is complete: that is a broken comparison, tested like the sample ratio (p < .001, Holm).
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.diagnostics.effects import no_effect, plain_effect
from model.split import WINDOW

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Windows = Mapping[str, Mapping[int, Floats]]


def still_open(time: NDArray[np.datetime64] | None, as_of: datetime) -> list[str]:
    """Say how many rows may still have outcomes to come at `as_of`, and how many lie after it; `time` is in UTC.

    A label of such a row counts only what was reported so far: harm that comes later is missing from a certificate.
    """
    if time is None:
        return []
    now = np.datetime64(as_of.astimezone(UTC).replace(tzinfo=None))
    days, later = WINDOW // np.timedelta64(1, "D"), int(np.count_nonzero(time > now))
    young = int(np.count_nonzero(time > now - WINDOW)) - later
    said = []
    if young:
        said.append(
            f"{young:,} of {len(time):,} rows are less than {days} days old at {as_of:%Y-%m-%d}: harm that is reported "
            "later is missing from them, and from what is certified; leave them out where your windows are that long"
        )
    if later:
        said.append(f"{later:,} of {len(time):,} rows lie after {as_of:%Y-%m-%d %H:%M} UTC: check clock and zone")
    return said


def window_effects(windows: Windows, *, contacted: Bools, propensity: Floats, cluster: Ints) -> list[dict[str, JSON]]:
    """Return the average effect on each outcome so many days after, over the rows whose window has closed.

    An opt-out counts after a contact only: before or without one it is not attributable.
    """
    rows: list[dict[str, JSON]] = []
    for outcome, days, values in _each(windows):
        known = ~np.isnan(values)
        row: dict[str, JSON] = {"outcome": outcome, "days": days, "rows": int(known.sum())}
        if len(np.unique(contacted[known])) == 2:
            y = values[known] * (contacted[known] if outcome == "opt_out" else 1.0)
            found = plain_effect(y, contacted=contacted[known], propensity=propensity[known], cluster=cluster[known])
            row |= asdict(found)
        rows.append(row)
    return rows


def missing_by_arm(windows: Windows, *, contacted: Bools, propensity: Floats, cluster: Ints) -> list[dict[str, JSON]]:
    """Return per window the share of empty cells by arm, their difference with its interval, and the p-value.

    The p-value is that of no difference (`no_effect`), not of the interval.
    """
    rows: list[dict[str, JSON]] = []
    for outcome, days, values in _each(windows):
        absent = np.isnan(values).astype(np.float64)
        found = plain_effect(absent, contacted=contacted, propensity=propensity, cluster=cluster)
        shares = {"contacted": float(absent[contacted].mean()), "held_out": float(absent[~contacted].mean())}
        difference = {"difference": found.estimate, "low": found.low, "high": found.high}
        p = no_effect(absent, contacted=contacted, propensity=propensity, cluster=cluster)
        rows.append({"outcome": outcome, "days": days, **shares, **difference, "p": p})
    return rows


def _each(windows: Windows) -> Iterator[tuple[str, int, Floats]]:
    return ((outcome, days, values) for outcome, by_days in windows.items() for days, values in by_days.items())
