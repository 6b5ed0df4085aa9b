"""Whether what was found out about one row holds for every row of its form: the figures decide nothing.

`serving.policy.alike` proves that finished texts which differ in figures alone are judged alike. What else reads them:

- next steps that a text says already, or not: a step with figures proves nothing;
- groundedness: that a text says a fact of its evidence. It holds where a fact without figures is said, or where one is
  filled into the template between signs, equal to the evidence's own (equality is part of the class);
- facts that the evidence does not name: harmless ones are plain whatever their figures, but for `1/2`;
- dates and channels of a reminder: whether there is a date, and the very channels, are part of the class.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from model.contracts import JSON, Candidate, Event, RenderedMessage
from serving.columnar.forms import FIGURE, form
from serving.policy.alike import alike
from serving.policy.facts import NOT_FACTS, grounds, shown, tying, uses_any
from serving.policy.plain import unproved
from serving.policy.templates import PLACE, Template

HIDING = re.compile(  # as a form may hide what `alike.NAMED` finds
    r"[5bB](?:(?<=5)(?:/5|[\s_]+(?i:pro|int|cos)|(?:[\s_]+|-)?(?i:for))|(?<=[bB])5[\s_])"
)


@dataclass(frozen=True, slots=True)
class Case:
    """A representative with what was made of it; `sound` evidence is on record, `inside` their own session."""

    candidate: Candidate
    event: Event | None
    message: RenderedMessage | None
    template: Template | None
    sound: bool
    inside: bool

    @property
    def data(self) -> Mapping[str, JSON]:
        """What the evidence says."""
        return {} if self.event is None else self.event.data


def settled(text: str) -> bool:
    """Whether every text of this text's form is judged as its form is.

    Example:
        >>> [settled(text) for text in ("Parcel A-7 is late.", "Take 4 for 3.", "A s4le is on.")]
        [True, False, False]
    """
    same = form(text)
    if FIGURE not in same:
        return True
    return HIDING.search(same) is None and alike(same.replace(FIGURE, "6")) == same


def holds_for_all(case: Case, names: frozenset[str]) -> bool:
    """Whether the flags of this row are those of every row of its class; `names` are the templates' facts as forms."""
    said, template = case.candidate.message, case.template
    values = [*said.facts.values(), *case.data.values()]
    if not any(map(_figured, [*values, said.text])):
        return True
    step = said.next_step if template is None else template.next_step
    if any(isinstance(value, Mapping | list) for value in values) or _figured(step):
        return False
    if any(isinstance(value, str) and _figured(value) and form(value) in names for value in said.facts.values()):
        return False
    if any(isinstance(value, str) != isinstance(case.data.get(name, value), str) for name, value in said.facts.items()):
        return False
    texts = [] if said.text is None else [f"{said.text} {said.next_step or ''}"]
    texts += [] if case.message is None else [case.message.text]
    return all(map(settled, texts)) and (not case.sound or _grounded_alike(case))


def _figured(value: JSON) -> bool:
    """Whether a value is written with figures."""
    if isinstance(value, str):
        return FIGURE in form(value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _grounded_alike(case: Case) -> bool:
    """Whether every row of the class is grounded, or none is."""
    facts, event = case.candidate.message.facts, case.event
    if event is None:
        return True
    if any(isinstance(value, str) and "/" in value and name not in case.data for name, value in facts.items()):
        return False
    if unproved(facts, event.data) or (case.inside and case.candidate.message.template is not None):
        return True
    if case.message is None:
        return True
    named = {name: value for name, value in grounds(event).items() if name not in NOT_FACTS}
    fixed = {name: value for name, value in named.items() if not _figured(value)}
    return len(fixed) == len(named) or uses_any(case.message.text, fixed) or any(_said(case, name) for name in named)


def _said(case: Case, name: str) -> bool:
    """Whether a fact of the evidence that ties a text to it surely stands there as a word: its place is one."""
    facts, template = case.candidate.message.facts, case.template
    value = tying(case.data[name])
    if template is None or value is None or value != shown(facts.get(name)):
        return False
    return any(match[1] == name and _is_apart(template.text, match) for match in PLACE.finditer(template.text))


def _is_apart(text: str, place: re.Match[str]) -> bool:
    """Whether a place stands between signs, or at an end."""
    around = text[: place.start()][-1:], text[place.end() :][:1]
    return all(sign.isascii() and not sign.isalnum() and sign not in {"{", "}"} for sign in around)
