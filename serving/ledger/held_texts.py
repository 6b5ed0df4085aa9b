"""Free texts that a person must approve: those of the decisions that were held for it, at first or when asked again."""

from datetime import datetime

from model.contracts import Action, Message
from serving.ledger.instants import micros
from serving.ledger.store import Store
from serving.ports import Decided

AWAITING, REFUSE = "awaiting_approval", "refuse"  # the verdict on a wording that a person has not approved

_KEEP = """INSERT INTO held_texts (decision, at, text, next_step) VALUES (:decision, :at, :text, :next_step)
    ON CONFLICT (decision) DO UPDATE SET at = max(at, excluded.at)"""
_SINCE = """SELECT text, next_step FROM held_texts
    WHERE at >= :since GROUP BY text, next_step ORDER BY min(decision)"""


def keep_text(store: Store, message: Message, decided: Decided, *, number: int, at: datetime) -> None:
    """Note the text of the decision with this number where `decided` holds it for a person; `at` is the last time."""
    if decided.decision.action is Action.HOLD and decided.verdicts.get(AWAITING) == REFUSE and message.text is not None:
        store.insert(_KEEP, decision=number, at=micros(at), text=message.text, next_step=message.next_step)


def held_texts(store: Store, *, since: datetime) -> list[Message]:
    """Return every free text, with its next step, that was held for a person since then: each once, oldest first."""
    return [Message(text=text, next_step=step) for text, step in store.rows(_SINCE, since=micros(since))]
