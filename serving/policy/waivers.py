"""What essential and critical evidence waives (CONTRACT section 5, the marks * and †), as data: all of it is here.

Nothing else is waived, for anyone. Caps are not waived but replaced: essential service keeps one of its own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from serving.policy.columns import Columns, Mask, at_least
from serving.policy.limits import Limits
from serving.policy.purposes import CHANNELS, CRITICAL, ESSENTIAL, Mark
from serving.policy.reasons import POLICY_CODES
from serving.policy.zones import DAY

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
UNSCORED_FROM = ESSENTIAL  # no score, no arm, no certificate


class Cap(NamedTuple):
    """A rolling cap: the column that counts, the limit that it must stay below, the window in seconds."""

    counts: str
    limit: str
    window: float


CAPS = (
    Cap("contacts_60m", "contacts_60m", 3600.0),
    Cap("contacts_24h", "contacts_24h", DAY),
    Cap("contacts_7d", "contacts_7d", 7 * DAY),
)
ESSENTIAL_CAPS = (Cap("contacts_24h", "essential_24h", DAY),)  # in place of the others

_FROM = np.array([[WAIVED_FROM.get(code, 127)] for code in POLICY_CODES], dtype=np.int8)  # no mark reaches 127
_PLACES = {code: place for place, code in enumerate(POLICY_CODES)}
_OPTED_OUT = _PLACES["opted_out"]


def is_essential(c: Columns) -> Mask:
    """Return the rows whose evidence is essential or critical."""
    return at_least(c.mark, ESSENTIAL)


def is_scored(c: Columns) -> Mask:
    """Return the rows about which the second question is asked at all."""
    return ~at_least(c.mark, UNSCORED_FROM)


def waivers(c: Columns, limits: Limits) -> Mask:
    """Return which code is waived on which row, [codes, n] in the catalogue's order."""
    spared: Mask = c.mark >= _FROM
    if limits.opt_out_binds:
        spared[_OPTED_OUT] &= ~_binds(c, limits)
    return spared


def _binds(c: Columns, limits: Limits) -> Mask:
    """Return the rows on whose channel an opt-out stops critical messages, too."""
    binds: Mask = np.array([channel in limits.opt_out_binds for channel in CHANNELS] + [False])[c.channel]
    return binds


def waived(code: str, c: Columns, limits: Limits) -> Mask:
    """Return the rows on which this code is waived."""
    place = _PLACES[code]
    spared = at_least(c.mark, _FROM[place, 0])
    return spared & ~_binds(c, limits) if place == _OPTED_OUT else spared
