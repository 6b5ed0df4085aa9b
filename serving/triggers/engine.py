"""All triggers of a policy, by the type of event: which of them match, and how often each did.

All conditions on a type are first evaluated as one, which says of each whether it is simply false; most are. Those that
are left are evaluated by themselves. A condition without a name that it cannot do without is not evaluated at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from model.contracts import JSON, Event
from serving.policy.facts import shown
from serving.timetable import Visitor
from serving.triggers.expressions import MATCH, Expression, Sieve, Stage
from serving.triggers.names import Variable
from serving.triggers.scene import Scene
from serving.triggers.trigger import Matched, Tally, Trigger

SIEVED = 3  # conditions on a type from which on evaluating them as one is faster
ASKED = frozenset({"session", "customer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A trigger with its compiled expressions.

    `texts` are the facts that its template wants as a text; `notes` what its author should know, one line each.
    """

    trigger: Trigger
    when: Expression | None
    facts: Mapping[str, Expression]
    texts: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Every name that the trigger reads."""
        each = [*(() if self.when is None else (self.when,)), *self.facts.values()]
        return tuple({variable: None for expression in each for variable in expression.strict.variables})

    @property
    def steps(self) -> int:
        """What the trigger can cost at most, in steps of `serving.triggers.weighing`."""
        return sum(each.steps for each in (*(() if self.when is None else (self.when,)), *self.facts.values()))


@dataclass(slots=True)
class _Count:
    """What became of one trigger so far."""

    matched: int = 0
    failed: int = 0
    problem: str | None = None


@dataclass(slots=True)
class _OnType:
    """The triggers on one type, by their places: `conditional` ones go through the sieve. `events` were seen."""

    rules: tuple[int, ...]
    conditional: tuple[int, ...]
    sieve: Sieve | None
    asks: bool
    events: int = 0


class Triggers:
    """Implements `serving.triggers.trigger.Matcher`. `rules` in the order of the files."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._rules = list(rules)
        self._counts = [_Count() for _ in rules]
        self._by_type = {on: self._on_type(on) for on in dict.fromkeys(rule.trigger.on for rule in rules)}

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

    def matches(self, event: Event, visitor: Visitor, *, now: datetime) -> list[Matched]:
        """Return the triggers that match, in the order of the files."""
        found = self._by_type.get(event.type)
        if found is None:
            return []
        found.events += 1
        scene = Scene(event, visitor, now)
        return self._matched(self._left(found, scene), scene)

    def tallies(self) -> list[Tally]:
        """Return every trigger with its counts, in the order of the files."""
        made = []
        for rule, count in zip(self._rules, self._counts, strict=True):
            unmatched = self._by_type[rule.trigger.on].events - count.matched - count.failed
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

    def _on_type(self, on: str) -> _OnType:
        rules = [place for place, rule in enumerate(self._rules) if rule.trigger.on == on]
        conditions = {place: when for place in rules if (when := self._rules[place].when) is not None}
        asks = any(each.path[0] in ASKED for place in rules for each in self._rules[place].variables)
        sieve = Sieve(list(conditions.values())) if len(conditions) >= SIEVED else None
        return _OnType(tuple(rules), tuple(conditions), sieve, asks)

    def _left(self, found: _OnType, scene: Scene) -> Sequence[int]:
        """Return the triggers whose condition is not simply false."""
        left = None if found.sieve is None else Stage(scene, found.sieve.variables).left(found.sieve)
        if left is None:
            return found.rules
        dropped = {place for place, kept in zip(found.conditional, left, strict=True) if not kept}
        return [place for place in found.rules if place not in dropped]

    def _matched(self, places: Sequence[int], scene: Scene) -> list[Matched]:
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
    outcome = MATCH if rule.when is None else stage.outcome(rule.when)
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
        value = said.value
        if name in rule.texts and not isinstance(value, str):
            value = shown(value)  # what the evidence's own number is shown as, so that both stay the same fact
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None, f"fact `{name}`: not a text or a number"
        facts[name] = value
    return facts, None
