"""The limits as people read and write them: a form that can only tighten, and what it says when somebody tries more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from model.contracts import JSON
from model.errors import InvalidInput
from serving.in_words.contract import of_channel, of_purpose
from serving.in_words.limits import CHOICES, GROUPS, Field
from serving.policy.limits import ADD, LESS, LONGEST, TIGHTER, WORDS, Limits, tighten, written

DIGITS: Final = len(str(LONGEST))
WHOLE: Final = "form"  # a field that only the form sends: what it does not name is switched off, and not as it was


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
