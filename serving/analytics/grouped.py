"""Counts and effects side by side: what the figures are by, and which occasions belong to which line.

A decision has one purpose, channel, template and arm, and may have given several reasons. Reasons follow the draw
(`held_out` is one), so there is no effect by reason.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from serving.analytics.effects import Effect, against_holdout, effect_of, reported, would_contact
from serving.analytics.occasions import Occasions

ACTIONS = ("send", "hold", "deny")
FOLLOWED = ("delivered", "not_delivered", "engaged", "thanked", "complained", "opted_out", "dismissed")
COUNTED = (*ACTIONS, *FOLLOWED)
REASON = "reason"
BY = ("purpose", "channel", "template", REASON, "arm")

Counts = Mapping[str, int]  # by what of `COUNTED`; absent is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The effect on all occasions, and by dimension and name; `none` is that on no occasion at all."""

    total: Effect
    by: Mapping[str, Mapping[str | None, Effect | None]]
    none: Effect

    def of(self, by: str, name: str | None) -> Effect | None:
        """Return the effect of one line; None where there is none to speak of: by reason, of the holdout itself."""
        return None if by == REASON else self.by[by].get(name, None if by == "arm" else self.none)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What decisions of one name came to; `name` is None where a decision has none (no template, no draw)."""

    name: str | None
    counts: Counts
    effect: Effect | None

    @property
    def volume(self) -> int:
        """How many decisions there were."""
        return sum(self.counts.get(action, 0) for action in ACTIONS)


def effects(rows: Occasions) -> Effects:
    """Estimate all effects on the occasions of a period."""
    known = reported(rows)
    compared = rows.rows(would_contact(rows))
    by: dict[str, Mapping[str | None, Effect | None]] = {
        dim: _apart(compared, dim, known) for dim in ("purpose", "channel", "template")
    }
    beside = {name: against_holdout(rows, name) for name in rows.words["arm"]}
    by["arm"] = {name: None if own is None else effect_of(own, known) for name, own in beside.items()}
    return Effects(total=effect_of(compared, known), by=by, none=effect_of(rows.rows(rows.at < rows.at), known))


def _apart(rows: Occasions, dim: str, known: frozenset[str]) -> dict[str | None, Effect | None]:
    """Estimate the effect on the occasions of each name."""
    order = np.argsort(rows.names[dim], kind="stable")
    ends = np.searchsorted(rows.names[dim][order], np.arange(len(rows.words[dim]) + 1))
    return {
        word: effect_of(rows.rows(order[ends[place] : ends[place + 1]]), known)
        for place, word in enumerate(rows.words[dim])
    }


def lines(tallies: Iterable[tuple[str, str, int]], by: str, found: Effects) -> list[Line]:
    """Return a line per name, the largest volume first, then by name; tallies are (name, what, how many)."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for name, what, n in tallies:
        counts[name][what] = n
    told = [Line(name=name or None, counts=counts[name], effect=found.of(by, name or None)) for name in sorted(counts)]
    return sorted(told, key=lambda line: -line.volume)


def total(tallies: Iterable[tuple[str, str, int]], found: Effects) -> Line:
    """Return the line of everything."""
    return Line(name=None, counts={what: n for _, what, n in tallies}, effect=found.total)
