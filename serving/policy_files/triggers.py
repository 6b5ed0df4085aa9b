"""Reading triggers from the files of a policy, and checking them: every fault has file, line and next step."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import yaml

from model.contracts import JSON, MarketingPurpose
from model.errors import InvalidInput
from serving.policy.purposes import SERVICES
from serving.policy.templates import NAME, Template, meant
from serving.policy_files.places import Flaw, Spot, position, spot_of
from serving.policy_files.strict_yaml import Document, documents, line_of, members
from serving.policy_files.templates import shipped_templates
from serving.triggers.checking import condition, fact
from serving.triggers.engine import Rule, Triggers
from serving.triggers.expressions import Expression
from serving.triggers.fault import Fault
from serving.triggers.trigger import Trigger
from serving.triggers.weighing import MOST_OF_TYPE

REQUIRED = ("id", "on", "purpose", "template", "channel")
KEYS = (*REQUIRED, "when", "facts")
SHOWN = 10  # problems in one error
MARKETING = frozenset(map(str, MarketingPurpose))


def load_triggers(folder: Path | None, templates: Mapping[str, Template]) -> Triggers:
    """Read the triggers of a policy folder (None: the shipped ones); `templates` are those of the same policy.

    Raises:
        InvalidInput: an unreadable file, an unknown key, an expression that does not check … all in one line.
    """
    return _triggers(list(documents(folder)), templates)


def read_triggers(found: Document, templates: Mapping[str, Template]) -> Triggers:
    """Read the triggers of one file. Raises InvalidInput."""
    return _triggers([found], templates)


@dataclass(frozen=True, slots=True)
class Checked:
    """Triggers that are right, what is wrong with the others, and what the authors of the right ones should know."""

    rules: tuple[Rule, ...]
    flaws: tuple[Flaw, ...]
    notes: tuple[Flaw, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One trigger as it stands in a file: what it says, and where."""

    found: Document
    content: JSON
    node: yaml.Node

    def value(self, *names: str) -> yaml.Node:
        """Return the node of a value of the entry, of the entry itself where there is none."""
        node = self.node
        for name in names:
            node = members(node).get(name, (node, node))[1]
        return node

    def at(self, *names: str) -> str:
        """Return file and line of a value of the entry."""
        return f"{self.found.place}:{line_of(self.value(*names))}"

    def wrong(self, problem: str, *names: str) -> Flaw:
        """Return the error for a value of this entry."""
        word = self.content.get("id") if isinstance(self.content, Mapping) else None
        named = f"trigger `{word}`: " if isinstance(word, str) and NAME.fullmatch(word) else ""
        return self.noted(f"{named}{problem}", *names)

    def noted(self, problem: str, *names: str) -> Flaw:
        """Return what is to be said of a value of this entry."""
        return Flaw(spot_of(self.found.place, self.value(*names)), problem)

    def text(self, name: str) -> str:
        """Return a value that must be a text. Raises InvalidInput."""
        value = self.content[name]
        if not isinstance(value, str):
            raise self.wrong(f"`{name}` is not a text; put it between quotes", name)
        return value


def _triggers(found: Sequence[Document], templates: Mapping[str, Template]) -> Triggers:
    checked = check_triggers(found, templates)
    if checked.flaws:
        problems = [str(flaw) for flaw in checked.flaws]
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise InvalidInput("; ".join(problems[:SHOWN]) + more)
    return Triggers(checked.rules)


def check_triggers(found: Sequence[Document], templates: Mapping[str, Template]) -> Checked:
    """Read the triggers of all files, and name every fault at its own place; never raises for what it reads."""
    rules: list[Rule] = []
    flaws: list[Flaw] = []
    notes: list[Flaw] = []
    places: dict[str, str] = {}
    steps: Counter[str] = Counter()
    for entry in [entry for one in found for entry in _entries(one, flaws)]:
        try:
            rule, odd = _rule(entry, templates)
            if rule.trigger.id in places:
                before = places[rule.trigger.id]
                raise entry.wrong(f"the same `id` stands at {before}; rename one of them", "id")
            steps[rule.trigger.on] += rule.steps
            _check_steps(entry, steps[rule.trigger.on])
        except Flaw as flaw:
            flaws.append(flaw)
            continue
        places[rule.trigger.id] = entry.at("id")
        rules.append(rule)
        notes += odd
    return Checked(tuple(rules), tuple(flaws), tuple(notes))


def _entries(found: Document, flaws: list[Flaw]) -> list[_Entry]:
    """Return the triggers of a file; what is none at all is added to the flaws."""
    section = found.content.get("triggers")
    if section is None:
        return []
    if not isinstance(section, list):
        spot = spot_of(found.place, members(found.root)["triggers"][0])
        flaws.append(Flaw(spot, "`triggers` is not a list; start each trigger with `- id:`", shown=found.place))
        return []
    return [_Entry(found, *each) for each in zip(section, found.entries("triggers"), strict=True)]


