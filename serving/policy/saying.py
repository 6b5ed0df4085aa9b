"""One refused row, and how its values are written: limits, counts, times and short ids; never the sender's prose."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from model.contracts import Candidate, Context
from serving.policy.columns import NAN, Columns
from serving.policy.engine import Until
from serving.policy.limits import Limits
from serving.policy.policy import Policy
from serving.policy.purposes import EVENT_TYPES
from serving.policy.templates import Template
from serving.policy.zones import FIRST, LAST

SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}")
NOT_SHOWN = "(not shown)"
UNITS = (("d", 86_400, 2), ("h", 3600, 1), ("min", 60, 1))  # two days make a day worth counting in
MOST_NAMES = 5


class Ends:
    """When things end on the rows of one call: of each thing asked for all rows at once, and only where any asks."""

    def __init__(self, c: Columns, limits: Limits) -> None:
        self._c, self._limits = c, limits
        self._known: dict[Until, list[float]] = {}

    def of(self, row: int, until: Until) -> float:
        """Return when a row is without what `until` is about, in epoch seconds; NaN where that is not known."""
        if until not in self._known:
            self._known[until] = until(self._c, self._limits, np.full(self._c.rows, self._c.now)).tolist()
        return self._known[until][row]


@dataclass(frozen=True, slots=True)
class Case:
    """One row with everything that its explanation may draw on; `waits` is its `not_before` in epoch seconds.

    It stands in `row` of the columns; `ends` is shared by the rows of one call.
    """

    candidate: Candidate
    context: Context
    c: Columns
    policy: Policy
    failed: tuple[str, ...] = ()
    waits: float = NAN
    row: int = 0
    ends: Ends | None = None

    @property
    def limits(self) -> Limits:
        """Return the limits under which it was ruled."""
        return self.policy.limits

    @property
    def template(self) -> Template | None:
        """Return the template that the message names, or None where there is none of this name."""
        return self.policy.templates.get(self.candidate.message.template or "")

    @property
    def no_such_template(self) -> bool:
        """Whether the message names a template that does not exist."""
        return self.candidate.message.template is not None and self.template is None

    def number(self, name: str) -> float:
        """Return this row's value of a column."""
        return float(getattr(self.c, name)[self.row])

    def says(self, name: str, value: int) -> bool:
        """Whether this row's flag has this value."""
        return int(getattr(self.c, name)[self.row]) == value

    def until(self, until: Until) -> float:
        """Return when this row is without what `until` is about, in epoch seconds; NaN where that is not known."""
        return (self.ends or Ends(self.c, self.limits)).of(self.row, until)


def short(value: str | None) -> str:
    """Return an id in backticks, or say that it is not one."""
    return f"`{value}`" if isinstance(value, str) and SHORT.fullmatch(value) else NOT_SHOWN


def names(values: Iterable[str]) -> str:
    """Return names of facts in one line, the first few of them."""
    return ", ".join(dict.fromkeys(map(short, list(values)[:MOST_NAMES])))


def at(seconds: float) -> str:
    """Return an instant as text, to the second; what no calendar shows is `unknown`."""
    if not FIRST <= seconds <= LAST:
        return "unknown"
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def span(seconds: float) -> str:
    """Return a duration in its largest fitting unit.

    Example:
        >>> span(90), span(25 * 3600), span(72 * 3600)
        ('1.5 min', '25 h', '3 d')
    """
    for unit, size, least in UNITS:
        if abs(seconds) >= least * size:
            return f"{f'{seconds / size:.1f}'.removesuffix('.0')} {unit}"
    return f"{seconds:.0f} s"


def event_type(case: Case) -> str:
    """Return the type of its evidence, where it is one of the listed ones."""
    event = case.context.evidence
    known = event is not None and str(event.type) in EVENT_TYPES  # a list, say, could not be looked up
    return f"`{event.type}`" if event is not None and known else "an event of an unlisted type"
