"""The optional columns that only a sceptic reads: outcomes before the decision, and outcomes after other windows.

    [before]                   # each: what happened in the 14 days before the decision, a number ≥ 0 or 0/1
    benefit = "engaged_before"
    [windows.benefit]          # days = column: the outcome so many days after; an empty cell: not closed, or not known
    7  = "engaged_7d"
    28 = "engaged_28d"

None is a label: nothing is learned from them and no certificate reads them (docs/decisions/0010).

Example:
    >>> windows({"benefit": {"28": "engaged_28d", "7": "engaged_7d"}})[0]
    Window(outcome='benefit', days=7, column='engaged_7d')
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from model.errors import InvalidTable
from model.reading.strict import name, refuse_unknown

OUTCOMES = ("benefit", "complaint", "opt_out")
MOST_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The columns that hold each outcome of the 14 days before the decision; None where the table has none."""

    benefit: str | None = None
    complaint: str | None = None
    opt_out: str | None = None

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield outcome and column of those that are given."""
        for each in fields(self):
            column = getattr(self, each.name)
            if column is not None:
                yield each.name, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The column that holds an outcome `days` days after the decision."""

    outcome: str
    days: int
    column: str

    @property
    def role(self) -> str:
        """The key that names it in `roles.toml`."""
        return f"windows.{self.outcome}.{self.days}"


def before(value: Any, *, top: Sequence[str] = ()) -> Before:
    """Check the table `[before]`; raises `InvalidTable` naming the key."""
    columns = _table("before", value, OUTCOMES, top)
    return Before(**{outcome: name(f"before.{outcome}", column) for outcome, column in columns.items()})


def windows(value: Any, *, top: Sequence[str] = ()) -> tuple[Window, ...]:
    """Check the tables `[windows.…]` and return them by outcome and days; raises `InvalidTable` naming the key."""
    found = []
    for outcome, columns in _table("windows", value, OUTCOMES, top).items():
        key = f"windows.{outcome}"
        for days, column in _table(key, columns, None, top).items():
            window = Window(outcome=outcome, days=_days(key, days), column=name(f"{key}.{days}", column))
            found.append(window)
    return tuple(sorted(found, key=lambda each: (OUTCOMES.index(each.outcome), each.days)))


def _table(key: str, value: Any, known: Sequence[str] | None, top: Sequence[str]) -> Mapping[Any, Any]:
    """Return a TOML table whose keys are among `known` (None: any)."""
    if not isinstance(value, Mapping):
        raise InvalidTable(f"key `{key}`: `{value}` is not a table; write `[{key}]` on a line of its own")
    for each in value if known is not None else ():
        refuse_unknown(each, known or (), table=key, top=top)
    return value


def _days(key: str, days: Any) -> int:
    """Read a window's length; TOML's keys are text."""
    text = str(days)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_DAYS and text == str(int(text))):
        raise InvalidTable(
            f"key `{key}.{days}`: `{days}` is not a whole number of days from 1 to {MOST_DAYS}; "
            'write such as `7 = "…"` with the name of the column'
        )
    return int(text)
