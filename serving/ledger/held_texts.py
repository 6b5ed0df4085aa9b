"""Free texts that a person must approve: those of the decisions that were held for it, at first or when asked again."""

from collections.abc import Sequence
from datetime import datetime

from model.contracts import Action, Candidate, Message
from serving.ledger.instants import instant, micros
from serving.ledger.store import Bound, Store
from serving.ports import Decided
from serving.reviewing import HeldFor

AWAITING, REFUSE = "awaiting_approval", "refuse"  # the verdict on a wording that a person has not approved

_KEEP = """INSERT INTO held_texts (decision, at, text, next_step) VALUES (:decision, :at, :text, :next_step)
    ON CONFLICT (decision) DO UPDATE SET at = max(held_texts.at, excluded.at)"""
_SINCE = """SELECT text, next_step FROM held_texts
    WHERE at >= :since GROUP BY text, next_step ORDER BY min(decision)"""

_FOR_WHOM = """SELECT waiting.text, waiting.next_step, waiting.times, waiting.customers, waiting.first, waiting.last,
        d.decision_id, d.user_id, d.purpose, d.channel
    FROM (SELECT h.text, h.next_step, count(*) AS times, count(DISTINCT o.user_id) AS customers,
            min(o.decided_at) AS first, max(o.decided_at) AS last, max(h.decision) AS newest
        FROM held_texts AS h CROSS JOIN decisions AS o ON o.seq = h.decision
        WHERE h.at >= :since GROUP BY h.text, h.next_step) AS waiting
    CROSS JOIN decisions AS d ON d.seq = waiting.newest ORDER BY waiting.newest DESC LIMIT :count"""


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


def held_for(store: Store, *, since: datetime, most: int) -> list[HeldFor]:
    """Return for whom each free text was held since then, approved since or not: those asked for last first."""
    return [
        HeldFor(
            message=Message(text=row[0], next_step=row[1]),
            times=row[2],
            customers=row[3],
            first=instant(row[4]),
            last=instant(row[5]),
            decision_id=row[6],
            user_id=row[7],
            purpose=row[8],
            channel=row[9],
        )
        for row in store.rows(_FOR_WHOM, since=micros(since), count=most)
    ]
