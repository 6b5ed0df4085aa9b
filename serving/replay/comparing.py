"""What an exact replay counts and names: which decisions differ, and which parts of their records."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from model.contracts import JSON

NAMED: Final = 1_000  # decisions that differ, by id; all are counted
SHOWN: Final = 8  # parts of one that differ
LONGEST: Final = 200  # characters of a value that is shown
COUNTS: Final = (
    *("decisions", "confirmations", "same_decisions", "same_confirmations"),
    *("unreadable", "drawn", "asked"),
)
WRITTEN: Final = "written otherwise"  # the same values, other bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """One that is decided otherwise: the parts of its record that differ, each as it was and as it is now."""

    decision_id: str
    at: datetime
    confirmed: bool
    parts: tuple[tuple[str, JSON, JSON], ...]

    def described(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "decision_id": self.decision_id,
            "decided_at": self.at.isoformat(),
            "confirmation": self.confirmed,
            "parts": [{"part": part, "was": was, "now": now} for part, was, now in self.parts],
        }


@dataclass(slots=True)
class Exact:
    """What came of it: `decisions` and `confirmations` were decided again, of which so many gave the same bytes.

    `drawn` occasions were drawn again, `asked` scores asked again; `stood_in` counts by version those that were not.
    `versions` counts what was made under policies that are not at hand, `unreadable` what has no content any more or
    was written by another version of this program. `parts` counts every part that differs, `differ` names the first.
    """

    decisions: int = 0
    confirmations: int = 0
    same_decisions: int = 0
    same_confirmations: int = 0
    unreadable: int = 0
    drawn: int = 0
    asked: int = 0
    stood_in: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    differ: list[Differing] = field(default_factory=list)
    oldest: datetime | None = None
    newest: datetime | None = None

    @property
    def different(self) -> int:
        """How many did not give the same bytes."""
        return self.decisions + self.confirmations - self.same_decisions - self.same_confirmations

    def add(self, other: "Exact") -> None:
        """Add what came of the decisions that follow."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("stood_in", "versions", "parts"):
            getattr(self, name).update(getattr(other, name))
        self.differ = (self.differ + other.differ)[:NAMED]
        for at in (other.oldest, other.newest):
            if at is not None:
                self.seen(at)

    def seen(self, at: datetime) -> None:
        """Widen the period to this instant."""
        self.oldest = at if self.oldest is None else min(self.oldest, at)
        self.newest = at if self.newest is None else max(self.newest, at)


def plain(part: str) -> str:
    """Return the name of a part without places in lists: what is counted together."""
    return ".".join(name for name in part.split(".") if not name.isdigit())


def differences(was: Any, now: Any, place: str = "") -> Iterator[tuple[str, JSON, JSON]]:
    """Yield every part of two JSON values that differs: its place, and both values, long ones cut.

    Example:
        >>> list(differences({"a": [1, 2], "b": "x"}, {"a": [1, 3], "b": "x"}))
        [('a.1', 2, 3)]
    """
    if isinstance(was, dict) and isinstance(now, dict):
        for name in dict.fromkeys((*was, *now)):
            yield from differences(was.get(name), now.get(name), f"{place}.{name}".lstrip("."))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for number, pair in enumerate(zip(was, now, strict=True)):
            yield from differences(*pair, f"{place}.{number}".lstrip("."))
    elif was != now or type(was) is not type(now):
        yield place, _short(was), _short(now)


def _short(value: Any) -> JSON:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value if len(text) <= LONGEST else f"{text[:LONGEST]}…"