def _check_steps(entry: _Entry, steps: int) -> None:
    if steps > MOST_OF_TYPE:
        raise entry.wrong(
            f"with those before it, the triggers on `{entry.text('on')}` can take {steps} steps on one event, "
            f"more than {MOST_OF_TYPE}; ask less in loops and patterns",
            "on",
        )


def _rule(entry: _Entry, templates: Mapping[str, Template]) -> tuple[Rule, list[Flaw]]:
    """Return a trigger, and what its author should know. Raises Flaw."""
    _check_keys(entry)
    if not NAME.fullmatch(entry.text("id")):
        raise entry.wrong("`id` is not a name of lower-case letters, digits and `_`; rename it", "id")
    template = _check_words(entry, templates)
    facts = _check_facts(entry, template)
    on, notes = entry.text("on"), list[Flaw]()
    when = None
    if entry.content.get("when") is not None:
        when, odd = _expression(entry, "when", entry.text("when"), on)
        notes += [entry.noted(note, "when") for note in odd]
    spoken: dict[str, Expression] = {}
    for name, source in facts.items():
        spoken[name], odd = _expression(entry, f"facts.{name}", source, on, template.facts[name])
        notes += [entry.noted(note, "facts", name) for note in odd]
    trigger = Trigger(
        **{name: entry.text(name) for name in REQUIRED},
        place=entry.at("id"),
        when=None if when is None else when.source,
        facts=MappingProxyType(facts),
    )
    texts = frozenset(name for name, kind in template.facts.items() if kind == "string")
    said = tuple(map(str, notes))
    return Rule(trigger=trigger, when=when, facts=MappingProxyType(spoken), texts=texts, notes=said), notes


def _check_keys(entry: _Entry) -> None:
    if not isinstance(entry.content, Mapping):
        raise entry.wrong(f"a trigger is not a list or a text; write {', '.join(f'`{name}:`' for name in REQUIRED)}")
    for key in entry.content:
        if key not in KEYS:
            raise entry.wrong(f"`{key}` is no key of a trigger{meant(str(key), KEYS)}", str(key))
    missing = [f"`{name}`" for name in REQUIRED if entry.content.get(name) is None]
    if missing:
        raise entry.wrong(f"{', '.join(missing)} missing; add it")


def _check_words(entry: _Entry, templates: Mapping[str, Template]) -> Template:
    purpose, on, channel, name = (entry.text(each) for each in ("purpose", "on", "channel", "template"))
    if purpose in MARKETING:
        raise entry.wrong(f"`{purpose}` is marketing, and nothing here sends any; remove the trigger", "purpose")
    if purpose not in SERVICES:
        raise entry.wrong(f"`{purpose}` is no purpose{meant(purpose, SERVICES)}", "purpose")
    service = SERVICES[purpose]
    if on not in service.evidence:
        raise entry.wrong(f"`{on}` is no evidence of `{purpose}`{meant(on, service.evidence)}", "on")
    if channel not in service.channels:
        raise entry.wrong(
            f"`{channel}` is no channel of `{purpose}`{meant(channel, sorted(service.channels))}", "channel"
        )
    if name not in templates:
        raise entry.wrong(_no_template(name, templates), "template")
    if templates[name].purpose != purpose:
        raise entry.wrong(f"template `{name}` is for `{templates[name].purpose}`; name one for `{purpose}`", "template")
    return templates[name]


def _no_template(name: str, templates: Mapping[str, Template]) -> str:
    if any(template.id == name for template in shipped_templates()):
        return (
            f"`{name}` is no template of these files; the project brings one, for which files of your own stand in: "
            "copy it into one of them"
        )
    return f"`{name}` is no template{meant(name, templates)}"


def _check_facts(entry: _Entry, template: Template) -> dict[str, str]:
    facts = entry.content.get("facts")
    if facts is None:
        facts = {}
    if not isinstance(facts, Mapping) or not all(isinstance(value, str) for value in facts.values()):
        raise entry.wrong("`facts` does not map names to expressions; write `{ parcel: event.data.parcel }`", "facts")
    for name in facts:
        if name not in template.facts:
            raise entry.wrong(
                f"template `{template.id}` has no fact `{name}`{meant(str(name), template.facts)}", "facts", name
            )
    missing = [f"`{name}`" for name in template.facts if name not in facts]
    if missing:
        raise entry.wrong(f"template `{template.id}` also needs {', '.join(missing)}; add it to `facts`", "facts")
    return dict(facts)


def _expression(
    entry: _Entry, name: str, source: str, on: str, wanted: str | None = None
) -> tuple[Expression, tuple[str, ...]]:
    try:
        return condition(source, on) if wanted is None else fact(source, on, wanted)
    except Fault as fault:
        node = entry.value(*name.split("."))
        line, column = position(entry.found.text, node, fault.offset)
        spot = Spot(entry.found.place, line, column)
        where = f"`{name}`" if column else f"`{name}`, character {fault.offset + 1}"
        shown = f"{spot.file}:{line}" + (f":{column}" if column else "")
        raise Flaw(spot, f"trigger `{entry.content['id']}`: {where}: {fault.problem}", shown=shown) from None
