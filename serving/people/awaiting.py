"""What waits for a person, and what people did; the API and the command line show it alike.

Templates that are not approved as they read now, free texts that were held for it, and breakers that are open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from model.contracts import JSON, Candidate, Channel, Context, Message, Purpose
from serving.people.wording_found import found_in
from serving.policy.policy import Policy
from serving.policy.templates import text_digest
from serving.ports import Approval
from serving.record.record import timestamp
from serving.reviewing import Review
from serving.standing import Breaker

LOOK_BACK = timedelta(days=7)
MOST = 1000  # texts in one answer
AT_ONCE = 100
HISTORY = 100  # approvals, reviews, and releases, in one answer
APPROVED, NONE, WITHDRAWN = "approved", "none", "withdrawn"


class Known(Protocol):
    """What of a ledger says what waits: a transaction has it, and whoever only reads."""

    def contexts(
        self, candidates: Sequence[Candidate], *, now: datetime, digests: Sequence[str | None]
    ) -> list[Context]:
        """Read what is known for each candidate."""
        ...

    def held_texts(self, *, since: datetime) -> list[Message]:
        """Return the free texts that were held for approval since then, each once, oldest first."""
        ...

    def breakers(self, *, released: int) -> list[Breaker]:
        """List the open breakers, then at most so many of the releases."""
        ...

    def approval(self, digest: str) -> Approval | None:
        """Return the newest approval of a digest, withdrawn or not, or None."""
        ...

    def approvals(self, *, limit: int) -> list[Approval]:
        """List the approvals, the newest first."""
        ...

    def reviews(self, *, limit: int) -> list[Review]:
        """List the reviews, the newest first."""
        ...

    def review_of(self, digest: str) -> Review | None:
        """Return the newest review of these very words, or None."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that a person could approve; `state` is what the ledger says: approved, changed, withdrawn or none.

    `review` is the newest of these very words.
    """

    digest: str
    state: str
    message: Message
    review: Review | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaiting:
    """Every template with its state, the texts that wait, the open breakers; and what was done, the newest first."""

    templates: list[Waiting]
    texts: list[Waiting]
    breakers: list[Breaker]
    approved: list[Approval]
    reviewed: list[Review]
    released: list[Breaker]


def awaiting(known: Known, policy: Policy, now: datetime) -> Awaiting:
    """Return what waits for a person at `now`, and what people did, the newest first, at most `HISTORY` of each."""
    breakers = known.breakers(released=HISTORY)
    return Awaiting(
        templates=templates(known, policy, now),
        texts=texts(known, now),
        breakers=[one for one in breakers if one.released_at is None],
        approved=known.approvals(limit=HISTORY),
        reviewed=known.reviews(limit=HISTORY),
        released=[one for one in breakers if one.released_at is not None],
    )


def templates(known: Known, policy: Policy, now: datetime) -> list[Waiting]:
    """Return every template of the policy with its state."""
    messages = [Message(template=name) for name in policy.digests]
    return _with_states(known, messages, list(policy.digests.values()), now)


def texts(known: Known, now: datetime) -> list[Waiting]:
    """Return the free texts of the last week's held decisions that are still not approved, each once, oldest first.

    At most `MOST` of them: when those are approved, the next come up.
    """
    held = known.held_texts(since=now - LOOK_BACK)
    waiting: list[Waiting] = []
    for start in range(0, len(held), AT_ONCE):
        messages = held[start : start + AT_ONCE]
        digests = [text_digest(message.text or "", message.next_step) for message in messages]
        waiting += [one for one in _with_states(known, messages, digests, now) if one.state != APPROVED]
        if len(waiting) >= MOST:
            break
    return waiting[:MOST]


def _with_states(known: Known, messages: Sequence[Message], digests: Sequence[str], now: datetime) -> list[Waiting]:
    """Ask the ledger as a decision would: through the context of a candidate with this message.

    A decision does not tell a withdrawn approval from none.
    """
    asked = [
        Candidate(user_id="", purpose=Purpose.DELIVERY_UPDATE, channel=Channel.CHAT, message=message)
        for message in messages
    ]
    contexts = known.contexts(asked, now=now, digests=digests)
    return [
        Waiting(
            digest=digest,
            state=_state(known, digest, context.approval),
            message=message,
            review=known.review_of(digest),
        )
        for message, digest, context in zip(messages, digests, contexts, strict=True)
    ]


def _state(known: Known, digest: str, approval: str) -> str:
    return WITHDRAWN if approval == NONE and known.approval(digest) is not None else approval


def template_json(one: Waiting, policy: Policy) -> dict[str, JSON]:
    """Return a template of the policy as it reads now, what the veto finds in it, its state, and its newest review."""
    template = policy.templates[one.message.template or ""]
    found = found_in(policy.wording, template.text, template.next_step)
    return {
        "template": template.id,
        "text": template.text,
        "next_step": template.next_step,
        "wording": [each.as_data() for each in found],
        "digest": one.digest,
        "state": one.state,
        "review": None if one.review is None else review_json(one.review),
    }


def review_json(one: Review) -> dict[str, JSON]:
    """Return a review as it is shown."""
    return {
        "digest": one.digest,
        "what": one.what,
        "reviewer": one.reviewer,
        "agent_would_send": one.agent_would_send,
        "customer_would_thank": one.customer_would_thank,
        "comment": one.comment,
        "by": one.by,
        "at": timestamp(one.at.astimezone(UTC)),
    }
