"""What is on record about a customer at the moment of a decision: one definition for the table and for the ledger.

Every feature reads only what lies strictly before `now`: an event of the same instant is not history (HOUSE promise 9).
A rolling window of `d` days counts times with `0 < now − t < d` days, the same edge as the frequency caps use.
"""

from collections.abc import Iterable, Sequence
from types import MappingProxyType

DAY = 86_400.0  # seconds

_COUNTS = MappingProxyType(
    {
        "contacts_7d": ("contacts", 7.0),
        "contacts_30d": ("contacts", 30.0),
        "engagements_7d": ("engagements", 7.0),
        "engagements_30d": ("engagements", 30.0),
        "complaints_90d": ("complaints", 90.0),
        "opt_outs_90d": ("opt_outs", 90.0),
    }
)

FEATURES: tuple[str, ...] = (*_COUNTS, "days_since_contact")

_NOTHING = MappingProxyType({**dict.fromkeys(_COUNTS, 0.0), "days_since_contact": float("nan")})

LONGEST_DAYS = max(days for _, days in _COUNTS.values())  # how far back the counts look; recency looks back for ever


def history_features(
    now: float,
    *,
    contacts: Sequence[float],
    engagements: Sequence[float],
    complaints: Sequence[float],
    opt_outs: Sequence[float],
) -> dict[str, float]:
    """Compute the features of one customer at `now`; every argument is in epoch seconds, in any order.

    `contacts` are messages that went out, essential ones included; `engagements`, `complaints` and `opt_outs` are the
    customer's own acts, whether contacted or not. Counts are floats; `days_since_contact` is NaN where there was none.

    Example:
        >>> seen = history_features(10 * DAY, contacts=[2 * DAY, 9 * DAY], engagements=[], complaints=[], opt_outs=[])
        >>> seen["contacts_7d"], seen["contacts_30d"], seen["days_since_contact"]
        (1.0, 2.0, 1.0)
    """
    if not (contacts or engagements or complaints or opt_outs):
        return dict(_NOTHING)
    logs = {"contacts": contacts, "engagements": engagements, "complaints": complaints, "opt_outs": opt_outs}
    features = {name: _count(now, logs[log], days * DAY) for name, (log, days) in _COUNTS.items()}
    last = max((t for t in contacts if t < now), default=None)
    features["days_since_contact"] = float("nan") if last is None else (now - last) / DAY
    return features


def _count(now: float, times: Iterable[float], window: float) -> float:
    """Count the times strictly before `now` and less than `window` seconds ago."""
    return float(len([t for t in times if 0.0 < now - t < window]))
