"""Who is annoyed: the harm of each group of occasions, beside other customers and beside those who were held out.

Two comparisons of each group, per contact:

    about     opt-outs and complaints that name the message, of this group's contacts less those of all other contacts
    caused    complaints of any kind within 14 days, of this group's contacted less those of its held out (rows weigh
              1/e and 1/(1 − e)): what contact itself did, by chance's own comparison

The first needs nobody who was held out, and so says much of small groups; the second also counts what contact spares,
and is of occasions that were left to chance alone (0 < e < 1).
Intervals are Newcombe's with the ends of Clopper and Pearson (`model.statistics.hybrid_score`) and hold together: with
m comparisons each is made at 1 − .05/m (Bonferroni), so that with 95 % certainty not one of them misses. A group is
compared from 50 contacts on, with those held out from 20: fewer leave intervals that say nothing, and could tell who
somebody is.

Example:
    >>> rows = Rows(customer=np.arange(400), contacted=np.arange(400) < 300, chance=np.full(400, 0.75),
    ...     complained=np.zeros(400), harmed=(np.arange(400) < 60) * 1.0)
    >>> [each.name for each in compared(rows, [Group("plan", "basic", np.arange(400) < 100),
    ...     Group("plan", "plus", np.arange(400) >= 100)]) if each.sure]
    ['basic']
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from model.contracts import Interval
from model.statistics.hybrid_score import apart, arm, exact

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Rate = tuple[float, float]  # and of how many single rows it is

LEVEL = 0.05
LEAST_CONTACTED, LEAST_HELD_OUT = 50, 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Occasions as columns of one length: whose, what chance did and with which P(contacted), and what followed."""

    customer: Ints
    contacted: Bools
    chance: Floats
    complained: Floats
    harmed: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The occasions that are `members`, bool[n]: those whose `kind` (`plan`, `channel`) is `name`.

    `of` tells what is known of a customer from what is known of a message.
    """

    kind: str
    name: str
    members: Bools
    of: str = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One group: its rates per contact, how they compare, and how `sure` an excess is.

    `complained` and `complained_held_out` are of what was left to chance; rates, `about` and `caused` are None where
    there are too few to compare. `sureness` is the larger excess over the reach of
    its interval: above 1 the interval holds no 0.
    """

    of: str
    kind: str
    name: str
    contacted: int
    held_out: int
    harmed: int
    rate: float
    others: float | None
    about: Interval | None
    complained: float | None
    complained_held_out: float | None
    caused: Interval | None
    sureness: float

    @property
    def sure(self) -> bool:
        """Whether some excess is more than chance explains, all comparisons taken together."""
        return self.sureness > 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arms:
    """The rates of one group's arms, each with its count of rows; None where there are too few of them."""

    group: Group
    own: Rate
    others: Rate | None
    contacted: Rate | None
    held_out: Rate | None


def compared(rows: Rows, groups: Sequence[Group]) -> list[Compared]:
    """Return the groups that can be compared, the surest excess first, then the largest group."""
    large = [each for each in groups if np.sum(each.members & rows.contacted) >= LEAST_CONTACTED]
    arms = [_arms(rows, each) for each in large]
    comparisons = sum((each.others is not None) + (None not in (each.contacted, each.held_out)) for each in arms)
    z = NormalDist().inv_cdf(1.0 - LEVEL / (2 * max(comparisons, 1)))
    found = [_compared(rows, each, z) for each in arms]
    return sorted(found, key=lambda each: (-each.sureness, -each.contacted, each.kind, each.name))


def _arms(rows: Rows, group: Group) -> _Arms:
    one, rest = group.members & rows.contacted, ~group.members & rows.contacted
    drawn = group.members & (rows.chance > 0.0) & (rows.chance < 1.0)
    alike = np.ones(len(rows.contacted))
    return _Arms(
        group=group,
        own=arm(rows.harmed[one], alike[one], rows.customer[one]),
        others=_arm(rows.harmed, alike, rows.customer, rest, LEAST_CONTACTED),
        contacted=_arm(rows.complained, rows.chance, rows.customer, drawn & rows.contacted, LEAST_CONTACTED),
        held_out=_arm(rows.complained, 1.0 - rows.chance, rows.customer, drawn & ~rows.contacted, LEAST_HELD_OUT),
    )


def _arm(y: Floats, chance: Floats, customer: Ints, which: Bools, least: int) -> Rate | None:
    """Return the rate of an arm whose rows were in it with this chance; None where they are too few."""
    return arm(y[which], 1.0 / chance[which], customer[which]) if np.sum(which) >= least else None


def _compared(rows: Rows, arms: _Arms, z: float) -> Compared:
    """Lay out one group with both of its intervals."""
    members = arms.group.members
    about, caused = _less(arms.own, arms.others, z), _less(arms.contacted, arms.held_out, z)
    return Compared(
        of=arms.group.of,
        kind=arms.group.kind,
        name=arms.group.name,
        contacted=int(np.sum(members & rows.contacted)),
        held_out=int(np.sum(members & ~rows.contacted)),
        harmed=int(np.sum(rows.harmed[members & rows.contacted])),
        rate=arms.own[0],
        others=None if arms.others is None else arms.others[0],
        about=about,
        complained=None if arms.contacted is None else arms.contacted[0],
        complained_held_out=None if arms.held_out is None else arms.held_out[0],
        caused=caused,
        sureness=max((_sureness(each) for each in (about, caused) if each is not None), default=0.0),
    )


def _less(one: Rate | None, zero: Rate | None, z: float) -> Interval | None:
    """Return a rate less another, with its interval at the quantile `z`."""
    if one is None or zero is None:
        return None
    low, high = apart(one, zero, z, ends=exact)
    return Interval(estimate=one[0] - zero[0], low=low, high=high, se=(high - low) / (2.0 * z))


def _sureness(found: Interval) -> float:
    return found.estimate / (found.estimate - found.low) if found.estimate > found.low else 0.0
