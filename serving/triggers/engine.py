"""All triggers of a policy, by the type of event: which of them match, and how often each did.

Most triggers on a type begin with a comparison of one name with a text (`event.data.page == "pricing" && …`). Where the
name is filled with another text, such a trigger is false whatever else it says, and nothing is evaluated.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from model.contracts import JSON, Event
from serving.timetable import Visitor
from serving.triggers.expressions import Expression, Outcome, Stage
from serving.triggers.names import Scene, Variable
from serving.triggers.trigger import Matched, Tally, Trigger

ASKED = frozenset({"session", "customer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A trigger with its compiled expressions; `notes` are what its author should know, one line each."""

    trigger: Trigger
    when: Expression | None
    facts: Mapping[str, Expression]
    notes: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Every name that the trigger reads."""
        each = [*(() if self.when is None else (self.when,)), *self.facts.values()]
        return tuple({variable: None for expression in each for variable in expression.variables})


@dataclass(slots=True)
class _Count:
    """What became of one trigger so far. `alone`: how often it was asked about by its id."""

    matched: int = 0
    failed: int = 0
    alone: int = 0
    problem: str | None = None


@dataclass(slots=True)
class _OnType:
    """The triggers on one type: `always` are looked at, the others by name and text; `events` were seen."""

    rules: list[int] = field(default_factory=list)
    always: list[int] = field(default_factory=list)
    by_text: dict[Variable, dict[str, list[int]]] = field(default_factory=dict)
    asks: bool = False
    events: int = 0


class Triggers:
    """Implements `serving.triggers.trigger.Matcher`. `rules` in the order of the files."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._rules = list(rules)
        self._counts = [_Count() for _ in rules]
        self._by_type: dict[str, _OnType] = {}
        self._by_id = {rule.trigger.id: place for place, rule in enumerate(rules)}
        for place, rule in enumerate(rules):
            self._add(place, rule)

    @property
    def notes(self) -> tuple[str, ...]:
        """What authors should know: names that are not in the catalogue, one line each, with file and line."""
        return tuple(note for rule in self._rules for note in rule.notes)

    def on(self, event_type: str) -> Sequence[Trigger]:
        """Return the triggers on this type, in the order of the files."""
        found = self._by_type.get(event_type)
        return [self._rules[place].trigger for place in found.rules] if found else []

    def asks(self, event_type: str) -> bool:
        """Return whether any trigger on this type reads `session` or `customer`."""
        found = self._by_type.get(event_type)
        return found is not None and found.asks

    def matches(self, event: Event, visitor: Visitor, *, now: datetime, only: str | None = None) -> list[Matched]:
        """Return the triggers that match, in the order of the files; `only` the one with this id is looked at."""
        found = self._by_type.get(event.type)
        if found is None:
            return []
        scene = Scene(event, visitor, now)
        if only is None:
            found.events += 1
            places = sorted(self._possible(found, scene))
        else:
            places = [place for place in found.rules if self._by_id.get(only) == place]
            for place in places:
                self._counts[place].alone += 1
        return self._matched(places, scene)

    def tallies(self) -> list[Tally]:
        """Return every trigger with its counts, in the order of the files."""
        made = []
        for rule, count in zip(self._rules, self._counts, strict=True):
            looked = self._by_type[rule.trigger.on].events + count.alone
            unmatched = looked - count.matched - count.failed
            made.append(
                Tally(
                    trigger=rule.trigger,
                    matched=count.matched,
                    unmatched=unmatched,
                    failed=count.failed,
                    problem=count.problem,
                )
            )
        return made

    def _add(self, place: int, rule: Rule) -> None:
        found = self._by_type.setdefault(rule.trigger.on, _OnType())
        found.rules.append(place)
        found.asks = found.asks or any(variable.path[0] in ASKED for variable in rule.variables)
        gate = rule.when.gate if rule.when is not None else None
        if gate is None:
            found.always.append(place)
        else:
            found.by_text.setdefault(gate[0], {}).setdefault(gate[1], []).append(place)

    def _possible(self, found: _OnType, scene: Scene) -> Iterator[int]:
        """Yield the triggers that are not false already, because a name is another text than they ask for."""
        yield from found.always
        for variable, texts in found.by_text.items():
            scene.look(variable)
            value = scene.values.get(variable.key)
            if isinstance(value, str):
                yield from texts.get(value, ())
            else:
                for places in texts.values():
                    yield from places

    def _matched(self, places: list[int], scene: Scene) -> list[Matched]:
        if not places:
            return []
        stage = Stage(scene, [variable for place in places for variable in self._rules[place].variables])
        made = []
        for place in places:
            facts, problem = _facts(self._rules[place], stage)
            count = self._counts[place]
            if problem is not None:
                count.failed += 1
                count.problem = problem
            elif facts is not None:
                count.matched += 1
                made.append(Matched(trigger=self._rules[place].trigger, facts=facts))
        return made


def _facts(rule: Rule, stage: Stage) -> tuple[Mapping[str, JSON] | None, str | None]:
    """Return the facts of a trigger that matches, None where it does not, and the problem that it met."""
    outcome = Outcome(value=True) if rule.when is None else stage.outcome(rule.when)
    if outcome.problem is not None:
        return None, outcome.problem
    if outcome.value is False:
        return None, None
    if outcome.value is not True:
        return None, "`when` is neither true nor false"
    facts: dict[str, JSON] = {}
    for name, expression in rule.facts.items():
        said = stage.outcome(expression)
        if said.problem is not None:
            return None, f"fact `{name}`: {said.problem}"
        if isinstance(said.value, bool) or not isinstance(said.value, str | int | float):
            return None, f"fact `{name}`: not a text or a number"
        facts[name] = said.value
    return facts, None
