"""The messages of a policy as people look at them: words, state, what lint says, what sends them, how it went. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from serving.console.periods import period_named
from serving.linting.finding import Finding, Severity
from serving.linting.loaded import Noticed, lint_loaded
from serving.linting.marking import Piece, pieces
from serving.linting.rules import NO_TRIGGER
from serving.people.awaiting import APPROVED, templates
from serving.people.looking import Looking
from serving.policy.policy import Policy
from serving.policy.templates import Template
from serving.policy.wording import CODES
from serving.ports import Approval
from serving.reviewing import Review
from serving.triggers.trigger import Trigger

MONTH: Final = period_named("30d")  # in which it is counted how messages went
Lint = Mapping[str, tuple[Noticed, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A template with all that is shown of it; `approval` is of the words as they read now.

    `noticed` leaves out that no trigger sends it: `triggers` are shown anyhow.

    `counts` are of decisions in the `MONTH`: send, hold, deny, and what was reported of those that were sent.
    """

    template: Template
    digest: str
    state: str
    approval: Approval | None
    review: Review | None
    noticed: tuple[Noticed, ...]
    triggers: tuple[Trigger, ...]
    counts: Mapping[str, int]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return what should be mended."""
        return tuple(each.finding for each in self.noticed if each.finding.severity is Severity.ERROR)

    @property
    def never_sent(self) -> bool:
        """Whether every message from it is refused for its words, whoever approved them."""
        return any(each.code in CODES for each in self.errors)

    @property
    def waits(self) -> bool:
        """Whether somebody should look at it: it is not approved as it reads, or lint found something."""
        return self.state != APPROVED or bool(self.errors)

    @property
    def text(self) -> list[Piece]:
        """Return the text, with its places and with what lint found marked."""
        return self._pieces("text", self.template.text)

    @property
    def next_step(self) -> list[Piece]:
        """Return the next step likewise; nothing where the text says it, or there is none."""
        step = self.template.next_step or ""
        return [] if step in self.template.text else self._pieces("next_step", step)

    def _pieces(self, part: str, text: str) -> list[Piece]:
        return pieces(text, [each.finding for each in self.noticed if each.part == part])


class LintOnce:
    """Lints a loaded policy once: it takes a fraction of a second, and nothing of it changes while a process runs."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._known: tuple[object, Lint] | None = None

    def __call__(self, policy: Policy, triggers: Sequence[Trigger]) -> Lint:
        """Return what lint finds in each template, by its id."""
        sent = tuple((each.id, each.on, each.when, each.channel, each.template) for each in triggers)
        asked = (*policy.digests.items(), policy.wording.model.sha256, sent)
        with self._turn:
            if self._known is None or self._known[0] != asked:
                self._known = asked, lint_loaded(policy, triggers)
            return self._known[1]


def shown(looking: Looking, policy: Policy, triggers: Sequence[Trigger], found: Lint, *, now: datetime) -> list[Shown]:
    """Return every template of a policy in the order of its files."""
    counts = counted(looking.tallied("template", MONTH.start(now), MONTH.end(now)))
    return [
        Shown(
            template=policy.templates[name],
            digest=one.digest,
            state=one.state,
            approval=looking.approval(one.digest),
            review=one.review,
            noticed=tuple(each for each in found.get(name, ()) if each.finding.rule != NO_TRIGGER.id),
            triggers=tuple(each for each in triggers if each.template == name),
            counts=counts.get(name, {}),
        )
        for one in templates(looking, policy, now)
        if (name := one.message.template or "")
    ]


def counted(rows: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """Put counts by name and what.

    Example:
        >>> counted([("late", "send", 3), ("late", "thanked", 1)])
        {'late': {'send': 3, 'thanked': 1}}
    """
    found: dict[str, dict[str, int]] = {}
    for name, what, number in rows:
        found.setdefault(name, {})[what] = number
    return found
