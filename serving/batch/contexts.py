"""What is known about the customer of a row: from the file, from this run so far, and from a ledger where there is one.

Without a ledger (a plan) an absent column and a null truth or count are unknown, and what has no column is left open:
`DEFERRED` names it. With a ledger, the file can only add a harm: see `serving.claims`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeGuard

import pyarrow as pa

from model.contracts import Context, Event
from serving.candidates.rows import Row
from serving.columnar.repeats import Repeated
from serving.ledger.requests import requested_channels
from serving.policy.facts import fact_key
from serving.ports import Decided
from serving.stricter import COUNTS

DEFERRED = (
    "dismissals",
    "breaker",
    "history",
    "approvals beyond the shipped",
    "earlier requests",
    "experiment",
    "monitor",
)
AHEAD = timedelta(minutes=5)  # how fast a sender's clock may be (CONTRACT section 5)


@dataclass(slots=True)
class Sent:
    """What this run has sent to one customer: outbound sends, and the facts that were told."""

    outbound: int = 0
    facts: set[str] = field(default_factory=set)


class Sends:
    """What this run has sent, kept only for customers with several rows (`repeated`: who they may be)."""

    def __init__(self, repeated: Repeated) -> None:
        self._repeated = repeated
        self._sent: dict[str, Sent] = {}

    def to(self, user_id: str) -> Sent:
        """Return what was sent to this customer so far."""
        return self._sent.get(user_id) or Sent()

    def add(self, user_ids: Sequence[str], decided: Sequence[Decided]) -> None:
        """Count the sends among these decisions."""
        again = self._repeated.among(pa.array(user_ids, type=pa.string()))
        for user_id, one, needed in zip(user_ids, decided, again.tolist(), strict=True):
            if needed and one.decision.trigger:
                sent = self._sent.setdefault(user_id, Sent())
                sent.outbound += one.outbound
                if one.fact_key is not None:
                    sent.facts.add(one.fact_key)


def happened(event: Event | None, now: datetime) -> TypeGuard[Event]:
    """Whether there is an event, dated no further ahead of the clock than any sender's clock may be."""
    return event is not None and event.time <= now + AHEAD


def planned(row: Row, absent: frozenset[str], sent: Sent, *, approved: bool, now: datetime) -> Context:
    """Return what a plan knows: the row, and this run's sends, all at the clock `now`.

    `absent` are the fields that the file has no column for; `approved` says that the template or text has a digest.
    """
    evidence = row.evidence
    if evidence is not None and evidence.time > now and happened(evidence, now):
        evidence = replace(evidence, time=now)  # a fast clock's event is as new as can be
    return Context(
        evidence=evidence,
        contacts=(now,) * sent.outbound,
        requested_channels=_requested(evidence),
        earlier_request=True,
        approval="approved" if approved else "none",
        unknown=row.unknown | absent,
        **_said(row, evidence, sent),
    )


def _said(row: Row, evidence: Event | None, sent: Sent) -> dict[str, Any]:
    """Return the fields that the row says, this run's sends on top of its counts."""
    says = dict(row.says)
    for name in COUNTS:
        says[name] = says.get(name, 0) + sent.outbound
    if evidence is not None and sent.facts and fact_key(row.candidate.user_id, evidence) in sent.facts:
        says["already_told"] = True
    return says


def _requested(evidence: Event | None) -> frozenset[str]:
    return frozenset() if evidence is None else requested_channels(evidence)


def rounds(rows: Sequence[Row]) -> Iterator[list[int]]:
    """Yield indices such that no customer stands twice in one round, and each one's rows keep their order.

    Example: the customers a b a c a give the rounds [0, 1, 3], [2], [4].
    """
    turn: dict[str, int] = {}
    by_turn: list[list[int]] = []
    for index, row in enumerate(rows):
        mine = turn.get(row.candidate.user_id, 0)
        turn[row.candidate.user_id] = mine + 1
        if mine == len(by_turn):
            by_turn.append([])
        by_turn[mine].append(index)
    yield from by_turn
