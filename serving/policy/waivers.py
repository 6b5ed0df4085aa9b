"""The waiver matrix (CONTRACT section 5, the marks * and †), as data: nothing else is waived, for anyone.

The caps are not in it: essential service keeps a cap of its own (`Limits.essential_24h`).
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from serving.policy.columns import Columns, Mask
from serving.policy.limits import Limits
from serving.policy.purposes import CHANNELS, CRITICAL, ESSENTIAL, Mark
from serving.policy.reasons import POLICY_CODES

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


_FROM = np.array([[WAIVED_FROM.get(code, 127)] for code in POLICY_CODES], dtype=np.int8)  # no mark reaches 127
_OPTED_OUT = POLICY_CODES.index("opted_out")


def waivers(c: Columns, limits: Limits) -> Mask:
    """Return which code is waived on which row, [codes, n] in the catalogue's order."""
    spared: Mask = c.mark >= _FROM
    if limits.opt_out_binds:
        binds = np.array([channel in limits.opt_out_binds for channel in CHANNELS] + [False])
        spared[_OPTED_OUT] &= ~binds[c.channel]
    return spared


def waived(code: str, c: Columns, limits: Limits) -> Mask:
    """Return the rows on which this code is waived."""
    spared: Mask = waivers(c, limits)[POLICY_CODES.index(code)]
    return spared
