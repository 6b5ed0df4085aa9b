"""One recorded occasion, decided again: now or later, as it was or changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from model.contracts import Candidate, Context, Decision
from serving.decide import decide
from serving.policy.columns import Columns
from serving.policy.policy import Policy
from serving.policy.reading import epoch
from serving.policy.rows import columns_of
from serving.policy.values import COUNTS, WINDOWS
from serving.policy.zones import moment, zone

TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was recorded, the instant, and the policy under which it is decided again."""

    candidate: Candidate
    context: Context
    at: datetime
    policy: Policy

    def later(self, at: datetime) -> "Case":
        """Return the same occasion at a later instant: contacts leave the windows, nothing else happens."""
        return replace(self, at=at, context=_waited(self.context, at))

    def columns(self) -> Columns:
        """Return what the filters read, one row."""
        return columns_of([self.candidate], [self.context], now=self.at, policy=self.policy).columns

    def decision(self) -> Decision:
        """Ask the first question again; the second is not asked (there is no model here)."""
        asked = [self.candidate], [self.context]
        [decided] = decide(*asked, ids=["again"], now=self.at, policy=self.policy, scorer=None, exploration=None)
        return decided.decision


def _waited(context: Context, at: datetime) -> Context:
    """Count the contacts anew where each of them is listed; else the counts stay as they were stated."""
    if len(context.contacts) < context.contacts_7d:
        return context
    now, times = epoch(at), [epoch(each) for each in context.contacts]
    counted = (sum(now - each < window for each in times) for window in WINDOWS)
    counts: dict[str, Any] = dict(zip(COUNTS, counted, strict=True))
    return replace(context, **counts)


def instant(seconds: float) -> datetime:
    """Return the first instant that can be written at or after these epoch seconds."""
    at = moment(seconds)
    return at if epoch(at) >= seconds else at + TICK


def clocks(at: datetime, zones: Sequence[str]) -> str:
    """Say what the customer's clocks show then; empty where none is known.

    Example:
        >>> clocks(datetime.fromisoformat("2026-11-20T20:00:00+00:00"), ["Europe/Paris"])
        '21:00 on Friday in Europe/Paris'
    """
    known = [(name, zone(name)) for name in dict.fromkeys(zones)]
    return " and ".join(f"{at.astimezone(where):%H:%M on %A} in {name}" for name, where in known if where is not None)
