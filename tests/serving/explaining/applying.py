"""Carrying out named changes on the recorded inputs themselves, as people would: not by setting columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from model.contracts import Candidate, Context
from serving.explaining.flipping import Change
from serving.policy.policy import Policy, make_policy

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEWER = frozenset({"evidence_stale", "already_told", "customer_already_knows"})


@dataclass(frozen=True)
class World:
    """One occasion, the instant, and the policy."""

    candidate: Candidate
    context: Context
    at: datetime
    policy: Policy

    def known(self, **fields: Any) -> "World":
        """Change what is on record; it is known from then on."""
        return replace(self, context=replace(self.context, unknown=self.context.unknown - set(fields), **fields))


def _waited(world: World, until: datetime) -> World:
    """Let time pass: contacts leave the windows."""
    times = world.context.contacts
    if len(times) < world.context.contacts_7d:
        return replace(world, at=until)
    windows = {"60m": HOUR, "24h": DAY, "7d": 7 * DAY}
    counts = {f"contacts_{name}": sum(until - at < window for at in times) for name, window in windows.items()}
    return replace(world, at=until, context=replace(world.context, **counts))


def _newer(world: World, change: Change) -> World:
    """Record a newer event about the same thing, which nobody has told yet."""
    event = world.context.evidence
    assert event is not None
    wrote = world.context.last_inbound_at or world.at
    renewed = world.known(evidence=replace(event, time=max(world.at, min(wrote, world.at + timedelta(minutes=5)))))
    return renewed.known(already_told=False) if "already_told" in change.codes else renewed


def _switched_on(world: World) -> World:
    limits = world.policy.limits
    wider = replace(limits, switched_off=limits.switched_off - {world.candidate.purpose})
    return replace(world, policy=make_policy(wider, list(world.policy.templates.values()), world.policy.wording))


def _other_word(world: World, change: Change) -> World:
    word = change.change.rsplit("`", 2)[1]
    if change.input == "purpose":
        return replace(world, candidate=replace(world.candidate, purpose=word))
    moved = replace(world, candidate=replace(world.candidate, channel=word))
    return moved.known(consent=False)


def _in_greenwich(world: World) -> World:
    return replace(world.known(timezone=None), candidate=replace(world.candidate, timezone="UTC"))


PLAIN: Mapping[str, Mapping[str, Any]] = {
    "consent": {"consent": True},
    "opt_out": {"opted_out": False},
    "approval": {"approval": "approved"},
    "complaint": {"complaint_open": False},
    "conversation": {"conversation_open": False},
    "breaker": {"breaker_open": False},
    "history": {"returning": False},
}
HOPED: Mapping[str, Mapping[str, Any]] = {
    "superseded": {"superseded": False},
    "already_told": {"already_told": False},
    "opted_out": {"opted_out": False},
    "returning": {"returning": False},
    "complaint_open": {"complaint_open": False},
    "conversation_open": {"conversation_open": False},
    "breaker_open": {"breaker_open": False},
    "last_inbound": {"last_inbound_at": None},
    "last_complaint": {"last_complaint_at": None},
    "dismissed_at": {"dismissed_at": None},
}
BY_HAND: Mapping[str, Callable[[World, Change], World]] = {
    "configuration": lambda world, _: _switched_on(world),
    "expiry": lambda world, _: replace(world, candidate=replace(world.candidate, expires_at=None)),
    "time_zone": lambda world, _: _in_greenwich(world),
    "evidence": _newer,
    "purpose": _other_word,
    "channel": _other_word,
}


def can(change: Change, world: World) -> bool:
    """Whether this change can be carried out here without inventing an event, a text or a session."""
    if change.input in ("time", "configuration", "expiry", "purpose") or change.input in PLAIN:
        return change.codes != ("template_not_approved",) and "cooling_off" not in change.codes
    if change.input == "channel":
        return "for example" in change.change
    if change.input == "evidence":
        event = world.context.evidence
        return event is not None and event.type != "reminder.requested" and set(change.codes) <= NEWER
    return change.input.startswith("not known: ") and change.input.removeprefix("not known: ") in HOPED


def carried_out(world: World, changes: tuple[Change, ...], until: datetime | None) -> World:
    """Carry the changes out; time passes first, so that a newer event is newer than all that waited."""
    if any(change.input == "time" for change in changes):
        assert until is not None
        world = _waited(world, until)
    for change in changes:
        if change.input == "time":
            continue
        if change.input in PLAIN:
            world = world.known(**PLAIN[change.input])
        elif change.input in BY_HAND:
            world = BY_HAND[change.input](world, change)
        else:
            world = world.known(**HOPED[change.input.removeprefix("not known: ")])
    return world
