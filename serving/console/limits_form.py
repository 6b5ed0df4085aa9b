"""The limits as people read and write them: a form that can only tighten, and what it says when somebody tries more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from model.contracts import JSON
from model.errors import InvalidInput
from serving.console.plainly import of_channel, of_purpose
from serving.people.tightening import limits_named, limits_that_differ
from serving.policy.limits import ADD, LESS, LONGEST, TIGHTER, WORDS, Limits, tighten, written

DIGITS: Final = len(str(LONGEST))
WHOLE: Final = "form"  # a field that only the form sends: what it does not name is switched off, and not as it was


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A field with its value, what is in force, what the configuration allows, and what is wrong with the value."""

    field: Field
    value: str
    in_force: str
    configured: str
    least: str
    most: str
    is_time: bool
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One word that may be switched off; one that the configuration names stays so."""

    name: str
    label: str
    chosen: bool
    fixed: bool


def proposed(query: Mapping[str, str], configured: Limits, now: Limits) -> tuple[dict[str, JSON], dict[str, str]]:
    """Return what a form proposes beyond the configuration, and what is wrong with it, by field.

    What a link does not name stays as it is in force; a form that was filled in names everything.
    """
    named: dict[str, JSON] = {}
    wrong: dict[str, str] = {}
    for name, direction in TIGHTER.items():
        if direction == ADD:
            chosen = _words(query, name) | (frozenset() if WHOLE in query else getattr(now, name))
            if chosen - getattr(configured, name):
                named[name] = sorted(chosen)
            continue
        given = query.get(name, "").strip() or written(name, getattr(now, name))
        value = given if name.startswith("quiet_") else _number(given)
        try:
            if getattr(tighten(configured, {name: value}), name) != getattr(configured, name):
                named[name] = value
        except InvalidInput:
            wrong[name] = refusal(name, configured)
    if not wrong:
        wrong = _together(configured, named)
    return named, wrong


def _number(given: str) -> int | str:
    """Return a whole number as one; what is none, or has more digits than any limit, as it came."""
    return int(given) if given.isascii() and given.isdigit() and len(given) <= DIGITS else given


def refusal(name: str, configured: Limits) -> str:
    """Say what may be written instead."""
    kind = "a time such as 20:30" if name.startswith("quiet_") else "a whole number"
    bound = f"{TIGHTER[name]} {written(name, getattr(configured, name))}"
    return f"Write {kind}, {bound}: here limits only become stricter than the configuration."


def _together(configured: Limits, named: Mapping[str, JSON]) -> dict[str, str]:
    try:
        tighten(configured, named)
    except InvalidInput:
        return {"quiet_end": "With these two times no minute of the day would be left; switch services off instead."}
    return {}


def _words(query: Mapping[str, str], name: str) -> frozenset[str]:
    """Return what is chosen, box by box, or in a link as one list."""
    listed = {word.strip() for word in query.get(name, "").split(",")}
    return frozenset(word for word in WORDS[name] if word in listed or f"{name}:{word}" in query)


def fields_shown(
    configured: Limits, now: Limits, query: Mapping[str, str], wrong: Mapping[str, str]
) -> dict[str, list[Shown]]:
    """Return the fields by group, filled with what was asked, else with what is in force."""
    return {
        group: [_shown(one, configured, now, query, wrong.get(one.name, "")) for one in fields]
        for group, fields in GROUPS.items()
    }


def _shown(one: Field, configured: Limits, now: Limits, query: Mapping[str, str], wrong: str) -> Shown:
    bound = written(one.name, getattr(configured, one.name))
    less = TIGHTER[one.name] == LESS
    is_time = one.name.startswith("quiet_")
    in_force = written(one.name, getattr(now, one.name))
    return Shown(
        field=one,
        value=query.get(one.name) or in_force,
        in_force=in_force,
        configured=bound,
        least=("" if is_time else "0") if less else bound,
        most=bound if less else "",
        is_time=is_time,
        wrong=wrong,
    )


def choices_shown(configured: Limits, now: Limits, query: Mapping[str, str]) -> dict[str, list[Choice]]:
    """Return the boxes by what they switch off."""
    return {name: _choices(name, configured, now, query) for name in CHOICES}


def _choices(name: str, configured: Limits, now: Limits, query: Mapping[str, str]) -> list[Choice]:
    say = of_purpose if name == "switched_off" else of_channel
    chosen = _words(query, name) | (frozenset() if WHOLE in query else getattr(now, name))
    fixed = getattr(configured, name)
    return [
        Choice(name=f"{name}:{word}", label=say(word), chosen=word in chosen | fixed, fixed=word in fixed)
        for word in sorted(WORDS[name], key=lambda word: say(word).lower())
    ]


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
    changed = limits_that_differ(configured, now)
    return in_words({name: text.split(", ") if TIGHTER[name] == ADD else text for name, text in changed.items()})
