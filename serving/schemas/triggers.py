"""What is answered about the triggers: each as it was read, and what came of it since this process began."""

from model.contracts import JSON
from serving.schemas.base import Answered
from serving.triggers.trigger import Tally


class TriggerAnswer(Answered):
    """One trigger with its counts.

    `failed` counts the events in which it met a name without a value, or an error; `problem` is the last of these.
    """

    id: str
    on: str
    when: str | None
    purpose: str
    template: str
    channel: str
    place: str
    matched: int
    unmatched: int
    failed: int
    problem: str | None


class TriggersAnswer(Answered):
    """All triggers, in the order of the files."""

    triggers: list[TriggerAnswer]


def tally_values(tally: Tally) -> dict[str, JSON]:
    """Return a trigger with its counts as the wire has it."""
    trigger = tally.trigger
    return {
        "id": trigger.id,
        "on": trigger.on,
        "when": trigger.when,
        "purpose": trigger.purpose,
        "template": trigger.template,
        "channel": trigger.channel,
        "place": trigger.place,
        "matched": tally.matched,
        "unmatched": tally.unmatched,
        "failed": tally.failed,
        "problem": tally.problem,
    }
