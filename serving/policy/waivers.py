"""The waiver matrix (CONTRACT section 5, the marks * and †), as data: nothing else is waived, for anyone.

The caps are not in it: essential service keeps a cap of its own (`Limits.essential_24h`).
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from serving.policy.columns import Columns
from serving.policy.limits import Limits
from serving.policy.purposes import CHANNELS, CRITICAL, ESSENTIAL, Mark

WAIVED_FROM: Mapping[str, Mark] = MappingProxyType(
    {
        "consent_missing": ESSENTIAL,
        "cooling_off": ESSENTIAL,
        "complaint_open": ESSENTIAL,
        "conversation_open": ESSENTIAL,
        "dismissed": ESSENTIAL,
        "quiet_hours": CRITICAL,
        "timezone_unknown": CRITICAL,
        "breaker_open": CRITICAL,
        "opted_out": CRITICAL,  # where configuration does not forbid it for the channel
    }
)


def waived(code: str, c: Columns, limits: Limits) -> NDArray[np.bool_] | None:
    """Return the rows on which this code is waived, or None where it is waived for nobody."""
    mark = WAIVED_FROM.get(code)
    if mark is None:
        return None
    rows = c.mark >= mark
    if code == "opted_out" and limits.opt_out_binds:
        binds = np.array([channel in limits.opt_out_binds for channel in CHANNELS] + [False])
        rows = rows & ~binds[c.channel]
    return rows
