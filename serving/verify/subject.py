"""What is verified, as arguments: tests put broken parts in their place and see them found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from serving import decide as deciding
from serving.policy import engine, limits, rows, rules, waivers
from serving.policy.columns import Columns, Mask
from serving.policy.engine import Filter, Ruling
from serving.policy.limits import Limits
from serving.policy.rows import Read
from serving.ports import Decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The policy as it is installed, part by part."""

    filters: Sequence[Filter] = field(default_factory=lambda: rules.FILTERS)
    rule: Callable[[Columns, Limits, Sequence[Filter]], Ruling] = field(default_factory=lambda: engine.rule)
    waivers: Callable[[Columns, Limits], Mask] = field(default_factory=lambda: waivers.waivers)
    read: Callable[..., Read] = field(default_factory=lambda: rows.columns_of)
    decide: Callable[..., list[Decided]] = field(default_factory=lambda: deciding.decide)
    tighten: Callable[..., Limits] = field(default_factory=lambda: limits.tighten)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is looked at; less than everything is for tests, and says so."""

    rows: int = 1_000_000  # random whole rows
    minutes: int = 1  # every so many of the day's minutes; those about the quiet hours in any case
    thin: int = 1  # every so many of the words, events and score cases where they are crossed with all others
    seed: int = 0

    @property
    def whole(self) -> bool:
        """Whether this is the full verification."""
        return (self.rows, self.minutes, self.thin) >= (1_000_000, 1, 1) and self.minutes == self.thin == 1

    def clock(self) -> tuple[int, ...]:
        """Return the minutes of the day that are looked at."""
        edges = {edge + step for edge in (0, 480, 481, 720, 900, 1259, 1260, 1439) for step in (-1, 0, 1)}
        return tuple(sorted({*range(0, 1440, self.minutes), *(minute for minute in edges if 0 <= minute < 1440)}))


FULL = Scale()
QUICK = Scale(rows=60_000, minutes=90, thin=7)
