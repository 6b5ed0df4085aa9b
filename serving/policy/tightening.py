"""Limits that a named person tightened while everything runs: on record, and in force with the next decision.

Every transaction that decides reads what is on record in that very transaction, so no process decides under limits
that were tightened before, and one that cannot read them records nothing and sends nothing (promise 7). In force is
the stricter of configuration and record, limit by limit (promise 4): a row that is damaged, that another version
wrote, or that would loosen something changes nothing for the looser. The newest row counts; `{}` is back to the
configuration. Of a row that cannot be read whole what can be read counts, together with the row before it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from model.contracts import JSON
from model.errors import InvalidInput
from model.named import says_something
from serving.policy.limits import Limits, strictest, tighten, written
from serving.policy.policy import Policy, limited

LONGEST_WHY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tightening:
    """Who tightened which limits, when and why; `limits` as it was written, to be read by `in_force`.

    `seq` is its number on record, later ones have a higher one; 0 until it has one.
    """

    at: datetime
    by: str
    why: str
    limits: str
    seq: int = field(default=0, compare=False)

    def named(self) -> dict[str, JSON]:
        """Return the limits by name; empty where they cannot be read, or where it went back to the configuration."""
        return limits_named(self.limits)


def limits_named(row: str) -> dict[str, JSON]:
    """Return the limits of a row by name; empty where they cannot be read."""
    return dict(_read(row) or {})


def tightening(policy: Policy, limits: Mapping[str, JSON], *, by: str, why: str, at: datetime) -> Tightening:
    """Return what is to be recorded; `policy` is that of the configuration, `limits` empty to go back to it.

    Raises:
        InvalidInput: no name or no reason, a name that is no limit, or a value that would loosen the configuration.
    """
    if not says_something(by) or not says_something(why):
        raise InvalidInput("who changes the limits says why: write a sentence that others understand later")
    if len(why) > LONGEST_WHY:
        raise InvalidInput(f"the reason is longer than {LONGEST_WHY} characters; write it shorter")
    tighten(policy.limits, limits)
    return Tightening(at=at, by=by, why=why.strip(), limits=json.dumps(dict(limits), sort_keys=True))


class Recorded(Protocol):
    """What is on record, to be read."""

    def tightenings(self, *, limit: int) -> list[Tightening]:
        """Return the newest ones, the newest first."""
        ...


class Tightenings(Recorded, Protocol):
    """Where tightenings are on record, for good."""

    def add_tightening(self, tightening: Tightening) -> None:
        """Record one; it counts from the next decision on."""
        ...


def in_force(ledger: Recorded, policy: Policy) -> Policy:
    """Return the policy of the configuration under what is on record now: never looser in any limit."""
    newest = ledger.tightenings(limit=1)
    if not newest:
        return policy
    limits, whole = _under(policy.limits, newest[0].limits)
    if not whole:
        limits = under(policy.limits, (each.limits for each in ledger.tightenings(limit=ALL)))
    return policy if limits == policy.limits else _limited(_Known(policy.version, policy), limits)


def last_change(ledger: Recorded) -> int:
    """Return the number of the newest row; 0 where nothing is on record."""
    return next((each.seq for each in ledger.tightenings(limit=1)), 0)


def limits_that_differ(configured: Limits, now: Limits) -> dict[str, str]:
    """Return what stands now of each limit that is not the configuration's, as it is written there."""
    names = [each.name for each in fields(now) if getattr(configured, each.name) != getattr(now, each.name)]
    return {name: written(name, getattr(now, name)) for name in names}


ALL = 2**31 - 1  # rows that people wrote one by one: few


def under(limits: Limits, rows: Iterable[str]) -> Limits:
    """Return the limits under rows, the newest first: of all up to the first that can be read whole, the strictest."""
    for row in rows:
        limits, whole = _under(limits, row)
        if whole:
            break
    return limits


def _under(limits: Limits, row: str) -> tuple[Limits, bool]:
    """Return the limits under one row, and whether all of it could be read."""
    named = _read(row)
    if named is None:
        return limits, False
    stricter, unreadable = strictest(limits, named)
    return stricter, not unreadable


def _read(row: str) -> Mapping[str, JSON] | None:
    try:
        named = json.loads(row, object_pairs_hook=_once)
    except (ValueError, TypeError, RecursionError):
        return None
    return named if isinstance(named, dict) else None


def _once(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    """Refuse an object that says one name twice: nobody knows which was meant."""
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("one name twice")
    return named


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A policy known by its version, to be remembered by."""

    version: str
    policy: Policy

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)


@lru_cache(maxsize=64)
def _limited(known: _Known, limits: Limits) -> Policy:
    """Work the version out once: it is a digest over all that the policy says."""
    return limited(known.policy, limits)
