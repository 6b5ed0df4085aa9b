"""The limits as people read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from model.contracts import JSON
from serving.in_words.contract import of_channel, of_purpose
from serving.policy.limits import ADD, TIGHTER, Limits
from serving.policy.tightening import limits_named, limits_that_differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One limit: `label` stands before its number and `unit` behind it; `note` where a replay cannot show it."""

    name: str
    label: str
    unit: str = ""
    note: str = ""


UNTRIED: Final = "counted over all customers as messages go out: a look back cannot show it"
GROUPS: Final[Mapping[str, tuple[Field, ...]]] = {
    "How often": (
        Field(name="contacts_60m", label="Messages to one customer within 60 minutes, at most"),
        Field(name="contacts_24h", label="Messages to one customer within 24 hours, at most"),
        Field(name="contacts_7d", label="Messages to one customer within 7 days, at most"),
        Field(name="essential_24h", label="Essential messages to one customer within 24 hours, at most"),
        Field(name="widget_per_session", label="Boxes on the page in one visit, at most"),
    ),
    "When": (
        Field(name="quiet_start", label="Nothing goes out in the evening from", unit="their time"),
        Field(name="quiet_end", label="Nothing goes out in the morning until", unit="their time"),
        Field(name="cooling_off_days", label="Leave them in peace after a complaint for at least", unit="days"),
        Field(name="dismissal_days", label="No such box after they closed one for at least", unit="days"),
        Field(name="dwell_seconds", label="Offer help on a page after at least", unit="seconds"),
    ),
    "How old news may be": (
        Field(name="evidence_hours", label="News goes out for at most", unit="hours"),
        Field(name="essential_hours", label="Essential news goes out for at most", unit="hours"),
        Field(name="widget_minutes", label="Help on a page is offered for at most", unit="minutes"),
    ),
    "When a text goes out unusually often": (
        Field(name="breaker_volume", label="Within an hour a text stops only above", unit="messages", note=UNTRIED),
        Field(
            name="breaker_times",
            label="Compared with its usual hour a text stops only above",
            unit="times as many",
            note=UNTRIED,
        ),
    ),
}
CHOICES: Final[Mapping[str, str]] = {
    "switched_off": "Services that are switched off",
    "channels_off": "Channels that are switched off",
    "opt_out_binds": "Channels on which an opt-out stops even critical warnings",
}


def in_words(limits: Mapping[str, JSON]) -> list[str]:
    """Say limits that somebody wrote, one by one; what is none of ours is named as it stands.

    Example:
        >>> in_words({"contacts_24h": 1, "channels_off": ["sms"]})
        ['Messages to one customer within 24 hours, at most 1', 'Channels that are switched off: SMS']
    """
    labels = {one.name: one for fields in GROUPS.values() for one in fields}
    said = []
    for name, value in limits.items():
        if name in CHOICES:
            words = [(of_purpose if name == "switched_off" else of_channel)(str(word)) for word in _listed(value)]
            said.append(f"{CHOICES[name]}: {', '.join(words)}")
        else:
            one = labels.get(name, Field(name=name, label=f"{name}:"))
            unit = one.unit.removesuffix("s") if str(value) == "1" else one.unit
            said.append(f"{one.label} {value} {unit}".rstrip())
    return said


def written_in_words(limits: Mapping[str, str]) -> list[str]:
    """Say limits that are written as in a file, one by one.

    Example:
        >>> written_in_words({"channels_off": "push, sms"})
        ['Channels that are switched off: push notification, SMS']
    """
    return in_words({name: text.split(", ") if TIGHTER[name] == ADD else text for name, text in limits.items()})


def recorded_in_words(limits: str) -> str:
    """Say limits as they are on record, in one line; what cannot be read stands as it was written."""
    return "; ".join(in_words(limits_named(limits))) or limits


def untried(proposed: Limits, now: Limits) -> list[str]:
    """Say which of the limits that would change a replay cannot show."""
    fields = [one.name for each in GROUPS.values() for one in each if one.note]
    differ = limits_that_differ(now, proposed)
    return in_words({name: differ[name] for name in fields if name in differ})


def _listed(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else [value]


def difference_in_words(configured: Limits, now: Limits) -> list[str]:
    """Say what is stricter now than the configuration."""
    return written_in_words(limits_that_differ(configured, now))
