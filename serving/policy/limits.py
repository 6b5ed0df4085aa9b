"""The default limits (CONTRACT section 6) and the only way to change them: tighter.

`TIGHTER` says for every field which direction refuses more; what is not in it cannot be set.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

from model.contracts import JSON, Channel, Purpose
from model.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much outreach a customer can be asked to bear. Quiet hours are minutes after local midnight."""

    quiet_start: int = 21 * 60
    quiet_end: int = 8 * 60
    contacts_60m: int = 1
    contacts_24h: int = 2
    contacts_7d: int = 5
    essential_24h: int = 10
    cooling_off_days: int = 14
    dismissal_days: int = 30
    dwell_seconds: int = 30
    widget_per_session: int = 1
    evidence_hours: int = 24
    essential_hours: int = 72
    widget_minutes: int = 5
    breaker_volume: int = 200  # sends of a template within an hour; more, and more than
    breaker_times: int = 10  # so many times its trailing median, opens its breaker
    switched_off: frozenset[str] = frozenset()  # purposes
    channels_off: frozenset[str] = frozenset()
    opt_out_binds: frozenset[str] = frozenset()  # channels on which an opt-out stops critical messages too


LESS, MORE, ADD = "at most", "at least", "more of"
TIGHTER: Mapping[str, str] = MappingProxyType(
    {
        "quiet_start": LESS,
        "quiet_end": MORE,
        "contacts_60m": LESS,
        "contacts_24h": LESS,
        "contacts_7d": LESS,
        "essential_24h": LESS,
        "cooling_off_days": MORE,
        "dismissal_days": MORE,
        "dwell_seconds": MORE,
        "widget_per_session": LESS,
        "evidence_hours": LESS,
        "essential_hours": LESS,
        "widget_minutes": LESS,
        "breaker_volume": LESS,
        "breaker_times": LESS,
        "switched_off": ADD,
        "channels_off": ADD,
        "opt_out_binds": ADD,
    }
)
WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "switched_off": frozenset(map(str, Purpose)),
        "channels_off": frozenset(map(str, Channel)),
        "opt_out_binds": frozenset(map(str, Channel)),
    }
)
LONGEST = 10_000  # days, seconds or counts: keeps every computed instant inside the calendar
SHOWN = 60  # characters of a wrong value that its error repeats
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def tighten(limits: Limits, overrides: Mapping[str, JSON]) -> Limits:
    """Return the limits with `overrides` applied; quiet hours are `"HH:MM"`, sets are lists of words.

    Raises:
        InvalidInput: a name that is no limit, a value of the wrong kind, or one that would refuse less.

    Example:
        >>> tighten(Limits(), {"quiet_start": "20:30", "contacts_24h": 1}).quiet_start
        1230
    """
    changed = {name: _tightened(limits, name, value) for name, value in overrides.items()}
    tightened: Limits = replace(limits, **changed)  # type: ignore[arg-type]  # each value has its field's kind
    if tightened.quiet_end >= tightened.quiet_start:
        raise InvalidInput(
            "`limits.quiet_end` is not before `limits.quiet_start`: no minute of the day would be left; "
            "switch the purposes off instead with `limits.switched_off`"
        )
    return tightened


def strictest(limits: Limits, overrides: Mapping[str, JSON]) -> tuple[Limits, tuple[str, ...]]:
    """Return the stricter of both, limit by limit, and the names of what cannot be read: that changes nothing.

    What would refuse less changes nothing either, so nothing that somebody wrote, for whatever limits, loosens these.
    Where quiet hours that were written for others leave no minute of the day, nothing that they concern goes out.

    Example:
        >>> stricter, unreadable = strictest(Limits(), {"contacts_24h": 1, "contacts_7d": 50, "contacts_1m": 1})
        >>> stricter.contacts_24h, stricter.contacts_7d, unreadable
        (1, 5, ('contacts_1m',))
    """
    changed: dict[str, int | frozenset[str]] = {}
    unreadable: list[str] = []
    for name, value in overrides.items():
        try:
            changed[name] = _stricter(limits, name, _given(limits, name, value))
        except InvalidInput:
            unreadable.append(name)
            if name in WORDS and isinstance(value, list):
                changed[name] = getattr(limits, name) | WORDS[name].intersection(map(str, value))
    return replace(limits, **changed), tuple(unreadable)  # type: ignore[arg-type]  # as above


def _given(limits: Limits, name: str, value: JSON) -> int | frozenset[str]:
    """Return a value as its limit holds it, whatever it would loosen."""
    direction = TIGHTER.get(name)
    if direction is None:
        known = ", ".join(f"`{field.name}`" for field in fields(limits))
        raise InvalidInput(f"`limits.{name}` is not a limit; the limits are {known}")
    return _words(name, value) if direction == ADD else _number(name, value)


def _stricter(limits: Limits, name: str, given: int | frozenset[str]) -> int | frozenset[str]:
    if isinstance(given, frozenset):
        words: frozenset[str] = getattr(limits, name)
        return words | given
    number: int = getattr(limits, name)
    return min(number, given) if TIGHTER[name] == LESS else max(number, given)


def _tightened(limits: Limits, name: str, value: JSON) -> int | frozenset[str]:
    number, direction = _given(limits, name, value), TIGHTER[name]
    if isinstance(number, frozenset):
        return _stricter(limits, name, number)
    current: int = getattr(limits, name)
    if (number > current) if direction == LESS else (number < current):
        raise InvalidInput(
            f"`limits.{name}` = `{value}` would loosen the policy; it can only be {direction} {written(name, current)}"
        )
    return number


def _words(name: str, value: JSON) -> frozenset[str]:
    allowed = WORDS[name]
    if not isinstance(value, list | tuple | set | frozenset) or not allowed.issuperset(map(str, value)):
        raise InvalidInput(
            f"`limits.{name}` = `{_said(value)}` is not a list; write one out of {', '.join(sorted(allowed))}"
        )
    return frozenset(map(str, value))


def _number(name: str, value: JSON) -> int:
    clock = CLOCK.fullmatch(value) if name.startswith("quiet_") and isinstance(value, str) else None
    if clock:
        return int(clock[1]) * 60 + int(clock[2])
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST:
        wanted = (
            'a local time such as `"20:30"`' if name.startswith("quiet_") else f"a whole number from 0 to {LONGEST}"
        )
        raise InvalidInput(f"`limits.{name}` = `{_said(value)}` is not {wanted}; write one")
    return value


def _said(value: JSON) -> str:
    """Return the start of a value in one line."""
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def written(name: str, value: int | frozenset[str]) -> str:
    """Return a limit's value as people read it: a local time, a number, or words.

    Example:
        >>> written("quiet_start", 1230), written("contacts_24h", 1)
        ('20:30', '1')
    """
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return f"{value // 60:02d}:{value % 60:02d}" if name.startswith("quiet_") else str(value)
