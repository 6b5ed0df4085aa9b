"""Free texts that a person must approve: those of the decisions that were held for it, at first or when asked again."""

from collections.abc import Sequence
from datetime import datetime

from model.contracts import Action, Candidate, Message
from serving.ledger.instants import micros
from serving.ledger.store import Bound, Store
from serving.ports import Decided

AWAITING, REFUSE = "awaiting_approval", "refuse"  # the verdict on a wording that a person has not approved

_KEEP = """INSERT INTO held_texts (decision, at, text, next_step) VALUES (:decision, :at, :text, :next_step)
    ON CONFLICT (decision) DO UPDATE SET at = max(held_texts.at, excluded.at)"""
_SINCE = """SELECT text, next_step FROM held_texts
    WHERE at >= :since GROUP BY text, next_step ORDER BY min(decision)"""


def keep_texts(store: Store, told: Sequence[tuple[int, Candidate, Decided]], *, at: datetime | None = None) -> None:
    """Note the text of every decision with its number that is held for a person.

    `at` is the last time; None: when it was decided.
    """
    rows = [
        _bound(number, candidate.message, at or decided.decision.decided_at)
        for number, candidate, decided in told
        if _awaits(decided) and candidate.message.text is not None
    ]
    if rows:
        store.insert_all(_KEEP, rows)


def _awaits(decided: Decided) -> bool:
    return decided.decision.action is Action.HOLD and decided.verdicts.get(AWAITING) == REFUSE


def _bound(number: int, message: Message, at: datetime) -> dict[str, Bound]:
    return {"decision": number, "at": micros(at), "text": message.text, "next_step": message.next_step}


def held_texts(store: Store, *, since: datetime) -> list[Message]:
    """Return every free text, with its next step, that was held for a person since then: each once, oldest first."""
    return [Message(text=text, next_step=step) for text, step in store.rows(_SINCE, since=micros(since))]
