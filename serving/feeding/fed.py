"""What a line says, and what a feed came to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from model.contracts import JSON, Event
from serving.loop.witness import Told

SHOWN = 1000  # wrong lines that are named
OFTEN = 5  # reasons that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What a line says: when it came, its events, and which of its elements (None: the whole) break which rule.

    `late`: by its own word it came clearly before the clock.
    """

    at: datetime
    events: Sequence[Event] = ()
    wrong: Sequence[tuple[int | None, str]] = ()
    late: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """What of a line was not taken: the whole, or one element of its array (from 0), and why."""

    line: int
    element: int | None
    rule: str

    def said(self) -> str:
        """Return it as one line.

        Example:
            >>> Wrong(17, 3, "`#/time` is required").said()
            'line 17, element 3: `#/time` is required'
        """
        place = "" if self.element is None else f", element {self.element}"
        return f"line {self.line}{place}: {self.rule}"


@dataclass(slots=True)
class Fed:
    """What a feed came to.

    `decided` and `again` count actions, `reasons` the codes of what was decided and not to be sent, `late` the lines
    that came before the clock.
    """

    lines: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    late: int = 0
    clock: datetime | None = None
    decided: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[Wrong] = field(default_factory=list)

    @property
    def events(self) -> int:
        """How many events were looked at, good and bad."""
        return self.accepted + self.duplicates + self.rejected

    def take(self, fresh: Sequence[bool]) -> None:
        """Count the events of a request: which of them are new."""
        self.accepted += sum(fresh)
        self.duplicates += len(fresh) - sum(fresh)

    def refuse(self, line: int, element: int | None, rule: str) -> None:
        """Note what was not taken."""
        self.rejected += 1
        if len(self.wrong) < SHOWN:
            self.wrong.append(Wrong(line, element, rule))

    def tell(self, told: Iterable[Told]) -> None:
        """Count what was decided."""
        for one in told:
            (self.again if one.again else self.decided)[one.action] += 1
            if not (one.again or one.decision.trigger):
                self.reasons.update(reason.code for reason in one.decision.reasons)

    def values(self) -> dict[str, JSON]:
        """Return all of it as plain JSON; the most frequent reasons, and of what is wrong the first are named."""
        return {
            "lines": self.lines,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
            "late": self.late,
            "clock": None if self.clock is None else self.clock.isoformat().replace("+00:00", "Z"),
            "decided": {name: self.decided[name] for name in ("send", "hold", "deny")},
            "decided_again": {name: self.again[name] for name in ("send", "hold", "cancel")},
            "reasons": dict(self.reasons.most_common(OFTEN)),
            "wrong": [{"line": one.line, "element": one.element, "rule": one.rule} for one in self.wrong],
        }
