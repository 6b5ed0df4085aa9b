"""What waits for a person: templates that are not approved as they read now, and free texts that were held for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from model.contracts import JSON, Action, Candidate, Channel, Message, Purpose
from serving.policy.policy import Policy
from serving.policy.templates import text_digest
from serving.ports import Transaction

LOOK_BACK = timedelta(days=7)
LOOK_AT = 1000  # held decisions
HELD_FOR = "awaiting_approval"
APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that a person could approve; `state` is what the ledger says: approved, changed or none."""

    digest: str
    state: str
    message: Message


def templates(transaction: Transaction, policy: Policy, now: datetime) -> list[Waiting]:
    """Return every template of the policy with its state."""
    messages = [Message(template=name) for name in policy.digests]
    return _with_states(transaction, messages, list(policy.digests.values()), now)


def texts(transaction: Transaction, now: datetime) -> list[Waiting]:
    """Return the free texts of the last week's held decisions that are still not approved, each once, oldest first."""
    held = transaction.decisions(action=Action.HOLD, user=None, since=now - LOOK_BACK, after=None, limit=LOOK_AT)
    found: dict[str, Message] = {}
    for record in held:
        said = record["candidate"]["message"]
        if said["text"] is not None and HELD_FOR in _codes(record):
            message = Message(text=said["text"], next_step=said["next_step"])
            found.setdefault(text_digest(said["text"], said["next_step"]), message)
    waiting = _with_states(transaction, list(found.values()), list(found), now)
    return [one for one in waiting if one.state != APPROVED]


def _codes(record: dict[str, JSON]) -> list[str]:
    return [reason["code"] for reason in record["decided"]["decision"]["reasons"]]


def _with_states(
    transaction: Transaction, messages: Sequence[Message], digests: Sequence[str], now: datetime
) -> list[Waiting]:
    """Ask the ledger as a decision would: through the context of a candidate with this message."""
    asked = [
        Candidate(user_id="", purpose=Purpose.DELIVERY_UPDATE, channel=Channel.CHAT, message=message)
        for message in messages
    ]
    contexts = transaction.contexts(asked, now=now, digests=digests)
    return [
        Waiting(digest=digest, state=context.approval, message=message)
        for message, digest, context in zip(messages, digests, contexts, strict=True)
    ]
